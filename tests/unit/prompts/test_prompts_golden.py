"""Prompts byte by byte: whoever changes one changes what providers have cached, and does it on purpose."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tierwise.core.models import ChatPrompt, Excerpt, FimPrompt, PromptBlock
from tierwise.core.rejection import Rejection, RejectReason
from tierwise.core.tasks import Task
from tierwise.prompts.fim import TEMPLATES, render
from tierwise.prompts.infill import infill_prompt
from tierwise.prompts.requests import Failed, Part, Target, request_blocks

GOLDEN = Path(__file__).parents[2] / "cases" / "prompts"

HOLE = FimPrompt("def area(width, height):\n    return wi", "\n\n\nprint(area(2, 3))\n", "shapes.py", "geometry")
WITH_EXTRA = FimPrompt(HOLE.prefix, HOLE.suffix, HOLE.path, HOLE.repository, (Excerpt("units.py", "METRE = 1.0\n"),))
TARGET = Target("shapes.py", 3, 4, "def area(w, h):\n    return w * h\n", whole=False)


def blocks_text(blocks: tuple[PromptBlock, ...]) -> str:
    return "".join(
        f"=== {block.speaker}{' stable' if block.stable else ''}{' mark' if block.mark else ''}\n{block.text}\n"
        for block in blocks
    )


def chat_text(prompt: FimPrompt) -> str:
    chat, stop = infill_prompt(prompt)
    assert isinstance(chat, ChatPrompt)
    return blocks_text(chat.blocks) + f"=== stop\n{stop}\n"


def fim_text(prompt: FimPrompt) -> str:
    parts: list[str] = []
    for template in TEMPLATES:
        raw, stop = render(template.name, prompt)
        parts.append(f"=== {template.name}\n{raw.text}\n=== stop\n{stop}\n")
    return "".join(parts)


def requests_text() -> str:
    whole = Target("shapes.py", 1, 2, "a = 1\nb = 2", whole=True, around="x = 1\n")
    parts = replace(TARGET, last=90, parts=(Part(3, "def area(w, h):\n"), Part(90, "    return area\n")))
    failed = (Failed("app.py\n<<<<<<< SEARCH\n", Rejection(RejectReason.CUT_OFF, "The reply ends in a block.")),)
    asked = [
        ("a wish", request_blocks(Task.EDIT, TARGET, "use numpy")),
        ("a problem", request_blocks(Task.FIX, TARGET, diagnostic="line 4: unknown name w")),
        ("after a rejection", request_blocks(Task.EDIT, TARGET, "use numpy", failed=failed)),
        ("a whole file", request_blocks(Task.REVIEW, whole)),
        ("parts of what is meant", request_blocks(Task.EXPLAIN, parts)),
        ("a file that the prompt shows", request_blocks(Task.REVIEW, replace(whole, around="", parts=()))),
        *((task.value, request_blocks(task, TARGET)) for task in (Task.SIMPLIFY, Task.DOCSTRING, Task.TYPES)),
        *((task.value, request_blocks(task, TARGET)) for task in (Task.EXTRACT, Task.TESTS, Task.EXPLAIN)),
    ]
    return "".join(f"##### {name}\n{blocks_text(blocks)}" for name, blocks in asked)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("fim_single", lambda: fim_text(FimPrompt(HOLE.prefix, HOLE.suffix, HOLE.path, ""))),
        ("fim_repository", lambda: fim_text(WITH_EXTRA)),
        ("infill", lambda: chat_text(HOLE)),
        ("infill_excerpts", lambda: chat_text(WITH_EXTRA)),
        ("requests", requests_text),
    ],
)
def test_prompt_is_as_recorded(name: str, text: Callable[[], str]) -> None:
    recorded = (GOLDEN / f"{name}.txt").read_bytes().decode("utf-8").replace("\r\n", "\n")
    assert text() == recorded


def test_the_stable_part_depends_on_nothing_that_moves() -> None:
    """Another cursor, another file: the same beginning up to the last stable block."""
    other = FimPrompt("x = ", "\n", "other.py", HOLE.repository, WITH_EXTRA.extra)
    first, second = (infill_prompt(prompt)[0].blocks for prompt in (WITH_EXTRA, other))
    stable = [block for block in first if block.stable]
    assert stable
    assert list(first[: len(stable)]) == stable == [block for block in second if block.stable]
    assert not any(block.stable for block in request_blocks(Task.EDIT, TARGET, "use numpy"))
