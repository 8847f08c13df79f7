"""The words of the design: what is asked, how hard it is, how much model it gets."""

from __future__ import annotations

from enum import StrEnum


class Task(StrEnum):
    """What the user asked for."""

    COMPLETE = "complete"
    RENAME = "rename"
    EXPLAIN = "explain"
    EDIT = "edit"
    SIMPLIFY = "simplify"
    DOCSTRING = "docstring"
    TYPES = "types"
    EXTRACT = "extract"
    FIX = "fix"
    TESTS = "tests"
    REVIEW = "review"


EDIT_TASKS = frozenset({Task.EDIT, Task.SIMPLIFY, Task.DOCSTRING, Task.TYPES, Task.EXTRACT, Task.FIX, Task.TESTS})
"""The tasks whose answer is a change of files."""


class TaskClass(StrEnum):
    """How hard a task is, easiest first."""

    MECHANICAL = "mechanical"
    LOCAL = "local"
    REPOSITORY = "repository"
    AGENTIC = "agentic"


class Role(StrEnum):
    """Where in a flow a model is used."""

    COMPLETE = "complete"
    ADJUDICATE = "adjudicate"
    SUMMARIZE = "summarize"
    EDIT = "edit"
    EXPLAIN = "explain"
    REVIEW = "review"
    CLASSIFY = "classify"


class Tier(StrEnum):
    """How much model, weakest first."""

    FAST = "fast"
    BALANCED = "balanced"
    FRONTIER = "frontier"

    @property
    def stronger(self) -> Tier | None:
        """The next tier up; None above the last."""
        order = list(Tier)
        index = order.index(self) + 1
        return order[index] if index < len(order) else None


class Harness(StrEnum):
    """Where Tierwise runs; each may override routing."""

    LOCAL = "local"
    CI = "ci"
    PRODUCTION = "production"
