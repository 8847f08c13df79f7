"""Waiting for what an editor is about to show: by looking again and again, to a deadline that says what was missing."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TypeVar

PATIENCE_S = 90.0
"""Far beyond what anything here takes, also on a machine that is busy with other things."""

_LOOK_S = 0.02

T = TypeVar("T")


class Missing(AssertionError):
    """What was waited for did not come."""


def until(look: Callable[[], T], what: str, *, patience_s: float = PATIENCE_S, context: Callable[[], str] = str) -> T:
    """The first value of ``look`` that is true. Raises Missing with ``what`` and the context otherwise."""
    deadline = time.monotonic() + patience_s
    while True:
        value = look()
        if value:
            return value
        if time.monotonic() >= deadline:
            raise Missing(f"within {patience_s:g} s there was no {what}\n{context()}")
        threading.Event().wait(_LOOK_S)
