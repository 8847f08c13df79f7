"""How many of other tools' own rename tests the bundled engines pass, refuse, or get wrong.

Run: ``python benchmarks/rename.py [--suite NAME] [--failures]``. The recorded tests are not part of this repository:
their folder is ``TIERWISE_EVALUATION`` (default ``../shared/evaluation``), with ``rename/*.json`` inside.

TypeScript's tests that ask for mentions in comments and strings are compared without these: Tierwise offers them apart.

passed: every edit is the expected one, or the refusal is. refused: nothing was edited where edits were expected. wrong:
an edit that is not expected, or a missing one.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from tierwise.cli.disk_view import disk_view
from tierwise.core.changes import RenameFile
from tierwise.core.documents import Document
from tierwise.core.errors import Declined
from tierwise.core.text import Lines, Point
from tierwise.core.uris import to_uri
from tierwise.rename.engines import bundled_engines
from tierwise.rename.service import Renamer
from tierwise.rename.values import NotRenameable, RenameResult
from tierwise.syntax.parse import parse

_SUITES = ("jedi", "pyright_fourslash", "typescript_fourslash", "gopls")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--suite", choices=_SUITES, action="append", help="only this suite (may be given again)")
    parser.add_argument("--failures", action="store_true", help="print every case that did not pass")
    parser.add_argument("--case", help="only cases whose name contains this text")
    args = parser.parse_args()
    folder = Path(os.environ.get("TIERWISE_EVALUATION", "../shared/evaluation")) / "rename"
    if not folder.is_dir():
        print(f"benchmarks/rename.py: no recorded tests in {folder}; set TIERWISE_EVALUATION", file=sys.stderr)
        return 1
    for suite in args.suite or _SUITES:
        cases = json.loads((folder / f"{suite}.json").read_text(encoding="utf-8"))
        _run_suite(suite, [case for case in cases if not args.case or args.case in case["test"]], args.failures)
    return 0


def _run_suite(suite: str, cases: list[dict[str, Any]], show: bool) -> None:
    counts: Counter[str] = Counter()
    slowest = 0.0
    started = time.perf_counter()
    for case in cases:
        before = time.perf_counter()
        verdict, note = _judge(case)
        slowest = max(slowest, time.perf_counter() - before)
        counts[verdict] += 1
        if show and verdict != "passed":
            print(f"  {verdict:8} {case['test']}: {note}")
    total = sum(counts.values())
    share = counts["passed"] / total if total else 0.0
    print(
        f"{suite:22} {total:4} cases  passed {counts['passed']:4} ({share:.0%})  refused {counts['refused']:4}"
        f"  wrong {counts['wrong']:3}  {time.perf_counter() - started:.1f} s, slowest {slowest:.2f} s"
    )


def _judge(case: dict[str, Any]) -> tuple[str, str]:
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place).resolve()
        for name, text in case["files"].items():
            path = folder / _relative(case, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text.encode())
        return _compare(case, folder, _rename(case, folder))


def _rename(case: dict[str, Any], folder: Path) -> RenameResult | str:
    """The result, or the sentence with which it was declined."""
    position = case["position"]
    excluded = _excluded(case)
    view = disk_view(folder, exclude=excluded)
    name = _relative(case, position["file"])
    untitled = name.startswith("Untitled")
    path = None if untitled else folder / name
    language = case["language"] + ("react" if name.endswith(("x",)) else "")
    text = case["files"][position["file"]]
    lines = Lines.of(text)
    version = None if "marker2" in case["test"] and excluded else 1
    document = Document(to_uri(folder / name) if path else f"untitled:{name}", path, language, version, lines)
    point = Point(position["line"], _column(lines.line(position["line"]), position["character"]))
    renamer = Renamer(bundled_engines(packages=lambda _: (folder / "site-packages",), **_options(case)))
    prepared = renamer.prepare(view, document, point)
    if isinstance(prepared, NotRenameable):
        return prepared.message
    new_name = _new_name(case)
    try:
        return renamer.rename(view, document, point, new_name, cancelled=lambda: False)
    except Declined as declined:
        return str(declined)


def _new_name(case: dict[str, Any]) -> str:
    """The recorded name, or one of the same form (private, capital) as the old one."""
    old = case["old_name"] or "name"
    mark = "#" if old.startswith("#") else ""
    chosen = "RenamedByBenchmark" if old.removeprefix(mark)[0].isupper() else "renamedByBenchmark"
    return case["new_name"] or mark + chosen


def _options(case: dict[str, Any]) -> dict[str, bool]:
    aliases = case.get("options", {}).get("providePrefixAndSuffixTextForRename")
    return {} if aliases is None else {"aliases": aliases}


def _excluded(case: dict[str, Any]) -> tuple[str, ...]:
    settings = case["files"].get("pyrightconfig.json")
    return tuple(json.loads(settings).get("exclude", ())) if settings else ()


def _relative(case: dict[str, Any], name: str) -> str:
    options = case.get("file_options", {}).get(name, {})
    return f"site-packages/{name}" if options.get("library") == "true" else name.lstrip("/")


def _compare(case: dict[str, Any], folder: Path, result: RenameResult | str) -> tuple[str, str]:
    refusal = case["expect"] in {"error", "not_renameable"}
    if isinstance(result, str):
        return ("passed" if refusal else "refused"), result
    if refusal:
        return "wrong", "expected a refusal"
    if case["expect"] == "renameable":
        return "passed", ""
    new_name = _new_name(case)
    expected = _expected(case, new_name)
    actual = {_relative(case, name): text for name, text in case["files"].items()}
    for edit in result.changeset.edits:
        name = edit.base.path.relative_to(folder).as_posix() if edit.base.path else "?"
        actual[name] = edit.result.text
    moves = {(move.old, move.new) for move in result.changeset.changes if isinstance(move, RenameFile)}
    if moves != {(folder / old, folder / new) for old, new in case.get("file_renames") or ()}:
        return "wrong", f"moves are {moves}"
    for name, text in expected.items():
        if actual.get(name) != text:
            return "wrong", f"{name} is {actual.get(name)!r}, expected {text!r}"
    return "passed", ""


def _expected(case: dict[str, Any], new_name: str) -> dict[str, str]:
    texts = {_relative(case, name): text for name, text in case["files"].items()}
    if case["expect"] == "files_after":
        return texts | {name: text for name, text in case["files_after"].items() if name in texts}
    ranges = sorted(
        filter(lambda item: _is_code(case, item), case["expected_ranges"]),
        key=lambda item: (item["start"]["line"], item["start"]["character"]),
    )
    for item in reversed(ranges):
        name = _relative(case, item["file"])
        lines = texts[name].split("\n")
        start, end = item["start"], item["end"]
        row = lines[start["line"]].encode("utf-16-le")
        new = item.get("prefix_text", "") + item.get("new_text", new_name) + item.get("suffix_text", "")
        new_row = row[: 2 * start["character"]] + new.encode("utf-16-le") + row[2 * end["character"] :]
        lines[start["line"]] = new_row.decode("utf-16-le")
        texts[name] = "\n".join(lines)
    return texts


def _is_code(case: dict[str, Any], item: dict[str, Any]) -> bool:
    """Whether a range must be renamed: with ``findInComments`` and ``findInStrings`` TypeScript adds mentions."""
    options = case.get("options", {})
    if not (options.get("findInComments") or options.get("findInStrings")):
        return True
    parsed = parse("typescriptreact", case["files"][item["file"]])
    if parsed is None:
        return True
    start = Point(item["start"]["line"], item["start"]["character"])
    node = parsed.root.descendant_for_byte_range(parsed.byte(start), parsed.byte(start) + 1)
    tagged = "{" in parsed.text_between(max(0, parsed.byte(start) - 1), parsed.byte(start))
    return tagged or node is None or node.type not in {"comment", "string_fragment"}


def _column(line: str, character: int) -> int:
    return len(line.encode("utf-16-le")[: 2 * character].decode("utf-16-le", "ignore"))


if __name__ == "__main__":
    sys.exit(main())
