"""Layers of settings become one value: profile, user, workspace, editor, weakest first.

Pure but for the profile files it asks the catalogue for. A broken layer is replaced by its last good state; each names
what is wrong exactly once, and the result is always usable.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from pydantic import ValidationError

from tierwise.core.errors import ConfigError
from tierwise.core.models import ModelRef
from tierwise.settings.local import LocalServer
from tierwise.settings.merge import Tables, chains, merge, merge_all, text_at, with_harness, with_likes
from tierwise.settings.models import ProviderKind, Settings
from tierwise.settings.narrowing import narrow
from tierwise.settings.problems import Fault, SettingsProblem, dotted, fault_of, printable, suggestion
from tierwise.settings.profiles import ProfileCatalogue, ResolvedProfile, missing_keys

MAX_NAMED_KEYS = 8
"""How many ignored keys a message names."""


@dataclass(frozen=True, slots=True)
class Layer:
    """One source of settings. ``tables`` is None where it could not be read: then its last good state counts.

    ``trust_hint`` is None for the user's own layers and for a trusted folder's; else it says how to trust the folder.
    """

    where: str
    tables: Tables | None
    trust_hint: str | None = None


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What settings depend on beside their files. ``servers`` is None while nobody has looked for any."""

    catalogue: ProfileCatalogue
    environ: Mapping[str, str]
    servers: tuple[LocalServer, ...] | None = None


@dataclass(frozen=True, slots=True)
class Loaded:
    """The outcome. ``good`` holds the tables of every layer that counted, by its ``where``."""

    settings: Settings
    profile: ResolvedProfile
    problems: tuple[SettingsProblem, ...]
    good: Mapping[str, Tables]


def load(layers: Sequence[Layer], around: Surroundings, last: Loaded | None = None) -> Loaded:
    """Merge the layers, weakest first. ``last`` is what the same layers gave before."""
    good = {} if last is None else dict(last.good)
    current = [layer if layer.tables is not None else replace(layer, tables=good.get(layer.where)) for layer in layers]
    problems: list[SettingsProblem] = []
    broken_profile = False
    while True:  # each turn replaces one layer, the same one at most twice
        choice = _choose(current, around, last)
        if broken_profile:
            choice = replace(choice, profile=around.catalogue.fallback())
        outcome = _assemble(current, choice)
        if isinstance(outcome, _Assembled):
            break
        index, fault = outcome
        if index < 0 and broken_profile:
            raise ConfigError(f"{fault.key} in a profile that came with Tierwise {fault.reason}; install it again")
        if index < 0:
            problems.append(SettingsProblem(f'profile "{choice.profile.name}"', fault.key, fault.reason))
            broken_profile = True
            continue
        layer = current[index]
        first = not any(problem.where == layer.where for problem in problems)
        if first:
            problems.append(SettingsProblem(layer.where, fault.key, fault.reason))
        current[index] = replace(layer, tables=good.get(layer.where) if first else None)
    found = (*problems, *choice.problems, *outcome.problems, *_unmet(outcome.tables, choice.profile, around))
    kept = {layer.where: layer.tables for layer in current if layer.tables is not None}
    return Loaded(outcome.settings, choice.profile, found, kept)


@dataclass(frozen=True, slots=True)
class _Choice:
    """The profile that the layers ask for, and whether an untrusted layer may ask for another one."""

    profile: ResolvedProfile
    may_choose: Callable[[str], bool]
    problems: tuple[SettingsProblem, ...]


@dataclass(frozen=True, slots=True)
class _Assembled:
    settings: Settings
    tables: Tables
    problems: tuple[SettingsProblem, ...]


def _choose(layers: Sequence[Layer], around: Surroundings, last: Loaded | None) -> _Choice:
    own = [layer for layer in layers if layer.trust_hint is None and layer.tables]
    over = merge_all(*(layer.tables or {} for layer in own))

    def resolve(name: str) -> ResolvedProfile:
        return around.catalogue.resolve(name, over, around.environ, around.servers or ())

    def may_choose(name: str) -> bool:
        users = text_at(over, "profile") or "auto"
        try:
            wanted, have = resolve(name), merge(resolve(users).tables, over)
        except ConfigError:
            return False
        # Who said "auto" said that any key in the environment may be used. Who named a profile did not.
        return wanted.usable if users == "auto" else _providers(wanted.tables) <= _providers(have)

    where, name = "settings", "auto"
    for layer in layers:
        named = text_at(layer.tables or {}, "profile")
        if named and (layer.trust_hint is None or may_choose(named)):
            where, name = layer.where, named
    try:
        return _Choice(resolve(name), may_choose, ())
    except ConfigError as exc:
        problem = SettingsProblem(where, "profile", str(exc))
        return _Choice(last.profile if last else around.catalogue.fallback(), may_choose, (problem,))


def _assemble(layers: Sequence[Layer], choice: _Choice) -> _Assembled | tuple[int, Fault]:
    """The settings, or the layer that is at fault."""
    tables = dict(choice.profile.tables)
    stack = [tables]
    problems: list[SettingsProblem] = []
    for layer in layers:
        above = layer.tables or {}
        if layer.trust_hint and above:
            below = _parsed(tables)
            if isinstance(below, Fault):
                return _culprit(stack, below), below
            narrowed = narrow(above, below, choice.may_choose)
            above = narrowed.tables
            if narrowed.ignored:
                problems.append(_ignored(layer.where, layer.trust_hint, narrowed.ignored))
        tables = merge(tables, above)
        stack.append(tables)
    settings = _checked(tables)
    if isinstance(settings, Fault):
        return _culprit(stack, settings), settings
    return _Assembled(settings, tables, tuple(problems))


def _culprit(stack: Sequence[Tables], fault: Fault) -> int:
    """Which layer brought a fault in: the first with which it appears. ``stack[0]`` is the profile alone: -1."""
    return next((index for index, tables in enumerate(stack) if _checked(tables) == fault), len(stack) - 1) - 1


def _checked(tables: Tables) -> Settings | Fault:
    """Validated settings whose chains and checks name providers and checkers that exist."""
    settings = _parsed(tables)
    if isinstance(settings, Fault):
        return settings
    named: dict[tuple[str, ...], tuple[str, ...]] = {
        ("tiers", tier.value, "chain"): chosen.chain for tier, chosen in settings.tiers.items()
    }
    named["completion", "next_edit_chain"] = settings.completion.next_edit_chain
    for key, chain in named.items():
        for item in chain:
            provider = ModelRef.parse(item).provider
            if provider not in settings.providers:
                known = suggestion(provider, settings.providers) or f"; add [providers.{dotted((provider,))}]"
                return Fault(key, f'names the provider "{printable(provider)}", unknown{known}')
    for item in settings.completion.next_edit_chain:
        if not settings.resolve(ModelRef.parse(item)).predicts_edits:
            reason = f'names "{printable(item)}", which cannot predict edits: take one that chats, or one whose facts'
            return Fault(
                ("completion", "next_edit_chain"), f"{reason} have an edit_template and whose dialect takes it"
            )
    for name in settings.checks.use:
        if name not in settings.checkers:
            known = suggestion(name, settings.checkers) or f"; add [checkers.{dotted((name,))}]"
            return Fault(("checks", "use"), f'names the checker "{printable(name)}", unknown{known}')
    return settings


def _parsed(tables: Tables) -> Settings | Fault:
    filled = with_likes(with_harness(tables))
    if isinstance(filled, Fault):
        return filled
    try:
        return Settings.model_validate(filled)
    except ValidationError as exc:
        return fault_of(exc, Settings)


def _providers(tables: Tables) -> set[str]:
    """Providers that the chains name, but for the engine that sends nothing anywhere."""
    names = {item.partition("/")[0] for chain in chains(tables) for item in chain}
    return {name for name in names if text_at(tables, "providers", name, "kind") != ProviderKind.EMBEDDED}


def _ignored(where: str, trust_hint: str, keys: Sequence[str]) -> SettingsProblem:
    named = ", ".join(keys[:MAX_NAMED_KEYS])
    more = f" and {len(keys) - MAX_NAMED_KEYS} more" if len(keys) > MAX_NAMED_KEYS else ""
    return SettingsProblem(where, "", f"ignored as the folder is not trusted: {named}{more}; {trust_hint}")


def _unmet(tables: Tables, profile: ResolvedProfile, around: Surroundings) -> tuple[SettingsProblem, ...]:
    """What the chosen models lack: a key, a server."""
    where = f'profile "{profile.name}"'
    missing = missing_keys(tables, around.environ)
    if missing:
        names = " and ".join(missing) + (" are" if len(missing) > 1 else " is")
        reason = f"{names} not set in the environment; set it, or choose another profile (tierwise profiles)"
        return (SettingsProblem(where, "", reason),)
    if profile.needs_server and around.servers == ():
        reason = "no model server answers on this machine; start one, or choose another profile (tierwise profiles)"
        return (SettingsProblem(where, "", reason),)
    return ()
