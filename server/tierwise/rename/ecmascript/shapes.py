"""What has members in JavaScript and TypeScript: classes, interfaces, object types and literals, enums. Pure.

A shape is known by its declaration. Only what is written down counts; nothing is computed from conditional or mapped
types.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tierwise.rename.syntactic.project import SourceFile
from tierwise.syntax.parse import Node

CLASSES = frozenset({"class_declaration", "abstract_class_declaration", "class"})
FUNCTIONS = frozenset(
    {
        "function_declaration",
        "generator_function_declaration",
        "function_expression",
        "generator_function",
        "arrow_function",
        "method_definition",
        "function_signature",
        "method_signature",
        "abstract_method_signature",
        "function_type",
    }
)
_NAMED_MEMBERS = frozenset(
    {
        "method_definition",
        "public_field_definition",
        "field_definition",
        "abstract_method_signature",
        "method_signature",
        "property_signature",
        "pair",
        "enum_assignment",
    }
)
_KEYS = ("name", "key", "property")
_BODIES = frozenset({"class_body", "interface_body", "object_type", "object", "enum_body"})


@dataclass(frozen=True, slots=True)
class Shape:
    """The declarations of one class, interface, enum or object; ``start``: the first one's name or first byte.

    ``static``: the side of a class that is reached through its name.
    """

    path: Path
    start: int
    static: bool = False


@dataclass(frozen=True, slots=True)
class ArrayOf:
    """An array, or anything that is iterated like one; ``items`` None: of unknown things."""

    items: frozenset[Type] | None


@dataclass(frozen=True, slots=True)
class Function:
    """A function by its node's place."""

    path: Path
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Namespace:
    """What a module, or a namespace inside it, makes visible. ``start``: the namespace's first name, -1: the module."""

    path: Path
    ambient: str
    start: int = -1


@dataclass(frozen=True, slots=True)
class Foreign:
    """A value of the language or of an installed package: it has no member of ours.

    ``plain``: a primitive, which a union may hold without having members that matter. ``closed``: what it holds is
    foreign too; of anything else, a container of a package say, the contents may be ours.
    """

    plain: bool = False
    closed: bool = False


Type = Shape | ArrayOf | Function | Namespace | Foreign
Types = frozenset[Type] | None
"""The types that a value can have; None where that is not known."""

PLAIN: Types = frozenset({Foreign(plain=True, closed=True)})
PLATFORM: Types = frozenset({Foreign(closed=True)})
FOREIGN: Types = frozenset({Foreign()})

PLATFORM_NAMES = frozenset(
    [
        *("document", "navigator", "location", "history", "screen", "console", "performance", "crypto", "localStorage"),
        *(
            "sessionStorage",
            "indexedDB",
            "Math",
            "JSON",
            "Object",
            "Array",
            "Number",
            "String",
            "Boolean",
            "Symbol",
            "Date",
        ),
        *(
            "RegExp",
            "Promise",
            "Reflect",
            "Intl",
            "Error",
            "BigInt",
            "Map",
            "Set",
            "WeakMap",
            "WeakSet",
            "Proxy",
            "URL",
        ),
        *("process", "Buffer", "fetch", "setTimeout", "setInterval", "clearTimeout", "clearInterval", "queueMicrotask"),
        *(
            "requestAnimationFrame",
            "structuredClone",
            "parseInt",
            "parseFloat",
            "isNaN",
            "isFinite",
            "undefined",
            "NaN",
        ),
        *("Infinity", "encodeURIComponent", "decodeURIComponent", "alert", "__dirname", "__filename"),
    ]
)
"""Globals of browsers and Node.js."""


@dataclass(frozen=True, slots=True)
class Declared:
    """One declaration of a member."""

    file: SourceFile
    node: Node
    static: bool = False


def shapes_of(types: Types) -> list[Shape]:
    """The shapes among the types of a value; none where these are unknown."""
    return [item for item in types or () if isinstance(item, Shape)]


def declared_members(file: SourceFile, node: Node, name: str) -> Iterator[Declared]:
    """Declarations of the member ``name`` that stand in the body of ``node`` (a class, an object...)."""
    body = node if node.type in _BODIES else node.child_by_field_name("body")
    if body is None:
        return
    for child in body.named_children:
        if child.type in _NAMED_MEMBERS:
            key = (
                child.child_by_field_name("name")
                or child.child_by_field_name("key")
                or child.child_by_field_name("property")
            )
            if key is not None and key_text(file, key) == name:
                yield Declared(file, child, _is_static(child))
        elif child.type in {"shorthand_property_identifier", "property_identifier"} and file.text(child) == name:
            yield Declared(file, child)
        if child.type == "method_definition" and _is_constructor(file, child):
            yield from _parameter_properties(file, child, name)
    if node.type in CLASSES and not file.document.language.startswith("typescript"):
        yield from _assigned_to_this(file, body, name)


def key_text(file: SourceFile, key: Node) -> str | None:
    """The name that a property key spells, None for computed ones."""
    if key.type == "computed_property_name":
        inner = key.named_children[0] if key.named_children else None
        return string_text(file, inner) if inner is not None else None
    if key.type in {"string", "template_string"}:
        return string_text(file, key)
    return file.text(key)


def string_text(file: SourceFile, node: Node) -> str | None:
    """The text of a string without substitutions or escapes."""
    if node.type not in {"string", "template_string"} or any(
        child.type != "string_fragment" for child in node.named_children
    ):
        return None
    return file.text(node)[1:-1]


def parameter_of_property(parameter: Node) -> bool:
    """Whether a constructor's parameter declares a property too (``constructor(private x)``)."""
    marks = {"accessibility_modifier", "override_modifier", "readonly"}
    return parameter.type in {"required_parameter", "optional_parameter"} and any(
        child.type in marks for child in parameter.children
    )


def spreads(node: Node) -> Iterator[Node]:
    """What an object literal takes over from others (``...other``)."""
    for child in node.named_children:
        if child.type == "spread_element" and child.named_children:
            yield child.named_children[0]


def heritage(node: Node) -> Iterator[tuple[Node, bool]]:
    """What a class or interface inherits from, and whether that is a value (``extends`` of a class)."""
    for child in node.named_children:
        if child.type == "class_heritage":
            for clause in child.named_children:
                if clause.type == "extends_clause":
                    value = clause.child_by_field_name("value")
                    if value is not None:
                        yield value, True
                elif clause.type == "implements_clause":
                    yield from ((item, False) for item in clause.named_children)
                else:  # JavaScript's grammar has no clauses
                    yield clause, True
        elif child.type == "extends_type_clause":
            yield from ((item, False) for item in child.named_children)


def _is_static(member: Node) -> bool:
    return any(child.type == "static" for child in member.children)


def _is_constructor(file: SourceFile, method: Node) -> bool:
    name = method.child_by_field_name("name")
    return name is not None and file.text(name) == "constructor"


def _parameter_properties(file: SourceFile, constructor: Node, name: str) -> Iterator[Declared]:
    parameters = constructor.child_by_field_name("parameters")
    for parameter in parameters.named_children if parameters is not None else ():
        pattern = parameter.child_by_field_name("pattern")
        if pattern is not None and parameter_of_property(parameter) and file.text(pattern) == name:
            yield Declared(file, parameter)


def _assigned_to_this(file: SourceFile, body: Node, name: str) -> Iterator[Declared]:
    """``this.name = ...`` in the methods of a class of JavaScript."""
    for found in file.occurrences(name).names:
        member = found.node.parent
        if found.role != "member" or member is None or not body.start_byte <= found.start < body.end_byte:
            continue
        target = member.child_by_field_name("object")
        assignment = member.parent
        if target is None or target.type != "this" or assignment is None or assignment.type != "assignment_expression":
            continue
        if assignment.child_by_field_name("left") == member and _this_class(member) == body.parent:
            yield Declared(file, assignment)


def _this_class(node: Node) -> Node | None:
    """The class whose instance ``this`` is at ``node``."""
    around = node.parent
    while around is not None and around.type not in CLASSES:
        if around.type in FUNCTIONS and around.type not in {"arrow_function", "method_definition"}:
            return None
        around = around.parent
    return around
