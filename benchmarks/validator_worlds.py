"""Real edits with the workspaces they were made in, for ``validators``: recorded commits, and this project's own code.

Recorded sets are read from the folder that TIERWISE_EVALUATION names; they are no part of this project. A recorded
session holds the files that its commits changed and nothing else of the repository. What those files import, call or
leave to other files is therefore put beside them as stubs and manifests, read off the right texts alone: a name that
only a wrong answer uses is in none of them. ``bare`` worlds go without.
"""

from __future__ import annotations

import ast
import gzip
import json
import os
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Any

from tierwise.core.documents import Document
from tierwise.core.languages import language_of
from tierwise.core.text import Lines, split_lines
from tierwise.core.workspace import Unknown
from tierwise.syntax.imports import imports
from tierwise.syntax.parse import parse
from tierwise.syntax.scopes import all_occurrences

ROOT = Path(__file__).parents[1]
FOLDER = Path("/workspace").absolute()
MOST_CHANGED_LINES = 300
"""Larger commits are not what one asks an editor for."""


@dataclass(frozen=True)
class Edit:
    """A right edit. ``files``: the workspace before it; ``after``: the new texts of the files that it changes, and
    ``whole`` whether that is all of it.
    """

    name: str
    source: str
    files: dict[str, str]
    after: dict[str, str]
    wish: str
    tests: tuple[str, ...] = ()
    whole: bool = True


@dataclass
class MemoryView:
    """``WorkspaceView`` over texts in memory."""

    texts: dict[str, str]
    _documents: dict[str, Document] = field(default_factory=dict[str, Document])

    def folder_of(self, path: Path) -> Path | None:
        return FOLDER if path.is_relative_to(FOLDER) else None

    def read(self, path: Path) -> Document | None:
        name = path.relative_to(FOLDER).as_posix() if path.is_relative_to(FOLDER) else ""
        if name not in self.texts:
            return None
        if name not in self._documents:
            self._documents[name] = document(name, self.texts[name])
        return self._documents[name]

    def files(self, folder: Path, languages: frozenset[str] | None = None) -> Iterator[Path]:
        for name in sorted(self.texts):
            if languages is None or language(name) in languages:
                yield folder / name

    def files_with(self, folder: Path, word: str, languages: frozenset[str] | None = None) -> Iterator[Path]:
        whole = re.compile(rf"(?<!\w){re.escape(word)}(?!\w)")
        for path in self.files(folder, languages):
            if word in (text := self.texts[path.relative_to(folder).as_posix()]) and whole.search(text):
                yield path

    def holders(self, paths: Sequence[Path]) -> Unknown:
        return Unknown(paths)

    def open_documents(self) -> tuple[Document, ...]:
        return ()


def document(name: str, text: str) -> Document:
    path = FOLDER / name
    return Document(path.as_uri(), path, language(name), None, Lines.of(text))


def language(name: str) -> str:
    return language_of(PurePosixPath(name)).id


def evaluation() -> Path:
    """The folder of recorded sets; it may be absent."""
    return Path(os.environ.get("TIERWISE_EVALUATION", ROOT.parent / "shared/evaluation"))


def recorded(*, bare: bool = False) -> Iterator[Edit]:
    """Every commit of the recorded sessions that changes files in up to ``MOST_CHANGED_LINES`` lines."""
    file = evaluation() / "traces/commit_sessions.json.gz"
    if not file.exists():
        return
    with gzip.open(file, "rt", encoding="utf-8") as stream:
        sessions: list[dict[str, Any]] = json.load(stream)
    known: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for session in sessions:
        known[session["repo"]] += [pair for texts in _states(session) for pair in texts.items()]
    for number, session in enumerate(sessions):
        stubs = {} if bare else _stubs(_names(session), tuple(dict.fromkeys(known[session["repo"]])))
        yield from _session(number, session, stubs)


def _names(session: dict[str, Any]) -> frozenset[str]:
    """The files of a session, at whatever time."""
    return frozenset(name for texts in _states(session) for name in texts)


def _states(session: dict[str, Any]) -> Iterator[dict[str, str]]:
    texts = {path: text for path, text in session["initial"].items() if text is not None}
    yield dict(texts)
    for commit in session["commits"]:
        changed = _apply(texts, commit)
        texts.update(changed)
        yield changed


def _apply(texts: dict[str, str], commit: dict[str, Any]) -> dict[str, str]:
    """The new texts of the files that a commit changes or creates."""
    found: dict[str, str] = {}
    for change in commit["files"]:
        if change["status"] == "D":
            continue
        lines = split_lines(texts.get(change["path"], ""))
        for start, stop, text in reversed(change["edits"]):
            lines[start:stop] = [text]
        found[change["path"]] = "".join(lines)
    return found


def _session(number: int, session: dict[str, Any], stubs: dict[str, str]) -> Iterator[Edit]:
    texts = {path: text for path, text in session["initial"].items() if text is not None}
    for commit in session["commits"]:
        changed = _apply(texts, commit)
        old = {path: text for path, text in changed.items() if path in texts and texts[path] != text}
        size = sum(
            stop - start + text.count("\n")
            for change in commit["files"]
            if change["path"] in old
            for start, stop, text in change["edits"]
        )
        before = {**stubs, **texts, **{path: text for path, text in changed.items() if path not in texts}}
        if old and size <= MOST_CHANGED_LINES:
            name = f"{session['repo']} {number} {commit['sha'][:7]}"
            whole = all(change["status"] == "M" for change in commit["files"])
            yield Edit(name, "recorded", before, old, commit["subject"], whole=whole)
        texts.update(changed)
        for change in commit["files"]:
            if change["status"] == "D":
                texts.pop(change["path"], None)


def own() -> Iterator[Edit]:
    """This project's own functions: before, the body is a stub; after, it is what it is. With the tests beside them."""
    files = {
        path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
        for folder in ("server/tierwise", "tests/unit", "tests/cases")
        for path in sorted((ROOT / folder).rglob("*"))
        if path.suffix in {".py", ".toml", ".scm", ".txt"} and path.is_file()
    }
    files["pyproject.toml"] = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    for room in ("edits", "core", "routing"):
        tests = f"tests/unit/{room}"
        for name in [name for name in files if name.startswith(f"server/tierwise/{room}/") and name.endswith(".py")]:
            for function, hollow in _hollowed(files[name]):
                yield Edit(
                    f"{name} {function}", "own", {**files, name: hollow}, {name: files[name]},
                    f"Implement {function}", (tests,),
                )  # fmt: skip


def _hollowed(text: str) -> Iterator[tuple[str, str]]:
    """Each longer function of a module, and the module with that function's body raising NotImplementedError."""
    lines = text.splitlines(keepends=True)
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef) and len(node.body) >= 3 and not node.name.startswith("__"):
            first = node.body[1] if ast.get_docstring(node) else node.body[0]
            assert first.end_lineno is not None
            assert node.end_lineno is not None
            indent = " " * first.col_offset
            middle = [f"{indent}raise NotImplementedError\n"]
            yield node.name, "".join([*lines[: first.lineno - 1], *middle, *lines[node.end_lineno :]])


# Stubs


def _stubs(names: frozenset[str], texts: tuple[tuple[str, str], ...]) -> dict[str, str]:
    """What stands beside the files ``names`` of a repository so that all its recorded ``texts`` resolve."""
    world: dict[str, str] = {}
    for build in (_python_stubs, _ecmascript_stubs, _go_stubs, _rust_stubs):
        world |= build(names, texts)
    return {name: text for name, text in world.items() if name not in names}


_imports = cache(imports)


@cache
def _members(text: str) -> dict[str, set[str]]:
    """What stands behind the dots of each word."""
    found: dict[str, set[str]] = defaultdict(set)
    for owner, member in re.findall(r"\b(\w+)\.(?=(\w+))", text):
        found[owner].add(member)
    return found


@cache
def _of(texts: tuple[tuple[str, str], ...], *suffixes: str) -> tuple[tuple[str, str], ...]:
    return tuple((name, text) for name, text in texts if name.endswith(suffixes))


def _python_stubs(names: frozenset[str], texts: tuple[tuple[str, str], ...]) -> dict[str, str]:
    own = _of(texts, ".py")
    roots = {name.split("/")[0].removesuffix(".py") for name, _ in own}
    modules: dict[str, set[str]] = defaultdict(set)
    outside: set[str] = set()
    for name, text in own:
        for item in _imports("python", text):
            dots = len(item.module) - len(item.module.lstrip("."))
            parts = [part for part in item.module.split(".") if part]
            if dots:
                here = PurePosixPath(name).parent.parts
                parts = [*here[: len(here) - dots + 1], *parts]
            elif parts[0] not in roots:
                outside.add(parts[0])
                continue
            used = _members(text).get(parts[-1], set()) if parts and not item.names else set[str]()
            modules["/".join(parts)] |= {*item.names, *used}
    world = _module_files(names, modules)
    needed = sorted(outside - set(sys.stdlib_module_names))
    if own:
        world["pyproject.toml"] = f'[project]\nname = "stub"\ndependencies = {json.dumps(needed)}\n'
    return world


def _module_files(names: frozenset[str], modules: dict[str, set[str]]) -> dict[str, str]:
    world: dict[str, str] = {}
    for module, taken in modules.items():
        known = next((f for f in (f"{module}.py", f"{module}/__init__.py") if f in names), None)
        inside = any(name.startswith(f"{module}/") for name in (*names, *modules))
        if known is None:
            file = f"{module}/__init__.py" if inside else f"{module}.py"
            world[file] = "".join(f"{name} = None\n" for name in sorted(taken) if name != "*")
        elif known.endswith("__init__.py") or inside:
            for name in taken - {"*"}:  # what the package itself does not define is a module in it
                world.setdefault(f"{module}/{name}.py", "")
    return world


def _ecmascript_stubs(names: frozenset[str], texts: tuple[tuple[str, str], ...]) -> dict[str, str]:
    own = _of(texts, ".ts", ".tsx", ".js", ".jsx", ".mjs")
    modules: dict[str, set[str]] = defaultdict(set)
    packages: set[str] = set()
    for name, text in own:
        for item in _imports(language(name), text):
            if item.module.startswith("."):
                target = os.path.normpath(PurePosixPath(name).parent / item.module).replace(os.sep, "/")
                modules[re.sub(r"\.[jt]sx?$", "", target)] |= set(item.names)
            elif not item.module.startswith("node:"):
                parts = item.module.split("/")
                packages.add("/".join(parts[:2]) if parts[0].startswith("@") else parts[0])
    world: dict[str, str] = {}
    endings = (".ts", ".tsx", ".js", ".jsx", "/index.ts", "/index.js", ".json", "")
    for module, taken in modules.items():
        if not any(f"{module}{ending}" in names for ending in endings):
            exported = [f"export const {name}: any\n" for name in sorted(taken - {"*", "default"})]
            world[f"{module}.ts"] = "".join([*exported, "export default {}\n"])
    if own:
        world["package.json"] = json.dumps({"dependencies": dict.fromkeys(sorted(packages), "*")})
        world["global.d.ts"] = "".join(f"declare var {name}: any\n" for name in sorted(_free(own)))
    return world


def _go_stubs(names: frozenset[str], texts: tuple[tuple[str, str], ...]) -> dict[str, str]:
    own = _of(texts, ".go")
    if not own:
        return {}
    folders = {str(PurePosixPath(name).parent) for name, _ in own}
    paths = Counter(item.module for name, text in own for item in _imports("go", text))
    prefixes = Counter(
        path.removesuffix("/" + folder) for path in paths for folder in folders if path.endswith("/" + folder)
    )
    module = prefixes.most_common(1)[0][0] if prefixes else "example.com/stub"
    world: dict[str, str] = {}
    outside: set[str] = set()
    for path in paths:
        if path == module or path.startswith(module + "/"):
            folder = path.removeprefix(module).strip("/")
            members = (_members(text).get(PurePosixPath(path).name, ()) for _, text in own)
            used = {member for found in members for member in found if member[0].isupper()}
            stub = "".join(f"var {name} any\n" for name in sorted(used))
            package = re.sub(r"\W", "", PurePosixPath(path).name)
            world[f"{folder}/stub.go".lstrip("/")] = f"package {package}\n\n{stub}"
        elif "." in path.split("/")[0]:
            outside.add(path)
    for folder in folders:
        files = tuple((name, text) for name, text in own if str(PurePosixPath(name).parent) == folder)
        free = _free(files)
        package = re.search(r"^package (\w+)", files[0][1], re.MULTILINE)
        stub = "".join(f"var {name} any\n" for name in sorted(free))
        old = world.get(f"{folder}/stub.go", "").partition("\n\n")[2]
        world[f"{folder}/stub.go"] = f"package {package[1] if package else 'stub'}\n\n{old}{stub}"
    required = "".join(f"require {path} v1.0.0\n" for path in sorted(outside))
    world["go.mod"] = f"module {module}\n\ngo 1.22\n\n{required}"
    return world


def _rust_stubs(names: frozenset[str], texts: tuple[tuple[str, str], ...]) -> dict[str, str]:
    own = _of(texts, ".rs")
    if not own:
        return {}
    crates: set[str] = set()
    taken: set[str] = set()
    for _, text in own:
        for item in _imports("rust", text):
            first = item.module.split("::")[0]
            if first in {"crate", "self", "super"}:
                taken |= {*item.module.split("::")[1:], *item.names}
            elif first not in {"std", "core", "alloc"}:
                crates.add(first)
                taken |= set(item.names)
        crates |= set(re.findall(r"(?<![\w:])([a-z_][a-z0-9_]*)::", text))
    words = sorted(
        word for word in taken | _free(own) if word.isidentifier() and word not in {"self", "super", "crate"}
    )
    kinds = "".join(f"pub struct {word};\n" for word in words)
    depends = "".join(f'{crate} = "1"\n' for crate in sorted(crates - {"std", "core", "alloc", "self", "super"}))
    return {"Cargo.toml": f'[package]\nname = "stub"\n\n[dependencies]\n{depends}', "src/stub_names.rs": kinds}


@cache
def _free(texts: tuple[tuple[str, str], ...]) -> set[str]:
    """All words that files use as plain names and do not define. Of a later state of a file only its new words are
    looked at.
    """
    found: set[str] = set()
    seen: dict[str, set[str]] = defaultdict(set)
    for name, text in texts:
        words = set(re.findall(r"[A-Za-z_$][\w$]*", text)) - seen[name]
        seen[name] |= words
        parsed = parse(language(name), text) if words else None
        if parsed is not None:
            found |= {word for word, item in all_occurrences(parsed, words).items() if item.free}
    return found
