"""How far the name of a variable of JavaScript or TypeScript is seen: in its file only, or in others too. Pure."""

from __future__ import annotations

from tierwise.rename.ecmascript.exports import Exports, is_default
from tierwise.rename.ecmascript.shapes import parameter_of_property
from tierwise.rename.syntactic.project import SourceFile, ancestors, around
from tierwise.syntax.scopes import DEFINITION, REFERENCE, Binding, Name

NAMESPACES = ("internal_module", "module")
"""Nodes of namespaces inside a file."""


class Reach:
    """Which variables stay inside their file."""

    def __init__(self, exports: Exports, *, aliases: bool) -> None:
        self._exports = exports
        self._aliases = aliases

    def stays_inside(self, file: SourceFile, name: Name) -> bool:
        """Whether no other file can name what ``name`` is bound to."""
        binding = name.binding
        if binding is None or name.role not in {DEFINITION, REFERENCE}:
            return False
        if any(is_property_too(item) or item.kind in {"member", "namespace"} for item in binding.definitions):
            return False
        if not self._aliases and any(is_shorthand(item) for item in binding.names):
            return False
        if binding.scope.kind != "module":
            return not any(around(item.node, *NAMESPACES) for item in binding.definitions)
        if not self._exports.is_module(file):
            return False
        return not any(self._crosses(file, item) for item in binding.names)

    def _crosses(self, file: SourceFile, name: Name) -> bool:
        """Whether an occurrence lets other modules in, or comes from one."""
        parent = name.node.parent
        if parent is None or name.kind == "import" or parent.type == "export_specifier":
            return True
        if name.role == DEFINITION and self._exports.exported_directly(name):
            return True
        return any(item.type == "export_statement" and is_default(item) for item in ancestors(name.node)) or (
            parent.type == "assignment_expression" and "exports" in file.text(parent)
        )


def is_property_too(name: Name) -> bool:
    """Whether a parameter declares a property of its class too."""
    return name.node.parent is not None and parameter_of_property(name.node.parent)


def is_shorthand(name: Name) -> bool:
    """Whether an occurrence is a variable and a property at once."""
    return name.kind == "shorthand" or name.node.type == "shorthand_property_identifier_pattern"


def is_redeclared(binding: Binding) -> bool:
    """Whether definitions exclude each other, so that it is an error which of them is meant."""
    if len(binding.definitions) < 2:
        return False
    kinds = {item.kind for item in binding.definitions}
    statements = [
        around(item.node, "lexical_declaration", "variable_declaration", "formal_parameters")
        for item in binding.definitions
    ]
    values = [item for item in binding.definitions if item.kind in {"variable", "parameter"}]
    lexical = any(item is not None and item.type == "lexical_declaration" for item in statements)
    return (lexical and len(values) > 1) or {"type", "namespace"} <= kinds
