"""Tables of several layers become one: stronger layers over weaker ones, aliases of models, the harness's overrides.

Pure: takes tables, gives new ones, changes none that it was given.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from tierwise.settings.problems import Fault, suggestion

Tables = Mapping[str, Any]
"""Settings as a file writes them, before they are validated."""

_WHOLE = frozenset({"quiet_body", "default_body"})
"""Request bodies replace each other as a whole: merged, a field of a weaker layer could never be taken away."""


def merge(below: Tables, above: Tables) -> dict[str, Any]:
    """``above`` over ``below``: tables merge key by key, everything else replaces."""
    merged = dict(below)
    for key, value in above.items():
        old = merged.get(key)
        if isinstance(value, Mapping) and isinstance(old, Mapping) and key not in _WHOLE:
            value = merge(cast("Tables", old), cast("Tables", value))
        merged[key] = value
    return merged


def merge_all(*layers: Tables) -> dict[str, Any]:
    """Layers, weakest first."""
    merged: dict[str, Any] = {}
    for layer in layers:
        merged = merge(merged, layer)
    return merged


def without_nulls(tables: Tables) -> dict[str, Any]:
    """Editors send null for a setting that nobody set; it must not replace a weaker layer's value."""
    return {
        key: without_nulls(cast("Tables", value)) if isinstance(value, Mapping) else value
        for key, value in tables.items()
        if value is not None
    }


def with_likes(tables: Tables) -> dict[str, Any] | Fault:
    """Fill in the facts of models that are ``like`` another: field by field, what a model gives itself counts."""
    models = table_at(tables, "models")
    filled: dict[str, Any] = {}
    for name, facts in models.items():
        chain, origin = [facts], facts
        while isinstance(origin, Mapping) and "like" in origin:
            other = cast("Tables", origin)["like"]
            if not isinstance(other, str) or other not in models or len(chain) > len(models):
                return Fault(("models", name, "like"), f"names no known model{suggestion(str(other), models)}")
            origin = models[other]
            chain.append(origin)
        if all(isinstance(item, Mapping) for item in chain):
            filled[name] = {key: value for item in reversed(chain) for key, value in item.items()}
    return {**tables, "models": {**models, **filled}}


def with_harness(tables: Tables) -> dict[str, Any]:
    """Apply what the chosen harness overrides."""
    overrides = table_at(tables, "harness_overrides", str(tables.get("harness", "local")))
    return merge(tables, overrides)


def table_at(tables: Tables, *path: str) -> Tables:
    """The table at a key; empty where there is none."""
    for part in path:
        below: object = tables.get(part)
        tables = cast("Tables", below) if isinstance(below, Mapping) else {}
    return tables


def text_at(tables: Tables, *path: str) -> str | None:
    """The text at a key; None where there is none."""
    value: object = table_at(tables, *path[:-1]).get(path[-1])
    return value if isinstance(value, str) else None


def chains(tables: Tables) -> list[list[str]]:
    """The chains of all tiers and that for next edits, also of tables that nobody has validated."""
    listed = [table_at(tables, "tiers", tier).get("chain") for tier in table_at(tables, "tiers")]
    listed.append(table_at(tables, "completion").get("next_edit_chain"))
    lists = (cast("list[object]", chain) for chain in listed if isinstance(chain, list | tuple))
    return [[item for item in chain if isinstance(item, str)] for chain in lists]
