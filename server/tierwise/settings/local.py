"""Model servers on this machine, as a value: found by ``providers``, used by the profiles that build on them.

Owner of no state; looks for nothing itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class LocalServerKind(StrEnum):
    """Which server program answered; it decides the endpoints that complete code."""

    OLLAMA = "ollama"
    LLAMA_CPP = "llama.cpp"
    VLLM = "vllm"
    LMSTUDIO = "lmstudio"


@dataclass(frozen=True, slots=True)
class LocalServer:
    """One server. ``base_url`` is its root without a path and without a final slash (``http://127.0.0.1:11434``);
    ``models`` are the names it serves, in its own order and spelling.
    """

    kind: LocalServerKind
    base_url: str
    models: tuple[str, ...]
