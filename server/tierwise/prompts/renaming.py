"""Questions about names for the fast tier: which mentions mean the renamed thing, and what something should be called.

Pure. The instructions stand first and never change; everything of the workspace comes after them, as data.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tierwise.core.models import ChatPrompt, PromptBlock, Speaker
from tierwise.prompts.instructions import instruction

OPEN, CLOSE = "«", "»"
"""Marks around the place that a numbered line is about."""

_AROUND = 90
"""Characters of context on either side of a place: a line of usual length is shown whole."""


@dataclass(frozen=True, slots=True)
class NamedThing:
    """What is renamed or to be named. ``definition``: the lines that define it; ``path`` as the workspace names it."""

    name: str
    kind: str
    path: str
    definition: str


def numbered_line(number: int, path: str, line_number: int, where: str, line: str, start: int, end: int) -> str:
    """One candidate with a line of context; ``line_number`` is 1-based, ``start`` and ``end`` are columns."""
    before, inside, after = line[:start], line[start:end], line[end:]
    head = before.lstrip() if len(before) <= _AROUND else "…" + before[-_AROUND:]
    tail = after.rstrip() if len(after) <= _AROUND else after[:_AROUND] + "…"
    return f"{number}. {path}:{line_number} ({where}) {head}{OPEN}{inside}{CLOSE}{tail}\n"


def adjudication_prompt(thing: NamedThing, new_name: str, lines: Sequence[str]) -> ChatPrompt:
    """Which of the numbered ``lines`` mean the thing."""
    text = (
        f'<renamed old="{thing.name}" new="{new_name}" kind="{thing.kind}" path="{thing.path}">\n'
        f"{thing.definition.rstrip()}\n</renamed>\n<places>\n{''.join(lines)}</places>\n"
        'Answer with {"accept": [numbers]}.\n'
    )
    return _prompt("adjudicate", text)


def naming_prompt(thing: NamedThing, uses: Sequence[str], style: str) -> ChatPrompt:
    """Better names for the thing. ``uses``: lines that use it; ``style``: how names of its kind are written here."""
    text = (
        f'<named name="{thing.name}" kind="{thing.kind}" path="{thing.path}" style="{style}">\n'
        f"{thing.definition.rstrip()}\n</named>\n<uses>\n{''.join(uses)}</uses>\n"
        'Answer with {"names": [names]}, the best one first.\n'
    )
    return _prompt("name", text)


def _prompt(name: str, text: str) -> ChatPrompt:
    head = PromptBlock(Speaker.SYSTEM, instruction(name), stable=True, mark=True)
    return ChatPrompt((head, PromptBlock(Speaker.USER, text)))
