"""What a model thinks aloud, in tags, before it answers: servers without a parser for it send it as text. Pure.

Nothing of it may be shown as the answer, and no draft in it be taken for one. Some servers put the opening tag into the
prompt and send the closing one alone: that the beginning was a thought is known when it ends.
"""

from __future__ import annotations

import re

_TAGS = ("think", "thinking", "thought", "reasoning")
_OPENS = tuple(f"<{tag}>" for tag in _TAGS)
_ALONE = re.compile(rf"(?: {{0,3}}|.*[.!?])</({'|'.join(_TAGS)})>\s*")
"""A line that ends a thought. Elsewhere in a line the tag is spoken of."""
_FENCE = re.compile(r"\s{0,3}(`{3,}|~{3,})")
_EDIT, _EDITED = "<<<<<<< SEARCH", ">>>>>>> REPLACE"
_BEGUN = re.compile(rf"\s*<({'|'.join(_TAGS)})>")


def spoken(reply: str) -> str:
    """The answer in a whole reply."""
    thoughts = Thoughts()
    return thoughts.without_unopened(thoughts.feed(reply) + thoughts.finish())


def _after_unopened(text: str) -> str:
    """What follows a thought that was never opened; the whole text without one. A tag that stands in code or in an edit
    belongs to what is said.
    """
    quoted, at = "", 0
    for line in text.splitlines(keepends=True):
        at += len(line)
        fence = _FENCE.match(line)
        if quoted:
            quoted = "" if _ends(line, quoted) else quoted
        elif fence:
            quoted = fence[1]
        elif line.startswith(_EDIT):
            quoted = _EDITED
        elif (found := _ALONE.fullmatch(line)) and f"<{found[1]}>" not in text[:at]:
            return text[at:].lstrip()
    return text


def _ends(line: str, quoted: str) -> bool:
    """Whether a line ends what is quoted: an edit, or code whose fence it repeats with nothing behind it."""
    if quoted == _EDITED:
        return line.startswith(quoted)
    return line.strip().startswith(quoted) and not line.strip(f" \t\r\n{quoted[0]}")


class Thoughts:
    """Passes a streamed reply on from where its answer begins. ``begun``: the model is known to begin in the middle of
    a thought, so that nothing is passed on before one has ended.
    """

    def __init__(self, *, begun: bool = False) -> None:
        self._begun = begun
        self._held = ""
        self._end = ""
        """The tag that ends the thought under way."""
        self._thought = False
        self._over = False

    def feed(self, piece: str) -> str:
        """The next piece of the reply; returns what of it belongs to the answer."""
        if self._over:
            return piece
        if self._begun:
            return self._end_unopened(piece)
        looked_at = max(0, len(self._held) - len(self._end))
        self._held += piece
        while self._passed(looked_at):
            looked_at = 0
        return self._answer() if self._over else ""

    def finish(self) -> str:
        """The end of the reply; returns what was still held. A thought that never ended is no answer."""
        if self._begun:
            self._held = _after_unopened(self._held)
        return "" if self._end else self._answer()

    def without_unopened(self, answer: str) -> str:
        """The whole answer, as it was passed on, without a thought that began it unnoticed."""
        return answer if self._thought else _after_unopened(answer)

    def _end_unopened(self, piece: str) -> str:
        self._held += piece
        lines = self._held[: self._held.rfind("\n") + 1] if "\n" in piece else ""
        answer = _after_unopened(lines)
        if answer == lines:
            return ""
        rest = self._held[len(lines) :]
        self._held, self._thought, self._begun = "", True, False
        return self.feed(answer + rest)

    def _passed(self, start: int) -> bool:
        """Take one step from thought to answer; False when that needs more of the reply, or is done."""
        if self._end:
            at = self._held.find(self._end, start)
            if at < 0:
                return False
            self._held, self._end, self._thought = self._held[at + len(self._end) :], "", True
            return True
        if begun := _BEGUN.match(self._held):
            self._held, self._end = self._held[begun.end() :], f"</{begun[1]}>"
            return True
        said = self._held.lstrip()
        self._over = bool(said) and not any(tag.startswith(said) for tag in _OPENS)
        return False

    def _answer(self) -> str:
        answer, self._held, self._over = self._held, "", True
        return answer.lstrip() if self._thought else answer
