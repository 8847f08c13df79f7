"""Answers that annotations and definitions give right away, so that jedi need not infer: most code that names its
types. Owner of what was found during one rename.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tierwise.core.text import Point
from tierwise.rename.python.files import ClassKey, PythonFile
from tierwise.rename.python.importers import Importers
from tierwise.rename.python.modules import SourceTree
from tierwise.syntax.parse import Node, Parsed, parse
from tierwise.syntax.scopes import Binding, occurrences

_STEPS = 6
"""How many re-exports are followed."""
_OPTIONAL = frozenset({"Optional", "typing.Optional", "t.Optional"})
_DEFINITIONS = frozenset({"class_definition", "function_definition"})


@dataclass(frozen=True, slots=True)
class Definition:
    """A class or function of the workspace; ``node`` is its whole definition."""

    path: Path
    parsed: Parsed
    node: Node

    @property
    def key(self) -> ClassKey:
        name = self.node.child_by_field_name("name")
        return ClassKey(self.path, self.parsed.point((name or self.node).start_byte))

    @property
    def is_class(self) -> bool:
        return self.node.type == "class_definition"


class Shortcuts:
    """Definitions behind names, in the files of one workspace folder."""

    def __init__(self, sources: SourceTree, jedi: Importers, is_ours: Callable[[Path], bool]) -> None:
        self._sources = sources
        self._jedi = jedi
        self._is_ours = is_ours
        self._followed: dict[tuple[Path, Point], Definition | None] = {}

    def class_of(self, file: PythonFile, value: Node) -> ClassKey | None:
        """The class of ours whose instance a variable is, where its annotation or only assignment says so."""
        found = self._value(file.path, file.parsed, value)
        return found.key if found is not None and found.is_class else None

    def parameter(self, file: PythonFile, argument: Node, word: str) -> tuple[Path, Point] | None:
        """The parameter ``word`` of the function that a keyword argument is given to."""
        call = argument.parent.parent if argument.parent is not None else None
        callee = call.child_by_field_name("function") if call is not None and call.type == "call" else None
        if callee is None or callee.type not in {"identifier", "attribute"}:
            return None
        found = self._definition(file.path, file.parsed, callee)
        if found is None or found.is_class:
            return None
        return _parameter(found, word)

    def _value(self, path: Path, parsed: Parsed, value: Node) -> Definition | None:
        binding = _binding(parsed, value) if value.type == "identifier" else None
        if binding is None or len(binding.definitions) != 1:
            return None
        node = binding.definitions[0].node
        parent = node.parent
        if parent is None:
            return None
        annotation = parent.child_by_field_name("type")
        if parent.type in {"typed_parameter", "typed_default_parameter", "assignment"} and annotation is not None:
            return self._annotated(path, parsed, annotation)
        right = parent.child_by_field_name("right") if parent.type == "assignment" else None
        callee = right.child_by_field_name("function") if right is not None and right.type == "call" else None
        if callee is None or callee.type != "identifier":
            return None
        found = self._definition(path, parsed, callee)
        return found if found is not None and found.is_class else None

    def _annotated(self, path: Path, parsed: Parsed, annotation: Node) -> Definition | None:
        """The class that an annotation names, alone or beside None."""
        node = annotation.named_children[0] if annotation.type == "type" and annotation.named_children else annotation
        if node.type == "generic_type" and parsed.source(node.named_children[0]) in _OPTIONAL:
            return self._annotated(path, parsed, node.named_children[1].named_children[0])
        if node.type in {"binary_operator", "union_type"}:
            sides = [child for child in node.named_children if parsed.source(child) != "None"]
            return self._annotated(path, parsed, sides[0]) if len(sides) == 1 else None
        if node.type not in {"identifier", "attribute"}:
            return None
        found = self._definition(path, parsed, node)
        return found if found is not None and found.is_class else None

    def _definition(self, path: Path, parsed: Parsed, name: Node) -> Definition | None:
        """The definition that a plain or dotted name leads to without any inference."""
        if name.type == "attribute":
            return self._attribute(path, parsed, name)
        binding = _binding(parsed, name)
        if binding is None or len(binding.definitions) != 1:
            return None
        node = binding.definitions[0].node
        if node.parent is not None and node.parent.type in _DEFINITIONS:
            return Definition(path, parsed, node.parent)
        return self._follow(path, parsed.point(node.start_byte)) if binding.kind == "import" else None

    def _attribute(self, path: Path, parsed: Parsed, attribute: Node) -> Definition | None:
        """``module.name``, or a method of a variable whose class is known."""
        owner, name = attribute.child_by_field_name("object"), attribute.child_by_field_name("attribute")
        binding = _binding(parsed, owner) if owner is not None and owner.type == "identifier" else None
        if owner is None or name is None or binding is None:
            return None
        if binding.kind == "import":
            return self._follow(path, parsed.point(name.start_byte))
        holder = self._value(path, parsed, owner)
        return _method(holder, parsed.source(name)) if holder is not None and holder.is_class else None

    def _follow(self, path: Path, point: Point) -> Definition | None:
        key = (path, point)
        if key not in self._followed:
            self._followed[key] = None
            self._followed[key] = self._walk(path, point)
        return self._followed[key]

    def _walk(self, path: Path, point: Point) -> Definition | None:
        for _ in range(_STEPS):
            targets = self._jedi.goto(path, point)
            if len(targets) != 1 or targets[0].path is None or targets[0].point is None:
                return None
            path, point = targets[0].path, targets[0].point
            text = self._sources.text(path) if self._is_ours(path) else None
            parsed = parse("python", text) if text is not None else None
            if parsed is None:
                return None
            start = parsed.byte(point)
            node = parsed.root.descendant_for_byte_range(start, start + 1)
            parent = node.parent if node is not None else None
            if node is not None and parent is not None and parent.type in _DEFINITIONS:
                return Definition(path, parsed, parent) if parent.child_by_field_name("name") == node else None
        return None


def _binding(parsed: Parsed, node: Node) -> Binding | None:
    found = occurrences(parsed, parsed.source(node)).at(node.start_byte)
    return found.binding if found is not None else None


def _method(owner: Definition, name: str) -> Definition | None:
    """A method that a class defines itself, exactly once."""
    body = owner.node.child_by_field_name("body")
    found: list[Node] = []
    for statement in body.named_children if body is not None else ():
        inner = statement.child_by_field_name("definition") if statement.type == "decorated_definition" else statement
        defined = inner.child_by_field_name("name") if inner is not None and inner.type in _DEFINITIONS else None
        if inner is not None and defined is not None and owner.parsed.source(defined) == name:
            found.append(inner)
    return Definition(owner.path, owner.parsed, found[0]) if len(found) == 1 else None


def _parameter(function: Definition, word: str) -> tuple[Path, Point] | None:
    parameters = function.node.child_by_field_name("parameters")
    for child in parameters.named_children if parameters is not None else ():
        name = child if child.type == "identifier" else child.child_by_field_name("name")
        if name is None and child.named_children and child.type == "typed_parameter":
            name = child.named_children[0]
        if name is not None and name.type == "identifier" and function.parsed.source(name) == word:
            return function.path, function.parsed.point(name.start_byte)
    return None
