"""What routing needs from outside: clients for models, and the name under which a model's health is kept."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from tierwise.core.models import ModelClient
from tierwise.settings.models import ResolvedModel


class ClientSource(Protocol):
    """Hands out clients; ``providers`` implement it."""

    def client(self, model: ResolvedModel, /) -> ModelClient:
        """The client of one model. Raises ``ProviderError`` where none can be made (no key in the environment)."""
        ...


class Endpoint(NamedTuple):
    """One model at one address under one key. Two providers' entries that share all of it share their health too."""

    kind: str
    base_url: str
    api_key_env: str
    model: str


def endpoint(model: ResolvedModel) -> Endpoint:
    """Where calls of ``model`` go."""
    provider = model.provider
    return Endpoint(provider.kind, provider.base_url or "", provider.api_key_env or "", model.ref.model)
