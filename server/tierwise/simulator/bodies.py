"""Reading JSON bodies strictly, and writing JSON as providers do.

Owner of no state. Must never coerce: a number where a string belongs is the client's mistake and answered as such.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from tierwise.simulator.call import bad_request

JsonObject = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class RawRequest:
    """A request for text before its wire looked at it. Headers have lower-case names and no keys in them."""

    provider: str
    path: str
    headers: Mapping[str, str]
    body: JsonObject
    namespace: str


def dump(value: object) -> bytes:
    """Compact JSON in UTF-8, characters as they are (providers do not escape them)."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def canonical(value: JsonObject, *without: str) -> bytes:
    """The identity of a block: sorted keys, without the marks on it."""
    kept = {key: item for key, item in value.items() if key not in without}
    return json.dumps(kept, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def sse(data: object, event: str | None = None) -> bytes:
    """One server-sent event."""
    head = b"" if event is None else f"event: {event}\n".encode()
    return head + b"data: " + (data if isinstance(data, bytes) else dump(data)) + b"\n\n"


def text_field(body: JsonObject, name: str, default: str | None = None) -> str:
    """A string; 400 if it is missing without a default, or of another type."""
    value = body.get(name, default)
    if value is None:
        raise bad_request(f"{name}: Field required", param=name)
    if not isinstance(value, str):
        raise bad_request(f"{name}: Input should be a valid string", param=name)
    return value


def flag_field(body: JsonObject, name: str, *, default: bool = False) -> bool:
    """A boolean or null; 400 if it is of another type."""
    value = body.get(name)
    if value is None:
        return default
    if not isinstance(value, bool):
        raise bad_request(f"{name}: Input should be a valid boolean", param=name)
    return value


def count_field(body: JsonObject, name: str, *, least: int = 0) -> int | None:
    """A whole number or None; 400 if it is of another type or too small."""
    value = body.get(name)
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool):
        raise bad_request(f"{name}: Input should be a valid integer", param=name)
    if value < least:
        raise bad_request(f"{name}: Input should be greater than or equal to {least}", param=name)
    return value


def number_field(body: JsonObject, name: str, low: float, high: float) -> float | None:
    """A number within bounds, or None; 400 otherwise."""
    value = body.get(name)
    if value is None:
        return None
    if not isinstance(value, (int, float)) or isinstance(value, bool) or not low <= value <= high:
        raise bad_request(f"{name}: Input should be a number between {low:g} and {high:g}", param=name)
    return float(value)


def object_field(body: JsonObject, name: str) -> JsonObject | None:
    """An object or None; 400 if it is of another type."""
    value = body.get(name)
    if value is None:
        return None
    if not isinstance(value, dict):
        raise bad_request(f"{name}: Input should be an object", param=name)
    return cast("JsonObject", value)


def objects_field(body: JsonObject, name: str) -> list[JsonObject]:
    """A list of objects, empty if missing; 400 if it is of another type."""
    value = body.get(name)
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in cast("list[object]", value)):
        raise bad_request(f"{name}: Input should be a valid list of objects", param=name)
    return cast("list[JsonObject]", value)


def strings_field(body: JsonObject, name: str, *, most: int | None = None) -> tuple[str, ...]:
    """Strings, or one string; 400 if of another type or too many."""
    value = body.get(name)
    if value is None:
        return ()
    items = [value] if isinstance(value, str) else cast("list[object]", value if isinstance(value, list) else [None])
    if not all(isinstance(item, str) for item in items):
        raise bad_request(f"{name}: Input should be a valid list of strings", param=name)
    if most is not None and len(items) > most:
        raise bad_request(f"Invalid '{name}': array too long. Expected at most {most} items.", param=name)
    return tuple(cast("list[str]", items))


def strict_schema(schema: JsonObject, where: str) -> None:
    """400 unless every object in the schema names all it may hold, as strict structured outputs demand."""
    if schema.get("type") == "object" or "properties" in schema:
        if schema.get("additionalProperties") is not False:
            raise bad_request(f"{where}: For 'object' type, 'additionalProperties' must be explicitly set to false")
        for name, value in (object_field(schema, "properties") or {}).items():
            if isinstance(value, dict):
                strict_schema(cast("JsonObject", value), f"{where}.properties.{name}")
    items = schema.get("items")
    if isinstance(items, dict):
        strict_schema(cast("JsonObject", items), f"{where}.items")
