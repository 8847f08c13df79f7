"""What is wrong with settings, in one sentence a person can act on: where, which key, why.

Owner of no state. A sentence never shows a value that could be a key.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args, get_origin

from pydantic import BaseModel, ValidationError


@dataclass(frozen=True, slots=True)
class SettingsProblem:
    """``where`` names the file (with line and column for a syntax error) or the editor's settings; ``key`` is dotted
    and "" where the whole file is meant; ``reason`` is one clause.
    """

    where: str
    key: str
    reason: str

    @property
    def sentence(self) -> str:
        """The problem for a person."""
        return ": ".join(part for part in (self.where, self.key, self.reason) if part)


def wrong_kind(where: str, key: str, wanted: str, value: object) -> SettingsProblem:
    """The problem of a value that is not ``wanted`` ("a table")."""
    return SettingsProblem(where, key, f"must be {wanted}, not {_shown(value)}")


@dataclass(frozen=True, slots=True)
class Fault:
    """A problem before it is known which layer it came from."""

    path: tuple[str, ...]
    reason: str

    @property
    def key(self) -> str:
        return dotted(self.path)


def dotted(path: Iterable[str]) -> str:
    """A key as TOML would write it, safe to print and of bounded length."""
    return ".".join(part if _BARE.fullmatch(part) else f'"{printable(part)}"' for part in path)


def printable(text: str, limit: int = 60) -> str:
    """Text from a file, without control characters and cut to ``limit`` characters."""
    clean = "".join(char if char.isprintable() else "\ufffd" for char in text[: limit + 1])
    return clean if len(clean) <= limit else clean[: limit - 1] + "…"


def suggestion(word: str, known: Iterable[str]) -> str:
    """``; did you mean "x"?`` where a known word is close, else ""."""
    names = list(known)
    close = difflib.get_close_matches(word, names, n=1, cutoff=0.7)
    close += [name for name in names if len(word) > 2 and name.startswith(word)]
    return f'; did you mean "{close[0]}"?' if close else ""


def fault_of(error: ValidationError, model: type[BaseModel]) -> Fault:
    """The first thing that pydantic found wrong, in our words."""
    detail = error.errors(include_url=False)[0]
    path = tuple(str(part) for part in detail["loc"] if part != "[key]")
    context: Mapping[str, Any] = detail.get("ctx", {})
    kind = detail["type"]
    if kind == "extra_forbidden":
        return Fault(path, _unknown(path, model))
    if kind == "missing":
        return Fault(path, "is missing")
    if kind == "value_error":
        return Fault(path, str(context["error"]))
    if kind in {"enum", "literal_error"}:
        known = str(context["expected"]).replace("'", '"')
        allowed = re.findall(r'"([^"]*)"', known)
        return Fault(path, f"must be {known}, not {_shown(detail['input'])}{suggestion(str(detail['input']), allowed)}")
    for name, phrase in _BOUNDS.items():
        if name in context:
            return Fault(path, f"must be {phrase} {context[name]}, not {_shown(detail['input'])}")
    wanted = next((text for prefix, text in _TYPES.items() if kind.startswith(prefix)), None)
    if wanted is None:
        return Fault(path, detail["msg"][:1].lower() + detail["msg"][1:])
    return Fault(path, f"must be {wanted}, not {_shown(detail['input'])}")


_BARE = re.compile(r"[A-Za-z0-9_-]{1,60}")

_BOUNDS = {"ge": "at least", "gt": "more than", "le": "at most", "lt": "less than"}

# Prefixes of pydantic's error types; the first that fits counts.
_TYPES = {
    "int": "a whole number",
    "float": "a number",
    "finite_number": "a finite number",
    "bool": "true or false",
    "string": "a text",
    "tuple": "a list",
    "list": "a list",
    "dict": "a table",
    "model": "a table",
}


def _unknown(path: Sequence[str], model: type[BaseModel]) -> str:
    if path[-1] in {"api_key", "key", "token"} and "providers" in path:
        return "keys never stand in a file; put it into an environment variable and give its name as api_key_env"
    parent = _model_at(model, path[:-1])
    names = [] if parent is None else [field.alias or name for name, field in parent.model_fields.items()]
    return "is not a setting" + suggestion(path[-1], names)


def _model_at(model: type[BaseModel], path: Sequence[str]) -> type[BaseModel] | None:
    """The settings model at a key, through tables, lists and unions."""
    current: Any = model
    for part in path:
        if isinstance(current, type) and issubclass(current, BaseModel):
            field = current.model_fields.get(part)
            current = None if field is None else field.annotation
        elif get_origin(current) in {dict, tuple}:
            arguments = get_args(current)
            current = arguments[1] if get_origin(current) is dict else arguments[0]
        if get_args(current) and get_origin(current) not in {dict, tuple}:  # a union: X | None
            current = next((item for item in get_args(current) if item is not type(None)), None)
    return current if isinstance(current, type) and issubclass(current, BaseModel) else None


def _shown(value: object) -> str:
    """A value as the file wrote it, as far as it can be no secret."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return printable(str(value), 24)
    if isinstance(value, str):
        return f'"{value}"' if len(value) <= 24 and re.fullmatch(r"[\w .,/+-]*", value) else "that text"
    if isinstance(value, Mapping):
        return "a table"
    return "a list" if isinstance(value, list | tuple) else "that"
