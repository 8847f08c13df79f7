"""A commit, as far as an explanation mentions it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Commit:
    """``id`` is abbreviated, ``date`` is YYYY-MM-DD, ``subject`` the first line of the message."""

    id: str
    author: str
    date: str
    subject: str
