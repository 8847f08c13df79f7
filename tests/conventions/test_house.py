"""The house's rules that a machine can see: sizes, docstrings, and words that have no place in any file."""

from __future__ import annotations

import ast
import re
import shutil
import statistics
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "server" / "tierwise"
MODULES = sorted(PACKAGE.rglob("*.py"))

MAX_FILE, MAX_FUNCTION, MEDIAN_FUNCTION = 400, 80, 12


def functions(path: Path) -> Iterator[tuple[int, str]]:
    """Length in lines, and place, of every function of a module."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.end_lineno - node.lineno + 1, f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"


def worst(measured: list[tuple[int, str]], limit: int) -> list[str]:
    return [f"{place}: {lines} lines" for lines, place in sorted(measured, reverse=True)[:10] if lines > limit]


def test_files_are_short() -> None:
    lengths = [(len(path.read_text(encoding="utf-8").splitlines()), str(path.relative_to(ROOT))) for path in MODULES]
    assert worst(lengths, MAX_FILE) == []


def test_functions_are_short() -> None:
    measured = [item for path in MODULES for item in functions(path)]
    assert worst(measured, MAX_FUNCTION) == []
    assert statistics.median(lines for lines, _ in measured) <= MEDIAN_FUNCTION


@pytest.mark.parametrize("path", [path for path in MODULES if path.stat().st_size], ids=lambda path: path.name)
def test_every_module_says_what_it_is_for(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))), f"{path.relative_to(ROOT)} has no docstring"


FORBIDDEN = {
    "a path of one machine": r"(?<![\w.])/(?:work|root)/\w|/tmp/(?:brief|bash)|[A-Z]:\\Users\\\w",
    "a document that is not part of the project": r"\b(?:DESIGN|HOUSE_STYLE|wire|peers|lsp)\.md\b",
    "work that is not done": r"\b(?:TODO|FIXME|XXX)\b",
    "a silenced checker without a reason": r"#\s*type:\s*ignore(?!\[)|#\s*noqa(?!:)",
}
TEXT = {".py", ".toml", ".md", ".txt", ".json", ".yml", ".yaml", ".ts", ".js", ".lua", ".el", ".sh", ".cfg", ""}


def tracked_files() -> list[Path]:
    git = shutil.which("git")
    if git is None or not (ROOT / ".git").exists():
        pytest.skip("not a checkout")
    listed = subprocess.run([git, "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    files = (ROOT / name for name in listed.split("\0") if name)
    return [file for file in files if file.is_file() and file.suffix in TEXT and file != Path(__file__)]


@pytest.mark.parametrize(("what", "pattern"), FORBIDDEN.items(), ids=FORBIDDEN)
def test_words_that_have_no_place_here(what: str, pattern: str) -> None:
    search = re.compile(pattern, re.MULTILINE)
    found: list[str] = []
    for file in tracked_files():
        if file.is_relative_to(ROOT / "tests" / "cases"):
            continue  # other people's code, as a test finds it
        text = file.read_text(encoding="utf-8", errors="replace")
        for match in search.finditer(text):
            line = text.count("\n", 0, match.start()) + 1
            found.append(f"{file.relative_to(ROOT)}:{line}: {match[0]}")
    assert found == [], what
