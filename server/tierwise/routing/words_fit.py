"""Linear heads for any static embedding, learnt from made-up sentences: what ``tierwise classify --fit`` does.

Owner of no state. The sentences come by chance, with a fixed seed, from the patterns in ``words_text.toml``, which were
written for this program: none is recorded, and the same embedding always gets the same heads.
"""

from __future__ import annotations

import json
import math
import random
import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from tierwise.core.tasks import TaskClass
from tierwise.routing.static_embedding import StaticEmbedding
from tierwise.routing.words import HEADS, HEADS_FILE, shares

SEED = 20

SMOOTHING = 0.1
"""So much of a label's weight is spread over the others: words never make certain how hard something is."""

FIT_SENTENCES, FIT_ROUNDS, FIT_STEP = 5_000, 6, 0.5

Sentence = tuple[str, int, int]
"""Text, and the numbers of its class and its role in ``HEADS``."""


def fit_heads(folder: Path) -> Path:
    """Learn heads for the embedding in ``folder`` and write them beside it; some seconds. Returns the file.

    Raises ConfigError for a folder without an embedding, and OSError where it cannot be written.
    """
    embedding = StaticEmbedding(folder)
    maker = Maker(SEED)
    examples: list[tuple[list[float], tuple[int, int]]] = []
    for text, task_class, role in maker.sentences(FIT_SENTENCES, maker.groups):
        mean = embedding.mean(text)
        if mean is not None:
            examples.append((mean, (task_class, role)))
    heads = Heads(embedding.dimensions)
    size = math.sqrt(sum(value * value for mean, _ in examples for value in mean) / max(1, len(examples))) or 1.0
    for turn in range(FIT_ROUNDS):
        for mean, labels in examples:
            heads.learn([value / size for value in mean], labels, FIT_STEP / (1 + turn))
    file = folder / HEADS_FILE
    file.write_text(heads.json(1 / size), encoding="utf-8")
    return file


class Heads:
    """Softmax regressions on one vector, all heads of ``HEADS``, learnt a step at a time (AdaGrad, by row)."""

    def __init__(self, dimensions: int) -> None:
        self._rows = [[[0.0] * dimensions for _ in labels] for labels in HEADS.values()]
        self._biases = [[0.0] * len(labels) for labels in HEADS.values()]
        self._moved = [[1e-4] * len(labels) for labels in HEADS.values()]

    def shares(self, mean: Sequence[float], head: int) -> tuple[float, ...]:
        """How likely each label of a head is."""
        return shares(
            [
                bias + sum(weight * value for weight, value in zip(row, mean, strict=True))
                for row, bias in zip(self._rows[head], self._biases[head], strict=True)
            ]
        )

    def learn(self, mean: Sequence[float], labels: Sequence[int], step: float) -> list[float]:
        """One step towards the labels. Returns the slope by the vector, for whoever learns vectors as well."""
        back = [0.0] * len(mean)
        length = (sum(value * value for value in mean) + 1) / len(mean)
        for head, label in enumerate(labels):
            parts = self.shares(mean, head)
            for c, part in enumerate(parts):
                error = (1 - SMOOTHING if c == label else 0.0) + SMOOTHING / len(parts) - part
                row = self._rows[head][c]
                self._moved[head][c] += error * error * length
                size = step * error / math.sqrt(self._moved[head][c])
                for index, value in enumerate(mean):
                    back[index] += error * row[index]
                    row[index] += size * value
                self._biases[head][c] += 0.1 * size
        return back

    def json(self, scale: float = 1.0) -> str:
        """The file's text. ``scale``: what the vectors were multiplied by while learning."""
        table = {
            name: {
                "labels": list(labels),
                "weights": [[float(f"{value * scale:.5g}") for value in row] for row in self._rows[at]],
                "biases": [round(value, 4) for value in self._biases[at]],
            }
            for at, (name, labels) in enumerate(HEADS.items())
        }
        return json.dumps(table) + "\n"


@dataclass(frozen=True, slots=True)
class Group:
    """Patterns of one class and role, by their numbers in ``HEADS``, and how often they come."""

    task_class: int
    role: int
    weight: float
    patterns: tuple[str, ...]


class Maker:
    """Sentences out of patterns."""

    def __init__(self, seed: int) -> None:
        table = tomllib.loads(files("tierwise.routing").joinpath("words_text.toml").read_text("utf-8"))
        self._slots: dict[str, list[str]] = table.pop("slots")
        self.name_parts, self.suffixes = self._slots["name_part"], self._slots["suffix"]
        self._chance = random.Random(seed)
        self.groups = [
            Group(*_labels(name), float(group.get("weight", 1.0)), tuple(group["say"])) for name, group in table.items()
        ]

    def sentences(self, count: int, groups: Sequence[Group]) -> Iterator[Sentence]:
        """``count`` sentences, from groups by their weight."""
        for group in self._chance.choices(groups, [group.weight for group in groups], k=count):
            text = self._fill(self._chance.choice(group.patterns))
            yield self._worded(text), group.task_class, group.role

    def _fill(self, pattern: str) -> str:
        while (choice := re.search(r"\(([^()]*\|[^()]*)\)", pattern)) is not None:
            pattern = pattern[: choice.start()] + self._chance.choice(choice[1].split("|")) + pattern[choice.end() :]
        return re.sub(r"\{(\w+)\}", lambda slot: self._slot(slot[1]), pattern)

    def _slot(self, name: str) -> str:
        return self._name() if name == "name" else self._chance.choice(self._slots[name])

    def _name(self) -> str:
        words = self._chance.sample(self._slots["name_part"], self._chance.choice((1, 2, 2, 3)))
        match self._chance.randrange(4):
            case 0:
                return "_".join(words)
            case 1:
                return words[0] + "".join(word.title() for word in words[1:])
            case 2:
                return "".join(word.title() for word in words)
            case _:
                return f"`{'_'.join(words)}`"

    def _worded(self, text: str) -> str:
        """As people write: with and without courtesy, and more than one wish at times."""
        before = self._chance.choice(("",) * 8 + ("please ", "can you ", "i want to ", "could you ", "let's ", "now "))
        after = self._chance.choice(("",) * 9 + (" please", ".", "?", " thanks", "!", " in this file"))
        return " ".join((before + text + after).split())


def _labels(name: str) -> tuple[int, int]:
    task_class, role = name.split(".")
    return tuple(TaskClass).index(TaskClass(task_class)), HEADS["role"].index(role)
