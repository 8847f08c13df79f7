"""The languages' own servers, driven by us without an editor: each renames across files, and is said to have done so.

Where a server is not installed (``make test-engines`` installs them), its cases are skipped.
"""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from tierwise.cli.main import main

ENGINES = Path(os.environ.get("ENGINES_HOME") or Path.home() / ".cache" / "engines") / "bin"


@dataclass(frozen=True, slots=True)
class Case:
    """A project in which ``place`` is renamed to ``fresh``; every ``stale`` in it is that name."""

    engine: str
    program: str
    place: str
    files: dict[str, str]


CASES = (
    Case(
        "typescript-language-server",
        "typescript-language-server",
        "src/a.ts:1:17",
        {
            "tsconfig.json": "{}\n",
            "src/a.ts": "export function stale(x: number) { return x; }\n",
            "src/b.ts": 'import { stale } from "./a";\n\nconst one = stale(1);\n',
        },
    ),
    Case(
        "pyright",
        "pyright-langserver",
        "shop/a.py:2:9",
        {
            "shop/__init__.py": "",
            "shop/a.py": "class Store:\n    def stale(self) -> int:\n        return 1\n",
            "shop/b.py": "from shop.a import Store\n\ndef use(store: Store) -> int:\n    return store.stale()\n",
        },
    ),
    Case(
        "gopls",
        "gopls",
        "a/a.go:3:16",
        {
            "go.mod": "module example.com/m\n\ngo 1.20\n",
            "a/a.go": "package a\n\nfunc (s Store) stale() int { return 1 }\n",
            "a/store.go": "package a\n\ntype Store struct{}\n\nfunc Use(s Store) int { return s.stale() }\n",
        },
    ),
    Case(
        "rust-analyzer",
        "rust-analyzer",
        "src/store.rs:1:8",
        {
            # Said by hand, so that no cargo is needed to read the crate.
            "rust-project.json": json.dumps(
                {"crates": [{"root_module": "src/lib.rs", "edition": "2021", "deps": [], "cfg": [], "env": {}}]}
            ),
            "src/lib.rs": "mod store;\n\npub fn total() -> u32 {\n    store::stale(1)\n}\n",
            "src/store.rs": "pub fn stale(x: u32) -> u32 {\n    x\n}\n",
        },
    ),
)


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES, ids=[case.engine for case in CASES])
def test_a_server_renames_across_files(
    case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = os.pathsep.join((str(ENGINES), os.environ.get("PATH", "")))
    if shutil.which(case.program, path=path) is None:
        pytest.skip(f"{case.program} is not installed")
    monkeypatch.setenv("PATH", path)
    for kind in ("CONFIG", "STATE"):
        monkeypatch.setenv(f"XDG_{kind}_HOME", str(tmp_path / "user" / kind))
    project = tmp_path / "project"
    for name, text in {**case.files, ".tierwise.toml": '[rename]\nengines = ["server"]\n'}.items():
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_text(text, encoding="utf-8", newline="\n")
    assert main(["trust", str(project)]) == 0
    assert main(["rename", str(project / case.place), "fresh", "--write"]) == 0
    assert capsys.readouterr().out.strip().endswith(f"engine {case.engine}")
    after = {name: (project / name).read_text(encoding="utf-8") for name in case.files}
    assert after == {name: text.replace("stale", "fresh") for name, text in case.files.items()}
