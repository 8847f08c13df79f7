"""Invariants of parsing, applying and diffing, over random files and random changes."""

from __future__ import annotations

import random
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from tierwise.core.changes import Changeset, CreateFile, FileEdit, apply_edits
from tierwise.core.documents import Document
from tierwise.core.rejection import Rejection
from tierwise.core.text import Lines
from tierwise.edits.apply import apply_blocks
from tierwise.edits.blocks import Block
from tierwise.edits.diff import minimal_edits, unified_diff
from tierwise.edits.search_replace import BlockStream, parse, write

FOLDER = Path("/project").absolute()
MAIN = FOLDER / "main.py"

# Few distinct lines, so that repeats, blank lines, indentation and near misses are common.
line = st.sampled_from(
    ["", "a", "b = 1", "    b = 1", "  b = 1", "\tb = 1", "}", "    }", "def f():", "é → ✓", "x ", "# ====", "<<<<<<"]
)
eol = st.sampled_from(["\n", "\r\n"])
texts = st.builds(
    lambda lines, end, final: end.join(lines) + (end if final else ""), st.lists(line, max_size=14), eol, st.booleans()
)
raw_text = st.text(alphabet=st.sampled_from("ab \t\n\r"), max_size=40)


def document(text: str) -> Document:
    return Document(MAIN.as_uri(), MAIN, "python", 1, Lines.of(text))


def apply(blocks: tuple[Block, ...], text: str) -> Changeset | Rejection:
    return apply_blocks(blocks, {MAIN: document(text)}, MAIN, FOLDER)


def result_of(changes: Changeset) -> str:
    (change,) = changes.changes
    assert isinstance(change, FileEdit)
    return change.result.text


def bare(text: str) -> list[str]:
    return text.replace("\r\n", "\n").split("\n")


@settings(deadline=None)
@given(st.lists(st.tuples(st.none() | st.sampled_from(["a.py", "src/b.ts"]), texts, texts), min_size=1, max_size=4))
def test_what_is_written_is_read_back(parts: list[tuple[str | None, str, str]]) -> None:
    def clean(text: str) -> str:
        text = text.replace("\r\n", "\n")
        return text if not text or text.endswith("\n") else text + "\n"

    blocks = [Block(path, clean(search), clean(replace)) for path, search, replace in parts]
    read = parse(write(blocks))
    assert not isinstance(read, Rejection)
    assert [(b.path, b.search, b.replace) for b in read] == [(b.path, b.search, b.replace) for b in blocks]


@settings(deadline=None)
@given(st.lists(st.tuples(texts, texts), min_size=1, max_size=3), st.lists(st.integers(1, 30), max_size=60))
def test_pieces_do_not_matter(parts: list[tuple[str, str]], cuts: list[int]) -> None:
    reply = write([Block("a.py", search, replace) for search, replace in parts])
    stream = BlockStream()
    streamed: list[Block] = []
    rest = reply
    for cut in cuts:
        streamed += stream.feed(rest[:cut])
        rest = rest[cut:]
    streamed += stream.feed(rest)
    streamed_end = stream.finish()
    assert streamed_end == parse(reply)
    assert isinstance(streamed_end, Rejection) or streamed_end[: len(streamed)] == tuple(streamed)


@settings(max_examples=300, deadline=None)
@given(texts, st.integers(0, 14), st.integers(1, 6), texts)
def test_a_block_changes_only_its_match(text: str, start: int, size: int, replace: str) -> None:
    """A SEARCH text that stands once is replaced there; one that stands more often is never applied."""
    lines = bare(text)
    wanted = lines[start : start + size]
    whole = len(lines) - (lines[-1] == "")  # what comes after the last line end is no line
    if not any(part.strip() for part in wanted) or start + len(wanted) > whole:
        return
    search = "\n".join(wanted) + "\n"
    new = bare(replace)[:-1] if replace.endswith("\n") else bare(replace)
    block = Block(None, search, "\n".join(new) + "\n")
    places = [i for i in range(whole - len(wanted) + 1) if lines[i : i + len(wanted)] == wanted]
    changes = apply((block,), text)
    if isinstance(changes, Rejection):
        return
    assert len(places) == 1
    after = bare(result_of(changes))
    place = places[0]
    expected = lines[:place] + new + lines[place + len(wanted) :]
    assert after in (expected, [*expected, ""], expected[:-1] if expected[-1] == "" else None)


@settings(max_examples=300, deadline=None)
@given(texts, st.integers(0, 14), st.integers(1, 6), texts)
def test_applying_twice_is_rejected(text: str, start: int, size: int, replace: str) -> None:
    """The second time it is not found, found twice, or found to be done already; nothing is put in again."""
    wanted = bare(text)[start : start + size]
    if not any(part.strip() for part in wanted):
        return
    block = Block(None, "\n".join(wanted) + "\n", replace.replace("\r\n", "\n"))
    changes = apply((block,), text)
    if isinstance(changes, Rejection):
        return
    again = apply((block,), result_of(changes))
    new = bare(block.replace)[:-1] if block.replace.endswith("\n") else bare(block.replace)
    size = len(wanted)
    inserts = any(
        [x.strip() for x in new[i : i + size]] == [x.strip() for x in wanted]
        and (any(x.strip() for x in new[:i] + new[i + size :]) or len(new) == size)
        for i in range(len(new) - size + 1)
    )
    # A block that removes its SEARCH text may find a new one where the lines around close up; an insertion may not.
    assert isinstance(again, Rejection) or not inserts


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 10**9))
def test_round_trip_of_random_changes(seed: int) -> None:
    """apply(parse(write(changes))) makes exactly the changed text, whatever the line endings."""
    rng = random.Random(seed)
    end = rng.choice(["\n", "\r\n"])
    old = [f"{' ' * rng.choice([0, 4])}line {i}" for i in range(rng.randint(3, 30))]
    new = list(old)
    blocks: list[Block] = []
    at = 0
    while at < len(old) and len(blocks) < 4:
        start = at + rng.randint(0, 4)
        stop = min(len(old), start + rng.randint(1, 3))
        if start >= stop:
            break
        fresh = [f"new {start} {i}" for i in range(rng.randint(0, 4))]
        blocks.append(Block("main.py", "".join(x + "\n" for x in old[start:stop]), "".join(x + "\n" for x in fresh)))
        index = new.index(old[start])
        new[index : index + stop - start] = fresh
        at = stop
    if not blocks:
        return
    rng.shuffle(blocks)
    text = end.join(old) + end
    read = parse(write(blocks), ["main.py"])
    assert not isinstance(read, Rejection)
    changes = apply(read, text)
    assert not isinstance(changes, Rejection)
    assert result_of(changes) == (end.join(new) + end if new else "")


@settings(deadline=None)
@given(texts, texts)
def test_minimal_edits_lead_from_one_text_to_the_other(old: str, new: str) -> None:
    edits = minimal_edits(Lines.of(old), Lines.of(new))
    assert apply_edits(Lines.of(old), edits).text == new
    assert (not edits) == (old == new)


@settings(deadline=None)
@given(raw_text, raw_text)
def test_minimal_edits_never_split_a_line_ending(old: str, new: str) -> None:
    lines = Lines.of(old)
    edits = minimal_edits(lines, Lines.of(new))
    assert apply_edits(lines, edits).text == new
    for edit in edits:
        for point in (edit.span.start, edit.span.end):
            assert lines.clamp(point) == point


@settings(max_examples=60, deadline=None)
@given(texts, texts, st.integers(0, 4))
def test_a_unified_diff_can_be_applied(old: str, new: str, context: int) -> None:
    edits = minimal_edits(Lines.of(old), Lines.of(new))
    diff = unified_diff(Changeset((FileEdit(document(old), edits),)), FOLDER, context)
    assert patched(old, diff) == new
    if old == new:
        assert diff == ""


def test_a_created_file_is_a_diff_against_nothing() -> None:
    diff = unified_diff(Changeset((CreateFile(FOLDER / "src" / "new.py", "a\nb\n"),)), FOLDER)
    assert diff == "--- /dev/null\n+++ b/src/new.py\n@@ -0,0 +1,2 @@\n+a\n+b\n"


def patched(old: str, diff: str) -> str:
    """A small independent ``patch``: strict about positions and context."""
    source = [x for x in Lines.of(old) if x]
    result: list[str] = []
    at = 0
    diff = diff.replace("\n\\ No newline at end of file\n", "\0")
    for raw in Lines.of(diff):
        if not raw or raw.startswith(("---", "+++")):
            continue
        if raw.startswith("@@"):
            first, _, count = raw.split()[1].lstrip("-").partition(",")
            start = int(first) - (count != "0")
            result += source[at:start]
            at = start
            continue
        for mark, body in ((raw[0], raw[1:]),) if "\0" not in raw else split_marked(raw):
            body = body.removesuffix("\0")
            if mark in " -":
                assert source[at] == body
                at += 1
            if mark in " +":
                result.append(body)
    return "".join(result + source[at:])


def split_marked(raw: str) -> list[tuple[str, str]]:
    return [(part[0], part[1:]) for part in raw.split("\0") if part]
