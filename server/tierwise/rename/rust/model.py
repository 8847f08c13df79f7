"""What the occurrences of a word are in Rust. Implements ``syntactic.engine.Model``. Owner of no state."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from tierwise.rename.rust.macros import Token, formatted, token
from tierwise.rename.rust.modules import LANGUAGES, Associated, Foreign, Item, Module, Modules, Target
from tierwise.rename.rust.types import Container, Type, TypeReader, trait_of
from tierwise.rename.syntactic.project import Project, SourceFile, around, in_error
from tierwise.rename.syntactic.sites import EXPORT, LOCAL, MEMBER, Analysis, Form, Key, Outside, Site, Unknown
from tierwise.syntax.parse import Node, Parsed
from tierwise.syntax.scopes import DEFINITION, LOOSE, REFERENCE, Binding, Name, look_up

_NAMES = frozenset({"identifier", "type_identifier", "field_identifier", "shorthand_field_identifier"})
_VARIABLES = frozenset({"variable", "parameter", "typeparameter"})
_ELSEWHERE = Outside("a member of something outside the workspace")


@dataclass(frozen=True, slots=True)
class LocalKey:
    """A variable, parameter or type parameter."""

    path: Path
    start: int


@dataclass(frozen=True, slots=True)
class MemberKey:
    """A field, variant, method or associated item of a type or trait."""

    owner: Item
    name: str


class Rust:
    """The language model."""

    languages = LANGUAGES
    files = LANGUAGES
    beside = frozenset[str]()

    def name_span(self, parsed: Parsed, byte: int) -> tuple[int, int] | None:
        """An identifier at or right before ``byte``."""
        for start in (byte, byte - 1):
            node = parsed.root.descendant_for_byte_range(max(0, start), max(0, start))
            if node is not None and node.type in _NAMES:
                return node.start_byte, node.end_byte
        return None

    def builtin(self, parsed: Parsed, name: Name) -> bool:
        return False  # what is free may come from a glob import

    def spelled(self, parsed: Parsed, name: Name) -> bool:
        return False

    def analyze(self, project: Project, word: str, name: Name) -> Analysis:
        """Sites of ``word`` in the files that can see ``name``."""
        return _Reader(project, word).read(name)

    def check(self, analysis: Analysis, renamed: set[Key], old: str, new: str) -> None:
        """Names mean the same however they are spelled."""


class _Reader:
    """One word in one project."""

    def __init__(self, project: Project, word: str) -> None:
        self._project = project
        self._word = word
        self._modules = Modules(project)
        self._types = TypeReader(project, self._modules)
        self._analysis = Analysis()
        self._adders: Mapping[str, Callable[[SourceFile, Name], None]] = {
            DEFINITION: self._add_plain,
            REFERENCE: self._add_plain,
            "imported": self._add_path,
            "path": self._add_path,
            "associated": self._add_associated,
            "variant": self._add_declared_member,
            "field": self._add_declared_member,
            "member": self._add_member,
            "token": self._add_token,
            "lifetime": self._add_lifetime,
        }

    def read(self, name: Name) -> Analysis:
        own = self._project.own
        local = name.binding is not None and name.binding.kind in _VARIABLES and name.role in {DEFINITION, REFERENCE}
        files = [own] if local else list(self._project.files_with(self._word))
        for file in files:
            for item in file.occurrences(self._word).names:
                self._add(file, item)
        return self._analysis

    def _add(self, file: SourceFile, name: Name) -> None:
        if name.role == LOOSE:
            self._add_loose(file, name)
        elif in_error(name.node):
            self._unknown(file, name, "the file does not parse there", LOCAL, EXPORT, MEMBER)
        elif name.role in {"macrobody", "attribute"}:
            what = "a macro's rule" if name.role == "macrobody" else "an attribute"
            self._unknown(file, name, f"it stands in {what}", LOCAL, EXPORT, MEMBER)
        elif (adder := self._adders.get(name.role)) is not None:
            adder(file, name)

    def _site(
        self, file: SourceFile, name: Name, keys: tuple[Key, ...], kind: str, sort: str, form: Form = Form.PLAIN
    ) -> None:
        self._analysis.sites.append(Site(file, name.start, name.end, keys, kind, form, sort))

    def _unknown(self, file: SourceFile, name: Name, why: str, *sorts: str) -> None:
        self._analysis.unknown.append(Unknown(file, name, why, frozenset(sorts)))

    def _add_plain(self, file: SourceFile, name: Name) -> None:
        """A name by itself: a variable, or an item of its module."""
        binding = name.binding
        if name.kind == "shorthand" or name.node.type == "shorthand_field_identifier":
            self._add_shorthand(file, name)
        elif binding is not None and binding.kind in _VARIABLES:
            self._site(file, name, (_local(file, binding),), binding.kind, LOCAL)
        elif binding is not None and binding.kind != "import":
            self._add_target(file, name, self._item_or_module(file, binding))
        else:
            self._add_path(file, name)

    def _item_or_module(self, file: SourceFile, binding: Binding) -> Target | None:
        if binding.kind == "module":
            return self._modules.module_of(file, binding.definitions[0].node) or self._modules.item(file, binding)
        return self._modules.item(file, binding)

    def _add_path(self, file: SourceFile, name: Name) -> None:
        """The last part of a path, in an expression, a type or a ``use``."""
        if name.role == DEFINITION and name.node.parent is not None and name.node.parent.type == "use_as_clause":
            if name.binding is not None:
                self._site(file, name, (_local(file, name.binding),), "import", EXPORT)
            return
        if name.role == REFERENCE and name.binding is not None and name.binding.kind == "import":
            alias = name.binding.definitions[0].node.parent
            if alias is not None and alias.type == "use_as_clause":
                self._site(file, name, (_local(file, name.binding),), "import", LOCAL)
                return
        found = {self._modules.resolve(file, name.node, space) for space in _spaces(name)} - {None}
        ours = [item for item in found if not isinstance(item, Foreign)]
        if len(ours) > 1:
            self._unknown(file, name, "a type and a value have this name", EXPORT)
        elif ours:
            self._add_target(file, name, ours[0])
        elif found:
            self._site(file, name, (Outside("defined outside the workspace"),), "item", EXPORT)
        else:
            self._unknown(file, name, "its path cannot be followed", EXPORT, MEMBER)

    def _add_target(self, file: SourceFile, name: Name, target: Target | None) -> None:
        if isinstance(target, Module):
            item = self._modules.module_item(target)
            if item is None:
                self._unknown(file, name, "its module is declared nowhere", EXPORT)
                return
            self._site(file, name, (item,), "module", EXPORT)
            if not target.inline:
                self._analysis.blocked[item] = "renaming a module means moving its file"
        elif isinstance(target, Item):
            self._site(file, name, (target,), "item", EXPORT)
        elif isinstance(target, Associated):
            self._add_owned(file, name, self._types.alias(target.owner))
        else:
            self._unknown(file, name, "it is not known what it means", EXPORT)

    def _add_shorthand(self, file: SourceFile, name: Name) -> None:
        """``S { name }``: a variable and a field."""
        struct = around(name.node, "struct_expression", "struct_pattern")
        named = struct.child_by_field_name("name") or struct.child_by_field_name("type") if struct is not None else None
        owner = self._types.written(file, named) if named is not None and named.type != "scoped_identifier" else None
        place: Key = ("field", file.path, name.start)
        if isinstance(owner, Item):
            self._analysis.merge([place, MemberKey(owner, self._word)])
        elif not isinstance(owner, Foreign):
            self._unknown(file, name, "the struct is unknown", MEMBER)
        binding = name.binding
        if binding is not None and binding.kind in _VARIABLES:
            self._site(file, name, (_local(file, binding), place), binding.kind, LOCAL, Form.SHORTHAND)
        else:
            self._unknown(file, name, "the value is no variable of the function", LOCAL, EXPORT, MEMBER)

    def _add_associated(self, file: SourceFile, name: Name) -> None:
        """A function, constant or type in an ``impl`` block or a trait."""
        trait = trait_of(file, self._modules, name.node)
        if isinstance(trait, Foreign):
            self._site(file, name, (Outside("part of a trait outside the workspace"),), "method", MEMBER)
            return
        owner = trait or self._types.alias(self._modules.owner_of(file, name.node))
        if isinstance(owner, Item):
            self._site(file, name, (MemberKey(owner, self._word),), "method", MEMBER)
        elif isinstance(owner, Foreign):
            self._site(file, name, (_ELSEWHERE,), "method", MEMBER)
        else:
            self._unknown(file, name, "the type of its block is unknown", MEMBER)

    def _add_declared_member(self, file: SourceFile, name: Name) -> None:
        """A field or variant, where it is declared."""
        declaration = around(name.node, "struct_item", "union_item", "enum_item")
        variant = around(name.node, "enum_variant") if name.role == "field" else None
        node = declaration.child_by_field_name("name") if declaration is not None else None
        binding = file.binding(node) if node is not None else None
        if binding is None or variant is not None:
            self._unknown(file, name, "it is a field of a variant", MEMBER)
            return
        self._site(file, name, (MemberKey(self._modules.item(file, binding), self._word),), name.role, MEMBER)

    def _add_member(self, file: SourceFile, name: Name) -> None:
        parent = name.node.parent
        if parent is None:
            return
        if name.kind in {"initializer", "pattern"}:
            struct = around(parent, "struct_expression", "struct_pattern")
            named = (
                struct.child_by_field_name("name") or struct.child_by_field_name("type") if struct is not None else None
            )
            self._add_owned(file, name, self._types.written(file, named))
            return
        value = parent.child_by_field_name("value")
        self._add_owned(file, name, self._types.of(file, value) if value is not None else None)

    def _add_owned(self, file: SourceFile, name: Name, owner: Type | None) -> None:
        """A member of a value or type."""
        if owner is None:
            self._unknown(file, name, "the type of its owner is unknown", MEMBER)
        elif isinstance(owner, (Foreign, Container)):
            if self._is_trait_method():
                self._unknown(file, name, "a trait of the workspace may give it to a foreign type", MEMBER)
            else:
                self._site(file, name, (_ELSEWHERE,), "member", MEMBER)
        else:
            self._add_of_item(file, name, owner)

    def _add_of_item(self, file: SourceFile, name: Name, owner: Item) -> None:
        declared = self._types.methods(owner, self._word)
        traits = [trait_of(place, self._modules, node) for place, node in declared]
        if self._is_field_or_variant(owner) or any(trait is None for trait in traits):
            self._site(file, name, (MemberKey(owner, self._word),), "member", MEMBER)
            return
        items = {trait for trait in traits if isinstance(trait, Item)}
        if any(isinstance(trait, Foreign) for trait in traits):
            self._site(file, name, (_ELSEWHERE,), "method", MEMBER)
        elif len(items) == 1:
            self._site(file, name, (MemberKey(items.pop(), self._word),), "method", MEMBER)
        else:
            self._unknown(file, name, "no declaration of it was found for its owner", MEMBER)

    def _is_field_or_variant(self, owner: Item) -> bool:
        if self._types.field(owner, self._word) is not None:
            return True
        found = self._modules.declaration(owner)
        body = found[1].child_by_field_name("body") if found is not None and found[1].type == "enum_item" else None
        return any(
            found is not None and found[0].text(variant) == self._word
            for child in (body.named_children if body is not None else ())
            if (variant := child.child_by_field_name("name")) is not None
        )

    def _is_trait_method(self) -> bool:
        return any(
            isinstance(trait_of(file, self._modules, node), Item) for file, node in self._types.functions(self._word)
        )

    def _add_token(self, file: SourceFile, name: Name) -> None:
        """An identifier among the tokens that a macro is given."""
        found = token(file, name)
        binding = look_up(file.parsed, file.occurrences(self._word), name.node)
        is_variable = binding is not None and binding.kind in _VARIABLES
        if found is Token.VALUE and binding is not None and is_variable:
            self._site(file, name, (_local(file, binding),), binding.kind, LOCAL)
        elif found is Token.VALUE and (binding is None or binding.kind != "import"):
            target = self._item_or_module(file, binding) if binding is not None else None
            if target is not None:
                self._add_target(file, name, target)
            else:
                self._unknown(file, name, "it stands in a macro", EXPORT)
        elif found is Token.FIELD_OF_SELF:
            self._add_owned(file, name, self._types.alias(self._modules.owner_of(file, name.node)))
        elif found is Token.MEMBER:
            self._unknown(file, name, "it stands in a macro", MEMBER)
        else:
            self._unknown(file, name, "it stands in a macro", LOCAL, EXPORT, MEMBER)

    def _add_loose(self, file: SourceFile, name: Name) -> None:
        """``{name}`` in a format string is a variable."""
        if not formatted(file, name):
            return
        binding = look_up(file.parsed, file.occurrences(self._word), name.node)
        if binding is not None and binding.kind in _VARIABLES:
            self._site(file, name, (_local(file, binding),), binding.kind, LOCAL)
        elif binding is not None:
            self._unknown(file, name, "it stands in a format string", EXPORT)

    def _add_lifetime(self, file: SourceFile, name: Name) -> None:
        self._unknown(file, name, "lifetimes and labels are not followed", "lifetime")


def _local(file: SourceFile, binding: Binding) -> LocalKey:
    return LocalKey(file.path, binding.definitions[0].start)


def _spaces(name: Name) -> tuple[str, ...]:
    """The spaces in which a name of a path is looked up."""
    parent = name.node.parent
    in_use = around(name.node, "use_declaration") is not None
    if in_use:
        return ("type", "value", "macro")
    if name.role == REFERENCE and "*" not in name.space:
        return tuple(sorted(name.space))
    is_type = parent is not None and (parent.type == "scoped_type_identifier" or _is_prefix(parent))
    return ("type",) if is_type else ("value", "type")


def _is_prefix(path: Node) -> bool:
    """Whether a path is the beginning of a longer one."""
    around_ = path.parent
    return around_ is not None and around_.child_by_field_name("path") == path
