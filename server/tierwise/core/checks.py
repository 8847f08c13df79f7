"""Checks of an answer and what came of them: values for a person, and the port to the workspace's own tools.

A check passes, fails or is skipped with a reason; nothing that could not be checked is called right.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from tierwise.core.rejection import Rejection


class CheckStatus(StrEnum):
    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Skipped:
    """A check that could not be made, and why, in a few words for a person."""

    why: str


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One check of one answer. ``detail``: why it was skipped or failed; holds no code."""

    name: str
    status: CheckStatus
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """All checks that were made of an answer, in their order, and the objection that ended them, if there is one."""

    results: tuple[CheckResult, ...] = ()
    rejection: Rejection | None = None

    def followed_by(self, other: Verdict) -> Verdict:
        """This verdict and then ``other``, whose objection counts where this one has none."""
        return Verdict(self.results + other.results, self.rejection or other.rejection)

    @property
    def sentence(self) -> str:
        """What was checked and what was not, for a person."""
        passed, failed = self.named(CheckStatus.PASSED), self.named(CheckStatus.FAILED)
        skipped = "; ".join(f"{r.name} ({r.detail})" for r in self.results if r.status is CheckStatus.SKIPPED)
        parts = [("Passed", ", ".join(passed)), ("failed", ", ".join(failed)), ("not checked", skipped)]
        return "; ".join(f"{word}: {names}" for word, names in parts if names) + "."

    def named(self, status: CheckStatus) -> tuple[str, ...]:
        """The names of the checks that ended so."""
        return tuple(result.name for result in self.results if result.status is status)


class ToolKind(StrEnum):
    """What a workspace's tool says of an answer."""

    LINTER = "linter"
    TYPES = "types"
    TESTS = "tests"


@dataclass(frozen=True, slots=True)
class Tool:
    """A program that the workspace's owner wants answers checked by.

    ``command``: the program and its arguments; ``{files}`` and ``{tests}`` stand for the changed files and for the
    tests that touch them, relative to the workspace folder. ``languages``: what it is for; empty for all.
    ``timeout_s``: seconds for one run.
    """

    name: str
    kind: ToolKind
    command: tuple[str, ...]
    languages: frozenset[str]
    timeout_s: float


@dataclass(frozen=True, slots=True)
class ToolLimits:
    """What all runs for one answer may take together (seconds) and each of them (MiB of memory, KiB of output);
    ``folder_mb`` bounds the copy of the workspace in MiB.
    """

    total_s: float = 120.0
    memory_mb: int = 4_096
    output_kb: int = 256
    folder_mb: int = 512


@dataclass(frozen=True, slots=True)
class ToolJob:
    """An answer to be checked: the workspace folder, the new text of every changed file (None: it goes away), the text
    of files that are open with changes not saved yet, and the tests that touch the changed ones. All paths are absolute
    and below ``folder``; no file there is ever written.
    """

    folder: Path
    changed: Mapping[Path, str | None]
    opened: Mapping[Path, str]
    tests: Sequence[Path]
    languages: frozenset[str]
    limits: ToolLimits


class ToolRunner(Protocol):
    """Runs a workspace's tools on a copy with an answer applied."""

    def run(
        self, job: ToolJob, tools: Sequence[Tool], begins: Callable[[Tool], None], cancelled: Callable[[], bool]
    ) -> Verdict:
        """The verdict of the tools, in their order, up to the first objection. Blocks until they have ended; ends them
        when ``cancelled`` becomes true. ``begins`` hears of each before it starts. Only problems that the workspace
        does not have without the answer count.
        """
        ...
