"""The words of the design: what is asked, how hard it is, how much model it gets."""

from __future__ import annotations

from enum import StrEnum


class Task(StrEnum):
    """What the user asked for, or what is done unasked on the way."""

    COMPLETE = "complete"
    NEXT_EDIT = "next-edit"
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
    CACHE = "cache"
    """Nothing was asked: a provider's copy of a prompt was filled, or kept alive for what is asked next."""
    SUMMARIZE = "summarize"
    """Nothing was asked: a file was summarized, for requests to come."""


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
