"""What namespaces and modules of JavaScript and TypeScript make visible. Reads through the project only."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from tierwise.rename.ecmascript.exports import Exports, Variable
from tierwise.rename.ecmascript.modules import External, ModuleKey
from tierwise.rename.ecmascript.shapes import FOREIGN, Namespace, Types
from tierwise.rename.syntactic.project import Project
from tierwise.syntax.parse import Node

if TYPE_CHECKING:
    from tierwise.rename.ecmascript.types import TypeReader


class Namespaces:
    """Looks names up in namespaces."""

    def __init__(self, project: Project, exports: Exports, types: TypeReader) -> None:
        self._project = project
        self._exports = exports
        self._types = types

    def exported_type(self, namespace: Namespace, name: str) -> Types:
        """The type that a namespace or module exports under a name."""
        variable = self.in_namespace(namespace, name)
        if isinstance(variable, Variable):
            return self._types.named(variable.file, variable.binding)
        return FOREIGN if isinstance(variable, External) else None

    def in_namespace(self, namespace: Namespace, name: str) -> Variable | ModuleKey | External | None:
        """What a namespace or module makes visible under a name."""
        module = ModuleKey(namespace.path, namespace.ambient)
        if namespace.start < 0:
            found = self._exports.variable(module, name)
            whole = self._exports.assigned_whole(module) if found is None else None
            file = self._project.file(namespace.path)
            if whole is None or file is None:
                return found
            inner = self._types.of(file, whole)
            spaces = [item for item in inner or () if isinstance(item, Namespace)]
            return self.in_namespace(spaces[0], name) if spaces else None
        file = self._project.file(namespace.path)
        for body in self._bodies(namespace) if file is not None else ():
            for binding in file.occurrences(name).bindings if file is not None else ():
                if file is not None and binding.scope.id == body.id:
                    return Variable(file, binding)
        return None

    def _bodies(self, namespace: Namespace) -> Iterator[Node]:
        file = self._project.file(namespace.path)
        node = file.root.descendant_for_byte_range(namespace.start, namespace.start + 1) if file is not None else None
        binding = file.binding(node) if file is not None and node is not None else None
        for item in binding.definitions if binding is not None else ():
            declaration = item.node.parent
            body = declaration.child_by_field_name("body") if declaration is not None else None
            if body is not None:
                yield body
