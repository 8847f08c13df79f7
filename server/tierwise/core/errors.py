"""Everything Tierwise raises on purpose, in one tree.

Foreign errors are mapped into it once, in ``providers``. A message is one sentence for a person: what, where, what to
do. It never contains a key, a prompt or code.
"""

from __future__ import annotations


class TierwiseError(Exception):
    """Base of all errors that may be shown to a person as they are."""


class ConfigError(TierwiseError):
    """A setting is wrong. Names the file (or the editor's section), the key and the reason."""


class UsageError(TierwiseError):
    """A request or command line has the wrong shape (LSP: InvalidParams; shell: exit status 2)."""


class Stale(TierwiseError):
    """The document changed while the answer was made; nothing was applied."""


class Declined(TierwiseError):
    """A request that is understood but must not or cannot be done, with the reason (a rename that would clash)."""


class BudgetReached(TierwiseError):
    """The money budget of the session or the day is used up."""


class ProviderError(TierwiseError):
    """A provider did not answer as asked. ``provider`` and ``model`` name where; both are in the message too."""

    def __init__(self, message: str, *, provider: str, model: str) -> None:
        super().__init__(message)
        self.provider = provider
        self.model = model


class Transient(ProviderError):
    """5xx, overload, a timeout, a cut or malformed stream: the same request may work elsewhere or later."""


class RateLimited(ProviderError):
    """429. ``retry_after_s`` is the provider's own figure in seconds, or None: then it may be a spending cap."""

    def __init__(self, message: str, *, provider: str, model: str, retry_after_s: float | None) -> None:
        super().__init__(message, provider=provider, model=model)
        self.retry_after_s = retry_after_s


class Auth(ProviderError):
    """401, 402, 403, or no key in the environment: a person must act."""


class BadRequest(ProviderError):
    """400, 404, 413, 422: wrong model name, too long a prompt, a parameter this model refuses. Retrying cannot help."""


class Refused(ProviderError):
    """The model or a policy refused to answer."""
