"""Which occurrences of a word in all files of a workspace are one symbol of Python.

Inside a file the scopes decide; between files, and for members and keyword arguments, jedi says where a name leads;
``self.x``, inheritance and stub files are tied here, because jedi does not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from tierwise.core.text import Point
from tierwise.rename.merge import Merging
from tierwise.rename.python.bridge import BaseClass, Target
from tierwise.rename.python.files import ClassKey, PythonFile
from tierwise.rename.python.importers import Importers
from tierwise.rename.python.modules import SourceTree
from tierwise.rename.python.shortcuts import Shortcuts
from tierwise.rename.python.strings import StringName
from tierwise.rename.values import stop_if
from tierwise.syntax.parse import Node as NodeOfTree
from tierwise.syntax.scopes import DEFINITION, LOOSE, REFERENCE, Binding, Name

_NEVER_MODULES = frozenset({"call", "subscript", "string", "integer", "float", "list", "dictionary", "tuple"})


@dataclass(frozen=True, slots=True)
class Place:
    """An occurrence by its file and first character."""

    path: Path
    point: Point


@dataclass(frozen=True, slots=True)
class ModuleKey:
    """A module's file or a package's folder."""

    path: Path


@dataclass(frozen=True, slots=True)
class Outside:
    """Anything that is not defined in the workspace."""


OUTSIDE = Outside()

Node = Place | ClassKey | ModuleKey | Outside


@dataclass(frozen=True, slots=True)
class Interest:
    """Which kinds of occurrences can belong to the renamed symbol at all; the others need no question to jedi."""

    modules: bool = True
    """Modules and what is defined at the top of one."""
    members: bool = True
    arguments: bool = True
    """Keyword arguments: of parameters, and of fields that make a constructor's parameters."""


class Links:
    """The occurrences of a word in some files, merged into symbols."""

    def __init__(
        self, files: dict[Path, PythonFile], sources: SourceTree, jedi: Importers, is_ours: Callable[[Path], bool]
    ) -> None:
        self.merging: Merging[Node] = Merging()
        self.unresolved: list[tuple[PythonFile, Name]] = []
        """Members and arguments of which jedi cannot tell where they lead."""
        self.lost: set[Place] = set()
        """Imports that lead nowhere."""
        self.aliased: set[Place] = set()
        """Imports from outside that share a variable with definitions of this file."""
        self.classes: dict[ClassKey, tuple[BaseClass, ...]] = {}
        self._files = files
        self._jedi = jedi
        self._is_ours = is_ours
        self._shortcuts = Shortcuts(sources, jedi, is_ours)
        self._defining: set[ClassKey] = set()
        self._of_self: set[Place] = set()
        self._ancestors: dict[ClassKey, tuple[BaseClass, ...]] = {}
        self._imported: dict[tuple[Path | None, str], tuple[Target, ...]] = {}

    def build(self, word: str, interest: Interest, cancelled: Callable[[], bool]) -> None:
        """Ask jedi what is left to ask, and merge."""
        for file in self._files.values():
            self._merge_scopes(file)
            self._merge_members(file)
        self._merge_stubs()
        for file in self._files.values():
            stop_if(cancelled)
            self._merge_file(file, word, interest)
        for key in list(self.classes):
            stop_if(cancelled)
            self._merge_bases(key, word)

    def place(self, file: PythonFile, name: Name) -> Place:
        return Place(file.path, file.point(name))

    def _merge_scopes(self, file: PythonFile) -> None:
        for binding in file.found.bindings:
            kept = [name for name in binding.names if not self._is_dead(file, binding, name)]
            self._merge_all(self.place(file, name) for name in kept)
        for what, binding, name in file.in_strings.values():
            if binding is not None:
                self._merge_all([self.place(file, name), self.place(file, binding.definitions[-1])])
            elif what is StringName.MEMBER:
                self._merge_member(file, name, file.class_of(name.node))

    def _merge_members(self, file: PythonFile) -> None:
        """What the tree alone says of members: definitions in classes, and ``self.name``."""
        for name in file.found.names:
            if name.role == DEFINITION and name.scopes and name.scopes[0].kind == "class":
                key = file.class_binding(name)
                self._merge_member(file, name, key)
                self._defining |= {key} if key is not None else set()
            elif name.role == "member" and (own := file.class_of_self(name)) is not None:
                self._merge_member(file, name, own)
                self._of_self.add(self.place(file, name))
                self._defining |= {own} if is_assigned(name) else set()

    def _is_dead(self, file: PythonFile, binding: Binding, name: Name) -> bool:
        return name.role == DEFINITION and name.kind == "import" and file.dead_import(binding, name)

    def _merge_all(self, places: Iterable[Node]) -> None:
        first: Node | None = None
        for place in places:
            first = first or place
            self.merging.merge(first, place)

    def _merge_stubs(self) -> None:
        """A stub file and its module define the same things."""
        for path, stub in self._files.items():
            module = self._files.get(path.with_suffix(".py")) if path.suffix == ".pyi" else None
            if module is None:
                continue
            ours = {_qualified(module, item): item for item in module.found.bindings if _is_public(item)}
            for binding in filter(_is_public, stub.found.bindings):
                twin = ours.get(_qualified(stub, binding))
                if twin is not None:
                    self._merge_all(
                        [self.place(stub, binding.definitions[0]), self.place(module, twin.definitions[-1])]
                    )

    def _merge_file(self, file: PythonFile, word: str, interest: Interest) -> None:
        for what, binding, name in file.in_strings.values():
            if what is StringName.EXPORT and binding is None:
                self._merge_targets(file, name, self._jedi.exported(file.path, word))
        for name in file.found.names:
            if name.role == "member":
                self._merge_attribute(file, name, interest, word)
            elif name.role == "key" and interest.arguments:
                self._merge_argument(file, name, word)
            elif interest.modules and self._is_import(name):
                self._merge_import(file, name)
            elif interest.modules and name.role == REFERENCE and name.binding is None:
                self._merge_targets(file, name, self._goto(file, name))

    def _is_import(self, name: Name) -> bool:
        return name.role in {"imported", "module"} or (name.role == DEFINITION and name.kind == "import")

    def _merge_attribute(self, file: PythonFile, name: Name, interest: Interest, word: str) -> None:
        if self.place(file, name) in self._of_self:
            return
        around = name.node.parent
        owner = around.child_by_field_name("object") if around is not None else None
        is_module = interest.modules and owner is not None and owner.type not in _NEVER_MODULES
        if not interest.members and not is_module:
            return
        if owner is not None and interest.members and self._merge_annotated(file, name, owner, word):
            return
        targets = self._goto(file, name)
        self._merge_targets(file, name, targets)
        if not targets:
            self.unresolved.append((file, name))

    def _merge_annotated(self, file: PythonFile, name: Name, owner: NodeOfTree, word: str) -> bool:
        """Whether the class that is written for the owner decides what a member is."""
        key = self._shortcuts.class_of(file, owner)
        if key is None:
            return False
        bases = self._bases(key, word)
        ours = [key, *(ClassKey(base.path, base.point) for base in bases if base.path and base.point)]
        nearest = next((item for item in ours if item in self._defining), None)
        if nearest is None:
            return False
        self.merging.merge(self.place(file, name), nearest)
        return True

    def _merge_argument(self, file: PythonFile, name: Name, word: str) -> None:
        found = self._shortcuts.parameter(file, name.node.parent, word) if name.node.parent is not None else None
        if found is not None:
            self.merging.merge(self.place(file, name), Place(*found))
            return
        targets = self._goto(file, name)
        self._merge_targets(file, name, targets)
        if not targets:
            self.unresolved.append((file, name))

    def _merge_import(self, file: PythonFile, name: Name) -> None:
        if not file.bears_its_own_name(name):
            return  # a local alias
        place = self.place(file, name)
        targets = [target for target in self._import_targets(file, name) if _differs(target, place)]
        if not targets:
            self.lost.add(place)
        mixed = name.binding is not None and any(item.kind != "import" for item in name.binding.definitions)
        if mixed and all(self._leads_outside(target) for target in targets):
            self.aliased.add(place)
            return
        self._merge_targets(file, name, targets)

    def _import_targets(self, file: PythonFile, name: Name) -> tuple[Target, ...]:
        """Where an import leads: what files of one home take from one absolute module leads to the same place, and is
        asked once. A file asks for itself where jedi would regard what else it holds.
        """
        module = file.module_above(name)
        if not module or file.changes_path or file.parsed.error_count:
            return self._goto(file, name)
        key = self._jedi.home(file.path), module
        targets = self._imported.get(key) or self._goto(file, name)
        if any(target.path == file.path for target in targets):
            return self._goto(file, name)  # a module that imports from itself
        self._imported[key] = targets
        return targets

    def _merge_targets(self, file: PythonFile, name: Name, targets: Iterable[Target]) -> None:
        for target in targets:
            self.merging.merge(self.place(file, name), self._node(target))

    def _node(self, target: Target) -> Node:
        if target.path is None or self._leads_outside(target):
            return OUTSIDE
        if target.point is None:
            return module_key(target.path)
        return Place(target.path, target.point)

    def _leads_outside(self, target: Target) -> bool:
        return target.path is None or not self._is_ours(target.path)

    def _goto(self, file: PythonFile, name: Name) -> tuple[Target, ...]:
        return self._jedi.goto(file.path, file.point(name))

    def _merge_member(self, file: PythonFile, name: Name, key: ClassKey | None) -> None:
        if key is None:
            return
        self.merging.merge(self.place(file, name), key)
        self.classes.setdefault(key, ())

    def _bases(self, key: ClassKey, word: str) -> tuple[BaseClass, ...]:
        if key not in self._ancestors:
            self._ancestors[key] = self._jedi.bases(key.path, key.point, word)
        return self._ancestors[key]

    def _merge_bases(self, key: ClassKey, word: str) -> None:
        bases = self._bases(key, word)
        self.classes[key] = bases
        for base in bases:
            if base.path is not None and base.point is not None and self._is_ours(base.path):
                above = ClassKey(base.path, base.point)
                if above in self.classes:
                    self.merging.merge(key, above)
            elif base.defines:
                self.merging.merge(key, OUTSIDE)


def is_assigned(name: Name) -> bool:
    """Whether ``self.name`` is the target of an assignment."""
    member = name.node.parent
    statement = member.parent if member is not None else None
    while statement is not None and statement.type in {"pattern_list", "tuple_pattern", "list_pattern"}:
        member, statement = statement, statement.parent
    return statement is not None and statement.type == "assignment" and statement.child_by_field_name("left") == member


def names_in_code(file: PythonFile) -> list[Name]:
    """Every occurrence that is a name for Python, strings that it reads included."""
    return [name for name in file.found.names if name.role != LOOSE or name.start in file.in_strings]


def module_key(path: Path) -> ModuleKey:
    """A stub and its module are one module."""
    return ModuleKey(path.with_suffix(".py") if path.suffix == ".pyi" else path)


def _differs(target: Target, place: Place) -> bool:
    return (target.path, target.point) != (place.path, place.point)


def _qualified(file: PythonFile, binding: Binding) -> tuple[str, ...]:
    """The names of the classes around a binding, so that a stub's member meets the module's."""
    names: list[str] = []
    node = binding.definitions[0].node.parent
    while node is not None:
        if node.type == "class_definition" and node.start_byte < binding.definitions[0].start:
            name = node.child_by_field_name("name")
            if name is not None and name != binding.definitions[0].node:
                names.append(file.parsed.source(name))
        node = node.parent
    return tuple(names)


def _is_public(binding: Binding) -> bool:
    return binding.scope.kind in {"module", "class"}
