"""One Python file as far as one word is concerned: its occurrences, and what the tree alone tells about them. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from tierwise.core.documents import Document
from tierwise.core.text import Point
from tierwise.rename.python.strings import StringName, string_name
from tierwise.syntax.parse import Node, Parsed, parse
from tierwise.syntax.scopes import DEFINITION, Binding, Name, Occurrences, look_up, occurrences

_STATEMENTS_OF_IMPORT = frozenset({"import_statement", "import_from_statement"})


@dataclass(frozen=True, slots=True)
class ClassKey:
    """A class by the place of its name."""

    path: Path
    point: Point


class PythonFile:
    """``path`` is the document's, or a made-up one for a buffer that is no file."""

    def __init__(self, document: Document, path: Path, word: str) -> None:
        parsed = parse("python", document.text)
        assert parsed is not None
        self.document = document
        self.path = path
        self.parsed: Parsed = parsed
        self.found: Occurrences = occurrences(parsed, word)

    @cached_property
    def in_strings(self) -> dict[int, tuple[StringName, Binding | None, Name]]:
        """Occurrences in strings that Python reads as names, by their first byte, with what they are bound to here."""
        result: dict[int, tuple[StringName, Binding | None, Name]] = {}
        for name in self.found.names:
            what = string_name(self.parsed, name)
            if what is not None:
                result[name.start] = (what, self._bound(what, name), name)
        return result

    def _bound(self, what: StringName, name: Name) -> Binding | None:
        if what is StringName.ANNOTATION:
            return look_up(self.parsed, self.found, name.node)
        if what is StringName.EXPORT:
            return next((item for item in self.found.bindings if item.scope.kind == "module"), None)
        return None

    def binding(self, name: Name) -> Binding | None:
        """What an occurrence is bound to in this file, also from inside a string."""
        return self.in_strings[name.start][1] if name.start in self.in_strings else name.binding

    def point(self, name: Name) -> Point:
        return self.parsed.point(name.start)

    def class_of(self, node: Node) -> ClassKey | None:
        """The class in whose body ``node`` stands directly, not inside one of its functions."""
        around = node.parent
        while around is not None and around.type not in {"class_definition", "function_definition", "lambda"}:
            around = around.parent
        return self._class_key(around) if around is not None and around.type == "class_definition" else None

    def class_binding(self, name: Name) -> ClassKey | None:
        """The class in whose scope a definition is bound."""
        node = name.node.parent
        while node is not None and node.id != name.scopes[0].id:
            node = node.parent
        return self._class_key(node) if node is not None else None

    def class_of_self(self, name: Name) -> ClassKey | None:
        """The class whose member ``self.name`` (or ``cls.name``) is, where the tree alone can tell."""
        owner = name.node.parent.child_by_field_name("object") if name.node.parent is not None else None
        if owner is None or owner.type != "identifier":
            return None
        receiver = occurrences(self.parsed, self.parsed.source(owner)).at(owner.start_byte)
        binding = receiver.binding if receiver is not None else None
        if binding is None or len(binding.definitions) != 1 or binding.kind != "parameter":
            return None
        parameter = binding.definitions[0].node
        method = parameter.parent.parent if parameter.parent is not None else None
        if method is None or method.type != "function_definition" or parameter.parent is None:
            return None
        if parameter.parent.named_children[0] != parameter or self._is_static(method):
            return None
        return self.class_of(method)

    def bases_text(self, key: ClassKey) -> str:
        """The list of base classes as it is written."""
        node = self.parsed.root.descendant_for_byte_range(self.parsed.byte(key.point), self.parsed.byte(key.point) + 1)
        bases = (
            node.parent.child_by_field_name("superclasses") if node is not None and node.parent is not None else None
        )
        return self.parsed.source(bases) if bases is not None else ""

    def statement_of_import(self, name: Name) -> Node | None:
        node = name.node.parent
        while node is not None and node.type not in _STATEMENTS_OF_IMPORT:
            node = node.parent
        return node

    def imported_module(self, name: Name) -> str:
        """The absolute module that an import statement around ``name`` takes it from; empty for relative ones."""
        statement = self.statement_of_import(name)
        if statement is None:
            return ""
        if statement.type == "import_statement":
            dotted = name.node.parent
            return self.parsed.source(dotted) if dotted is not None and dotted.type == "dotted_name" else ""
        module = statement.child_by_field_name("module_name")
        return self.parsed.source(module) if module is not None and module.type == "dotted_name" else ""

    def module_above(self, name: Name) -> str:
        """The absolute module of which ``from module import name`` takes a name; empty for any other occurrence."""
        statement = self.statement_of_import(name)
        module = statement.child_by_field_name("module_name") if statement is not None else None
        if module is None or module.type != "dotted_name" or name.start < module.end_byte:
            return ""
        return self.parsed.source(module)

    @cached_property
    def changes_path(self) -> bool:
        """Whether the file may say itself where modules are looked for; jedi regards what it does to ``sys.path``."""
        return "sys" in self.parsed.text

    def bears_its_own_name(self, name: Name) -> bool:
        """Whether an imported name is the one that its module gave it, not a local alias."""
        around = name.node.parent
        return around is not None and around.type == "dotted_name"

    def can_be_aliased(self, name: Name) -> bool:
        """Whether ``as other`` may be added behind an imported name."""
        dotted = name.node.parent
        return dotted is not None and dotted.type == "dotted_name" and dotted.child_count == 1

    def dead_import(self, binding: Binding, name: Name) -> bool:
        """Whether what ``name`` imports can never be seen: a later statement of the same block defines the name anew,
        and nothing between them uses it.
        """
        statement = self.statement_of_import(name)
        if statement is None or statement.parent is None:
            return False
        later = [item for item in binding.definitions if item.start > name.start]
        for item in later:
            if _statement_below(item.node, statement.parent) is None:
                return False
            if _is_plain(item.node, statement.parent):
                used = binding.references
                return not any(statement.end_byte <= other.start < item.start for other in used)
            return False
        return False

    @cached_property
    def has_star_import(self) -> bool:
        return any(
            node.type == "wildcard_import"
            for item in self.parsed.matches("imports")
            for node in item["import"][0].children
        )

    def _class_key(self, node: Node) -> ClassKey | None:
        name = node.child_by_field_name("name")
        return ClassKey(self.path, self.parsed.point(name.start_byte)) if name is not None else None

    def _is_static(self, method: Node) -> bool:
        around = method.parent
        if around is None or around.type != "decorated_definition":
            return False
        return any(
            child.type == "decorator" and self.parsed.source(child).strip() == "@staticmethod"
            for child in around.children
        )


def is_definition_of(name: Name, kind: str) -> bool:
    return name.role == DEFINITION and name.kind == kind


def _statement_below(node: Node, block: Node) -> Node | None:
    """The statement of ``block`` that holds ``node``."""
    current: Node | None = node
    while current is not None and current.parent != block:
        current = current.parent
    return current


def _is_plain(node: Node, block: Node) -> bool:
    """Whether ``node`` is defined by a statement of the block itself, which is always executed."""
    statement = _statement_below(node, block)
    return statement is not None and statement.type in {
        "expression_statement",
        "function_definition",
        "class_definition",
        "decorated_definition",
        "import_statement",
        "import_from_statement",
    }
