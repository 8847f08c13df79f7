"""Marks in the files of a case: where the cursor is, what is selected or left out, what a rename must change.

Pure. ``⟦`` and ``⟧`` hold a selection, or the middle that a completion has to find. ``¦`` is the cursor. ``«old»`` must
get the new name, ``«old→text»`` must become ``text``. All else must stay as it is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from tierwise.core.text import Point, Span, advance

_START = Point(0, 0)
_OCCURRENCE = re.compile(r"«(?P<old>[^»→]*)(?:→(?P<new>[^»]*))?»")
_CURSOR = "¦"
_HELD = re.compile(r"⟦(?P<held>[^⟧]*)⟧", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Place:
    """The files of a case as they are at first, by path relative to the folder, and the place that it is about."""

    files: Mapping[str, str]
    path: str
    span: Span

    @property
    def text(self) -> str:
        """The text of the file that the case is about."""
        return self.files[self.path]


def selected(files: Mapping[str, str]) -> Place:
    """The place of the one selection or cursor. Raises ValueError where there is none, or more than one."""
    name = _marked(files, "⟦" + _CURSOR)
    text = files[name]
    if (held := _HELD.search(text)) is not None:
        start = advance(_START, text[: held.start()])
        plain = text[: held.start()] + held["held"] + text[held.end() :]
        return Place({**files, name: plain}, name, Span(start, advance(start, held["held"])))
    before, _, after = text.partition(_CURSOR)
    return Place({**files, name: before + after}, name, Span.at(advance(_START, before)))


def left_out(files: Mapping[str, str]) -> tuple[Place, str]:
    """The place from which the marked middle was taken, and that middle. Raises ValueError as ``selected`` does."""
    name = _marked(files, "⟦")
    text = files[name]
    held = _HELD.search(text)
    if held is None or not held["held"].strip():
        raise ValueError(f"{name} marks no middle")
    before, after = text[: held.start()], text[held.end() :]
    return Place({**files, name: before + after}, name, Span.at(advance(_START, before))), held["held"]


def renamed(files: Mapping[str, str], new: str) -> tuple[Place, dict[str, str]]:
    """The place of the cursor, and all files as they must be in the end. Raises ValueError as ``selected`` does."""
    before = {name: _OCCURRENCE.sub(lambda match: match["old"], text) for name, text in files.items()}
    plain = {name: text.replace(_CURSOR, "") for name, text in files.items()}
    after = {name: _OCCURRENCE.sub(lambda match: match["new"] or new, text) for name, text in plain.items()}
    return selected(before), after


def _marked(files: Mapping[str, str], marks: str) -> str:
    """The one file that holds one of ``marks``, once."""
    found = [name for name, text in files.items() for mark in marks for _ in range(text.count(mark))]
    if len(found) != 1:
        raise ValueError(f"{len(found)} places are marked, one is needed")
    return found[0]
