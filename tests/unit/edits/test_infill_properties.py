"""A right answer passes as it is: over random places of the standard library's files, and over random texts."""

from __future__ import annotations

import functools
import json
import random
import textwrap
import tokenize
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tierwise.core.documents import Document
from tierwise.core.languages import language
from tierwise.core.rejection import Rejection
from tierwise.core.text import Lines, Point, advance
from tierwise.edits.infill import Infill, InfillMode, InfillShaper
from tierwise.edits.retold import is_within
from tierwise.edits.scanner import Scan, scan

FILES = [Path(module.__file__) for module in (functools, json, random, textwrap, tokenize) if module.__file__]
HOLES = 30


def shaped(prefix: str, suffix: str, answer: str, mode: InfillMode, *, piece: int = 9) -> str | Rejection:
    """The file with the shaped answer in it."""
    document = Document("file:///a.py", None, "python", 1, Lines.of(prefix + suffix))
    shaper = InfillShaper(document, advance(Point(0, 0), prefix), mode)
    any(shaper.feed(answer[start : start + piece]) for start in range(0, len(answer), piece))
    result = shaper.finish(complete=True)
    return document.lines.splice(result.span, result.text).text if isinstance(result, Infill) else result


@pytest.mark.parametrize("file", FILES, ids=[file.name for file in FILES])
def test_a_right_line_stays_and_the_text_below_is_not_said_again(file: Path) -> None:
    text = without_trailing_space(file.read_text("utf-8"))
    lines = text.split("\n")
    rng = random.Random(file.name)
    equal_to_next = {i for i in range(len(lines) - 1) if lines[i] == next((x for x in lines[i + 1 :] if x), "")}
    filled = [i for i, line in enumerate(lines[:-5]) if len(line.strip()) > 4 and i not in equal_to_next]
    for at in rng.sample(filled, min(HOLES, len(filled))):
        line = lines[at]
        indent = len(line) - len(line.lstrip())
        start = rng.choice([indent, rng.randint(indent + 1, len(line) - 1)])
        prefix = "\n".join([*lines[:at], line[:start]])
        middle, suffix = line[start:], "\n" + "\n".join(lines[at + 1 :])
        if not middle.strip():
            continue
        where = f"{file.name}:{at + 1}:{start}"
        for mode in InfillMode:
            assert shaped(prefix, suffix, middle, mode) == text, where
            assert shaped(prefix, suffix, middle + suffix[:900], mode) == text, where


@pytest.mark.parametrize("file", FILES, ids=[file.name for file in FILES])
def test_a_right_block_stays_and_the_text_below_is_not_said_again(file: Path) -> None:
    text = without_trailing_space(file.read_text("utf-8"))
    lines = text.split("\n")
    for at, end in blocks(lines):
        prefix = "\n".join(lines[: at + 1])
        middle, suffix = "\n" + "\n".join(lines[at + 1 : end]), "\n" + "\n".join(lines[end:])
        where = f"{file.name}:{at + 1}-{end}"
        assert shaped(prefix, suffix, middle, InfillMode.MULTI) == text, where
        assert shaped(prefix, suffix, middle + suffix[:900], InfillMode.MULTI) == text, where


def blocks(lines: list[str]) -> list[tuple[int, int]]:
    """Function bodies of up to 25 lines: the line that opens each, and the line after its end."""
    found: list[tuple[int, int]] = []
    for at, line in enumerate(lines):
        if not (line.lstrip().startswith("def ") and line.endswith(":")):
            continue
        depth, end = len(line) - len(line.lstrip()), at + 1
        while end < len(lines) and (not lines[end] or len(lines[end]) - len(lines[end].lstrip()) > depth):
            end += 1
        while not lines[end - 1]:
            end -= 1
        if at + 1 < end <= at + 25:
            found.append((at, end))
    return found


def without_trailing_space(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.split("\n"))


code = st.text(alphabet=st.sampled_from("ab (){}[]\"'#:\n\t\r=.,<>`|é😀"), max_size=60)


@settings(max_examples=300, deadline=None)
@given(code, code, code, st.sampled_from(InfillMode), st.integers(1, 20), st.booleans())
def test_whatever_is_said_the_text_around_stays(
    before: str, after: str, answer: str, mode: InfillMode, piece: int, complete: bool
) -> None:
    """Never fails, and never touches anything but closers and quotes right after the point."""
    document = Document("file:///a.py", None, "python", 1, Lines.of(before + after))
    point = document.lines.clamp(advance(Point(0, 0), before))
    shaper = InfillShaper(document, point, mode)
    stopped = any(shaper.feed(answer[start : start + piece]) for start in range(0, len(answer), piece))
    result = shaper.finish(stopped or complete)
    if isinstance(result, Rejection):
        return
    assert result.text.strip()
    assert result.span.start == point
    assert result.span.end.line == point.line
    replaced = document.lines.slice(result.span)
    assert is_within(replaced, result.text)


@settings(deadline=None)
@given(st.lists(code, max_size=4))
def test_scanning_in_pieces_is_scanning_at_once(pieces: list[str]) -> None:
    """At line ends, where no token is split."""
    python, state = language("python"), Scan()
    pieces = [piece.replace("\r", "") + "\n" for piece in pieces]
    for piece in pieces:
        state = scan(python, piece, state)
    assert state == scan(python, "".join(pieces))
