"""SEARCH/REPLACE blocks: the edit format of Tierwise's prompts, read while it streams.

A block is a line with the file's path, then ``<<<<<<< SEARCH``, the text to find, ``=======``, the text to put there
and ``>>>>>>> REPLACE``. Prose and fences around and between blocks are passed over. Pure; ``BlockStream`` owns what it
has read so far. Never guesses: a block that could be read in two ways keeps both readings for ``apply`` to decide by
the file's text, and one that never ends is rejected. A closing marker that belongs to no block is part of the one
before it, whose SEARCH text then has to hold such a marker, too, and so the file; without, the reply is rejected.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from tierwise.core.rejection import Rejection, RejectReason
from tierwise.edits.blocks import Block, lines_of, text_of
from tierwise.edits.paths import is_fence, path_above

_OPEN = re.compile(r"<{5,9} ?SEARCH\s*$")
_CLOSE = re.compile(r">{5,9} ?REPLACE\s*$")
_DIVIDER = re.compile(r"={7}\s*$")
_LOOSE_DIVIDER = re.compile(r"={5,9}\s*$")
_CONFLICT_OPEN = re.compile(r"<{7}(?: |$)")
_CONFLICT_CLOSE = re.compile(r">{7}(?: |$)")
_LOOK_BACK = 8
"""Lines before a block among which its path may stand: the path itself, fences and blank lines."""


def parse(reply: str, known: Collection[str] = (), *, complete: bool = True) -> tuple[Block, ...] | Rejection:
    """All blocks of a reply, in order, or why it cannot be used.

    ``known`` are the relative paths of the files in the prompt. ``complete`` is False when the model was stopped by
    its length limit or the stream broke. Rejects with NO_BLOCKS, CUT_OFF or MALFORMED_BLOCK.
    """
    stream = BlockStream(known)
    stream.feed(reply)
    return stream.finish(complete=complete)


def write(blocks: Iterable[Block]) -> str:
    """Blocks as a reply would hold them; ``parse`` reads them back."""
    return "\n".join(_written(block) for block in blocks)


class BlockStream:
    """Reads one reply piece by piece."""

    def __init__(self, known: Collection[str] = ()) -> None:
        self._known = known
        self._partial = ""
        self._number = 0
        self._recent: list[str] = []
        self._open: _OpenBlock | None = None
        self._closed: _OpenBlock | None = None
        self._previous: str | None = None
        self._problem: Rejection | None = None
        self.blocks: tuple[Block, ...] = ()

    @property
    def inside(self) -> bool:
        """Whether a block is open at this moment."""
        return self._open is not None

    @property
    def broken(self) -> bool:
        """Whether the reply can no longer become usable: the stream may be stopped."""
        return self._problem is not None

    def feed(self, delta: str) -> tuple[Block, ...]:
        """Take the next piece; returns the blocks that it completed."""
        before = len(self.blocks)
        *lines, self._partial = (self._partial + delta).split("\n")
        for line in lines:
            self._take(line.removesuffix("\r"))
        return self.blocks[before:]

    def finish(self, *, complete: bool = True) -> tuple[Block, ...] | Rejection:
        """The end of the reply: all blocks, or why they cannot be used."""
        last, self._partial = self._partial, ""
        if last:
            self._take(last.removesuffix("\r"))
        if self._problem:
            return self._problem
        if self._open:
            return self._open.unfinished(complete)
        if not complete:
            return Rejection(RejectReason.CUT_OFF, f"The reply was cut off after {len(self.blocks)} complete block(s).")
        if not self.blocks:
            return Rejection(RejectReason.NO_BLOCKS, "The reply holds no SEARCH/REPLACE block.")
        return self.blocks

    def _take(self, line: str) -> None:
        self._number += 1
        if self._problem:
            return
        if self._open is None:
            self._outside(line)
        elif self._open.ends_with(line):
            self._open.follow(line)
            self._close(self._open)

    def _outside(self, line: str) -> None:
        if _OPEN.match(line):
            path = path_above(self._recent, self._known)
            self._open, self._closed = _OpenBlock(path, self._number, self._previous), None
            self._previous = path or self._previous
            self._recent = []
        elif _CLOSE.match(line):
            self._go_on()
        else:
            self._recent = [*self._recent[-_LOOK_BACK:], line]
        if self._closed is not None:
            self._closed.follow(line)

    def _close(self, opened: _OpenBlock) -> None:
        self._open, self._closed = None, opened
        block = opened.block()
        if isinstance(block, Rejection):
            self._problem = block
        else:
            self.blocks += (block,)

    def _go_on(self) -> None:
        """Take the last block to end here, not where it seemed to."""
        block = self._closed.longer() if self._closed is not None else None
        if block is None:
            self._problem = _malformed(self._number, "'>>>>>>> REPLACE' without '<<<<<<< SEARCH' before it")
        else:
            self.blocks = (*self.blocks[:-1], block)


class _OpenBlock:
    """The block that is being read. Conflict markers inside its content are counted as long as they pair up."""

    def __init__(self, path: str | None, line: int, previous: str | None) -> None:
        self._path = path
        self._line = line
        self._previous = previous
        self._lines: list[str] = []
        self._nested: list[str] = []
        self._reopened = False
        self._dividers: list[tuple[int, int]] = []
        self._further: list[str] = []

    def ends_with(self, line: str) -> bool:
        """Take one line; True when it closes the block."""
        if _OPEN.match(line):
            self._nested.append("SEARCH")
            self._reopened = True
        elif _CLOSE.match(line):
            if "SEARCH" not in self._nested:
                return True
            while self._nested.pop() != "SEARCH":
                pass
        elif _CONFLICT_OPEN.match(line):
            self._nested.append("")
        elif _CONFLICT_CLOSE.match(line) and self._nested[-1:] == [""]:
            self._nested.pop()
        elif _DIVIDER.match(line):
            self._dividers.append((len(self._lines), len(self._nested)))
        self._lines.append(line)
        return False

    def unfinished(self, complete: bool) -> Rejection:
        """Why the block is unusable when the reply ends in it."""
        if complete and self._reopened:
            return _malformed(self._line, "the block has no '>>>>>>> REPLACE' before the next '<<<<<<< SEARCH'")
        return Rejection(RejectReason.CUT_OFF, f"The reply ends inside the block that opens in its line {self._line}.")

    def block(self) -> Block | Rejection:
        """The finished block with all its readings."""
        readings = list(self._readings())
        if not readings:
            return _malformed(self._line, "the block has no '=======' between its SEARCH and REPLACE text")
        return self._read(readings)

    def follow(self, line: str) -> None:
        """Take a line that follows the block's end; from the marker on that seemed to be it."""
        self._further.append(line)

    def longer(self) -> Block | None:
        """The block if it goes on up to here; None where no SEARCH text could hold the markers in between."""
        lines = [*self._lines, *self._further]
        first = len(self._lines)  # the marker that seemed to end it
        places = [i for i, line in enumerate(lines) if i > first and _DIVIDER.match(line)]
        readings = [(text_of(lines[:place]), text_of(lines[place + 1 :])) for place in reversed(places)]
        return self._read(readings) if readings else None

    def _read(self, readings: list[tuple[str, str]]) -> Block:
        (search, replace), *others = readings
        return Block(self._path, search, replace, self._line, self._previous, tuple(others))

    def _readings(self) -> Iterable[tuple[str, str]]:
        places = [place for place, depth in self._dividers if depth == 0 or self._nested]
        if not places:
            loose = [i for i, line in enumerate(self._lines) if _LOOSE_DIVIDER.match(line)]
            places = loose if len(loose) == 1 else []
        for place in reversed(places):
            search, replace = self._lines[:place], self._lines[place + 1 :]
            yield text_of(search), text_of(replace)
            if replace and _DIVIDER.match(replace[-1]):
                yield text_of(search), text_of(replace[:-1])  # models write it twice, also right before the end
            if _fenced(search) and (_fenced(replace) or not replace):
                yield text_of(search[1:-1]), text_of(replace[1:-1])


def _fenced(lines: list[str]) -> bool:
    return len(lines) >= 2 and is_fence(lines[0]) and lines[-1].strip() in {"```", "~~~", "````"}


def _malformed(line: int, what: str) -> Rejection:
    return Rejection(RejectReason.MALFORMED_BLOCK, f"Line {line} of the reply: {what}.")


def _written(block: Block) -> str:
    path = [block.path] if block.path else []
    search, replace = lines_of(block.search), lines_of(block.replace)
    return text_of([*path, "<<<<<<< SEARCH", *search, "=======", *replace, ">>>>>>> REPLACE"])
