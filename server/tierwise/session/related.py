"""Which files belong to a place: what it imports, who uses it. Read-only; runs in worker threads."""

from __future__ import annotations

import os.path
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path, PurePosixPath

from tierwise.core.documents import Document
from tierwise.core.models import Excerpt
from tierwise.core.text import Span
from tierwise.core.workspace import WorkspaceView
from tierwise.syntax.imports import Import, imports
from tierwise.syntax.outline import Definition, enclosing, outline

_MAX_CALLER_FILES = 6
_MAX_SIGNATURES = 40
_MAX_TEST_FILES = 3
_TEST_NAME = re.compile(r"^test_|_test$|_spec$|\.(?:test|spec)$|Tests?$|^Test(?=[A-Z])")
"""What the names of test files have before or behind the name of what they test."""


class Why(StrEnum):
    """Why a file was chosen."""

    IMPORTED = "imported"
    USES = "uses the symbol"
    TESTS = "tests"


@dataclass(frozen=True, slots=True)
class Related:
    document: Document
    why: Why
    names: tuple[str, ...] = ()
    """The names that the request's file takes from it; empty: all."""


def imported_files(view: WorkspaceView, document: Document) -> tuple[Related, ...]:
    """The workspace files that ``document`` imports, in the order of its imports."""
    if document.path is None or (folder := view.folder_of(document.path)) is None:
        return ()
    paths = _Paths(folder, view.files(folder))
    found: dict[Path, Related] = {}
    for item in imports(document.language, document.text):
        for path, names in paths.resolve(item, document):
            other = None if path == document.path else view.read(path)
            if other is not None and path not in found:
                found[path] = Related(other, Why.IMPORTED, names)
    return tuple(found.values())


def users(view: WorkspaceView, document: Document, span: Span) -> tuple[Related, ...]:
    """Files that mention the definition around ``span``, by name; at most six, in a stable order."""
    definition = enclosing(outline(document.language, document.text), span.start)
    if definition is None or document.path is None or (folder := view.folder_of(document.path)) is None:
        return ()
    found: list[Related] = []
    for path in view.files_with(folder, definition.name, frozenset({document.language})):
        other = view.read(path)
        if path != document.path and other is not None:
            found.append(Related(other, Why.USES))
        if len(found) == _MAX_CALLER_FILES:
            break
    return tuple(found)


def tests_beside(view: WorkspaceView, document: Document) -> tuple[Related, ...]:
    """The tests of a file, by their name; where there are none yet, one other test file as an example of how they are
    written in this workspace.
    """
    path = document.path
    if path is None or (folder := view.folder_of(path)) is None:
        return ()
    languages = frozenset({document.language})
    tests = [other for other in view.files(folder, languages) if other != path and _TEST_NAME.search(other.stem)]
    own = [other for other in tests if _TEST_NAME.sub("", other.stem).lower() == path.stem.lower()]
    chosen = own[:_MAX_TEST_FILES] or sorted(tests, key=lambda other: -_shared(path, other))[:1]
    return tuple(Related(found, Why.TESTS) for other in chosen if (found := view.read(other)) is not None)


def signatures(view: WorkspaceView, related: Related) -> Excerpt | None:
    """A file as its signatures: of the names that are used, else of its top level; None where there are none."""
    document = related.document
    wanted = {name for name in related.names if name != "*"}
    lines = [_signature(item) for item in outline(document.language, document.text) if _shown(item, wanted)]
    if not lines:
        return None
    return Excerpt(relative_name(view, document), "\n".join(lines[:_MAX_SIGNATURES]) + "\n")


def relative_name(view: WorkspaceView, document: Document) -> str:
    """How prompts call a file: relative to its folder, with forward slashes; a buffer by the end of its URI."""
    if document.path is None:
        return document.uri.rsplit("/", 1)[-1].rsplit(":", 1)[-1]
    folder = view.folder_of(document.path)
    return document.path.name if folder is None else document.path.relative_to(folder).as_posix()


def _shared(path: Path, other: Path) -> int:
    """How many folders two files have in common, from the top."""
    return len(Path(os.path.commonpath([path.parent, other.parent])).parts)


def _shown(item: Definition, wanted: set[str]) -> bool:
    if item.kind in {"variable", "field", "constant"} and item.name not in wanted:
        return False
    top = item.parents[0] if item.parents else item.name
    return (not wanted or top in wanted) and not item.name.startswith("_")


def _signature(item: Definition) -> str:
    indent = "    " * len(item.parents)
    doc = item.doc.strip().splitlines()
    return f"{indent}{item.signature}" + (f"  # {doc[0]}" if doc else "")


class _Paths:
    """A folder's files by what an import may call them."""

    def __init__(self, folder: Path, files: Iterable[Path]) -> None:
        self._folder = folder
        self._by_name = {path.relative_to(folder).as_posix(): path for path in files}
        self._by_stem: dict[str, list[str]] = {}
        for name in self._by_name:
            pure = PurePosixPath(name)
            stem = pure.parent.name if pure.stem in {"__init__", "index", "mod"} else pure.stem
            self._by_stem.setdefault(stem, []).append(name)

    def resolve(self, item: Import, document: Document) -> Iterator[tuple[Path, tuple[str, ...]]]:
        """The files that an import may mean, with the names taken from each."""
        if document.language == "python":
            yield from self._python(item, document)
        elif item.module.startswith("."):
            yield from self._relative(item, document)
        else:
            yield from self._last_part(item, document)

    def _python(self, item: Import, document: Document) -> Iterator[tuple[Path, tuple[str, ...]]]:
        dots = len(item.module) - len(item.module.lstrip("."))
        parts = [part for part in item.module.split(".") if part]
        base = ""
        if dots:
            here = PurePosixPath(self._name(document)).parent
            base = "/".join(here.parts[: len(here.parts) - dots + 1])
        for names, tail in (((), item.names), (item.names, ())):
            for last in tail or ("",):
                dotted = [*parts, last] if last else parts
                for name in self._modules(base, dotted, exact=bool(dots)):
                    yield self._by_name[name], names

    def _modules(self, base: str, parts: list[str], *, exact: bool) -> Iterator[str]:
        if not parts:
            return
        path = "/".join([*filter(None, [base]), *parts])
        for name in self._by_stem.get(parts[-1], ()):
            bare = name.removesuffix(".pyi").removesuffix(".py").removesuffix("/__init__")
            if bare == path or (not exact and bare.endswith("/" + path)):
                yield name

    def _relative(self, item: Import, document: Document) -> Iterator[tuple[Path, tuple[str, ...]]]:
        here = PurePosixPath(self._name(document)).parent
        target = os.path.normpath(here / item.module).replace(os.sep, "/")
        for name in self._by_stem.get(PurePosixPath(target).name.split(".")[0], ()):
            bare = name.rsplit(".", 1)[0]
            if target in {name, bare, bare.removesuffix("/index")}:
                yield self._by_name[name], item.names

    def _last_part(self, item: Import, document: Document) -> Iterator[tuple[Path, tuple[str, ...]]]:
        """Java, Rust, Go: a file, or a folder's files, named like the last part or like an imported name."""
        parts = item.module.replace("::", "/").replace(".", "/").split("/")
        for stem in (parts[-1], *item.names):
            for name in self._by_stem.get(stem, ()):
                if PurePosixPath(name).suffix == PurePosixPath(self._name(document)).suffix:
                    yield self._by_name[name], item.names

    def _name(self, document: Document) -> str:
        assert document.path is not None
        return document.path.relative_to(self._folder).as_posix()
