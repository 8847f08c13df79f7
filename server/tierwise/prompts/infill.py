"""Fill-in-the-middle on chat models: a prompt and a reader that need neither prefill nor temperature.

The model repeats the beginning of the cursor's line, so that a line break right after the tag is never taken for code
nor the other way round; the shaper removes what is repeated.
"""

from __future__ import annotations

from tierwise.core.fences import fenced
from tierwise.core.models import ChatPrompt, Excerpt, FimPrompt, PromptBlock, Speaker
from tierwise.core.thoughts import Thoughts
from tierwise.prompts.instructions import instruction

OPEN, CLOSE, CURSOR = "<fill>", "</fill>", "<cursor/>"


def infill_prompt(context: FimPrompt) -> tuple[ChatPrompt, tuple[str, ...]]:
    """The prompt, stable part first, and the string that ends the answer."""
    lasting = tuple(excerpt for excerpt in context.extra if excerpt.lasting)
    passing = tuple(excerpt for excerpt in context.extra if not excerpt.lasting)
    blocks = [PromptBlock(Speaker.SYSTEM, instruction("infill"), stable=True, mark=not lasting)]
    if lasting:
        blocks.append(PromptBlock(Speaker.USER, _excerpts(lasting), stable=True, mark=True))
    if passing:
        blocks.append(PromptBlock(Speaker.USER, _excerpts(passing)))
    text = f"{_plain(context.prefix)}{CURSOR}{_plain(context.suffix)}"
    blocks.append(PromptBlock(Speaker.USER, fenced("file", {"path": context.path}, f"{text}\n")))
    return ChatPrompt(tuple(blocks)), (CLOSE,)


class FillReader:
    """Takes the tags off a streamed answer. Text of a model that forgot them passes unchanged."""

    def __init__(self) -> None:
        self._thoughts = Thoughts()
        self._held = ""
        self._inside = False
        self._plain = False
        self.done = False

    def feed(self, delta: str) -> str:
        """The next piece of the reply; returns the code that is certain now."""
        if self.done:
            return ""
        self._held += self._thoughts.feed(delta)
        if not (self._inside or self._plain):
            self._begin()
        return self._certain() if self._inside or self._plain else ""

    def finish(self) -> str:
        """The end of the reply; returns what was still held."""
        held, self._held = self._held + self._thoughts.finish(), ""
        unsaid = not self._inside and OPEN.startswith(held.strip())
        if self.done or unsaid:
            return ""
        return held.removesuffix("\n") if self._inside else held

    def _begin(self) -> None:
        at = self._held.find(OPEN)
        if at >= 0:
            rest = self._held[at + len(OPEN) :]
            if not rest:
                return  # a line break after the tag may still come
            self._held, self._inside = rest.removeprefix("\r").removeprefix("\n"), True
        elif len(self._held.lstrip()) > len(OPEN) and not _may_become(self._held.lstrip()):
            self._plain = True

    def _certain(self) -> str:
        end = self._held.find(CLOSE)
        if end >= 0:
            code, self._held, self.done = self._held[:end], "", True
            return code.removesuffix("\n")
        begun = max((size for size in range(1, len(CLOSE)) if self._held.endswith(CLOSE[:size])), default=0)
        keep = len(self._held) - begun
        while keep and self._held[keep - 1] == "\n":
            keep -= 1  # a line break right before the tag belongs to the tag
        code, self._held = self._held[:keep], self._held[keep:]
        return code


def _may_become(text: str) -> bool:
    """Whether the tag may still come: a fence or a short remark before it is no code."""
    return text.startswith(("```", OPEN[:2])) and len(text) < 80


def _excerpts(extra: tuple[Excerpt, ...]) -> str:
    return "".join(fenced("excerpt", {"path": excerpt.path}, _plain(excerpt.text)) for excerpt in extra)


def _plain(text: str) -> str:
    """Code that holds our own marks must not be taken for them."""
    return text.replace(CURSOR, "< cursor/>") if CURSOR in text else text
