"""Files that bear a symbol's name: a module, a component's file, a file of tests. Moving one rewrites what imports it.

Reads through the view only; what some text that cannot be followed may name is not moved.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from itertools import islice

from tierwise.core.changes import Changeset, RenameFile
from tierwise.core.documents import Document
from tierwise.core.text import Point
from tierwise.rename.checks import is_untouchable
from tierwise.rename.ecmascript.files import moved_module
from tierwise.rename.ecmascript.modules import LANGUAGES as ECMASCRIPT
from tierwise.rename.service import Renamer
from tierwise.rename.snapshot import Snapshot
from tierwise.rename.values import RenameDeclined
from tierwise.syntax.parse import parse
from tierwise.syntax.scopes import DEFINITION, Name, occurrences

_TRIED_IMPORTS = 5
"""An import that leads to another module of the same name says nothing; after so many the search is given up."""


def moved_file(
    view: Snapshot, renamer: Renamer, document: Document, new_stem: str, cancelled: Callable[[], bool]
) -> Changeset | None:
    """The changes that name a file ``new_stem``; None where they are not certain, or the language ties the name to
    something else.
    """
    if document.path is None or is_untouchable(view, document, document):
        return None
    if document.language in ECMASCRIPT:
        return moved_module(view, document, new_stem, cancelled)
    if document.language == "python":
        return _python_module(view, renamer, document, new_stem, cancelled)
    if document.language == "go":
        return _lone_file(view, document, new_stem, document.path.name)
    return None  # Java's files follow their classes, Rust's their modules


def _python_module(
    view: Snapshot, renamer: Renamer, document: Document, new_stem: str, cancelled: Callable[[], bool]
) -> Changeset | None:
    path = document.path
    folder = view.folder_of(path) if path is not None else None
    if path is None or folder is None or path.suffix != ".py":
        return None
    sites = list(islice(_imports_of(view, document, path.stem), _TRIED_IMPORTS))
    for importer, point in sites:
        try:
            result = renamer.rename(view, importer, point, new_stem, cancelled=cancelled)
        except RenameDeclined:
            continue
        moves = [change for change in result.changeset.changes if isinstance(change, RenameFile)]
        if not result.uncertain and any(move.old == path for move in moves):
            return result.changeset
    return None if sites else _lone_file(view, document, new_stem, path.stem)


def _imports_of(view: Snapshot, document: Document, stem: str) -> Iterator[tuple[Document, Point]]:
    """One import of something with the module's name in each file that has any."""
    folder = view.folder_of(document.path) if document.path is not None else None
    for path in view.files_with(folder, stem, frozenset({"python"})) if folder is not None else ():
        importer = view.read(path)
        parsed = parse("python", importer.text) if importer is not None else None
        if importer is None or parsed is None:
            continue
        for name in occurrences(parsed, stem).names:
            if _is_import(name):
                yield importer, parsed.point(name.start)
                break


def _is_import(name: Name) -> bool:
    return name.role in {"imported", "module"} or (name.role == DEFINITION and name.kind == "import")


def _lone_file(view: Snapshot, document: Document, new_stem: str, spoken: str) -> Changeset | None:
    """A file that no code names: only its name changes. No other file may speak of it by the name ``spoken``."""
    path = document.path
    folder = view.folder_of(path) if path is not None else None
    if path is None or folder is None:
        return None
    _, dot, rest = path.name.partition(".")
    target = path.with_name(f"{new_stem}{dot}{rest}")
    whole = re.compile(rf"(?<!\w){re.escape(spoken)}(?!\w)")
    if target in set(view.files(folder)) or os.path.exists(target):  # noqa: PTH110 - pathlib raises where one may not look
        return None
    if any(other != path and whole.search(text) for other, text in view.holding(folder, (spoken,))):
        return None
    return Changeset((RenameFile(path, target),))
