"""What rooms below ``session`` may read of the workspace: a frozen view, safe in other threads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Protocol

from tierwise.core.documents import Document


class Holders(Protocol):
    """What is known of the words in some files at one moment, without reading them."""

    def of(self, text: str) -> Iterable[Path]:
        """The files that may hold ``text`` as whole words, in their order: all but those that are known not to."""
        ...


class WorkspaceView(Protocol):
    """The workspace at one moment. Open documents win over the disk. Forbidden files do not exist here: matched by
    an ignore file, by the built-in secret patterns, outside every workspace folder, binary, or over the size limit.
    """

    def folder_of(self, path: Path) -> Path | None:
        """The workspace folder that holds ``path``, the innermost if several do; None outside all of them."""
        ...

    def read(self, path: Path) -> Document | None:
        """The file's text as of this view, None where it may not or cannot be read."""
        ...

    def files(self, folder: Path, languages: frozenset[str] | None = None) -> Iterator[Path]:
        """Every readable file below ``folder``, in a stable order; only of ``languages`` where given."""
        ...

    def files_with(self, folder: Path, word: str, languages: frozenset[str] | None = None) -> Iterator[Path]:
        """Those of ``files`` whose text contains ``word`` as a whole identifier."""
        ...

    def holders(self, paths: Sequence[Path]) -> Holders:
        """What is known of the words in some of ``files`` now."""
        ...

    def open_documents(self) -> tuple[Document, ...]:
        """All readable open documents, the most recently used first."""
        ...


class Unknown:
    """``Holders`` of files of which nothing is known."""

    def __init__(self, paths: Sequence[Path]) -> None:
        self._paths = paths

    def of(self, text: str) -> Iterable[Path]:
        del text
        return self._paths


class Library(Protocol):
    """The Python modules from outside the workspace that its code may import, as far as they can be looked at without
    running anything.
    """

    def packages(self, folder: Path) -> frozenset[str]:
        """Top-level modules that are installed for a workspace folder; empty where no environment was found."""
        ...

    def module(self, folder: Path, name: str) -> str | None:
        """The source or stub of a module of the standard library or an installed package, by its dotted name."""
        ...

    def knows(self, name: str) -> bool:
        """Whether the modules of a top-level one of the standard library are known completely."""
        ...
