"""What type an expression of Rust has, as far as declarations say it. Owner of no state but the depth of a question.

References and boxes count as what they hold: field and method access sees through them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from tierwise.rename.rust.modules import Associated, Foreign, Item, Modules
from tierwise.rename.syntactic.project import Project, SourceFile, ancestors, around
from tierwise.syntax.parse import Node
from tierwise.syntax.scopes import Binding

_DEPTH = 30
_TRANSPARENT = frozenset({"Box", "Rc", "Arc", "Cow", "Pin", "MutexGuard", "Ref", "RefMut"})
_CONTAINERS = frozenset(
    [
        *(
            "Option",
            "Result",
            "Vec",
            "VecDeque",
            "RefCell",
            "Cell",
            "Mutex",
            "RwLock",
            "HashSet",
            "BTreeSet",
            "BinaryHeap",
        ),
        *("OnceCell", "OnceLock", "Weak", "Iter", "IntoIter"),
    ]
)
_OPENING = frozenset(["unwrap", "expect", "unwrap_or_default", "borrow", "borrow_mut", "into_inner"])
_KEEPING = frozenset(
    [
        *(
            "iter",
            "iter_mut",
            "into_iter",
            "as_ref",
            "as_mut",
            "as_deref",
            "as_deref_mut",
            "get",
            "get_mut",
            "first",
            "last",
        ),
        *(
            "first_mut",
            "last_mut",
            "pop",
            "next",
            "take",
            "lock",
            "read",
            "write",
            "ok",
            "cloned",
            "copied",
            "rev",
            "skip",
        ),
        *("peekable", "chain", "clone", "to_vec", "as_slice", "drain", "upgrade", "downgrade", "peek", "nth"),
    ]
)
_SAME = frozenset({"clone", "to_owned", "as_ref", "as_mut", "borrow", "borrow_mut", "deref", "into", "by_ref"})
_PLAIN = frozenset(
    ["integer_literal", "float_literal", "string_literal", "raw_string_literal", "char_literal", "boolean_literal"]
)


@dataclass(frozen=True, slots=True)
class Container:
    """A type of the standard library that holds others."""

    item: Type | None


Type = Item | Foreign | Container
PLAIN = Foreign("a plain value")


class TypeReader:
    """Types of the expressions of one project."""

    def __init__(self, project: Project, modules: Modules) -> None:
        self._project = project
        self._modules = modules
        self._depth = 0
        self._readers: Mapping[str, Callable[[SourceFile, Node], Type | None]] = {
            "identifier": self._name,
            "self": self._self,
            "field_expression": self._field,
            "call_expression": self._call,
            "struct_expression": self._struct,
            "try_expression": self._opened,
            "index_expression": self._opened,
            "reference_expression": self._last,
            "unary_expression": self._last,
            "parenthesized_expression": self._last,
            "await_expression": self._last,
            "type_cast_expression": self._cast,
        }

    def of(self, file: SourceFile, node: Node) -> Type | None:
        """The type of an expression; None where it is not known."""
        if node.type in _PLAIN:
            return PLAIN
        reader = self._readers.get(node.type)
        if reader is None or self._depth > _DEPTH:
            return None
        self._depth += 1
        try:
            return reader(file, node)
        finally:
            self._depth -= 1

    def written(self, file: SourceFile, node: Node | None) -> Type | None:
        """The type that a type expression means."""
        if node is None:
            return None
        match node.type:
            case "reference_type" | "pointer_type" | "parenthesized_type":
                return self.written(file, node.child_by_field_name("type") or node.named_children[-1])
            case "primitive_type" | "unit_type" | "never_type":
                return PLAIN
            case "array_type":
                return Container(self.written(file, node.child_by_field_name("element")))
            case "generic_type":
                return self._generic(file, node)
            case "dynamic_type" | "abstract_type":
                return self._modules.named(file, node.child_by_field_name("trait"))
            case "type_identifier" | "scoped_type_identifier":
                return self._type_name(file, node)
            case _:
                return None

    def variable(self, file: SourceFile, identifier: Node) -> Type | None:
        """The type of a variable by the identifier that defines it."""
        parent = identifier.parent
        if parent is None:
            return None
        if parent.type == "field_pattern":
            return self._of_field_pattern(file, parent, identifier)
        wrapped = identifier
        while parent.type in {"ref_pattern", "reference_pattern", "mut_pattern", "captured_pattern", "match_pattern"}:
            wrapped, parent = parent, parent.parent or parent
        return self._given(file, wrapped, parent)

    def result(self, file: SourceFile, function: Node) -> Type | None:
        """What a function returns."""
        declared = function.child_by_field_name("return_type")
        return PLAIN if declared is None else self.written(file, declared)

    def field(self, owner: Item, name: str) -> tuple[SourceFile, Node] | None:
        """The declaration of a field of a struct."""
        found = self._modules.declaration(owner)
        body = found[1].child_by_field_name("body") if found is not None else None
        for child in body.named_children if body is not None else ():
            declared = child.child_by_field_name("name") if child.type == "field_declaration" else None
            if found is not None and declared is not None and found[0].text(declared) == name:
                return found[0], child
        return None

    def functions(self, name: str) -> Iterator[tuple[SourceFile, Node]]:
        """Every function of a name that stands in an ``impl`` block or a trait."""
        for file in self._project.files_with(name):
            for item in file.occurrences(name).names:
                parent = item.node.parent
                if item.role == "associated" and parent is not None:
                    yield file, parent

    def alias(self, item: Type | None) -> Type | None:
        """What a type alias stands for."""
        if isinstance(item, Item):
            found = self._modules.declaration(item)
            if found is not None and found[1].type == "type_item":
                return self.written(found[0], found[1].child_by_field_name("type"))
        return item

    def methods(self, owner: Item, name: str) -> list[tuple[SourceFile, Node]]:
        """Functions of a name in ``impl`` blocks of a type, or in a trait itself."""
        return [(file, node) for file, node in self.functions(name) if self._modules.owner_of(file, node) == owner]

    def _name(self, file: SourceFile, node: Node) -> Type | None:
        binding = file.binding(node)
        if binding is not None and binding.scope.kind != "module" and binding.kind in {"variable", "parameter"}:
            return self.variable(file, binding.definitions[0].node)
        found = self._modules.resolve(file, node, "value")
        if isinstance(found, Item):
            declaration = self._modules.declaration(found)
            if declaration is not None and declaration[1].type in {"const_item", "static_item"}:
                return self.written(declaration[0], declaration[1].child_by_field_name("type"))
            return found
        return PLAIN if isinstance(found, Foreign) and binding is not None else None

    def _self(self, file: SourceFile, node: Node) -> Type | None:
        return self.alias(self._modules.owner_of(file, node))

    def _field(self, file: SourceFile, node: Node) -> Type | None:
        value, field = node.child_by_field_name("value"), node.child_by_field_name("field")
        owner = self.of(file, value) if value is not None else None
        if not isinstance(owner, Item) or field is None:
            return None
        found = self.field(owner, file.text(field))
        return self.written(found[0], found[1].child_by_field_name("type")) if found is not None else None

    def _call(self, file: SourceFile, node: Node) -> Type | None:
        function = node.child_by_field_name("function")
        if function is not None and function.type == "generic_function":
            function = function.child_by_field_name("function")
        if function is None:
            return None
        if function.type == "field_expression":
            return self._method_call(file, function)
        name = function.child_by_field_name("name") or function
        found = self._modules.resolve(file, name, "value")
        if isinstance(found, Associated):
            return self._associated(found)
        declaration = self._modules.declaration(found) if isinstance(found, Item) else None
        if declaration is None:
            return None
        if declaration[1].type == "struct_item":
            return found if isinstance(found, Item) else None
        return self.result(*declaration)

    def _associated(self, found: Associated) -> Type | None:
        owner = self.alias(found.owner)
        if not isinstance(owner, Item):
            return None
        declaration = self._modules.declaration(owner)
        if declaration is not None and declaration[1].type == "enum_item" and found.name[:1].isupper():
            return owner
        types = {self.result(file, node) for file, node in self.methods(owner, found.name)}
        return types.pop() if len(types) == 1 else None

    def _method_call(self, file: SourceFile, access: Node) -> Type | None:
        value, field = access.child_by_field_name("value"), access.child_by_field_name("field")
        owner = self.of(file, value) if value is not None else None
        name = file.text(field) if field is not None else ""
        if isinstance(owner, Container):
            if name in _OPENING:
                return owner.item
            return owner if name in _KEEPING else None
        if isinstance(owner, Item):
            types = {self.result(place, node) for place, node in self.methods(owner, name)}
            if types:
                return types.pop() if len(types) == 1 else None
            return owner if name in _SAME else None
        return None

    def _struct(self, file: SourceFile, node: Node) -> Type | None:
        name = node.child_by_field_name("name")
        return self.written(file, name) if name is not None else None

    def _opened(self, file: SourceFile, node: Node) -> Type | None:
        inner = self.of(file, node.named_children[0])
        return inner.item if isinstance(inner, Container) else None

    def _last(self, file: SourceFile, node: Node) -> Type | None:
        return self.of(file, node.named_children[-1]) if node.named_children else None

    def _cast(self, file: SourceFile, node: Node) -> Type | None:
        return self.written(file, node.child_by_field_name("type"))

    def _generic(self, file: SourceFile, node: Node) -> Type | None:
        head, arguments = node.child_by_field_name("type"), node.child_by_field_name("type_arguments")
        given = [item for item in arguments.named_children if item.type != "lifetime"] if arguments is not None else []
        name = file.text(head).rpartition("::")[2] if head is not None else ""
        target = self.written(file, head)
        if not isinstance(target, Foreign) or not given:
            return target
        if name in _TRANSPARENT:
            return self.written(file, given[0])
        if name in _CONTAINERS:
            return Container(self.written(file, given[0]))
        return target if all(isinstance(self.written(file, item), Foreign) for item in given) else None

    def _type_name(self, file: SourceFile, node: Node) -> Type | None:
        last = node.child_by_field_name("name") or node
        binding = file.binding(last) if last is node else None
        if binding is not None and binding.kind == "typeparameter":
            return self._bound(file, binding)
        found = self._modules.resolve(file, last, "type")
        return self.alias(found) if isinstance(found, (Item, Foreign)) else None

    def _bound(self, file: SourceFile, binding: Binding) -> Type | None:
        """A type parameter has the methods of its only bound."""
        parameter = binding.definitions[0].node.parent
        bounds = parameter.child_by_field_name("bounds") if parameter is not None else None
        listed = bounds.named_children if bounds is not None else []
        return self._modules.named(file, listed[0]) if len(listed) == 1 else None

    def _of_field_pattern(self, file: SourceFile, pattern: Node, identifier: Node) -> Type | None:
        struct = pattern.parent
        named = struct.child_by_field_name("type") if struct is not None else None
        owner = self.written(file, named) if named is not None else None
        name = pattern.child_by_field_name("name") or identifier
        found = self.field(owner, file.text(name)) if isinstance(owner, Item) else None
        return self.written(found[0], found[1].child_by_field_name("type")) if found is not None else None

    def _given(self, file: SourceFile, pattern: Node, parent: Node) -> Type | None:
        """The type of what a pattern is matched with."""
        match parent.type:
            case "parameter":
                return self.written(file, parent.child_by_field_name("type"))
            case "let_declaration":
                annotation, value = parent.child_by_field_name("type"), parent.child_by_field_name("value")
                if annotation is not None:
                    return self.written(file, annotation)
                return self.of(file, value) if value is not None else None
            case "for_expression":
                value = parent.child_by_field_name("value")
                whole = self.of(file, value) if value is not None else None
                return whole.item if isinstance(whole, Container) else None
            case "tuple_struct_pattern":
                return self._unwrapped(file, parent)
            case _:
                del pattern
                return None

    def _unwrapped(self, file: SourceFile, pattern: Node) -> Type | None:
        """The variable of ``Some(x)`` and ``Ok(x)``."""
        head = pattern.child_by_field_name("type")
        if head is None or file.text(head) not in {"Some", "Ok"}:
            return None
        holder = pattern.parent
        if holder is not None and holder.type == "match_pattern":
            match = around(holder, "match_expression")
            value = match.child_by_field_name("value") if match is not None else None
        else:
            value = holder.child_by_field_name("value") if holder is not None else None
        whole = self.of(file, value) if value is not None else None
        return whole.item if isinstance(whole, Container) else None


def trait_of(file: SourceFile, modules: Modules, node: Node) -> Item | Foreign | None:
    """The trait that the ``impl`` block around a place implements; None in a plain one."""
    block = next((item for item in ancestors(node) if item.type in {"impl_item", "trait_item"}), None)
    if block is None:
        return None
    if block.type == "trait_item":
        return modules.owner_of(file, node)
    trait = block.child_by_field_name("trait")
    if trait is None:
        return None
    return modules.named(file, trait) or Foreign("")
