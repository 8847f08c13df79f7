"""An open document as tokens that follow its edits.

Owner of the token text of one document. The line that is worked on is left out of it, so that half-typed words are not
learnt and typing costs nothing; it is read once another line is worked on. What is known is a matter of the text and
that line, not of how they came about. A document that is too long to be read at once is read by a thread; until then
completion sees the lines around the cursor.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

from tierwise.core.documents import Document
from tierwise.core.text import Lines, split_lines
from tierwise.embedded.masking import without_secrets
from tierwise.embedded.tokentext import Encoder, TokenText, as_read, indentation_unit, spliced, token_text
from tierwise.embedded.vocabulary import Vocabulary

_LONGEST_TEXT = 80
"""Characters of a string or comment that is kept as it is from an open document."""

_AT_ONCE = 200
"""Lines that are read while somebody waits: about one millisecond."""

_AT_ONCE_CHARACTERS = 20_000
"""The same where lines are long."""

_WINDOW = 100
"""Lines on either side of the cursor that are read while the whole is not there yet."""

_SAMPLE = 1_000
"""Lines that tell how a file is indented."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The tokens before and after a line, the lexer's state in front of it, the indentation of the line of text above
    it, and whether blank lines stand between.
    """

    above: str
    below: str
    state: int
    width_above: int
    after_blank: bool


@dataclass(frozen=True, slots=True)
class _Change:
    """Lines ``first`` up to ``old_stop`` became lines ``first`` up to ``new_stop``."""

    first: int
    old_stop: int
    new_stop: int

    def then(self, later: _Change) -> _Change:
        """This change and a later one as one that covers both."""
        stop = max(self.new_stop, later.old_stop)
        return _Change(
            min(self.first, later.first),
            self.old_stop + stop - self.new_stop,
            stop + later.new_stop - later.old_stop,
        )

    def near(self, later: _Change) -> bool:
        return (
            self.first - 1 <= later.first <= self.new_stop + 1 or self.first - 1 <= later.old_stop <= self.new_stop + 1
        )


@dataclass(slots=True)
class _Reading:
    """A text that a thread reads, and what was edited since. The thread sets ``tokens`` once, at its end."""

    lines: Lines
    tokens: TokenText | None = None
    edited: _Change | None = None

    def note(self, change: _Change) -> None:
        self.edited = self.edited.then(change) if self.edited else change


class LiveDocument:
    """The tokens of one open document. Only the thread's own work happens outside the event loop's thread.

    ``_hole`` is the line that the tokens leave out; ``_pending`` are lines that changed since they were read. Never are
    both there.
    """

    def __init__(self, vocabulary: Vocabulary, document: Document, breathe: Callable[[], None]) -> None:
        self.document = document
        sample = list(document.lines.raw_range(0, _SAMPLE))
        self.unit = indentation_unit(sample)
        self.indent = "\t" if any(line.startswith("\t") for line in sample) else " " * self.unit
        self.encoder = Encoder(vocabulary, document.language, self.unit, _LONGEST_TEXT)
        self._breathe = breathe
        self._tokens: TokenText | None = None
        self._pending: _Change | None = None
        self._hole: int | None = None
        self._reading: _Reading | None = None
        self._thread: threading.Thread | None = None
        self._begin()

    @property
    def codes(self) -> str:
        """The token text as last read; "" while there is none."""
        self._adopt()
        return self._tokens.codes if self._tokens else ""

    def edited(self, after: Document, first: int, old_stop: int, new_stop: int) -> None:
        """Note that lines ``first`` up to ``old_stop`` became ``first`` up to ``new_stop`` of ``after``."""
        self._adopt()
        before, self.document = self.document, after
        change = _Change(first, old_stop, new_stop)
        if self._reading is not None:
            self._reading.note(change)
        if self._tokens is None:
            return
        if self._hole is not None:
            if change == _line(self._hole):
                return
            self._pending, self._hole = _line(self._hole), None
        self._note(change, before.lines)
        self._begin_anew_if_much()

    def surroundings(self, line: int) -> Surroundings:
        """What stands around line ``line``, which itself is left out."""
        self._adopt()
        if self._tokens is None:
            return self._window(line)
        if self._hole != line:
            lines = self.document.lines
            if self._hole is not None:
                self._pending = _line(self._hole)
            self._note(_line(line), lines)
            self._catch_up(lines, line)
            self._hole = line
            if not self._tokens.whole and self._reading is None:
                self._read_in_background(lines)
        return _around(self._tokens, line)

    def wait(self) -> None:
        """Block until the document is read. For tests and benchmarks."""
        if self._thread is not None:
            self._thread.join()
        self._adopt()

    def _begin(self) -> None:
        """Read the whole document, in a thread if that takes long."""
        lines = self.document.lines
        self._tokens = self._pending = self._hole = self._reading = None
        if lines.count <= _AT_ONCE and sum(map(len, lines)) <= _AT_ONCE_CHARACTERS:
            self._tokens = self._whole(lines)
            return
        self._read_in_background(lines)

    def _read_in_background(self, lines: Lines) -> None:
        """Read ``lines`` by a thread; what is known of them until then stays."""
        self._reading = _Reading(lines)
        self._thread = threading.Thread(target=self._read, args=(self._reading,), name="tierwise-read", daemon=True)
        self._thread.start()

    def _read(self, reading: _Reading) -> None:
        reading.tokens = self._whole(reading.lines, self._breathe)

    def _whole(self, lines: Lines, breathe: Callable[[], None] | None = None) -> TokenText:
        return token_text(self.encoder, split_lines(without_secrets("".join(map(as_read, lines)))), breathe)

    def _begin_anew_if_much(self) -> None:
        if self._pending is not None and self._pending.new_stop - self._pending.first > _AT_ONCE:
            self._begin()

    def _adopt(self) -> None:
        """Take over what the thread has read; the edits since then are pending."""
        if self._reading is not None and self._reading.tokens is not None:
            self._tokens, self._pending, self._reading = self._reading.tokens, self._reading.edited, None
            self._hole = None
            self._begin_anew_if_much()

    def _note(self, change: _Change, lines: Lines) -> None:
        """Keep a change of ``lines`` for later; what is pending far away from it is read now."""
        if self._pending is not None and not self._pending.near(change):
            self._catch_up(lines)
        self._pending = self._pending.then(change) if self._pending else change

    def _catch_up(self, lines: Lines, blank: int | None = None) -> None:
        """Read the pending lines of ``lines``; line ``blank`` is left out."""
        change = self._pending
        if change is not None and self._tokens is not None:
            stops = change.old_stop, change.new_stop
            self._tokens = spliced(self._tokens, self.encoder, lines, change.first, *stops, blank)
            self._pending = None

    def _window(self, line: int) -> Surroundings:
        """The surroundings of ``line`` as far as they can be read at once."""
        lines = self.document.lines
        first = max(0, line - _WINDOW)
        part = split_lines(without_secrets("".join(map(as_read, lines.raw_range(first, line + _WINDOW)))))
        part[line - first] = ""
        return _around(token_text(self.encoder, part), line - first)


def _line(line: int) -> _Change:
    """Line ``line`` changed in itself."""
    return _Change(line, line + 1, line + 1)


def _around(tokens: TokenText, line: int) -> Surroundings:
    """What stands around line ``line`` of ``tokens``, which is blank there."""
    width, after_blank = tokens.indentation_above(line)
    at = tokens.offset(line)
    return Surroundings(tokens.codes[:at], tokens.codes[at:], tokens.states[line], width, after_blank)
