"""What modules of JavaScript and TypeScript export under a name. Reads through the project only."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tierwise.rename.ecmascript.modules import External, ModuleKey, Modules, Resolved
from tierwise.rename.syntactic.project import Project, SourceFile, ancestors, around
from tierwise.syntax.parse import Node
from tierwise.syntax.scopes import DEFINITION, Binding, Name

_DEPTH = 12
"""How many re-exports are followed; longer chains are circles."""


@dataclass(frozen=True, slots=True)
class LocalKey:
    """A variable, function, class... of one file, by the first byte of its first definition."""

    path: Path
    start: int


@dataclass(frozen=True, slots=True)
class ExportKey:
    """A name that a module makes visible."""

    module: ModuleKey
    name: str


@dataclass(frozen=True, slots=True)
class Variable:
    """A binding with its file."""

    file: SourceFile
    binding: Binding

    @property
    def key(self) -> LocalKey:
        return local_key(self.file, self.binding)


class Exports:
    """The exports of one project."""

    def __init__(self, project: Project, modules: Modules) -> None:
        self._project = project
        self.modules = modules

    def key(self, module: Resolved, name: str) -> ExportKey | External | None:
        """The export that ``name`` means when it is imported from ``module``; stars are followed to the module that has
        the name itself. None where no module of the workspace exports it.
        """
        return self._key(module, name, _DEPTH)

    def variable(self, module: Resolved, name: str) -> Variable | ModuleKey | External | None:
        """What is behind an export: a variable of the module that defines it, or a whole module."""
        return self._variable(module, name, _DEPTH)

    def is_module(self, file: SourceFile) -> bool:
        """Whether a file has a scope of its own; scripts share one global scope."""
        for statement in file.root.named_children:
            if statement.type in {"import_statement", "export_statement"}:
                return True
        return any(item.role == "reference" and item.binding is None for item in self._commonjs_names(file))

    def exported_directly(self, name: Name) -> bool:
        """Whether a definition is exported under its own name by its statement, or by an ambient module around it."""
        statement = declaration_of(name.node)
        if statement is None or statement.type == "import_statement":
            return False
        parent = statement.parent
        if parent is not None and parent.type == "export_statement":
            return not is_default(parent)
        if parent is not None and parent.type == "ambient_declaration":
            parent = parent.parent
            if parent is not None and parent.type == "export_statement":
                return True
        return parent is not None and parent.type == "statement_block" and _is_ambient_body(parent)

    def assigned(self, file: SourceFile, name: Name) -> bool:
        """Whether a member occurrence exports by assignment (``exports.name = ...``, ``module.exports.name = ...``)."""
        member = name.node.parent
        assignment = member.parent if member is not None else None
        if member is None or assignment is None or assignment.type != "assignment_expression":
            return False
        return assignment.child_by_field_name("left") == member and self.is_exports_object(
            file, member.child_by_field_name("object")
        )

    def is_exports_object(self, file: SourceFile, node: Node | None) -> bool:
        """Whether an expression is ``exports`` or ``module.exports``."""
        if node is None or file.text(node) not in {"exports", "module.exports"}:
            return False
        root = node if node.type == "identifier" else node.child_by_field_name("object")
        return root is not None and file.binding(root) is None

    def in_exports_object(self, file: SourceFile, literal: Node) -> bool:
        """Whether an object literal is what ``module.exports = {...}`` exports."""
        assignment = literal.parent
        if assignment is None or assignment.type != "assignment_expression":
            return False
        left = assignment.child_by_field_name("left")
        return left is not None and file.text(left) == "module.exports" and self.is_exports_object(file, left)

    def default_of(self, module: ModuleKey) -> Variable | None:
        """The named variable that is a module's default export."""
        file = self._project.file(module.path)
        for statement in self._statements(file, module) if file is not None else ():
            if statement.type != "export_statement" or file is None:
                continue
            if is_default(statement):
                node = statement.child_by_field_name("value") or statement.child_by_field_name("declaration")
                name = node.child_by_field_name("name") if node is not None and node.type != "identifier" else node
                binding = file.binding(name) if name is not None else None
                return Variable(file, binding) if binding is not None else None
            specifier = self._specifier(file, statement, "default")
            if specifier is not None and statement.child_by_field_name("source") is None:
                name = specifier.child_by_field_name("name")
                binding = file.binding(name) if name is not None else None
                return Variable(file, binding) if binding is not None else None
        return None

    def assigned_whole(self, module: ModuleKey) -> Node | None:
        """The expression of ``export = x``."""
        file = self._project.file(module.path)
        for statement in self._statements(file, module) if file is not None else ():
            if statement.type == "export_statement" and any(child.type == "=" for child in statement.children):
                return statement.named_children[0]
        return None

    def whole(self, module: Resolved) -> Variable | None:
        """The variable of ``export = name``."""
        if isinstance(module, External):
            return None
        file, node = self._project.file(module.path), self.assigned_whole(module)
        binding = file.binding(node) if file is not None and node is not None and node.type == "identifier" else None
        return Variable(file, binding) if file is not None and binding is not None else None

    def _key(self, module: Resolved, name: str, depth: int) -> ExportKey | External | None:
        if isinstance(module, External):
            return module
        file = self._project.file(module.path)
        if file is None or depth == 0:
            return None
        if next(self._own(file, module, name), None) is not None:
            return ExportKey(module, name)
        outside: External | None = None
        for source in self._stars(file, module):
            found = self._key(source, name, depth - 1)
            if isinstance(found, ExportKey):
                return found
            outside = found or outside
        return outside

    def _variable(self, module: Resolved, name: str, depth: int) -> Variable | ModuleKey | External | None:
        if name == "default" and isinstance(module, ModuleKey) and (default := self.default_of(module)) is not None:
            return default
        key = self._key(module, name, depth)
        if not isinstance(key, ExportKey) or depth == 0:
            return key if isinstance(key, External) else None
        file = self._project.file(key.module.path)
        found = next(self._own(file, key.module, name), None) if file is not None else None
        if found is None or file is None:
            return None
        return self._behind(file, key.module, found, depth)

    def _behind(
        self, file: SourceFile, module: ModuleKey, node: Node, depth: int
    ) -> Variable | ModuleKey | External | None:
        """What the exporting occurrence ``node`` of a name stands for."""
        specifier = around(node, "export_specifier")
        statement = around(node, "export_statement")
        if statement is not None and node.parent is not None and node.parent.type == "namespace_export":
            return self.modules.source(file, statement)
        if specifier is not None and statement is not None:
            inner = specifier.child_by_field_name("name")
            source = self.modules.source(file, statement)
            if inner is None:
                return None
            if source is not None:
                return self._variable(source, file.text(inner), depth - 1)
            return self._local(file, inner, depth)
        return self._local(file, node, depth)

    def _local(self, file: SourceFile, node: Node, depth: int) -> Variable | ModuleKey | External | None:
        binding = file.binding(node)
        if binding is None:
            return None
        if binding.kind == "import":
            return self.imported(file, binding, depth - 1)
        return Variable(file, binding)

    def imported(
        self, file: SourceFile, binding: Binding, depth: int = _DEPTH
    ) -> Variable | ModuleKey | External | None:
        """What an imported variable stands for in the module that it comes from."""
        node = binding.definitions[0].node
        statement = around(node, "import_statement")
        if statement is None or node.parent is None:
            return None
        if node.parent.type == "import_require_clause":
            return self.modules.source(file, node.parent)
        source = self.modules.source(file, statement)
        if source is None or node.parent.type == "namespace_import":
            return source
        if node.parent.type == "import_clause":
            return self._variable(source, "default", depth)
        name = node.parent.child_by_field_name("name")
        return self._variable(source, file.text(name), depth) if name is not None else None

    def _own(self, file: SourceFile, module: ModuleKey, name: str) -> Iterator[Node]:
        """Places where a module itself exports ``name``."""
        for item in file.occurrences(name).names:
            if self.modules.of(file, item.node) != module:
                continue
            parent = item.node.parent
            if parent is None:
                continue
            at_top = item.role == DEFINITION and item.scopes and item.scopes[0].kind == "module"
            if at_top and self.exported_directly(item):
                yield item.node
            elif parent.type == "export_specifier":
                alias = parent.child_by_field_name("alias")
                if alias is None or alias == item.node:
                    yield item.node
            elif parent.type == "namespace_export" or (item.role == "member" and self.assigned(file, item)):
                yield item.node
            elif parent.type in {"object", "pair"} and item.node != parent.child_by_field_name("value"):
                literal = parent if parent.type == "object" else parent.parent
                if literal is not None and self.in_exports_object(file, literal):
                    yield item.node

    def _stars(self, file: SourceFile, module: ModuleKey) -> Iterator[Resolved]:
        for statement in self._statements(file, module):
            if statement.type == "export_statement" and any(child.type == "*" for child in statement.children):
                source = self.modules.source(file, statement)
                if source is not None:
                    yield source

    def _specifier(self, file: SourceFile, statement: Node, exported: str) -> Node | None:
        for clause in statement.named_children:
            for specifier in clause.named_children if clause.type == "export_clause" else ():
                alias = specifier.child_by_field_name("alias") or specifier.child_by_field_name("name")
                if alias is not None and file.text(alias) == exported:
                    return specifier
        return None

    def _statements(self, file: SourceFile, module: ModuleKey) -> list[Node]:
        if not module.ambient:
            return file.root.named_children
        for statement in file.root.named_children:
            inner = statement.named_children[0] if statement.type == "ambient_declaration" else None
            name = inner.child_by_field_name("name") if inner is not None else None
            body = inner.child_by_field_name("body") if inner is not None else None
            if name is not None and body is not None and file.text(name)[1:-1] == module.ambient:
                return body.named_children
        return []

    def _commonjs_names(self, file: SourceFile) -> Iterator[Name]:
        for word in ("exports", "require"):
            yield from file.occurrences(word).names
        for item in file.occurrences("module").names:
            member = item.node.parent
            if member is not None and member.type == "member_expression" and file.text(member) == "module.exports":
                yield item


def local_key(file: SourceFile, binding: Binding) -> LocalKey:
    return LocalKey(file.path, binding.definitions[0].start)


def is_default(statement: Node) -> bool:
    return any(child.type == "default" for child in statement.children)


def declaration_of(node: Node) -> Node | None:
    """The declaration that defines an identifier, up to the statement of a block or module."""
    last = node
    for item in ancestors(node):
        if item.type in {"program", "statement_block", "export_statement", "ambient_declaration"}:
            return last
        last = item
    return last


def _is_ambient_body(block: Node) -> bool:
    module = block.parent
    name = module.child_by_field_name("name") if module is not None and module.type == "module" else None
    return name is not None and name.type == "string"
