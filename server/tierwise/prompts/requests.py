"""The volatile end of a prompt for the larger tiers: what is asked now, about which lines, what was wrong before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tierwise.core.fences import fenced, notice
from tierwise.core.models import PromptBlock, Speaker
from tierwise.core.rejection import Rejection
from tierwise.core.tasks import Task
from tierwise.core.text import split_lines

_WISHES: dict[Task, str] = {
    Task.SIMPLIFY: "Simplify this code without changing what it does: fewer branches, less nesting, clearer names.",
    Task.DOCSTRING: "Write documentation comments for what is defined here, in the language's and this file's style.",
    Task.TYPES: "Add type annotations to what is defined here, as precise as the code allows. Change nothing else.",
    Task.EXTRACT: "Extract these lines into a well-named function and call it in their place.",
    Task.TESTS: "Write tests for what is defined here, with the test framework and in the places this workspace uses.",
    Task.EXPLAIN: "Explain this code.",
    Task.REVIEW: "Review this code.",
}

_REVIEW_SHAPE = (
    'Answer with one JSON object: {"summary": text, "findings": [{"line": number, "severity": "error" | "warning" | '
    '"note", "message": text}]}. Lines are counted from 1 in the file.'
)


@dataclass(frozen=True, slots=True)
class Part:
    """Lines of a target, as they are now, from ``first`` on (1-based)."""

    first: int
    lines: str

    @property
    def last(self) -> int:
        *ended, rest = split_lines(self.lines)
        return self.first + max(1, len(ended) + bool(rest)) - 1


@dataclass(frozen=True, slots=True)
class Target:
    """What a request is about. ``lines`` is its current text, from ``first`` to ``last`` (1-based); ``whole``: the
    whole file is meant. ``parts``, unless None, are repeated in place of all lines: the prompt shows the rest already.
    ``around`` is more of the file where the prompt does not show it, else "".
    """

    path: str
    first: int
    last: int
    lines: str
    whole: bool
    around: str = ""
    parts: tuple[Part, ...] | None = None


@dataclass(frozen=True, slots=True)
class Failed:
    """An answer that was rejected, and why."""

    reply: str
    rejection: Rejection


def request_blocks(
    task: Task, target: Target, wish: str = "", diagnostic: str = "", failed: Sequence[Failed] = ()
) -> tuple[PromptBlock, ...]:
    """The blocks after the prefix. ``wish``: the user's own words; ``diagnostic``: the problem to fix."""
    text = "".join(
        [
            "<request>\n",
            _wish(task, wish, diagnostic),
            _about(target),
            f"{_REVIEW_SHAPE}\n" if task is Task.REVIEW else "",
            "</request>\n",
        ]
    )
    blocks = [PromptBlock(Speaker.USER, text)]
    for failure in failed:
        blocks += [PromptBlock(Speaker.ASSISTANT, failure.reply or "(no answer)"), _objection(failure.rejection)]
    return tuple(blocks)


def _wish(task: Task, wish: str, diagnostic: str) -> str:
    asked = wish.strip() or _WISHES.get(task, "")
    if task is Task.FIX:
        asked = f"Fix this problem and nothing else: {diagnostic.strip()}"
    return f"{asked}\n"


def _about(target: Target) -> str:
    where = _where(target.path, target.first, target.last)
    if target.whole:
        where["whole"] = "true"
    around = fenced("around", {"path": target.path}, target.around) if target.around else ""
    if target.parts is None:
        return around + fenced("lines", where, target.lines)
    parts = (fenced("lines", _where(target.path, part.first, part.last), part.lines) for part in target.parts)
    return around + notice("about", where) + "".join(parts)


def _where(path: str, first: int, last: int) -> dict[str, str]:
    return {"path": path, "first": str(first), "last": str(last)}


def _objection(rejection: Rejection) -> PromptBlock:
    text = (
        f"This answer was not accepted ({rejection.reason}). {rejection.evidence.strip()}\n"
        "Nothing was applied: all files are as they were. Answer the request again, completely.\n"
    )
    return PromptBlock(Speaker.USER, text)
