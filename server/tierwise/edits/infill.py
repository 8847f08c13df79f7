"""From what a model streams to what a person is shown at the point: the shaping of completions.

``InfillShaper`` owns what one answer has said so far and nothing else. It decides while the answer streams when it has
said enough, and shapes the text at the end: exactly what belongs between the text before and after the point. It
never parses the file, and it leaves a right answer as it is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from tierwise.core.documents import Document
from tierwise.core.rejection import Rejection, RejectReason
from tierwise.core.text import Point, Span, with_line_feeds
from tierwise.edits.around import width
from tierwise.edits.balance import balanced, fits
from tierwise.edits.cuts import SuffixStart, repetition_start, suffix_start
from tierwise.edits.echo import may_repeat_above, without_echo
from tierwise.edits.hole import Hole, indent_of
from tierwise.edits.indentation import from_margin, in_files_style, reindented
from tierwise.edits.retold import opens_itself
from tierwise.edits.scanner import Scan, scan
from tierwise.edits.scope import continues_statement, ends_block, scope_end
from tierwise.edits.unwrap import Unwrapper, is_fence, is_sentence, without_ticks

_LOOP = re.compile(r"(\S.{7,60}?)\1{4,}.{0,60}$")
_LOOP_CHECKED_FROM = 200
"""Characters of one line from which it is looked at for a loop."""

_SENTENCES = frozenset({"javascriptreact", "typescriptreact", "yaml"})
"""Languages in which sentences stand between tags, or as values: none at the margin, apart from what is indented."""

_LAST_WORD = re.compile(r"[\w.]*$")


class InfillMode(StrEnum):
    SINGLE = "single"
    MULTI = "multi"


@dataclass(frozen=True, slots=True)
class Infill:
    """``text`` takes the place of ``span``: empty at the point, or over closers after it that the text repeats."""

    text: str
    span: Span


class InfillShaper:
    """Shapes one answer for one place.

    ``mode`` None: what the place invites. ``selected_text`` is what the editor's open popup would put in at the
    point; the model was asked to go on after it, and the infill begins with it. ``line_repeated``: the prompt asked for
    an answer that begins with the point's line from its start; may be set when it turns out who answers, before the
    first ``feed``.
    """

    def __init__(
        self,
        document: Document,
        point: Point,
        mode: InfillMode | None,
        selected_text: str | None = None,
        *,
        line_repeated: bool = False,
    ) -> None:
        self._document = document
        self._point = document.lines.clamp(point)
        self._selected = selected_text or ""
        self._given_mode = mode
        self.line_repeated = line_repeated
        self._code = ""
        self._held = ""
        self._enough = False

    def prepare(self) -> None:
        """Look at the text around the point now rather than with the first piece: that takes as long as all the rest
        of the shaping, and can pass while the model has yet to speak.
        """
        hole, near = self._hole, self._hole.around
        _ = self._unwrapper, self._invited, hole.uses_tabs
        _ = near.scan_below, near.below_filled, near.keeps_trailing_space

    def feed(self, delta: str) -> bool:
        """Take the next piece of the answer; True when the rest is not needed and the stream may be stopped."""
        if not self._enough:
            delta = self._held + delta
            self._held = "\r" if delta.endswith("\r") else ""  # it may be the half of one break
            code = self._unwrapper.feed(with_line_feeds(delta.removesuffix(self._held)))
            self._code += code
            self._enough = self._unwrapper.done or self._is_enough("\n" in code)
        return self._enough

    def finish(self, complete: bool) -> Infill | Rejection:
        """The shaped answer. ``complete``: the model ended it itself, or ``feed`` said that it was enough."""
        lines = self._lines(complete)
        if lines is None:
            return Rejection(RejectReason.CUT_OFF, "The answer was cut off before anything could be used.")
        if any(_loops(line) for line in lines):
            return Rejection(RejectReason.REPETITION, "The answer repeats itself without an end.")
        lines = self._own(without_ticks(self._hole, lines))
        shaped = self._single(lines) if self._mode is InfillMode.SINGLE else self._multi(lines)
        return shaped if isinstance(shaped, Rejection) else self._placed(shaped)

    @cached_property
    def _hole(self) -> Hole:
        return Hole.at(self._document, self._point, self._selected)

    @cached_property
    def _unwrapper(self) -> Unwrapper:
        return Unwrapper(self._hole)

    @cached_property
    def _invited(self) -> InfillMode:
        return _invited(self._hole)

    @property
    def _mode(self) -> InfillMode:
        """What was asked for, or what the place invites. A statement's block comes whole, also that of a next
        clause; an answer that begins with a break goes on to the bracket after the point.
        """
        if self._given_mode or self._invited is InfillMode.MULTI:
            return self._given_mode or self._invited
        first, broken, _ = self._code.partition("\n")
        several = bool(broken and not first.strip() and self._hole.between_brackets)
        if self._hole.blank_rest and (ends_block(self._hole) or first.strip() == "{"):
            several = continues_statement(self._hole, self._own(self._code.split("\n")))
        return InfillMode.MULTI if several else InfillMode.SINGLE

    def _is_enough(self, line_ended: bool) -> bool:
        if not line_ended:
            return _loops(self._code[self._code.rfind("\n") + 1 :])
        whole = self._code.split("\n")[:-1]
        if self._mode is InfillMode.SINGLE:
            if may_repeat_above(self._hole, whole):
                return False
            return any(line.strip() for line in whole) or (bool(whole) and not self._hole.blank_rest)
        return (
            suffix_start(self._hole, whole, running=True) is not None
            or repetition_start(self._hole, whole, running=True) is not None
            or self._has_left_scope(whole)
        )

    def _has_left_scope(self, lines: list[str]) -> bool:
        lines = self._own([*lines, ""])
        lines = reindented(self._hole, lines, running=True)
        return scope_end(self._hole, lines, running=True) is not None

    def _own(self, lines: list[str]) -> list[str]:
        """What the answer says besides what it repeats of the prompt."""
        lines = without_echo(self._hole, lines, expected=self.line_repeated)
        return from_margin(self._hole, lines) if self.line_repeated else lines

    def _lines(self, complete: bool) -> list[str] | None:
        """What there is to shape: everything, or of a cut answer what is safe; None when nothing is."""
        lines = (self._code + self._unwrapper.finish()).split("\n")
        if self._unwrapper.done or (complete and not self._enough):
            return lines
        if any(line.strip() for line in lines[:-1]):
            return [*lines[:-1], ""] if self._mode is InfillMode.SINGLE or not self._hole.blank_rest else lines[:-1]
        if complete:
            return lines
        last = _LAST_WORD.sub("", lines[-1])
        inside = scan(self._hole.language, "\n".join([*lines[:-1], last]), self._hole.scan).inside
        return [*lines[:-1], last] if last.strip() and inside == self._hole.scan.inside else None

    def _single(self, lines: list[str]) -> list[str] | Rejection:
        hole = self._hole
        blank = next((i for i, line in enumerate(lines) if line.strip()), 0)
        if blank and not hole.blank_rest:
            return lines[:1]
        if blank and not hole.blank_before:
            return in_files_style(hole, reindented(hole, ["", lines[blank]]))  # the point's line was finished
        goes_on = len(lines) > blank + 1
        lines = reindented(hole, lines[blank:])
        lines = lines[: 1 + (not lines[0].strip() and not hole.blank_before)]  # a break was lacking
        start = suffix_start(hole, [*lines, ""] if goes_on else lines, running=False)
        if start and start.sure and not opens_itself(lines[0], hole.rest):
            return self._up_to(lines, start)
        if goes_on and hole.blank_before and not hole.blank_rest:
            return [*in_files_style(hole, lines), hole.before]
        return in_files_style(hole, lines)

    def _multi(self, lines: list[str]) -> list[str] | Rejection:
        hole = self._hole
        lines = lines[: _sentence_start(hole, lines)]
        start = suffix_start(hole, lines, running=False)
        if start and (start.sure or self._confirmed(lines, start)):
            cut = self._up_to(lines, start)
            if isinstance(cut, Rejection):
                return cut
            lines = cut
        lines = lines[: repetition_start(hole, lines, running=False)]
        lines = reindented(hole, lines)
        lines = lines[: scope_end(hole, lines, running=False)]
        return in_files_style(hole, lines)

    def _up_to(self, lines: list[str], start: SuffixStart) -> list[str] | Rejection:
        kept = [*lines[: start.line], lines[start.line][: start.column]]
        if not any(line.strip() for line in kept):
            return Rejection(RejectReason.REPEATS_SUFFIX, "The answer says only what stands after the point already.")
        return kept

    def _confirmed(self, lines: list[str], start: SuffixStart) -> bool:
        """Whether brackets say that a tail like the text below is that text."""
        kept = self._up_to(lines, start)
        if fits(self._hole, "\n".join(lines)):
            return False
        return isinstance(kept, Rejection) or fits(self._hole, "\n".join(kept))

    def _placed(self, lines: list[str]) -> Infill | Rejection:
        text, replaced = balanced(self._hole, self._ended("\n".join(self._trimmed(lines))))
        if not text.strip():
            return Rejection(RejectReason.EMPTY, "The answer has no text.")
        if text == self._hole.rest[:replaced]:
            return Rejection(RejectReason.REPEATS_SUFFIX, "The answer says only what stands after the point already.")
        end = Point(self._point.line, self._point.column + replaced)
        return Infill((self._selected + text).replace("\n", self._hole.eol), Span(self._point, end))

    def _trimmed(self, lines: list[str]) -> list[str]:
        """Without white space at line ends, where the file has none and none can be meant."""
        hole = self._hole
        if hole.is_prose or hole.around.keeps_trailing_space or not hole.scan.in_code:
            return lines
        if any(mark in line for mark in hole.language.long_starts for line in lines):
            return lines
        return [line.rstrip() for line in lines[:-1]] + lines[-1:]

    def _ended(self, text: str) -> str:
        """The end of the text as the rest of the point's line needs it."""
        hole = self._hole
        if hole.blank_rest:
            return text.rstrip()
        if not hole.blank_before:
            return text
        if text.endswith("\n"):
            return text + hole.before
        whole = not hole.before and indent_of(text) and width(hole.rest) >= 2 and hole.code_of(hole.rest)
        closed = scan(hole.language, text) == Scan()
        return text + "\n" if whole and closed else text


def _invited(hole: Hole) -> InfillMode:
    """Several lines where the place invites them: on a blank line, and at the end of one that opens a block."""
    between = hole.between_brackets == "{"
    opens = hole.opens_block(hole.before) and not (hole.language.indented and hole.scan.stack)
    if not (between or (hole.blank_rest and (hole.blank_before or opens))):
        return InfillMode.SINGLE
    in_line = hole.scan.in_comment or hole.scan.inside in hole.language.quotes
    return InfillMode.SINGLE if in_line else InfillMode.MULTI


def _sentence_start(hole: Hole, lines: list[str]) -> int | None:
    """The first line after the code that is a sentence about it, or a stray fence."""
    if (hole.is_prose and not hole.is_markup) or not (hole.scan.in_code or hole.starred):
        return None
    state, apart = hole.scan, hole.is_markup or hole.language.id in _SENTENCES
    for i, line in enumerate(lines):
        outside = state.in_code or (hole.starred and not line.strip().startswith("*"))
        own = apart and not (hole.before[:1].isspace() and line[:1].strip() and not lines[i - 1].strip())
        if i > 0 and outside and (is_fence(line) or (is_sentence(line) and not own)):
            return i
        state = scan(hole.language, line + "\n", state)
    return None


def _loops(line: str) -> bool:
    return len(line) >= _LOOP_CHECKED_FROM and bool(_LOOP.search(line))
