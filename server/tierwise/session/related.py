"""Which files belong to a place: what it imports, who uses it. Read-only; runs in worker threads."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice
from pathlib import Path

from tierwise.core.documents import Document
from tierwise.core.models import Excerpt
from tierwise.core.text import Span
from tierwise.core.workspace import WorkspaceView
from tierwise.session.view import FrozenView
from tierwise.syntax.outline import Definition, enclosing

_MAX_CALLER_FILES = 6
_MAX_SIGNATURES = 40
_MAX_TEST_FILES = 3
_CONSTRUCTORS = frozenset({"__init__", "__new__", "constructor", "new", "New"})
"""They are called by the name of what they make."""
_NO_NAMES = frozenset({"__init__", "index", "mod"})
"""Files that are called by their folder's name."""


class Why(StrEnum):
    """Why a file was chosen."""

    OWN = "the file itself"
    IMPORTED = "imported"
    USES = "uses the symbol"
    CALLED = "defines what is called"
    TESTS = "tests, as they are to be written"
    TESTED = "tests of the file"
    WORKED_ON = "worked on lately"
    COMMITS = "latest commits"
    SIMILAR = "similar lines"
    EDITED = "edited just now"
    SCOPE = "around the cursor"


@dataclass(frozen=True, slots=True)
class Related:
    document: Document
    why: Why
    names: tuple[str, ...] = ()
    """The names that the request's file takes from it; empty: all."""


def imported_files(view: FrozenView, document: Document) -> tuple[Related, ...]:
    """The workspace files that ``document`` imports, in the order of its imports."""
    if document.path is None or (folder := view.folder_of(document.path)) is None:
        return ()
    if (files := view.map(folder)) is None:
        return ()
    found: dict[Path, Related] = {}
    for item in view.imports(document):
        for path, names in files.resolve(item, document):
            if path == document.path or path in found:
                continue
            if (other := view.read(path)) is not None:
                found[path] = Related(other, Why.IMPORTED, names)
    return tuple(found.values())


def users(view: FrozenView, document: Document, span: Span) -> tuple[Related, ...]:
    """Files that mention the definition around ``span``, by name; at most six: those that also name its file first
    (most likely they import it), then in a stable order.
    """
    definition = enclosing(view.outline(document), span.start)
    if definition is None or document.path is None or (folder := view.folder_of(document.path)) is None:
        return ()
    stem = document.path.stem if document.path.stem not in _NO_NAMES else document.path.parent.name
    name = definition.parents[-1] if definition.name in _CONSTRUCTORS and definition.parents else definition.name
    mentioning = view.holding(folder, name, document.language, stem)
    others = islice((other for other in mentioning if other.path != document.path), _MAX_CALLER_FILES)
    return tuple(Related(other, Why.USES, (name,)) for other in others)


def tests_beside(view: FrozenView, document: Document, *, example: bool) -> tuple[Related, ...]:
    """The tests of a file, by their name. ``example``: where there are none yet, one other test file, to see how they
    are written in this workspace.
    """
    path = document.path
    if path is None or (folder := view.folder_of(path)) is None or (files := view.map(folder)) is None:
        return ()
    chosen = files.tests_of(path, document.language)[:_MAX_TEST_FILES]
    if not chosen and example and (nearest := files.nearest_test(path, document.language)) is not None:
        chosen = (nearest,)
    return tuple(Related(found, Why.TESTS) for other in chosen if (found := view.read(other)) is not None)


def called(view: FrozenView, document: Document, names: Iterable[str], but: frozenset[Path]) -> tuple[Related, ...]:
    """Files that define one of ``names``, where a single file of the workspace does; none of ``but``."""
    if document.path is None or (folder := view.folder_of(document.path)) is None:
        return ()
    wanted: dict[Path, list[str]] = {}
    for name in names:
        defining = view.defining(folder, name, document.language)
        if len(defining) == 1 and defining[0] not in but:
            wanted.setdefault(defining[0], []).append(name)
    found = ((view.read(path), tuple(used)) for path, used in wanted.items())
    return tuple(Related(other, Why.CALLED, used) for other, used in found if other is not None)


def signatures(view: FrozenView, related: Related) -> Excerpt | None:
    """A file as its signatures: of the names that are used, else of its top level; None where there are none."""
    document = related.document
    wanted = {name for name in related.names if name != "*"}
    lines = signature_lines(view, document, wanted)
    if not lines:
        return None
    return Excerpt(relative_name(view, document), "\n".join(lines[:_MAX_SIGNATURES]) + "\n")


def signature_lines(view: FrozenView, document: Document, wanted: Collection[str] = ()) -> list[str]:
    """The signatures of a document, each with the first line of what is said about it; only of ``wanted`` names and
    what they contain, where some are given.
    """
    return [_signature(item) for item in view.outline(document) if _shown(item, wanted)]


def relative_name(view: WorkspaceView, document: Document) -> str:
    """How prompts call a file: relative to its folder, with forward slashes; a buffer by the end of its URI."""
    if document.path is None:
        return document.uri.rsplit("/", 1)[-1].rsplit(":", 1)[-1]
    folder = view.folder_of(document.path)
    if folder is None:
        return document.path.name
    # Cut as text: pathlib takes ten times as long, and a request names dozens of files.
    return str(document.path)[len(str(folder)) :].lstrip(os.sep).replace(os.sep, "/")


def _shown(item: Definition, wanted: Collection[str]) -> bool:
    if item.kind in {"variable", "field", "constant"} and item.name not in wanted:
        return False
    top = item.parents[0] if item.parents else item.name
    return (not wanted or top in wanted) and not item.name.startswith("_")


def _signature(item: Definition) -> str:
    indent = "    " * len(item.parents)
    doc = item.doc.strip().splitlines()
    return f"{indent}{item.signature}" + (f"  # {doc[0]}" if doc else "")
