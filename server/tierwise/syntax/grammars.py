"""Grammars and their query files, loaded on first use.

Owner of the loaded grammars and compiled queries (immutable, shared by all threads). Never downloads anything: each
grammar is a wheel that is installed with the package.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import resources

from tree_sitter import Language, Query


@dataclass(frozen=True, slots=True)
class _Grammar:
    """``queries``: folders of query files; those of the first folder stand before those of the second."""

    load: Callable[[], Language]
    queries: tuple[str, ...]


def _python() -> Language:
    import tree_sitter_python

    return Language(tree_sitter_python.language())


def _javascript() -> Language:
    import tree_sitter_javascript

    return Language(tree_sitter_javascript.language())


def _typescript() -> Language:
    import tree_sitter_typescript

    return Language(tree_sitter_typescript.language_typescript())


def _tsx() -> Language:
    import tree_sitter_typescript

    return Language(tree_sitter_typescript.language_tsx())


def _go() -> Language:
    import tree_sitter_go

    return Language(tree_sitter_go.language())


def _rust() -> Language:
    import tree_sitter_rust

    return Language(tree_sitter_rust.language())


def _java() -> Language:
    import tree_sitter_java

    return Language(tree_sitter_java.language())


_GRAMMARS = {
    "python": _Grammar(_python, ("python",)),
    "javascript": _Grammar(_javascript, ("javascript",)),
    "javascriptreact": _Grammar(_javascript, ("javascript",)),
    "typescript": _Grammar(_typescript, ("typescript",)),
    "typescriptreact": _Grammar(_tsx, ("tsx", "typescript")),
    "go": _Grammar(_go, ("go",)),
    "rust": _Grammar(_rust, ("rust",)),
    "java": _Grammar(_java, ("java",)),
}

LANGUAGES = frozenset(_GRAMMARS)
"""LSP language identifiers that have a grammar."""


@cache
def grammar(language: str) -> Language:
    """The grammar of a language identifier. Raises KeyError where there is none."""
    return _GRAMMARS[language].load()


@cache
def query(language: str, name: str) -> Query:
    """The compiled query ``queries/FOLDER/NAME.scm`` of a language. Raises KeyError for a language without grammar."""
    folder = resources.files("tierwise.syntax") / "queries"
    files = [folder / part / f"{name}.scm" for part in _GRAMMARS[language].queries]
    return Query(grammar(language), "\n".join(file.read_text(encoding="utf-8") for file in files if file.is_file()))
