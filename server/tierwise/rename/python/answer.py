"""From merged links to what is certain, what is uncertain, and why a rename is declined. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum, auto
from pathlib import Path

from tierwise.core.changes import RenameFile
from tierwise.core.text import Span
from tierwise.rename.python.files import PythonFile
from tierwise.rename.python.links import OUTSIDE, ClassKey, Links, ModuleKey, Node, names_in_code
from tierwise.rename.python.modules import SourceTree
from tierwise.rename.values import UNDEFINED, Found, Occurrence, Reason, RenameDeclined, Replacement
from tierwise.syntax.scopes import DEFINITION, Name


class _Sort(Enum):
    """What kind of thing the symbol is, which says what an unresolved occurrence could be."""

    PARAMETER = auto()
    FIELD = auto()
    MEMBER = auto()
    OTHER = auto()


class Answer:
    """The occurrences of one word in ``files``, of which those linked to the one at the cursor are renamed."""

    def __init__(self, own: PythonFile, files: dict[Path, PythonFile], links: Links, sources: SourceTree) -> None:
        self._own = own
        self._files = files
        self._links = links
        self._sources = sources

    def give(self, word: str, name: Name, new_name: str) -> Found:
        """Raises RenameDeclined where the symbol is not the workspace's to rename."""
        seed = self._links.place(self._own, name)
        linked = self._links.merging.members(seed)
        same = {path: self._same(file, seed) for path, file in sorted(self._files.items())}
        self._refuse(word, name, linked, [item for names in same.values() for item in names])
        certain: list[Replacement] = []
        for path, names in same.items():
            certain += self._replacements(self._files[path], names, word, new_name)
        sort = _sort(linked, [item for names in same.values() for item in names])
        uncertain = tuple(
            Occurrence(file.document, _span(file, item))
            for file, item in self._links.unresolved
            if item not in same[file.path] and _could_be(item, sort)
        )
        known = len(linked) > 1 or any(item.role == DEFINITION for names in same.values() for item in names)
        kind = kind_of(self._own, name) if known else UNDEFINED
        return Found(word, kind, tuple(certain), uncertain, self._moves(linked, new_name))

    def _same(self, file: PythonFile, seed: Node) -> list[Name]:
        merging = self._links.merging
        return [item for item in names_in_code(file) if merging.same(self._links.place(file, item), seed)]

    def _refuse(self, word: str, name: Name, linked: list[Node], same: list[Name]) -> None:
        if OUTSIDE in linked:
            raise RenameDeclined(Reason.OUTSIDE, f"'{word}' is defined outside the workspace, or overrides what is.")
        if any(self._is_typed_dict(node) for node in linked if isinstance(node, ClassKey)):
            raise RenameDeclined(
                Reason.UNDECIDED, f"'{word}' is a key of a TypedDict, which strings refer to; rename it by hand."
            )
        if any(isinstance(node, (ClassKey, ModuleKey)) for node in linked):
            return
        if any(item.role == DEFINITION and item.kind != "import" for item in same):
            return
        if name.role in {"member", "key"}:
            raise RenameDeclined(Reason.UNDECIDED, f"The type of what '{word}' belongs to here is unknown.")
        if any(_is_import(item) for item in same) and not _is_import(name):
            raise RenameDeclined(
                Reason.OUTSIDE,
                f"'{word}' is imported from outside the workspace; give the import another name with 'as'.",
            )
        if self._own.has_star_import and not any(_is_import(item) for item in same):
            raise RenameDeclined(Reason.UNDECIDED, f"'{word}' may come from an 'import *' that cannot be followed.")

    def _is_typed_dict(self, key: ClassKey) -> bool:
        file = self._files.get(key.path)
        written = file.bases_text(key) if file is not None else ""
        return "TypedDict" in written or any(base.name == "TypedDict" for base in self._links.classes.get(key, ()))

    def _replacements(self, file: PythonFile, names: list[Name], word: str, new_name: str) -> list[Replacement]:
        aliased = [item for item in names if self._links.place(file, item) in self._links.aliased]
        if any(not file.can_be_aliased(item) for item in aliased):
            raise RenameDeclined(
                Reason.UNDECIDED, f"'{word}' also stands for a dotted import in {file.path.name}; rename it by hand."
            )
        plain = [item for item in names if item not in aliased]
        return [*replacements(file, plain, new_name), *replacements(file, aliased, f"{word} as {new_name}")]

    def _moves(self, linked: list[Node], new_name: str) -> tuple[RenameFile, ...]:
        moves = [move for node in linked if isinstance(node, ModuleKey) for move in self._moves_of(node.path, new_name)]
        return tuple(sorted(moves, key=lambda move: move.old))

    def _moves_of(self, path: Path, new_name: str) -> list[RenameFile]:
        """Moves of a module's file and its stub, or of a package's folder."""
        taken = path.with_name(new_name)
        others = (taken, taken.with_suffix(".py"), taken.with_suffix(".pyi"))
        if any(self._sources.has_file(other) or self._sources.has_folder(other) for other in others):
            raise RenameDeclined(Reason.CLASH, f"There is already a module '{new_name}' in {path.parent}.")
        if self._sources.has_folder(path):
            return [RenameFile(path, taken)]
        files = [old for old in (path, path.with_suffix(".pyi")) if self._sources.has_file(old)]
        return [RenameFile(old, old.with_name(new_name + old.suffix)) for old in files]


def replacements(file: PythonFile, names: Iterable[Name], new: str) -> tuple[Replacement, ...]:
    """Replace each of ``names`` by ``new``, in the order of the text."""
    ordered = sorted(names, key=lambda name: name.start)
    return tuple(
        Replacement(file.document, _span(file, name), file.parsed.text_between(name.start, name.end), new)
        for name in ordered
    )


def kind_of(file: PythonFile, name: Name) -> str:
    """The kind of symbol as a person calls it, as far as the file alone tells."""
    binding = file.binding(name)
    if binding is None:
        return {"member": "attribute", "key": "argument", "module": "module"}.get(name.role, "name")
    if binding.scope.kind == "class":
        return {"function": "method", "variable": "attribute"}.get(binding.kind, binding.kind)
    return {"typeparameter": "type parameter"}.get(binding.kind, binding.kind)


def _sort(linked: list[Node], same: list[Name]) -> _Sort:
    definitions = [item for item in same if item.role == DEFINITION]
    if any(item.kind == "parameter" for item in definitions):
        return _Sort.PARAMETER
    if not any(isinstance(node, ClassKey) for node in linked):
        return _Sort.OTHER
    return _Sort.MEMBER if any(item.kind == "function" for item in definitions) else _Sort.FIELD


def _could_be(name: Name, sort: _Sort) -> bool:
    if name.role == "key":
        return sort in {_Sort.PARAMETER, _Sort.FIELD}
    return sort in {_Sort.MEMBER, _Sort.FIELD}


def _is_import(name: Name) -> bool:
    return name.role in {"imported", "module"} or (name.role == DEFINITION and name.kind == "import")


def _span(file: PythonFile, name: Name) -> Span:
    return Span(file.parsed.point(name.start), file.parsed.point(name.end))
