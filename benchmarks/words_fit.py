"""Makes the bundled static embedding and its linear heads: ``python -m benchmarks.words_fit``.

The sentences come from ``routing/words_text.toml`` by chance with a fixed seed; no recorded request is among them.
Vectors and heads are learnt together (a text is the mean of its tokens' vectors, the heads are linear on it), and the
same run gives the same files. What was learnt is checked on patterns that were held back; on recorded requests
``benchmarks.classify`` checks it. Written in model2vec's folder format.
"""

from __future__ import annotations

import json
import math
import random
import re
import struct
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from tierwise.routing.wordpiece import WordPiece
from tierwise.routing.words_fit import SEED, Group, Heads, Maker, Sentence

TARGET = Path(__file__).parents[1] / "server/tierwise/routing/words_model"

DIMENSIONS, SENTENCES, ROUNDS, STEP = 24, 24_000, 4, 0.15

DROPPED = 0.15
"""Share of the tokens that are left out each time: no single word is to decide."""

BROKEN = 0.08
"""Share of the words that are shown in pieces, so that pieces of unknown words mean something."""

SIGNS = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"


def main() -> None:
    maker = Maker(SEED)
    chance = random.Random(SEED)
    held_back = _check(maker, chance)
    vocabulary = _vocabulary(maker)
    model = _train(list(maker.sentences(SENTENCES, maker.groups)), vocabulary, random.Random(SEED))
    model.write()
    sys.stdout.write(
        f"{TARGET.name}: {len(vocabulary)} tokens, {DIMENSIONS} dimensions. On patterns held back while learning: "
        f"class {held_back[0]:.3f}, role {held_back[1]:.3f} right (chance {1 / 4:.2f}, {1 / 3:.2f}).\n"
    )


def _check(maker: Maker, chance: random.Random) -> tuple[float, float]:
    """The shares of right classes and roles on patterns that were not learnt from."""
    kept: list[Group] = []
    tried: list[Group] = []
    for group in maker.groups:
        patterns = list(group.patterns)
        chance.shuffle(patterns)
        cut = max(1, len(patterns) // 5)
        tried.append(Group(group.task_class, group.role, group.weight, tuple(patterns[:cut])))
        kept.append(Group(group.task_class, group.role, group.weight, tuple(patterns[cut:])))
    sentences = list(maker.sentences(SENTENCES // 2, kept))
    model = _train(sentences, _vocabulary(maker), random.Random(SEED))
    right = [0, 0]
    asked = list(maker.sentences(3_000, tried))
    for text, *labels in asked:
        for head, label in enumerate(labels):
            shares = model.heads.shares(model.mean(model.cut(text)), head)
            right[head] += max(range(len(shares)), key=shares.__getitem__) == label
    return right[0] / len(asked), right[1] / len(asked)


class Model:
    """Vectors and heads while they are learnt."""

    def __init__(self, vocabulary: dict[str, int], chance: random.Random) -> None:
        self.vocabulary = vocabulary
        self.vectors = [[chance.uniform(-0.1, 0.1) for _ in range(DIMENSIONS)] for _ in vocabulary]
        self.heads = Heads(DIMENSIONS)
        self.cut = WordPiece(vocabulary, "[UNK]", "##", 100, lower=True)
        self._moved = [1e-4] * len(vocabulary)

    def mean(self, tokens: Sequence[int]) -> list[float]:
        if not tokens:
            return [0.0] * DIMENSIONS
        return [sum(values) / len(tokens) for values in zip(*(self.vectors[t] for t in tokens), strict=True)]

    def learn(self, tokens: Sequence[int], labels: Sequence[int], step: float) -> None:
        """One step on one sentence, each token's shrinking with what it has moved already: rare words keep moving."""
        back = self.heads.learn(self.mean(tokens), labels, step)
        slope = sum(value * value for value in back) / DIMENSIONS
        for token in tokens:
            vector = self.vectors[token]
            self._moved[token] += slope
            size = step / math.sqrt(self._moved[token])
            for index in range(DIMENSIONS):
                vector[index] += size * back[index]

    def write(self) -> None:
        """The folder, as model2vec lays it out, and ``heads.json`` beside."""
        TARGET.mkdir(exist_ok=True)
        numbers = [value for vector in self.vectors for value in vector]
        body = struct.pack(f"<{len(numbers)}e", *numbers)
        shape = [len(self.vectors), DIMENSIONS]
        header = json.dumps({"embeddings": {"dtype": "F16", "shape": shape, "data_offsets": [0, len(body)]}})
        header += " " * (-len(header) % 8)
        (TARGET / "model.safetensors").write_bytes(struct.pack("<Q", len(header)) + header.encode() + body)
        (TARGET / "tokenizer.json").write_text(
            json.dumps(_tokenizer(self.vocabulary), ensure_ascii=False) + "\n", "utf-8"
        )
        config = {"model_type": "model2vec", "hidden_dim": DIMENSIONS, "normalize": False, "embedding_dtype": "float16"}
        (TARGET / "config.json").write_text(json.dumps(config, indent=2) + "\n", "utf-8")
        (TARGET / "heads.json").write_text(self.heads.json(), "utf-8")


def _train(sentences: Sequence[Sentence], vocabulary: dict[str, int], chance: random.Random) -> Model:
    model = Model(vocabulary, chance)
    pieces = WordPiece(
        {k: v for k, v in vocabulary.items() if len(k.removeprefix("##")) < 3 or k[:2] == "##"},
        "",
        "##",
        100,
        lower=True,
    )
    for turn in range(ROUNDS):
        for number, (text, *labels) in enumerate(sentences):
            step = STEP * (1 - (turn * len(sentences) + number) / (ROUNDS * len(sentences))) + 0.01
            tokens: list[int] = []
            for word in text.split():
                cut = pieces(word) if chance.random() < BROKEN else ()
                tokens += cut or model.cut(word)
            tokens = [token for token in tokens if chance.random() >= DROPPED] or tokens
            if tokens:
                model.learn(tokens, labels, step)
    return model


def _vocabulary(maker: Maker) -> dict[str, int]:
    """All words of the patterns, signs, letters, and pieces that words end with."""
    words: Counter[str] = Counter()
    for text, _, _ in maker.sentences(SENTENCES, maker.groups):
        words.update(re.findall(r"[a-z]+|\d", text.lower()))
    letters = [chr(c) for c in range(ord("a"), ord("z") + 1)] + [str(d) for d in range(10)]
    names = [
        "[PAD]",
        "[UNK]",
        *SIGNS,
        *letters,
        *(f"##{letter}" for letter in letters),
        *(f"##{suffix}" for suffix in maker.suffixes),
    ]
    names += [f"##{part}" for part in maker.name_parts]
    names += sorted(word for word, count in words.items() if count >= 8 and len(word) > 1)
    return {name: index for index, name in enumerate(dict.fromkeys(names))}


def _tokenizer(vocabulary: dict[str, int]) -> dict[str, object]:
    """What the package ``tokenizers`` writes for the same."""
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [],
        "normalizer": {
            "type": "BertNormalizer",
            "clean_text": True,
            "handle_chinese_chars": True,
            "strip_accents": None,
            "lowercase": True,
        },
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": None,
        "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": True},
        "model": {
            "type": "WordPiece",
            "unk_token": "[UNK]",
            "continuing_subword_prefix": "##",
            "max_input_chars_per_word": 100,
            "vocab": vocabulary,
        },
    }


if __name__ == "__main__":
    main()
