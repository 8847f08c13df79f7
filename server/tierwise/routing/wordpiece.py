"""Texts to token ids, as a ``tokenizer.json`` says: WordPiece with BERT's normalizer, which static embeddings use most.

Owner of the vocabulary and of a bounded memory of words already cut. Standard library and msgspec only; another kind of
tokenizer needs the package ``tokenizers`` (the extra ``embedding``), and says so where that is missing.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, cast

import msgspec

from tierwise.core.errors import ConfigError

Tokenizer = Callable[[str], list[int]]
"""Ids of a text's tokens, unknown ones left out."""

_ASCII_WORD = re.compile(r"[^\s!-/:-@\[-`{-~]+|[!-/:-@\[-`{-~]")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")

MEMORY = 8_192
"""Words whose pieces are remembered; when so many are, all are forgotten, which costs some microseconds a word."""


def read_tokenizer(file: Path) -> Tokenizer:
    """The tokenizer of a file. Raises ConfigError where it cannot be read or needs what is not installed."""
    try:
        content = file.read_bytes()
        table: dict[str, Any] = msgspec.json.decode(content, type=dict[str, Any])
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as exc:
        raise ConfigError(f"Cannot read {file}: {exc}. It must be a tokenizer.json of a static embedding.") from exc
    try:
        return _wordpiece(table) or _by_package(content, file)
    except (KeyError, TypeError, AttributeError) as exc:
        raise ConfigError(f"{file} is no tokenizer.json that is understood: {exc!r}.") from exc


class WordPiece:
    """Greedy longest match, word by word."""

    def __init__(self, vocabulary: Mapping[str, int], unknown: str, prefix: str, longest: int, *, lower: bool) -> None:
        self._vocabulary = vocabulary
        self._unknown = vocabulary.get(unknown)
        self._prefix = prefix
        self._longest = longest
        self._lower = lower
        self._known: dict[str, tuple[int, ...]] = {}

    def __call__(self, text: str) -> list[int]:
        """Ids of the pieces in order. A word that cannot be cut into known pieces gives none."""
        ids: list[int] = []
        for word in self._words(text):
            pieces = self._known.get(word)
            if pieces is None:
                if len(self._known) >= MEMORY:
                    self._known.clear()
                pieces = self._known[word] = self._cut(word)
            ids.extend(pieces)
        return ids

    def _words(self, text: str) -> list[str]:
        if text.isascii() and _CONTROL.search(text) is None:
            return _ASCII_WORD.findall(text.lower() if self._lower else text)
        text = "".join(f" {c} " if _is_ideograph(c) else c for c in text if not _is_control(c))
        if self._lower:  # accents go with the case, as in BERT's own normalizer
            text = "".join(c for c in unicodedata.normalize("NFD", text) if unicodedata.category(c) != "Mn").lower()
        return list(_split(text))

    def _cut(self, word: str) -> tuple[int, ...]:
        if len(word) > self._longest:
            return ()
        ids: list[int] = []
        start = 0
        while start < len(word):
            end = len(word)
            while end > start:
                piece = word[start:end] if start == 0 else self._prefix + word[start:end]
                found = self._vocabulary.get(piece)
                if found is not None:
                    break
                end -= 1
            else:
                return ()
            ids.append(found)
            start = end
        return tuple(i for i in ids if i != self._unknown)


def _wordpiece(table: Mapping[str, Any]) -> WordPiece | None:
    """None for a tokenizer of another kind."""
    model: dict[str, Any] = table["model"]
    normalizer: dict[str, Any] = table.get("normalizer") or {}
    before: dict[str, Any] = table.get("pre_tokenizer") or {}
    if model.get("type", "WordPiece") != "WordPiece" or "vocab" not in model:
        return None
    if normalizer.get("type") != "BertNormalizer" or before.get("type") != "BertPreTokenizer":
        return None
    lower = bool(normalizer.get("lowercase", True))
    accents = normalizer.get("strip_accents")
    if accents is not None and bool(accents) is not lower:
        return None
    return WordPiece(
        cast("dict[str, int]", model["vocab"]),
        str(model.get("unk_token", "[UNK]")),
        str(model.get("continuing_subword_prefix", "##")),
        int(model.get("max_input_chars_per_word", 100)),
        lower=lower,
    )


def _by_package(content: bytes, file: Path) -> Tokenizer:
    try:
        package: Any = import_module("tokenizers")
    except ImportError as exc:
        raise ConfigError(
            f"{file} needs the package tokenizers: install tierwise[embedding], or name another folder."
        ) from exc
    made = package.Tokenizer.from_buffer(content)
    unknown = made.token_to_id(str(msgspec.json.decode(content)["model"].get("unk_token")))

    def ids(text: str) -> list[int]:
        return [i for i in made.encode(text, add_special_tokens=False).ids if i != unknown]

    return ids


def _split(text: str) -> Iterator[str]:
    """At blanks, and around every mark of punctuation, which is a word of its own."""
    word = ""
    for character in text:
        if not character.isspace() and not _is_mark(character):
            word += character
            continue
        if word:
            yield word
            word = ""
        if not character.isspace():
            yield character
    if word:
        yield word


def _is_mark(character: str) -> bool:
    """BERT counts every ASCII sign as punctuation, beyond what Unicode does."""
    if character < "\x7f":
        return not character.isalnum() and "!" <= character <= "~"
    return unicodedata.category(character).startswith("P")


def _is_control(character: str) -> bool:
    if character in "\t\n\r":
        return False
    return character in "\0\ufffd" or unicodedata.category(character) in {"Cc", "Cf", "Cn", "Co"}


def _is_ideograph(character: str) -> bool:
    code = ord(character)
    return (
        0x4E00 <= code <= 0x9FFF
        or 0x3400 <= code <= 0x4DBF
        or 0x20000 <= code <= 0x2EBE0
        or 0xF900 <= code <= 0xFAFF
        or 0x2F800 <= code <= 0x2FA1F
    )
