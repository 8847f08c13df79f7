"""Profiles that live on what runs on this machine: chains from the models that the found servers list.

Pure. Which model suits which tier is data of the profile, not code.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from fnmatch import fnmatchcase
from typing import Any

from pydantic import Field

from tierwise.core.tasks import Tier
from tierwise.settings.facts import Frozen
from tierwise.settings.local import LocalServer, LocalServerKind

EMBEDDED = "embedded/workspace"
"""The model-free engine, as a chain names it."""


class FimFamily(Frozen):
    """Models trained to fill in the middle, recognized by name."""

    match: tuple[str, ...] = Field(description="Patterns of the model's name, in lower case.")
    template: str = Field(description="Their FIM format.")
    servers: tuple[LocalServerKind, ...] = Field(
        default=tuple(LocalServerKind), description="Servers whose endpoint takes prefix and suffix for them."
    )


class FoundRules(Frozen):
    """How the chains are filled from the servers that were found."""

    never: tuple[str, ...] = Field(default=(), description="Patterns of models that do not write code.")
    prefer: dict[Tier, tuple[str, ...]] = Field(description="Per tier: patterns in order of preference.")
    fim: tuple[FimFamily, ...] = Field(default=(), description="Families that fill in the middle.")
    facts: dict[LocalServerKind, dict[str, Any]] = Field(
        default_factory=dict[LocalServerKind, dict[str, Any]], description="Facts of every model of a server."
    )


def fill(rules: FoundRules, servers: Sequence[LocalServer]) -> dict[str, Any]:
    """Providers, chains and facts for the servers, as tables. Without a server only the embedded engine completes."""
    named = list(_named(servers))
    providers: dict[str, Any] = {}
    tiers: dict[str, Any] = {}
    models: dict[str, Any] = {}
    for tier, patterns in rules.prefer.items():
        chain: list[str] = []
        for name, server, model in _choices(patterns, rules.never, named):
            family = _family(rules.fim, server, model) if tier is Tier.FAST else None
            provider = name if family is None else f"{name}-fim"
            providers[provider] = _provider(server, family)
            models[f"{provider}/{model}"] = {
                **rules.facts.get(server.kind, {}),
                **({} if family is None else {"fim_template": family.template}),
            }
            chain.append(f"{provider}/{model}")
        if chain or tier is Tier.FAST:
            tiers[tier.value] = {"chain": chain or [EMBEDDED]}
    return {"providers": providers, "tiers": tiers, "models": models}


_DIALECTS = {LocalServerKind.OLLAMA: "ollama", LocalServerKind.LLAMA_CPP: "llama.cpp"}
"""Servers with an endpoint of their own for prefix and suffix; the others get rendered tokens."""


def _named(servers: Sequence[LocalServer]) -> Iterator[tuple[str, LocalServer]]:
    """Servers with the provider names they get: the kind's, numbered from the second of a kind on."""
    for index, server in enumerate(servers):
        nth = sum(other.kind is server.kind for other in servers[:index]) + 1
        yield (server.kind.value if nth == 1 else f"{server.kind}-{nth}"), server


def _choices(
    patterns: Iterable[str], never: Sequence[str], named: Sequence[tuple[str, LocalServer]]
) -> Iterator[tuple[str, LocalServer, str]]:
    """The best model of each server, best server first: by the first pattern that fits."""
    left = list(named)
    for pattern in patterns:
        for name, server in list(left):
            model = next((m for m in server.models if _fits(m, (pattern,)) and not _fits(m, never)), None)
            if model is not None:
                left.remove((name, server))
                yield name, server, model


def _fits(model: str, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(model.lower(), pattern) for pattern in patterns)


def _family(families: Iterable[FimFamily], server: LocalServer, model: str) -> FimFamily | None:
    return next((f for f in families if server.kind in f.servers and _fits(model, f.match)), None)


def _provider(server: LocalServer, family: FimFamily | None) -> dict[str, Any]:
    if family is None:
        return {"kind": "openai-compatible", "base_url": f"{server.base_url}/v1"}
    dialect = _DIALECTS.get(server.kind, "completions")
    template = {"template": family.template} if dialect == "completions" else {}
    return {"kind": "fim", "dialect": dialect, "base_url": server.base_url, **template}
