"""Errors in the words of each provider: bodies, status codes, headers.

Sources: the providers' error references; the shapes of the servers' own code for local ones. Owner of no state.
"""

from __future__ import annotations

from typing import Any

from tierwise.simulator.bodies import dump
from tierwise.simulator.call import ApiError, Wire
from tierwise.simulator.script import Fault, FaultKind

ANTHROPIC_WIRES = frozenset({Wire.ANTHROPIC, Wire.COUNT_TOKENS})
OPENAI_TYPES = {429: "requests", 402: "insufficient_quota"}

_FAULTS: dict[FaultKind, tuple[int, str, str]] = {
    FaultKind.RATE_LIMIT: (429, "rate_limit_error", "Simulated: this request would exceed your rate limit."),
    FaultKind.OVERLOADED: (529, "overloaded_error", "Simulated: overloaded."),
    FaultKind.SERVER_ERROR: (500, "api_error", "Simulated: internal server error."),
    FaultKind.UNAVAILABLE: (503, "api_error", "Simulated: the service is temporarily unavailable."),
    FaultKind.GATEWAY_TIMEOUT: (504, "timeout_error", "Simulated: the request timed out."),
    FaultKind.UNAUTHORIZED: (401, "authentication_error", "Simulated: invalid API key."),
    FaultKind.PAYMENT_REQUIRED: (402, "billing_error", "Simulated: your credit balance is too low."),
    FaultKind.FORBIDDEN: (403, "permission_error", "Simulated: your key may not use this resource."),
    FaultKind.NOT_FOUND: (404, "not_found_error", "Simulated: model not found."),
    FaultKind.BAD_REQUEST: (400, "invalid_request_error", "Simulated: the request is not valid."),
    FaultKind.TOO_LARGE: (413, "request_too_large", "Simulated: the request exceeds the maximum size."),
}

_OPENAI_CODES = {
    "rate_limit_error": "rate_limit_exceeded",
    "authentication_error": "invalid_api_key",
    "not_found_error": "model_not_found",
    "overloaded_error": "server_overloaded",
    "billing_error": "insufficient_quota",
    "invalid_request_error": None,
    "api_error": "server_error",
}


def fault_error(fault: Fault, wire: Wire) -> ApiError | None:
    """The HTTP error that a fault stands for, or None if it is not one of these."""
    known = _FAULTS.get(fault.kind)
    if known is None:
        return None
    status, kind, message = known
    if fault.kind is FaultKind.OVERLOADED and wire not in ANTHROPIC_WIRES:
        status = 503
    headers = {} if fault.retry_after_s is None else {"retry-after": f"{fault.retry_after_s:g}"}
    return ApiError(fault.status or status, kind, fault.message or message, headers=headers)


def mid_stream_error(fault: Fault) -> ApiError:
    """The error that arrives inside a stream."""
    return ApiError(fault.status or 529, "overloaded_error", fault.message or "Simulated: overloaded.")


def unknown_path(provider: str, path: str) -> ApiError:
    """What a provider says to a path that it does not have."""
    return ApiError(404, "not_found_error", "File Not Found" if provider == "llama.cpp" else f"Not found: {path}")


def missing_key(provider: str, wire: Wire) -> ApiError:
    """What a provider says when no key was sent."""
    if wire in ANTHROPIC_WIRES:
        return ApiError(401, "authentication_error", "x-api-key header is required")
    messages = {
        "deepseek": "Authentication Fails (auth header format should be Bearer sk-...)",
        "mistral": "Unauthorized",
        "gemini": "Missing or invalid Authorization header.",
    }
    text = (
        "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer auth "
        "(i.e. Authorization: Bearer YOUR_KEY)."
    )
    status = 400 if provider == "gemini" else 401
    return ApiError(status, "invalid_request_error", messages.get(provider, text))


def render(error: ApiError, provider: str, wire: Wire, request_id: str) -> tuple[list[tuple[str, str]], bytes]:
    """Headers and body of an error."""
    headers = [("content-type", "application/json"), *error.headers.items()]
    if wire in ANTHROPIC_WIRES:
        shown: dict[str, Any] = {"type": error.kind, "message": error.message}
        body: Any = {"type": "error", "error": shown, "request_id": request_id}
        return [*headers, ("request-id", request_id)], dump(body)
    return [*headers, ("x-request-id", request_id)], dump(_body(error, provider, request_id))


def _body(error: ApiError, provider: str, request_id: str) -> Any:
    match provider:
        case "ollama":
            return {"error": error.message}
        case "llama.cpp":
            return {"error": {"code": error.status, "message": error.message, "type": error.kind}}
        case "mistral":
            if error.status == 401:
                return {"message": error.message, "request_id": request_id}
            return {"object": "error", "message": error.message, "type": error.kind, "param": None, "code": None}
        case "gemini":
            status = {400: "INVALID_ARGUMENT", 401: "UNAUTHENTICATED", 403: "PERMISSION_DENIED", 404: "NOT_FOUND"}
            named = status.get(error.status, "RESOURCE_EXHAUSTED" if error.status == 429 else "UNAVAILABLE")
            return [{"error": {"code": error.status, "message": error.message, "status": named}}]
        case "vllm":
            return {"error": {"message": error.message, "type": error.kind, "param": error.param, "code": error.status}}
        case _:
            kind = OPENAI_TYPES.get(error.status, "server_error" if error.status >= 500 else "invalid_request_error")
            code = _OPENAI_CODES.get(error.kind, error.kind)
            return {"error": {"message": error.message, "type": kind, "param": error.param, "code": code}}
