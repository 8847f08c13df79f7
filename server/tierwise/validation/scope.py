"""What a request covers: the frame that a changeset is checked against."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tierwise.core.tasks import Task
from tierwise.core.text import Span
from tierwise.core.workspace import Library, WorkspaceView

_REMOVES = re.compile(
    r"\b(?:remove|delete|drop|inline|merge|replace|rewrite|unify|combine|split|rename|extract|move|get rid of)",
    re.IGNORECASE,
)
_CREATES = re.compile(r"\b(?:new|separate|own|another)\s+(?:\w+\s+)?(?:file|module)|\bcreate\b.*\bfile", re.IGNORECASE)
_ELSEWHERE = re.compile(
    r"\b(?:callers?|call[- ]?sites?|usages?|(?:all|every|each|other)\s+(?:\w+\s+)?(?:uses?|calls?|places?|occurrences?)"
    r"|everywhere|throughout|whole\s+file|entire\s+file)\b",
    re.IGNORECASE,
)
_WORD = re.compile(r"\w+")
_LONG = 6
"""Letters from which a word of a sentence is hardly an identifier's by chance."""


def _never(path: Path) -> bool:
    del path
    return False


def _no_reason(path: Path) -> str | None:
    del path
    return None


@dataclass(frozen=True, slots=True)
class EditScope:
    """``folder``: the workspace folder. ``allowed``: the files that may change, as absolute paths; ``target`` is the
    one the request is about, and ``span`` the lines of it that it is about (None: all). ``instruction``: the user's
    own words; what they name may go. ``forbidden``: why a path must be left alone (ignore files), None where it need
    not. ``exists``: whether a path is taken on the disk. ``workspace``: what may be read beside the changed files; None
    where they are all there is. ``library``: Python's modules from outside the workspace; None where nothing is known
    of them.
    """

    folder: Path
    allowed: frozenset[Path]
    target: Path
    span: Span | None = None
    task: Task = Task.EDIT
    instruction: str = ""
    forbidden: Callable[[Path], str | None] = _no_reason
    exists: Callable[[Path], bool] = _never
    workspace: WorkspaceView | None = None
    library: Library | None = None

    @property
    def may_create(self) -> bool:
        """Whether new files are a natural part of the answer."""
        return self.task is Task.TESTS or bool(_CREATES.search(self.instruction))

    @property
    def may_add(self) -> bool:
        """Whether whole new lines may also come outside ``span``: an extracted function, tests beside the code."""
        return self.task in {Task.EXTRACT, Task.TESTS}

    @property
    def may_change_elsewhere(self) -> bool:
        """Whether the user's words ask for changes beyond ``span``: of callers, or everywhere."""
        return bool(_ELSEWHERE.search(self.instruction))

    def names(self, word: str) -> bool:
        """Whether the user's words name ``word``; a longer one in any case of its letters."""
        said = _WORD.findall(self.instruction)
        return word in said or (len(word) >= _LONG and word.lower() in {other.lower() for other in said})

    def mentions(self, pattern: str) -> bool:
        """Whether the user's words match ``pattern``, in any case."""
        return bool(re.search(pattern, self.instruction, re.IGNORECASE))

    @property
    def removes(self) -> bool:
        """Whether the user asked for something to go away or to move."""
        return bool(_REMOVES.search(self.instruction))
