"""A static embedding from a model2vec folder, read where it lies: one vector per token, a text is their mean.

Owner of the mapped file. Nothing is computed before a token is met, so that a folder of any size opens in the time its
vocabulary takes; no number library is needed. It never writes, and never looks for a model anywhere else.
"""

from __future__ import annotations

import mmap
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

import msgspec

from tierwise.core.errors import ConfigError
from tierwise.routing.wordpiece import read_tokenizer

_FORMATS = {"F64": ("d", 8), "F32": ("f", 4), "F16": ("e", 2), "I8": ("b", 1), "I32": ("i", 4), "I64": ("q", 8)}
"""How safetensors calls numbers, and how ``struct`` reads them; BF16 is the upper half of an F32."""

_LAYOUTS = (("", "embeddings"), ("", "embedding.weight"), ("0_StaticEmbedding", "embedding.weight"))
"""Where the vectors stand: model2vec's own folder, and the two that sentence-transformers writes."""


@dataclass(frozen=True, slots=True)
class _Tensor:
    kind: str
    shape: tuple[int, ...]
    start: int


class StaticEmbedding:
    """Vectors of one folder: ``model.safetensors`` and ``tokenizer.json``."""

    def __init__(self, folder: Path) -> None:
        """Raises ConfigError, with one sentence, for a folder that holds no static embedding."""
        self._data, tensors, self._tensor = _open(folder)
        self._weights, self._mapping = tensors.get("weights"), tensors.get("mapping")
        if len(self._tensor.shape) != 2:
            raise ConfigError(f"{folder}: the embeddings are no table of vectors.")
        self.rows, self.dimensions = self._tensor.shape
        self._last = (self._mapping or self._weights or self._tensor).shape[0]
        inside = folder / "0_StaticEmbedding"
        self._tokens = read_tokenizer((folder if (folder / "tokenizer.json").exists() else inside) / "tokenizer.json")

    def tokens(self, text: str) -> list[int]:
        """Ids of the text's tokens, those without a vector left out."""
        return [token for token in self._tokens(text) if token < self._last]

    def vector(self, token: int) -> Sequence[float]:
        """One token's vector, weighted where the folder weights tokens."""
        row = int(self._number(self._mapping, token)) if self._mapping is not None else token
        values = self._read(self._tensor, row * self.dimensions, self.dimensions)
        if self._weights is None:
            return values
        weight = self._number(self._weights, token)
        return [value * weight for value in values]

    def mean(self, text: str) -> list[float] | None:
        """A text's vector, not normalized; None where none of its tokens is known."""
        tokens = self.tokens(text)
        if not tokens:
            return None
        sums = [0.0] * self.dimensions
        for token in tokens:
            for index, value in enumerate(self.vector(token)):
                sums[index] += value
        return [value / len(tokens) for value in sums]

    def _number(self, tensor: _Tensor, at: int) -> float:
        return self._read(tensor, at, 1)[0]

    def _read(self, tensor: _Tensor, first: int, count: int) -> Sequence[float]:
        if tensor.kind == "BF16":
            raw = struct.unpack_from(f"<{count}H", self._data, tensor.start + 2 * first)
            return struct.unpack(f"<{count}f", struct.pack(f"<{count}I", *(value << 16 for value in raw)))
        code, size = _FORMATS[tensor.kind]
        return struct.unpack_from(f"<{count}{code}", self._data, tensor.start + size * first)


def _open(folder: Path) -> tuple[mmap.mmap, dict[str, _Tensor], _Tensor]:
    for inside, name in _LAYOUTS:
        file = folder / inside / "model.safetensors"
        if not file.is_file():
            continue
        try:
            with file.open("rb") as stream:
                data = mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)
            tensors = _tensors(data)
        except (OSError, ValueError, KeyError, TypeError, struct.error, msgspec.MsgspecError) as exc:
            raise ConfigError(
                f"Cannot read {file}: {exc}. It must be a model.safetensors of a static embedding."
            ) from exc
        if name in tensors:
            return data, tensors, tensors[name]
    raise ConfigError(f"{folder} holds no static embedding: model.safetensors with the tensor `embeddings` is needed.")


def _tensors(data: mmap.mmap) -> dict[str, _Tensor]:
    """The header: its length in eight bytes, then JSON with each tensor's kind, shape and place behind the header."""
    (length,) = struct.unpack_from("<Q", data, 0)
    if length > len(data) - 8:
        raise ValueError("the header is longer than the file")
    header: dict[str, Any] = msgspec.json.decode(data[8 : 8 + length])
    found: dict[str, _Tensor] = {}
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        kind, shape, (start, end) = entry["dtype"], tuple(entry["shape"]), entry["data_offsets"]
        size = 2 if kind == "BF16" else _FORMATS[kind][1] if kind in _FORMATS else None
        if size is None:
            continue  # a tensor that nobody here asks for
        if end - start != size * prod(shape) or start < 0 or 8 + length + end > len(data):
            raise ValueError(f"the tensor {name} does not fit into the file")
        found[name] = _Tensor(kind, shape, 8 + length + start)
    return found
