"""Cases of what goes beyond the certain occurrences, as data: the format of ``rename_cases`` with more marks.

``⟨old⟩`` is a mention that means the renamed thing (``⟨old→text⟩``: it becomes that text), ``‹old›`` one that does not;
both must be found. ``related: OLD -> NEW, …`` names the symbols that are offered, ``files: OLD -> NEW, …`` the files.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from rename_cases import Case, read_cases

CASES = Path(__file__).parents[2] / "cases" / "rename_beyond"
_MENTION = re.compile(r"⟨(?P<old>[^⟩→]*)(?:→(?P<new>[^⟩]*))?⟩|‹(?P<other>[^›]*)›")


@dataclass(frozen=True)
class Place:
    """A mention: its file, 0-based line, and column, with what it would become."""

    path: str
    line: int
    column: int
    old: str
    new: str
    meant: bool


@dataclass
class BeyondCase:
    """One case with all marks taken out. ``_before`` and ``_after`` are its files before and after the certain edits,
    with the marks of mentions still in.
    """

    plain: Case
    _before: dict[str, str]
    _after: dict[str, str]
    mentions: list[Place] = field(default_factory=list)

    @property
    def title(self) -> str:
        return self.plain.title

    def named(self, key: str) -> set[str]:
        """The entries of a header line."""
        return {entry.strip() for entry in self.plain.header.get(key, "").split(",") if entry.strip()}

    def texts(self, chosen: Callable[[bool], bool], *, certain: bool = True) -> dict[str, str]:
        """The files after the mentions that ``chosen`` says, by whether they are meant, and after the certain edits
        unless told otherwise. A file that moves with these is empty under its old name then.
        """

        def written(mark: re.Match[str]) -> str:
            meant = mark["old"] is not None
            old = mark["old"] if meant else mark["other"]
            return (mark["new"] or self.plain.new) if chosen(meant) else old

        texts = {name: _MENTION.sub(written, text) for name, text in (self._after if certain else self._before).items()}
        for entry in self.named("moves") if certain else ():
            old, _, new = entry.partition(" -> ")
            texts[new], texts[old] = texts[old], ""
        return texts


def beyond_cases() -> list[tuple[str, BeyondCase]]:
    """All cases with the name of their file."""
    return [(file.stem, case) for file in sorted(CASES.glob("*.txt")) for case in _read(file)]


def _read(file: Path) -> list[BeyondCase]:
    found: list[BeyondCase] = []
    for case in read_cases(file):
        beyond = BeyondCase(case, dict(case.files), dict(case.after))
        for name, text in case.files.items():
            case.files[name] = _taken_out(beyond, name, text)
        case.after = {name: _bare(text) for name, text in case.after.items()}
        found.append(beyond)
    return found


def _bare(text: str) -> str:
    return _MENTION.sub(lambda mark: mark["old"] if mark["old"] is not None else mark["other"], text)


def _taken_out(case: BeyondCase, name: str, text: str) -> str:
    for number, row in enumerate(text.split("\n")):
        for mark in _MENTION.finditer(row):
            column = len(_bare(row[: mark.start()]))
            old = mark["old"] if mark["old"] is not None else mark["other"]
            new = mark["new"] or case.plain.new
            case.mentions.append(Place(name, number, column, old, new, mark["old"] is not None))
    return _bare(text)
