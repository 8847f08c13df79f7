"""Foreign errors become ours here, once: HTTP status, error events in a stream, broken connections, lateness.

Owner of no state. A message is one sentence: which model of which provider, what happened, what to do. It never
carries a key, a prompt or code, though providers quote all three in their error bodies: of a body only its type and,
where the request itself was wrong, a cleaned piece of its message are kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import TypeVar
from urllib.parse import urlsplit

from tierwise.core.errors import Auth, BadRequest, ProviderError, RateLimited, Refused, Transient
from tierwise.core.models import ModelRef, ModelRequest
from tierwise.providers.problem import Problem, retry_after_s
from tierwise.settings.models import ResolvedModel

_E = TypeVar("_E", Auth, BadRequest, Refused, Transient)


@dataclass(frozen=True, slots=True)
class Call:
    """One request on its way to one model. ``address`` is where it goes; ``key`` is here only to be hidden."""

    resolved: ResolvedModel
    request: ModelRequest = field(repr=False)
    address: str
    key: str = field(default="", repr=False)

    @property
    def ref(self) -> ModelRef:
        return self.resolved.ref


def missing_key(ref: ModelRef, variable: str) -> Auth:
    """The environment has no key."""
    return _make(Auth, ref, f"Set {variable} (provider {ref.provider}) to the provider's API key to use {ref.model}")


def unusable_key(ref: ModelRef, variable: str) -> Auth:
    """The variable holds something that cannot be sent in a header."""
    return _make(
        Auth, ref, f"The value of {variable} (provider {ref.provider}) is not a key: it has spaces or other characters"
    )


def unsuitable(ref: ModelRef, reason: str) -> BadRequest:
    """Nothing was sent, because it could only fail."""
    return _make(BadRequest, ref, f"{ref} cannot be asked: {reason}")


def not_http(call: Call) -> BadRequest:
    """Nothing was sent: the address or a header breaks HTTP's own rules."""
    provider = call.ref.provider
    return unsuitable(call.ref, f"providers.{provider} has a base_url or header that HTTP does not allow")


def from_status(call: Call, status: int, headers: Mapping[str, str], body: object) -> ProviderError:
    """An HTTP answer that is no success."""
    return _from_problem(call, status, headers, Problem.of(body), f"HTTP {status}")


def from_event(call: Call, body: object) -> ProviderError:
    """An error that came inside a stream, after HTTP 200."""
    problem = Problem.of(body)
    return _from_problem(call, problem.status or 500, {}, problem, "in mid-stream")


def cut(call: Call, how: str) -> Transient:
    """The stream broke off or made no sense; ``how`` completes "The answer of M …"."""
    return _make(Transient, call.ref, f"The answer of {call.ref} {how}")


def late(call: Call, *, started: bool) -> Transient:
    """A time limit of the request ran out."""
    request = call.request
    if started:
        return _make(Transient, call.ref, f"{call.ref} did not finish its answer within {request.deadline_s:g} s")
    return _make(Transient, call.ref, f"{call.ref} gave no first token within {request.first_token_s:g} s")


def unreachable(call: Call, why: str = "") -> Transient:
    """No connection, or one that was lost before an answer came."""
    address = shown(call.address)
    advice = "is the server running?" if is_loopback(call.address) else "check the network, proxy and base_url"
    reason = f" ({why})" if why else ""
    return _make(Transient, call.ref, f"{call.ref} cannot be reached at {address}{reason}: {advice}")


def shown(url: str) -> str:
    """Scheme, host and port of a URL, without a user name, password, path or query that may stand in it."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"


def is_loopback(url: str) -> bool:
    """Whether a URL's host is this machine, by name or address."""
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _from_problem(call: Call, status: int, headers: Mapping[str, str], problem: Problem, where: str) -> ProviderError:
    ref = call.ref
    kind = f"{where}, {problem.type}" if problem.type else where
    if problem.is_refusal:
        return _make(Refused, ref, f"{ref} refused the request by a policy of its provider ({kind})")
    if status == 429:
        return _rate_limited(call, headers, problem, kind)
    if status in (401, 402, 403):
        return _denied(call, status, kind)
    if status == 404:
        advice = "check the name in your tiers' chains, and the provider's base_url"
        return _make(BadRequest, ref, f"Model {ref.model} is unknown to provider {ref.provider} ({kind}): {advice}")
    if status >= 500 or status in (408, 409, 425):
        return _make(Transient, ref, f"{ref} failed ({kind}): try again later")
    if status < 400:
        return _make(BadRequest, ref, f"{ref} redirects elsewhere ({kind}): set the provider's base_url to its end")
    detail = problem.detail(call.request, call.key)
    return _make(BadRequest, ref, f"{ref} rejected the request ({kind})" + (f": {detail}" if detail else ""))


def _rate_limited(call: Call, headers: Mapping[str, str], problem: Problem, kind: str) -> RateLimited:
    wait = retry_after_s(headers)
    if problem.is_quota:
        advice = "the quota is used up: check the account's billing"
    elif wait is None:
        advice = "wait, or check the account's limits"
    else:
        advice = f"it asks to wait {wait:g} s"
    message = f"{call.ref} is over its rate limit ({kind}): {advice}"
    return RateLimited(message, provider=call.ref.provider, model=call.ref.model, retry_after_s=wait)


def _denied(call: Call, status: int, kind: str) -> Auth:
    ref = call.ref
    variable = call.resolved.provider.api_key_env
    if variable is None:
        advice = f"name the variable that holds its key in providers.{ref.provider}.api_key_env"
    elif status == 402:
        advice = f"check the billing of the account behind {variable}"
    elif status == 403:
        advice = f"check what the key in {variable} may use"
    else:
        advice = f"check the key in {variable}"
    return _make(Auth, ref, f"Provider {ref.provider} denied access to {ref.model} ({kind}): {advice}")


def _make(kind: type[_E], ref: ModelRef, message: str) -> _E:
    return kind(message, provider=ref.provider, model=ref.model)
