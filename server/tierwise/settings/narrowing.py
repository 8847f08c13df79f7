"""What the settings file of a folder that nobody trusts may do: narrow, and nothing else.

Such a file can be written by a stranger. It may choose among the profiles and tiers that the user has, lower limits
and budgets, exclude files and switch things off. The rules are data: a setting that is not listed is ignored, so that a
new one is closed until somebody opens it here. Pure.

The editor's own settings are the user's and are not narrowed. But some editors merge a workspace's settings into them
before they are sent. Such an editor must keep back, while the workspace is not trusted, what the workspace sets for the
keys that ``may_narrow`` denies; VS Code does when its extension lists them as ``restrictedConfigurations``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, cast

from tierwise.core.tasks import TaskClass, Tier
from tierwise.settings.merge import Tables, table_at
from tierwise.settings.models import Settings
from tierwise.settings.problems import dotted


class Rule(Enum):
    """How a value may differ from the one below it."""

    PROFILE = auto()
    """A profile that stays with providers the user has."""
    TIER = auto()
    """A tier that has models."""
    WEAKER = auto()
    """A tier that has models and is not stronger than the one below; the fast one where none is set below."""
    TASK_CLASS = auto()
    """Any class: classes lead to tiers, and those are the user's."""
    LOWER = auto()
    """A smaller number than the one below; nothing where there is none below."""
    LIMIT = auto()
    """A smaller number than the one below, or any where there is no limit yet."""
    OFF = auto()
    """False."""
    ON = auto()
    """True."""
    ADD = auto()
    """A list of further items, none of which takes one back; those below stay."""
    FEWER = auto()
    """A list of items that are all in the one below."""


# The first pattern that fits counts; None closes a key. Completions run without being asked for, at every keystroke:
# to send them to a stronger tier would spend money without limit.
RULES: Mapping[str, Rule | None] = {
    "profile": Rule.PROFILE,
    "tiers.*.chain": Rule.FEWER,
    "tiers.*.context_tokens": Rule.LOWER,
    "tiers.*.max_output_tokens": Rule.LOWER,
    "tiers.*.first_token_ms": Rule.LOWER,
    "tiers.*.deadline_ms": Rule.LOWER,
    "tiers.*.quiet": Rule.ON,
    "tasks.complete.class": None,
    "tasks.complete.tier": Rule.WEAKER,
    "tasks.next-edit.class": None,
    "tasks.next-edit.tier": Rule.WEAKER,
    "tasks.*.class": Rule.TASK_CLASS,
    "tasks.*.tier": Rule.TIER,
    "tasks.*.context_tokens": Rule.LOWER,
    "tasks.*.max_output_tokens": Rule.LOWER,
    "tasks.*.first_token_ms": Rule.LOWER,
    "tasks.*.deadline_ms": Rule.LOWER,
    "classes.*.context_tokens": Rule.LOWER,
    "classes.*.max_output_tokens": Rule.LOWER,
    "classes.*.first_token_ms": Rule.LOWER,
    "classes.*.deadline_ms": Rule.LOWER,
    "routing.mechanical": Rule.WEAKER,
    "routing.local": Rule.TIER,
    "routing.repository": Rule.TIER,
    "routing.agentic": Rule.TIER,
    "routing.max_escalations": Rule.LOWER,
    "routing.repair_turns": Rule.LOWER,
    "routing.hedge": Rule.OFF,
    "routing.learn": Rule.OFF,
    "budget.session_usd": Rule.LIMIT,
    "budget.day_usd": Rule.LIMIT,
    "privacy.exclude": Rule.ADD,
    "privacy.max_file_kb": Rule.LOWER,
    "privacy.transcript": Rule.OFF,
    "completion.enabled": Rule.OFF,
    "completion.disabled_languages": Rule.ADD,
    "completion.embedded": Rule.OFF,
    "completion.multiline": Rule.OFF,
    "completion.next_edit": Rule.OFF,
    "completion.next_edit_model": Rule.OFF,
    "cache.prewarm": Rule.OFF,
    "cache.keep_warm_minutes": Rule.LOWER,
    "context.summaries": Rule.OFF,
    "checks.use": Rule.FEWER,
    "checks.total_s": Rule.LOWER,
    "checks.memory_mb": Rule.LOWER,
    "checks.output_kb": Rule.LOWER,
    "checks.folder_mb": Rule.LOWER,
    "rename.engines": Rule.FEWER,
    "rename.editor_ms": Rule.LOWER,
    "rename.server_ms": Rule.LOWER,
    "rename.server_start_ms": Rule.LOWER,
    "rename.mentions": Rule.OFF,
    "rename.related": Rule.OFF,
}

MAX_ADDED = 200
"""Most items that a list may be lengthened by; more would make every look at a file slow."""

MAX_ADDED_LENGTH = 200
"""Longest such item, in characters."""


@dataclass(frozen=True, slots=True)
class Narrowed:
    """What is left of the tables, and the dotted keys that were ignored, in the file's order."""

    tables: Tables
    ignored: tuple[str, ...]


def may_narrow(key: str) -> bool:
    """Whether the settings of a folder that is not trusted may say anything about this key."""
    return _rule(tuple(key.split("."))) is not None


def widening_keys(tables: Tables) -> tuple[str, ...]:
    """The keys of a file that count in a trusted folder only, whatever their values."""
    return tuple(dotted(path) for path, _ in _leaves(tables) if _rule(path) is None)


def narrow(tables: Tables, below: Settings, may_choose: Callable[[str], bool]) -> Narrowed:
    """Keep of ``tables`` what narrows ``below``, the settings of the layers beneath.

    ``may_choose`` says whether a profile stays with the providers that the user has.
    """
    floor = below.model_dump(mode="json", by_alias=True)
    kept: dict[str, Any] = {}
    ignored: list[str] = []
    for path, value in _leaves(tables):
        rule = _rule(path)
        old = table_at(floor, *path[:-1]).get(path[-1])
        if path == ("profile",) and isinstance(value, str) and may_choose(value):
            allowed = value
        else:
            allowed = None if rule is None else _allowed(rule, value, old, below)
        if allowed is None:
            ignored.append(dotted(path))
        else:
            _put(kept, path, allowed)
    return Narrowed(kept, tuple(ignored))


def _allowed(rule: Rule, value: object, old: object, below: Settings) -> object | None:
    """The value as it may stand, or None."""
    match rule:
        case Rule.PROFILE:
            return None
        case Rule.TIER | Rule.WEAKER:
            tiers = [tier.value for tier in Tier if tier in below.tiers and below.tiers[tier].chain]
            strongest = Tier(str(old or Tier.FAST)) if rule is Rule.WEAKER else Tier.FRONTIER
            return (
                value if value in tiers and list(Tier).index(Tier(str(value))) <= list(Tier).index(strongest) else None
            )
        case Rule.TASK_CLASS:
            return value if value in {item.value for item in TaskClass} else None
        case Rule.LOWER | Rule.LIMIT:
            return value if _lower(value, old, rule is Rule.LIMIT) else None
        case Rule.OFF | Rule.ON:
            return value if value is (rule is Rule.ON) else None
        case Rule.ADD:
            return [*_items(old), *_items(value)] if _addable(value) else None
        case Rule.FEWER:
            return value if _texts(value) and set(_items(value)) <= set(_items(old)) else None


def _lower(value: object, old: object, no_limit_yet: bool) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float) or not value >= 0:
        return False
    if old is None:
        return no_limit_yet and value != float("inf")
    return isinstance(old, int | float) and value <= old


def _addable(value: object) -> bool:
    # A pattern that begins with "!" takes an exclusion back.
    return (
        _texts(value)
        and len(_items(value)) <= MAX_ADDED
        and all(len(item) <= MAX_ADDED_LENGTH and not item.strip().startswith("!") for item in _items(value))
    )


def _texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in cast("list[object]", value))


def _items(value: object) -> Sequence[Any]:
    return cast("Sequence[Any]", value) if isinstance(value, list | tuple) else ()


def _rule(path: Sequence[str]) -> Rule | None:
    for pattern, rule in RULES.items():
        parts = pattern.split(".")
        if len(parts) == len(path) and all(want in {"*", have} for want, have in zip(parts, path, strict=True)):
            return rule
    return None


def _leaves(tables: Tables, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], object]]:
    """Every value that is no table, with its key. The reader has bounded the depth."""
    for key, value in tables.items():
        if isinstance(value, Mapping):
            yield from _leaves(cast("Tables", value), (*path, key))
        else:
            yield (*path, key), value


def _put(tables: dict[str, Any], path: Sequence[str], value: object) -> None:
    for part in path[:-1]:
        tables = tables.setdefault(part, {})
    tables[path[-1]] = value
