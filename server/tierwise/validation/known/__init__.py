"""Names that are known without a workspace, as lists in text files beside this one: words, and ``#`` comments."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files


@cache
def words(name: str) -> frozenset[str]:
    """The words of ``NAME.txt``. Raises FileNotFoundError for a list that is not packaged."""
    return frozenset(word for line in _lines(name) for word in line.split())


@cache
def table(name: str) -> Mapping[str, tuple[str, ...]]:
    """The lines ``key: word word`` of ``NAME.txt``."""
    rows = (line.partition(":") for line in _lines(name) if ":" in line)
    return {key.strip(): tuple(values.split()) for key, _, values in rows}


def _lines(name: str) -> list[str]:
    text = (files(__name__) / f"{name}.txt").read_text(encoding="utf-8")
    return [re.sub(r"(?:^|\s)#.*", "", line) for line in text.splitlines()]
