"""Rename in Python: scopes inside a file, jedi between files.

Owner of no state. Reads the workspace only through its view; executes
nothing of it (see ``bridge``).
"""

from __future__ import annotations

import builtins
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from tierwise.core.documents import Document
from tierwise.core.text import Point
from tierwise.core.workspace import WorkspaceView
from tierwise.rename.python.answer import Answer, kind_of, replacements
from tierwise.rename.python.bridge import LOCK
from tierwise.rename.python.files import PythonFile
from tierwise.rename.python.importers import Importers
from tierwise.rename.python.links import Interest, Links
from tierwise.rename.python.modules import PYTHON, SourceTree
from tierwise.rename.python.packages import installed_packages
from tierwise.rename.values import Found, NotRenameable, Reason, Renameable, RenameDeclined, stop_if
from tierwise.syntax.scopes import DEFINITION, LOOSE, REFERENCE, Binding, Name

_LOCAL = frozenset({"function", "comprehension"})


class PythonEngine:
    """``packages`` finds, for a workspace folder, the folders of installed packages (``site-packages``), whose sources
    tell what is defined outside.
    """

    name = "jedi"
    languages = PYTHON
    exact = False

    def __init__(self, packages: Callable[[Path], Sequence[Path]] = installed_packages) -> None:
        self._packages = packages

    def prepare(self, view: WorkspaceView, document: Document, point: Point) -> Renameable | NotRenameable:
        """Whether and what; imports are followed only by ``find``."""
        span = document.word_at(point)
        if span is None:
            return NotRenameable(Reason.NO_NAME, "There is no name at this place.")
        word = document.lines.slice(span)
        file = _file(document, word)
        name = file.found.at(file.parsed.byte(span.start))
        if name is None or (name.role == LOOSE and name.start not in file.in_strings):
            return NotRenameable(Reason.NO_NAME, f"'{word}' is not a name here.")
        if name.role == REFERENCE and name.binding is None and hasattr(builtins, word) and not file.has_star_import:
            return NotRenameable(Reason.BUILTIN, f"'{word}' is built into Python and cannot be renamed.")
        if _is_standard(view, file, name):
            return NotRenameable(Reason.OUTSIDE, f"'{word}' belongs to Python's standard library.")
        return Renameable(span, word, kind_of(file, name), self.name)

    def find(
        self, view: WorkspaceView, document: Document, point: Point, new_name: str, cancelled: Callable[[], bool]
    ) -> Found:
        """All occurrences: of a local variable by its scope alone, of anything else across the folder."""
        prepared = self.prepare(view, document, point)
        if isinstance(prepared, NotRenameable):
            raise RenameDeclined(prepared.reason, prepared.message)
        word = prepared.name
        own = _file(document, word)
        name = own.found.at(own.parsed.byte(prepared.span.start))
        if name is None:
            raise LookupError(f"prepare found a name that is not there: {point}")
        binding = own.binding(name)
        folder = view.folder_of(document.path) if document.path is not None else None
        if folder is None or (binding is not None and _is_local(binding)):
            return _in_one_file(own, word, name, binding, new_name)
        return _Search(view, folder, tuple(self._packages(folder)), own, cancelled).run(word, name, new_name)


class _Search:
    """One rename across the files of a folder."""

    def __init__(
        self,
        view: WorkspaceView,
        folder: Path,
        packages: tuple[Path, ...],
        own: PythonFile,
        cancelled: Callable[[], bool],
    ) -> None:
        self._view = view
        self._own = own
        self._cancelled = cancelled
        self._sources = SourceTree(view, folder)
        self._sources.put(own.path, own.document)
        self._packages = packages

    def run(self, word: str, name: Name, new_name: str) -> Found:
        files = self._files(word)
        with LOCK:
            stop_if(self._cancelled)
            links = Links(files, self._sources, Importers(self._sources, self._packages), self._is_ours)
            links.build(word, _interest(self._own.binding(name)), self._cancelled)
        return Answer(self._own, files, links, self._sources).give(word, name, new_name)

    def _files(self, word: str) -> dict[Path, PythonFile]:
        files = {self._own.path: self._own}
        for path in self._view.files_with(self._sources.folder, word, PYTHON):
            stop_if(self._cancelled)
            document = self._sources.document(path)
            if document is not None and path not in files:
                files[path] = PythonFile(document, path, word)
        return files

    def _is_ours(self, path: Path) -> bool:
        if any(path.is_relative_to(package) for package in self._packages):
            return False
        return self._sources.has_file(path) or self._sources.has_folder(path) or path == self._own.path


def _file(document: Document, word: str) -> PythonFile:
    return PythonFile(document, document.path or Path(document.uri), word)


def _interest(binding: Binding | None) -> Interest:
    """A variable of a module is never a member of a class or an argument, and the other way round."""
    if binding is None:
        return Interest()
    if binding.scope.kind == "class":
        return Interest(modules=False, arguments=binding.kind == "variable")
    if binding.kind == "parameter":
        return Interest(modules=False, members=False)
    return Interest(members=False, arguments=False)


def _is_local(binding: Binding) -> bool:
    """Whether nothing outside the function can name it; a parameter can be named by callers."""
    return binding.scope.kind in _LOCAL and not any(name.kind == "parameter" for name in binding.definitions)


def _in_one_file(file: PythonFile, word: str, name: Name, binding: Binding | None, new_name: str) -> Found:
    if binding is None:
        raise RenameDeclined(Reason.UNDECIDED, f"It cannot be told what '{word}' refers to outside a workspace folder.")
    if not _is_local(binding) and any(item.kind == "import" for item in binding.definitions):
        raise RenameDeclined(
            Reason.OUTSIDE,
            f"'{word}' is imported, and this document belongs to no workspace folder that could be searched.",
        )
    names = {item.start: item for item in binding.names}
    names |= {start: item for start, (_, bound, item) in file.in_strings.items() if bound is binding}
    return Found(word, kind_of(file, name), replacements(file, names.values(), new_name))


def _is_standard(view: WorkspaceView, file: PythonFile, name: Name) -> bool:
    """Whether a name is imported from the standard library only, and no module of the workspace hides it there."""
    binding = file.binding(name)
    definitions = [name] if binding is None else binding.definitions
    modules = [file.imported_module(item) for item in definitions if item.role != DEFINITION or item.kind == "import"]
    tops = {module.partition(".")[0] for module in modules if module}
    if not tops or len(modules) < len(definitions) or not tops <= sys.stdlib_module_names:
        return False
    if any(not file.bears_its_own_name(item) for item in definitions):
        return False  # a local alias, which may be renamed
    folder = view.folder_of(file.path)
    places = [file.path.parent] if folder is None else [folder, folder / "src", file.path.parent]
    return not any(_is_module(view, place / top) for place in places for top in tops)


def _is_module(view: WorkspaceView, path: Path) -> bool:
    return any(view.read(candidate) is not None for candidate in (path.with_suffix(".py"), path / "__init__.py"))
