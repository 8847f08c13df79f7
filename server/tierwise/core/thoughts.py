"""What a model thinks aloud, in tags, before it answers: servers without a parser for it send it as text. Pure.

Nothing of it may be shown as the answer, and no draft in it be taken for one.
"""

from __future__ import annotations

import re

_TAGS = ("think", "thinking", "thought", "reasoning")
_OPENS = tuple(f"<{tag}>" for tag in _TAGS)
_BEGUN = re.compile(rf"\s*<({'|'.join(_TAGS)})>")


def spoken(reply: str) -> str:
    """The answer in a whole reply."""
    thoughts = Thoughts()
    return thoughts.feed(reply) + thoughts.finish()


class Thoughts:
    """Passes a streamed reply on from where its answer begins."""

    def __init__(self) -> None:
        self._held = ""
        self._end = ""
        """The tag that ends the thought under way."""
        self._thought = False
        self._over = False

    def feed(self, piece: str) -> str:
        """The next piece of the reply; returns what of it belongs to the answer."""
        if self._over:
            return piece
        looked_at = max(0, len(self._held) - len(self._end))
        self._held += piece
        while self._passed(looked_at):
            looked_at = 0
        return self._answer() if self._over else ""

    def finish(self) -> str:
        """The end of the reply; returns what was still held. A thought that never ended is no answer."""
        return "" if self._end else self._answer()

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
