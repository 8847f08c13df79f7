"""What the occurrences of a word are in JavaScript and TypeScript. Implements ``syntactic.engine.Model``.

Owner of no state. ``aliases``: renaming an imported or exported variable keeps the name on the other side with ``as``
(what TypeScript's own service calls prefix and suffix text); without it the two sides are one symbol.
"""

from __future__ import annotations

from tierwise.rename.ecmascript.exports import (
    ExportKey,
    Exports,
    Variable,
    local_key,
)
from tierwise.rename.ecmascript.jsdoc import defines_type, documented
from tierwise.rename.ecmascript.members import MemberKey, Members, Undecided, spelled
from tierwise.rename.ecmascript.modules import LANGUAGES, TYPESCRIPT, ModuleKey, Modules, Resolved
from tierwise.rename.ecmascript.reach import NAMESPACES, Reach, is_property_too, is_redeclared, is_shorthand
from tierwise.rename.ecmascript.shapes import Namespace, Shape
from tierwise.rename.ecmascript.types import TypeReader
from tierwise.rename.syntactic.project import Project, SourceFile, ancestors, around, in_error
from tierwise.rename.syntactic.sites import EXPORT, LOCAL, MEMBER, Analysis, Form, Key, Outside, Site, Unknown
from tierwise.syntax.parse import Node, Parsed
from tierwise.syntax.scopes import DEFINITION, LOOSE, REFERENCE, Binding, Name

_NAMES = frozenset(
    {
        "identifier",
        "type_identifier",
        "property_identifier",
        "private_property_identifier",
        "shorthand_property_identifier",
        "shorthand_property_identifier_pattern",
        "statement_identifier",
    }
)
_BUILTIN = frozenset({"undefined", "NaN", "Infinity", "arguments", "globalThis"})


class EcmaScript:
    """The language model."""

    languages = LANGUAGES
    files = LANGUAGES
    beside = frozenset({"vue", "svelte"})

    def __init__(self, *, aliases: bool) -> None:
        self._aliases = aliases

    def name_span(self, parsed: Parsed, byte: int) -> tuple[int, int] | None:
        """An identifier at or right before ``byte``, or the text of a string that spells a property."""
        for start in (byte, byte - 1):
            node = parsed.root.descendant_for_byte_range(max(0, start), max(0, start))
            if node is None or (node.type not in _NAMES and node.type != "string_fragment"):
                continue
            in_import = node.parent is not None and node.parent.type in {"import_specifier", "export_specifier"}
            return None if in_import and parsed.source(node) == "default" else (node.start_byte, node.end_byte)
        return None

    def builtin(self, parsed: Parsed, name: Name) -> bool:
        return parsed.source(name.node) in _BUILTIN

    def spelled(self, parsed: Parsed, name: Name) -> bool:
        return spelled(parsed, name) is not None

    def analyze(self, project: Project, word: str, name: Name) -> Analysis:
        """Sites of ``word`` in this file, and in the others unless the name cannot be seen from there."""
        return _Reader(project, word, aliases=self._aliases).read(name)

    def check(self, analysis: Analysis, renamed: set[Key], old: str, new: str) -> None:
        """Names mean the same however they are spelled."""


class _Reader:
    """One word in one project."""

    def __init__(self, project: Project, word: str, *, aliases: bool) -> None:
        self._project = project
        self._word = word
        self._aliases = aliases
        self._modules = Modules(project)
        self._exports = Exports(project, self._modules)
        self._types = TypeReader(project, self._exports)
        self._members = Members(self._types, self._exports)
        self._reach = Reach(self._exports, aliases=aliases)
        self._analysis = Analysis()
        self._free: list[tuple[SourceFile, Name]] = []

    def read(self, name: Name) -> Analysis:
        own = self._project.own
        if self._reach.stays_inside(own, name):
            for item in own.occurrences(self._word).names:
                if item.binding is not None and item.binding is name.binding:
                    self._add_bound(own, item, item.binding, members=False)
                elif item.role == LOOSE and documented(own, item, self._word) is name.binding:
                    self._add_loose(own, item)
            return self._analysis
        files = list(self._project.files_with(self._word))
        for file in files:
            for item in file.occurrences(self._word).names:
                self._add(file, item)
        self._add_globals(files)
        return self._analysis

    def _add(self, file: SourceFile, name: Name) -> None:
        if name.role == LOOSE:
            self._add_loose(file, name)
        elif in_error(name.node):
            self._unknown(file, name, "the file does not parse there", LOCAL, EXPORT, MEMBER)
        elif name.binding is not None:
            self._add_bound(file, name, name.binding, members=True)
        elif name.role == REFERENCE:
            self._add_free(file, name)
        elif name.role == "imported":
            self._add_imported(file, name)
        elif name.role == "exported":
            self._add_exported(file, name)
        elif name.role == "member":
            self._add_member(file, name, name.node)
        elif name.role == "label":
            self._add_label(file, name)
        elif name.role == "tag":
            self._unknown(file, name, "it is an element of the host", MEMBER)

    def _add_loose(self, file: SourceFile, name: Name) -> None:
        node = spelled(file.parsed, name)
        if node is not None:
            self._add_member(file, name, node)
            return
        binding = documented(file, name, self._word)
        if binding is not None:
            keys = (local_key(file, binding),)
            sort = self._sort(binding)
            self._analysis.sites.append(
                Site(file, name.start, name.end, keys, binding.kind, sort=sort, in_comment=True)
            )
        elif defines_type(file, name):
            self._unknown(file, name, "a comment defines it", LOCAL, EXPORT)

    def _site(
        self,
        file: SourceFile,
        name: Name,
        keys: tuple[Key, ...],
        kind: str,
        sort: str,
        form: Form = Form.PLAIN,
        meant: int = 0,
    ) -> None:
        self._analysis.sites.append(Site(file, name.start, name.end, keys, kind, form, sort, meant))

    def _unknown(self, file: SourceFile, name: Name, why: str, *sorts: str) -> None:
        self._analysis.unknown.append(Unknown(file, name, why, frozenset(sorts)))

    def _add_bound(self, file: SourceFile, name: Name, binding: Binding, *, members: bool) -> None:
        key: Key = local_key(file, binding)
        sort = self._sort(binding)
        parent = name.node.parent
        if binding.kind == "member":
            self._add_enum_member(file, name, binding)
        elif is_shorthand(name):
            self._add_shorthand(file, name, key, binding, sort, members=members)
        elif parent is not None and parent.type == "export_specifier" and parent.child_by_field_name("alias") is None:
            exported = ExportKey(self._modules.of(file, name.node), self._word)
            self._both(key, exported)
            # An imported variable that is passed on is known to others only by the name it is exported under.
            meant = 1 if binding.kind == "import" else 0
            self._site(file, name, (key, exported), binding.kind, EXPORT, Form.EXPORT, meant)
        elif name.role == DEFINITION and name.kind == "import":
            self._add_import(file, name, key)
        else:
            self._site(file, name, (key,), binding.kind, sort)
        if name.role == DEFINITION and members:
            self._link_definition(file, name, key)
        if name.role == DEFINITION and is_redeclared(binding):
            self._unknown(file, name, "it is declared twice in one scope", LOCAL, EXPORT)

    def _sort(self, binding: Binding) -> str:
        if binding.scope.kind == "module":
            return EXPORT
        return MEMBER if any(around(item.node, *NAMESPACES) for item in binding.definitions) else LOCAL

    def _both(self, local: Key, exported: Key) -> None:
        """The two sides of an occurrence are one symbol when no aliases are wanted."""
        if not self._aliases:
            self._analysis.link(local, exported)

    def _link_definition(self, file: SourceFile, name: Name, key: Key) -> None:
        at_top = bool(name.scopes) and name.scopes[0].kind == "module"
        if at_top and self._exports.exported_directly(name):
            self._analysis.link(key, ExportKey(self._modules.of(file, name.node), self._word))
        if is_property_too(name) and name.node.parent is not None:
            class_body = around(name.node, "class_body")
            owner = class_body.parent if class_body is not None else None
            if owner is not None:
                self._link_property(file, name, key, self._types.inheritance.class_shape(file, owner, static=False))
        if name.kind == "alias" and name.node.parent is not None and file.text(name.node.parent).endswith("require"):
            self._unknown(file, name, "it is exported as it is imported", LOCAL, EXPORT)

    def _link_property(self, file: SourceFile, name: Name, key: Key, shape: Shape) -> None:
        keys = self._members.of_shape(shape, self._word)
        if isinstance(keys, Undecided):
            self._unknown(file, name, keys.why, MEMBER, LOCAL)
        else:
            self._analysis.merge([key, *keys])

    def _add_shorthand(
        self, file: SourceFile, name: Name, key: Key, binding: Binding, sort: str, *, members: bool
    ) -> None:
        """``{ name }``: a variable and a property."""
        place: Key = ("property", file.path, name.start)
        if members or not self._aliases:
            keys = self._members.shorthand(file, name.node, self._word)
            if isinstance(keys, Undecided):
                self._unknown(file, name, keys.why, MEMBER)
            else:
                self._analysis.merge([place, *keys])
            self._both(key, place)
        self._site(file, name, (key, place), binding.kind, sort, Form.SHORTHAND)

    def _add_import(self, file: SourceFile, name: Name, key: Key) -> None:
        parent, statement = name.node.parent, around(name.node, "import_statement")
        source = self._modules.source(file, statement) if statement is not None else None
        if parent is not None and parent.type == "import_require_clause":
            source = self._modules.source(file, parent)
        if parent is None or source is None:
            self._site(file, name, (key,), "import", LOCAL)
        elif parent.type == "import_specifier" and parent.child_by_field_name("alias") is None:
            exported = self._exported(source, self._word)
            self._analysis.link(exported, key, both=not self._aliases)
            meant = 1 if isinstance(exported, Outside) else 0
            self._site(file, name, (key, exported), "import", EXPORT, Form.IMPORT, meant)
        else:
            imported = parent.child_by_field_name("name") if parent.type == "import_specifier" else None
            given = file.text(imported) if imported is not None else "default"
            if given == self._word:
                self._analysis.link(self._exported(source, given), key, both=False)
            elif given == "default":
                self._link_whole(source, key)
            self._site(file, name, (key,), "import", LOCAL)

    def _link_whole(self, source: Resolved, key: Key) -> None:
        """What imports a default or a whole module and bears its name is renamed with it."""
        default = self._exports.variable(source, "default") or self._exports.whole(source)
        if isinstance(default, Variable):
            name = default.binding.definitions[0].node
            if default.file.text(name) == self._word:
                self._analysis.link(default.key, key, both=False)

    def _exported(self, source: Resolved, name: str) -> Key:
        key = self._exports.key(source, name)
        if isinstance(key, ExportKey):
            return key
        if isinstance(source, ModuleKey):
            return self._member_of_whole(source, name) or Outside("not exported by the module that it is imported from")
        return Outside("imported from outside the workspace")

    def _member_of_whole(self, module: ModuleKey, name: str) -> Key | None:
        variable = self._types.namespaces.in_namespace(Namespace(module.path, module.ambient), name)
        return variable.key if isinstance(variable, Variable) else None

    def _add_imported(self, file: SourceFile, name: Name) -> None:
        """The name that another module gave: in ``import { name as x }`` and ``export { name [as x] } from``."""
        specifier = name.node.parent
        statement = around(name.node, "import_statement", "export_statement")
        source = self._modules.source(file, statement) if statement is not None else None
        if specifier is None or source is None or name.node == specifier.child_by_field_name("alias"):
            self._add_exported(file, name)
            return
        theirs = self._exported(source, self._word)
        if specifier.type == "export_specifier" and specifier.child_by_field_name("alias") is None:
            ours = ExportKey(self._modules.of(file, name.node), self._word)
            self._both(theirs, ours)
            self._site(file, name, (theirs, ours), "export", EXPORT, Form.EXPORT)
        else:
            self._site(file, name, (theirs,), "export", EXPORT)

    def _add_exported(self, file: SourceFile, name: Name) -> None:
        key = ExportKey(self._modules.of(file, name.node), self._word)
        self._site(file, name, (key,), "export", EXPORT)
        specifier, statement = name.node.parent, around(name.node, "export_statement")
        inner = specifier.child_by_field_name("name") if specifier is not None else None
        if inner is None or file.text(inner) != "default" or statement is None:
            return
        source = self._modules.source(file, statement)
        if source is not None:
            self._link_whole(source, key)

    def _add_enum_member(self, file: SourceFile, name: Name, binding: Binding) -> None:
        body = around(binding.definitions[0].node, "enum_declaration")
        enum = body.child_by_field_name("name") if body is not None else None
        outer = file.binding(enum) if enum is not None else None
        if outer is None:
            self._unknown(file, name, "its enum is unknown", MEMBER)
            return
        shape = self._types.inheritance.shape_of_binding(file, outer, static=True)
        self._site(file, name, (MemberKey(shape, self._word),), "member", MEMBER)

    def _add_member(self, file: SourceFile, name: Name, node: Node) -> None:
        keys = self._members.keys(file, node, self._word)
        if isinstance(keys, Undecided):
            self._unknown(file, name, keys.why, MEMBER)
            return
        self._analysis.merge(keys)
        sort = EXPORT if isinstance(keys[0], ExportKey) else MEMBER
        self._site(file, name, keys[:1], "property", sort)

    def _add_label(self, file: SourceFile, name: Name) -> None:
        for item in ancestors(name.node):
            label = item.child_by_field_name("label") if item.type == "labeled_statement" else None
            if label is not None and file.text(label) == self._word:
                self._site(file, name, (("label", file.path, item.start_byte),), "label", LOCAL)
                return

    def _add_free(self, file: SourceFile, name: Name) -> None:
        for item in ancestors(name.node):
            head = item.child_by_field_name("name") if item.type in NAMESPACES else None
            binding = file.binding(head) if head is not None and head.type == "identifier" else None
            if binding is None:
                continue
            found = self._types.namespaces.in_namespace(
                Namespace(file.path, "", binding.definitions[0].start), self._word
            )
            if isinstance(found, Variable):
                self._site(file, name, (found.key,), found.binding.kind, LOCAL)
                return
        if name.kind == "shorthand":
            keys = self._members.shorthand(file, name.node, self._word)
            if isinstance(keys, Undecided):
                self._unknown(file, name, keys.why, MEMBER)
        self._free.append((file, name))

    def _add_globals(self, files: list[SourceFile]) -> None:
        """Scripts share one scope: what one defines at its top, all others see."""
        scripts = [
            (file, binding)
            for file in files
            for binding in file.occurrences(self._word).bindings
            if binding.scope.kind == "module"
            and not around(binding.definitions[0].node, "module")
            and not self._exports.is_module(file)
        ]
        if len(scripts) == 1:
            file, binding = scripts[0]
            for other, name in self._free:
                form = Form.SHORTHAND if name.kind == "shorthand" else Form.PLAIN
                keys: tuple[Key, ...] = (local_key(file, binding),)
                self._site(
                    other,
                    name,
                    (*keys, ("property", other.path, name.start)) if form is Form.SHORTHAND else keys,
                    binding.kind,
                    EXPORT,
                    form,
                )
            return
        merged = any(file.document.language in TYPESCRIPT for file, _ in scripts)
        for file, binding in scripts if self._free or merged else ():
            self._unknown(file, binding.definitions[0], "several scripts define it", EXPORT)
        for file, name in self._free if not scripts else ():
            self._site(file, name, (Outside("a global that the workspace does not define"),), "global", EXPORT)
