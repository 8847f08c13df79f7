"""Arguments of commands and data of code actions: raw JSON into our values, or one sentence on what is wrong."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Any, TypeGuard, TypeVar, cast

from tierwise.core.documents import Document
from tierwise.core.errors import UsageError
from tierwise.core.tasks import Tier
from tierwise.core.text import Point, Span
from tierwise.lsp.convert import Columns
from tierwise.session.session import Session

_Word = TypeVar("_Word", bound=StrEnum)


def single(command: str, arguments: list[Any], shape: str) -> dict[str, Any]:
    """The one object that most commands take."""
    if len(arguments) != 1 or not isinstance(arguments[0], dict):
        raise UsageError(f"{command} takes one argument: {shape}.")
    return cast("dict[str, Any]", arguments[0])


def text(command: str, table: dict[str, Any], key: str, *, optional: bool = False) -> str:
    """A string field; "" for an optional one that is absent."""
    value = table.get(key)
    if value is None and optional:
        return ""
    if not isinstance(value, str) or not (value.strip() or optional):
        raise UsageError(f"{command}: {key!r} must be a text.")
    return value


def number(command: str, table: dict[str, Any], key: str) -> int:
    """A field that holds a whole number, 1 or more."""
    value = table.get(key)
    if not _is_count(value) or value == 0:
        raise UsageError(f"{command}: {key!r} must be a whole number, 1 or more.")
    return value


def tier(command: str, table: dict[str, Any]) -> Tier | None:
    """The optional field ``tier``."""
    return one_of(command, table, "tier", tuple(Tier))


def one_of(command: str, table: dict[str, Any], key: str, known: Sequence[_Word]) -> _Word | None:
    """An optional field that holds one of a few words; None where it is absent."""
    value = text(command, table, key, optional=True)
    found = next((word for word in known if word == value), None)
    if value and found is None:
        raise UsageError(f"{command}: {key!r} must be one of {', '.join(known)}.")
    return found


def place(command: str, table: dict[str, Any], session: Session, columns: Columns) -> tuple[Document, Span]:
    """The open document and the span that ``uri`` and ``range`` name; without a range the whole document. A file that
    is not open is read from disk.
    """
    uri = text(command, table, "uri")
    document = session.document(uri) or session.read(uri)
    if document is None:
        raise UsageError(f"{command}: {uri} is neither open nor a readable file of this workspace.")
    raw = table.get("range")
    if raw is None:
        return document, Span(Point(0, 0), document.lines.end)
    start, end = _pair(command, raw, "start"), _pair(command, raw, "end")
    return document, columns.span(document.lines, start, end)


def position(command: str, table: dict[str, Any]) -> tuple[int, int]:
    """A field ``position``."""
    return _pair(command, table, "position")


def _pair(command: str, raw: object, key: str) -> tuple[int, int]:
    inner = cast("dict[str, Any]", raw).get(key) if isinstance(raw, dict) else None
    if isinstance(inner, dict):
        table = cast("dict[str, Any]", inner)
        line, character = table.get("line"), table.get("character")
        if _is_count(line) and _is_count(character):
            return line, character
    raise UsageError(f"{command}: {key!r} must be a position with line and character, both 0 or more.")


def _is_count(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0
