"""Replies that are data: JSON under a strict shape, or rejected. Pure.

The shapes are those that ``prompts/schemas.py`` asks for; this room does not trust that the model was held to them.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import TypeVar

import msgspec

from tierwise.core.rejection import Rejection, RejectReason

_FENCED = re.compile(r"\s*```(?:json)?\s*\n(.*)\n\s*```\s*$", re.DOTALL | re.IGNORECASE)
_MOST_EVIDENCE = 300


class Severity(StrEnum):
    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


class Finding(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One finding of a review. ``line`` is 1-based."""

    line: int
    severity: Severity
    message: str


class Review(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    summary: str
    findings: tuple[Finding, ...]


class _Adjudication(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    accept: tuple[int, ...]


class _Names(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    names: tuple[str, ...]


_Shape = TypeVar("_Shape", bound=msgspec.Struct)


def parse_adjudication(reply: str, count: int) -> frozenset[int] | Rejection:
    """Which of the mentions numbered 1 to ``count`` were accepted."""
    decoded = _decoded(reply, _Adjudication)
    if isinstance(decoded, Rejection):
        return decoded
    wrong = sorted({number for number in decoded.accept if not 1 <= number <= count})
    if wrong:
        return _bad(f"accept names {wrong[0]}, but the mentions are numbered 1 to {count}")
    return frozenset(decoded.accept)


def parse_names(reply: str) -> tuple[str, ...] | Rejection:
    """The proposed names in their order, without repeats; what they are worth is not looked at."""
    decoded = _decoded(reply, _Names)
    if isinstance(decoded, Rejection):
        return decoded
    return tuple(dict.fromkeys(name.strip() for name in decoded.names if name.strip()))


def parse_review(reply: str, lines: int) -> Review | Rejection:
    """A review of a file of ``lines`` lines; findings in the order of their lines, without repeats."""
    decoded = _decoded(reply, Review)
    if isinstance(decoded, Rejection):
        return decoded
    wrong = [finding.line for finding in decoded.findings if not 1 <= finding.line <= lines]
    if wrong:
        return _bad(f"a finding is at line {wrong[0]}, but the file has {lines} lines")
    if any(not finding.message.strip() for finding in decoded.findings):
        return _bad("a finding has no message")
    findings = sorted(set(decoded.findings), key=lambda finding: (finding.line, finding.severity, finding.message))
    return Review(decoded.summary, tuple(findings))


def _decoded(reply: str, shape: type[_Shape]) -> _Shape | Rejection:
    fenced = _FENCED.match(reply)
    try:
        return msgspec.json.decode(fenced[1] if fenced else reply, type=shape, strict=True)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError) as exc:
        return _bad(str(exc)[:_MOST_EVIDENCE])


def _bad(what: str) -> Rejection:
    return Rejection(RejectReason.BAD_SCHEMA, f"The reply is not the JSON that was asked for: {what}.")
