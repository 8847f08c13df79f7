"""What the occurrences of a word are in Go. Implements ``syntactic.engine.Model``. Owner of no state."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tierwise.rename.go.comments import documents, linked
from tierwise.rename.go.members import (
    STANDARD_METHODS,
    Interfaces,
    Member,
    MemberKey,
    embedded_name,
    find_members,
    receiver_name,
)
from tierwise.rename.go.packages import LANGUAGES, PREDECLARED, Foreign, Import, Package, Packages, is_exported
from tierwise.rename.go.types import TypeReader
from tierwise.rename.go.values import Elsewhere, Literal, Named, Space, Type
from tierwise.rename.syntactic.project import Project, SourceFile, ancestors, around, in_error
from tierwise.rename.syntactic.sites import EXPORT, LOCAL, MEMBER, Analysis, Form, Key, Outside, Site, Unknown
from tierwise.rename.values import Reason, RenameDeclined
from tierwise.syntax.parse import Node, Parsed
from tierwise.syntax.scopes import DEFINITION, LOOSE, REFERENCE, Binding, Name, look_up

_NAMES = frozenset({"identifier", "type_identifier", "field_identifier", "package_identifier", "label_name"})
_ELSEWHERE = Outside("a member of something outside the workspace")


@dataclass(frozen=True, slots=True)
class LocalKey:
    """A variable, parameter, type... inside a function."""

    path: Path
    start: int


@dataclass(frozen=True, slots=True)
class PackageKey:
    """A name at the top of a package."""

    package: Package
    name: str


@dataclass(frozen=True, slots=True)
class ImportKey:
    """The local name of an import, by the place of its path."""

    path: Path
    start: int


class Go:
    """The language model."""

    languages = LANGUAGES
    files = LANGUAGES
    beside = frozenset[str]()

    def name_span(self, parsed: Parsed, byte: int) -> tuple[int, int] | None:
        """An identifier at or right before ``byte``; in an import path its last part."""
        for start in (byte, byte - 1):
            node = parsed.root.descendant_for_byte_range(max(0, start), max(0, start))
            if node is None:
                continue
            if node.type in _NAMES:
                return node.start_byte, node.end_byte
            if node.type == "interpreted_string_literal_content" and around(node, "import_spec"):
                return node.start_byte + parsed.source(node).encode().rfind(b"/") + 1, node.end_byte
            if node.type == "comment":
                return _word_at(parsed, start)
        return None

    def builtin(self, parsed: Parsed, name: Name) -> bool:
        return False  # only the package can tell whether it defines the name itself

    def spelled(self, parsed: Parsed, name: Name) -> bool:
        return name.node.type == "comment" or around(name.node, "import_spec") is not None

    def analyze(self, project: Project, word: str, name: Name) -> Analysis:
        """Sites of ``word`` in the files that can see ``name``."""
        return _Reader(project, word).read(name)

    def check(self, analysis: Analysis, renamed: set[Key], old: str, new: str) -> None:
        """A name that begins with a small letter is seen in its own package only."""
        if new == "_" or (new in {"init", "main"} and any(isinstance(key, PackageKey) for key in renamed)):
            raise RenameDeclined(Reason.CLASH, f"'{new}' has a meaning of its own in Go.")
        if not is_exported(old) or is_exported(new):
            return
        packages = {Packages.of_file(site.file) for site in analysis.sites if not renamed.isdisjoint(site.keys)}
        if len(packages) > 1:
            raise RenameDeclined(Reason.CLASH, f"'{new}' could not be seen by the other packages that use '{old}'.")


class _Reader:
    """One word in one project."""

    def __init__(self, project: Project, word: str) -> None:
        self._project = project
        self._word = word
        self._packages = Packages(project)
        self._types = TypeReader(project, self._packages)
        self._interfaces = Interfaces(project, self._types, self._packages)
        self._analysis = Analysis()

    def read(self, name: Name) -> Analysis:
        own = self._project.own
        if name.binding is not None and self._is_local(name.binding):
            files = [own]
        else:
            files = list(self._project.files_with(self._word))
        for file in files:
            for item in file.occurrences(self._word).names:
                if item.role != LOOSE:
                    self._add(file, item)
        for file in files:
            self._add_implicit_import(file)
            for item in file.occurrences(self._word).names:
                if item.role == LOOSE:
                    self._add_loose(file, item)
        self._add_interfaces()
        return self._analysis

    def _is_local(self, binding: Binding) -> bool:
        return binding.scope.kind != "module"

    def _add(self, file: SourceFile, name: Name) -> None:
        if in_error(name.node):
            self._unknown(file, name, "the file does not parse there", LOCAL, EXPORT, MEMBER)
        elif name.role in {DEFINITION, REFERENCE}:
            self._add_plain(file, name, name.binding)
        elif name.role == "member":
            self._add_member(file, name)
        elif name.role == "key":
            self._add_key(file, name)
        elif name.role == "label":
            self._add_label(file, name)
        elif name.role == "package":
            self._unknown(file, name, "renaming a package means moving its folder", "package")

    def _site(self, file: SourceFile, name: Name, keys: tuple[Key, ...], kind: str, sort: str) -> None:
        self._analysis.sites.append(Site(file, name.start, name.end, keys, kind, Form.PLAIN, sort))

    def _mention(self, file: SourceFile, name: Name, keys: tuple[Key, ...], kind: str, sort: str) -> None:
        self._analysis.sites.append(Site(file, name.start, name.end, keys, kind, Form.PLAIN, sort, in_comment=True))

    def _unknown(self, file: SourceFile, name: Name, why: str, *sorts: str) -> None:
        self._analysis.unknown.append(Unknown(file, name, why, frozenset(sorts)))

    def _add_plain(self, file: SourceFile, name: Name, binding: Binding | None) -> None:
        if binding is not None and binding.scope.kind != "module":
            self._site(file, name, (LocalKey(file.path, binding.definitions[0].start),), binding.kind, LOCAL)
            self._link_embedded(file, name, LocalKey(file.path, binding.definitions[0].start))
            return
        imported = self._packages.imported_as(file, self._word)
        package = self._packages.of(file)
        declared = self._packages.declarations(package, self._word)
        if imported is not None and declared and not (binding is None and name.role == REFERENCE):
            # Both in one file is an error of the language, so this only happens to the text after a rename.
            self._analysis.merge([self._import_key(file, imported), PackageKey(package, self._word)])
        if imported is not None and (not declared or (binding is not None and binding.kind == "import")):
            self._site(file, name, (self._import_key(file, imported),), "import", LOCAL)
        elif imported is not None:
            self._analysis.merge([self._import_key(file, imported), PackageKey(package, self._word)])
            self._site(file, name, (PackageKey(package, self._word),), "variable", EXPORT)
        elif declared:
            self._site(file, name, (PackageKey(package, self._word),), declared[0].binding.kind, EXPORT)
            self._link_embedded(file, name, PackageKey(package, self._word))
        else:
            self._add_unbound(file, name)

    def _add_unbound(self, file: SourceFile, name: Name) -> None:
        """A name that comes from a dot import, or from the language."""
        dots = [item for item in self._packages.imports(file) if item.is_dot]
        for item in dots:
            if isinstance(item.package, Package) and self._packages.declarations(item.package, self._word):
                self._site(file, name, (PackageKey(item.package, self._word),), "variable", EXPORT)
                return
        if self._word in PREDECLARED:
            self._site(file, name, (Outside("built into Go"),), "builtin", LOCAL)
        else:
            self._unknown(file, name, "nothing here defines it", EXPORT)

    def _link_embedded(self, file: SourceFile, name: Name, key: Key) -> None:
        """An embedded type is a field of its own name."""
        field = around(name.node, "field_declaration")
        if field is None or field.child_by_field_name("name") is not None or embedded_name(file, field) != name.node:
            return
        struct = around(field, "struct_type")
        if struct is not None:
            member = MemberKey(Literal(file.path, struct.start_byte, struct.end_byte), self._word)
            self._analysis.link(key, member, both=False)
            self._analysis.not_from[member] = "it is an embedded field; rename its type instead"

    def _import_key(self, file: SourceFile, item: Import) -> ImportKey:
        return ImportKey(file.path, item.spec.start_byte)

    def _add_implicit_import(self, file: SourceFile) -> None:
        """An import without a name of its own gets one before its path."""
        for item in self._packages.imports(file):
            path = item.spec.child_by_field_name("path")
            if item.name != self._word or item.spec.child_by_field_name("name") is not None or path is None:
                continue
            keys = (self._import_key(file, item),)
            self._analysis.sites.append(
                Site(file, path.start_byte, path.start_byte, keys, "import", Form.PREFIX, LOCAL)
            )
            end = path.end_byte - 1
            start = end - len(path.text or b"") + 2 + (path.text or b"").rfind(b"/")
            self._analysis.sites.append(
                Site(file, max(start, path.start_byte + 1), end, keys, "import", Form.SILENT, LOCAL)
            )

    def _add_member(self, file: SourceFile, name: Name) -> None:
        parent = name.node.parent
        if parent is None:
            return
        if parent.type == "method_declaration":
            receiver = receiver_name(file, parent)
            owner = Named(self._packages.of(file), receiver or "")
            aliases = [item for item in (self._types.written(file, _receiver_type(parent)),) if isinstance(item, Named)]
            self._site(file, name, (MemberKey(aliases[0] if aliases else owner, self._word),), "method", MEMBER)
            return
        if parent.type == "method_elem":
            key = self._interfaces.key_of(file, parent, self._word)
            if key is not None:
                self._site(file, name, (key,), "method", MEMBER)
            return
        if parent.type == "field_declaration":
            struct = around(parent, "struct_type")
            if struct is not None:
                owner_literal = Literal(file.path, struct.start_byte, struct.end_byte)
                self._site(file, name, (MemberKey(owner_literal, self._word),), "field", MEMBER)
            return
        operand = parent.child_by_field_name("operand") or parent.child_by_field_name("package")
        owner_type = self._types.of(file, operand) if operand is not None else None
        self._add_selected(file, name, owner_type)

    def _add_selected(self, file: SourceFile, name: Name, owner: Type | None) -> None:
        if isinstance(owner, Space):
            if self._packages.declarations(owner.package, self._word):
                key = PackageKey(owner.package, self._word)
                self._site(file, name, (key,), "variable", EXPORT)
                self._link_embedded(file, name, key)
            else:
                self._unknown(file, name, "its package does not define it", EXPORT)
            return
        if isinstance(owner, Elsewhere):
            self._site(file, name, (_ELSEWHERE,), "member", MEMBER)
            return
        found = find_members(self._types, self._packages, owner, self._word)
        if found is None:
            self._unknown(file, name, "the type of its owner is unknown", MEMBER)
        elif not found:
            self._unknown(file, name, "its owner's type does not declare it", MEMBER)
        else:
            self._site(file, name, self._keys(found), "member", MEMBER)

    def _keys(self, found: list[Member]) -> tuple[Key, ...]:
        keys = tuple(dict.fromkeys(item.key for item in found))
        self._analysis.merge(keys)
        return keys[:1]

    def _add_key(self, file: SourceFile, name: Name) -> None:
        """The key of a composite literal: a field of a struct, else an ordinary expression."""
        value = around(name.node, "literal_value")
        owner = self._types.literal(file, value) if value is not None else None
        if owner is None:
            self._unknown(file, name, "the type of the literal is unknown", LOCAL, EXPORT, MEMBER)
            return
        structs = [item for item in self._types.struct(owner) if self._is_struct(item)]
        if structs:
            self._add_selected(file, name, owner)
        elif isinstance(owner, Elsewhere):
            binding = look_up(file.parsed, file.occurrences(self._word), name.node)
            if binding is None and not self._packages.declarations(self._packages.of(file), self._word):
                self._site(file, name, (_ELSEWHERE,), "field", MEMBER)
            else:
                self._unknown(file, name, "the type of the literal is declared elsewhere", LOCAL, EXPORT)
        else:
            self._add_plain(file, name, look_up(file.parsed, file.occurrences(self._word), name.node))

    def _is_struct(self, literal: Literal) -> bool:
        found = self._types.node(literal)
        return found is not None and found[1].type == "struct_type"

    def _add_label(self, file: SourceFile, name: Name) -> None:
        function = next(
            (
                item
                for item in ancestors(name.node)
                if item.type in {"function_declaration", "method_declaration", "func_literal"}
            ),
            None,
        )
        if function is not None:
            self._site(file, name, (("label", file.path, function.start_byte),), "label", LOCAL)

    def _add_loose(self, file: SourceFile, name: Name) -> None:
        if name.node.type != "comment":
            return
        for site in documents(file, name, self._analysis.sites):
            self._mention(file, name, site.keys, site.kind, site.sort)
            return
        link = linked(file, name)
        if link is None:
            return
        owner: Type | None = None
        package = self._packages.of(file)
        if link.package:
            imported = self._packages.imported_as(file, link.package)
            target = imported.package if imported is not None else Foreign(link.package)
            if isinstance(target, Foreign):
                return
            package = target
        if link.type:
            owner = Named(package, link.type)
            found = find_members(self._types, self._packages, owner, self._word)
            if found:
                self._mention(file, name, self._keys(found), "member", MEMBER)
        elif self._packages.declarations(package, self._word):
            self._mention(file, name, (PackageKey(package, self._word),), "variable", EXPORT)

    def _add_interfaces(self) -> None:
        """A method that an interface asks for is renamed with the interface, never alone."""
        keys = {key for site in self._analysis.sites for key in site.keys if isinstance(key, MemberKey)}
        concrete = [key for key in keys if isinstance(key.owner, Named)]
        if not concrete:
            return
        asking = self._interfaces.asking_for(self._word)
        for key in concrete:
            if self._word in STANDARD_METHODS:
                self._analysis.link(key, Outside("a method that interfaces of the standard library ask for"))
            for interface in asking:
                owner = key.owner
                if isinstance(owner, Named) and self._interfaces.satisfied_by(interface, owner):
                    # By syntax it cannot be told whether a value of the type is ever used as the interface.
                    why = "an interface asks for this method, and a type has all methods that it asks for"
                    self._analysis.blocked[key] = self._analysis.blocked[interface] = why


def _receiver_type(method: Node) -> Node | None:
    receiver = method.child_by_field_name("receiver")
    declaration = receiver.named_children[0] if receiver is not None and receiver.named_children else None
    return declaration.child_by_field_name("type") if declaration is not None else None


def _word_at(parsed: Parsed, byte: int) -> tuple[int, int] | None:
    data = parsed.data
    start = end = byte
    while start > 0 and (data[start - 1 : start].isalnum() or data[start - 1 : start] == b"_"):
        start -= 1
    while end < len(data) and (data[end : end + 1].isalnum() or data[end : end + 1] == b"_"):
        end += 1
    return (start, end) if start < end and not data[start : start + 1].isdigit() else None
