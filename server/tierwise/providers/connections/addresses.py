"""Where providers listen: public addresses, and joining a base URL with a path.

Pure.
"""

from __future__ import annotations

from tierwise.core.errors import ConfigError
from tierwise.settings.models import FimDialect, ProviderKind, ProviderSettings

_PUBLIC = {
    ProviderKind.ANTHROPIC: "https://api.anthropic.com",
    ProviderKind.OPENAI: "https://api.openai.com/v1",
}

_FIM = {
    FimDialect.LLAMA_CPP: "http://127.0.0.1:8080",
    FimDialect.OLLAMA: "http://127.0.0.1:11434",
    FimDialect.MISTRAL: "https://api.mistral.ai",
    FimDialect.DEEPSEEK: "https://api.deepseek.com/beta",
    FimDialect.MERCURY_EDIT: "https://api.inceptionlabs.ai",
}


def base_url(name: str, settings: ProviderSettings) -> str:
    """The base URL of the provider called ``name``. Raises ConfigError where there is neither one nor a usual one."""
    usual = _PUBLIC.get(settings.kind) or (_FIM.get(settings.dialect) if settings.dialect else None)
    found = settings.base_url or usual
    if found is None:
        raise ConfigError(f"providers.{name}.base_url is missing: say where the server listens")
    return found


def endpoint(base: str, path: str) -> str:
    """The URL of ``path``. A version that ends the base and begins the path is written once, because people give base
    URLs both ways (``http://host:8080`` and ``http://host:8080/v1``).
    """
    return base + relative(base, path)


def relative(base: str, path: str) -> str:
    """``path`` without a version that ``base`` already ends with."""
    return path.removeprefix("/v1") if base.endswith("/v1") else path
