"""What the user's words alone say of a request: linear heads on a static embedding.

Owner of the opened embedding and of the scores of tokens already met. A linear head on a mean is the mean of the head
on each token, so each token is scored once and a text costs one addition per token and label. Never a call of a model.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import as_file, files
from pathlib import Path

import msgspec

from tierwise.core.errors import ConfigError
from tierwise.core.tasks import Role, TaskClass
from tierwise.routing.static_embedding import StaticEmbedding

HEADS: Mapping[str, tuple[str, ...]] = {
    "class": tuple(TaskClass),
    "role": (Role.EDIT, Role.EXPLAIN, Role.REVIEW),
}
"""What the heads tell apart: how hard it is, and what is wanted."""

HEADS_FILE = "heads.json"

MEMORY = 16_384
"""Tokens whose scores are remembered."""


@dataclass(frozen=True, slots=True)
class WordsSay:
    """Logarithms of the classes' and the roles' shares, each against the mean of its head, and the number of tokens."""

    classes: tuple[float, ...]
    roles: tuple[float, ...]
    tokens: int


class _Head(msgspec.Struct):
    labels: tuple[str, ...]
    weights: tuple[tuple[float, ...], ...]
    biases: tuple[float, ...]


class Words:
    """The heads of one folder."""

    def __init__(self, folder: Path) -> None:
        """Raises ConfigError for a folder without a static embedding, or without heads for it."""
        self._embedding = StaticEmbedding(folder)
        heads = read_heads(folder, self._embedding.dimensions)
        self._weights = [row for head in heads for row in head.weights]
        self._biases = [bias for head in heads for bias in head.biases]
        self._scores: dict[int, tuple[float, ...]] = {}

    def say(self, text: str) -> WordsSay | None:
        """What the words say; None where none of them is known."""
        tokens = self._embedding.tokens(text)
        if not tokens:
            return None
        scores = self._scores
        rows = [scores.get(token) or self._score(token) for token in tokens]
        count = len(tokens)
        sums = [sum(column) / count + bias for column, bias in zip(zip(*rows, strict=True), self._biases, strict=True)]
        classes = len(HEADS["class"])
        return WordsSay(_centred(sums[:classes]), _centred(sums[classes:]), count)

    def _score(self, token: int) -> tuple[float, ...]:
        vector = self._embedding.vector(token)
        if len(self._scores) >= MEMORY:
            self._scores.clear()
        found = tuple(sum(a * b for a, b in zip(row, vector, strict=True)) for row in self._weights)
        self._scores[token] = found
        return found


def read_heads(folder: Path, dimensions: int) -> list[_Head]:
    """The heads of a folder, in the order of ``HEADS``. Raises ConfigError."""
    file = folder / HEADS_FILE
    try:
        table = msgspec.json.decode(file.read_bytes(), type=dict[str, _Head])
    except FileNotFoundError as exc:
        raise ConfigError(f"{folder} has no {HEADS_FILE}: make it with `tierwise classify --fit {folder}`.") from exc
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as exc:
        raise ConfigError(f"Cannot read {file}: {exc}.") from exc
    for name, labels in HEADS.items():
        head = table.get(name)
        if head is None or head.labels != labels or len(head.biases) != len(labels) or len(head.weights) != len(labels):
            raise ConfigError(
                f"{file} has no fitting head {name!r}: make it anew with `tierwise classify --fit {folder}`."
            )
        if any(len(row) != dimensions for row in head.weights):
            raise ConfigError(f"{file} is for another embedding: make it anew with `tierwise classify --fit {folder}`.")
    return [table[name] for name in HEADS]


class WordsSource:
    """The words' heads by the folder that settings name; each folder is opened once.

    A folder that cannot be used is told of once, and the bundled heads stand in for it.
    """

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell = tell
        self._opened: dict[str, Words] = {}
        shipped_words()  # opened now, by whoever has time for it, and not at the first request

    def __call__(self, folder: str | None) -> Words:
        if folder is None:
            return shipped_words()
        words = self._opened.get(folder)
        if words is None:
            try:
                words = Words(Path(folder).expanduser())
            except ConfigError as error:
                self._tell(f"routing.embedding: {error} The bundled one is used.")
                words = shipped_words()
            self._opened[folder] = words
        return words


@cache
def shipped_words() -> Words:
    """The embedding that comes with the program."""
    with as_file(files("tierwise.routing") / "words_model") as folder:
        return Words(folder)


def _centred(sums: Sequence[float]) -> tuple[float, ...]:
    """Logarithms of the softmax, shifted so that their mean is 0: so they can be added to other points."""
    mean = sum(sums) / len(sums)
    return tuple(value - mean for value in sums)


def shares(logs: Sequence[float]) -> tuple[float, ...]:
    """The softmax of logarithms."""
    highest = max(logs)
    parts = [math.exp(value - highest) for value in logs]
    whole = sum(parts)
    return tuple(part / whole for part in parts)
