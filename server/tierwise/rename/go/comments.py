"""Names in comments that Go's tools take for references: doc comments and doc links (go.dev/doc/comment). Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from tierwise.rename.syntactic.project import SourceFile, ancestors
from tierwise.rename.syntactic.sites import Site
from tierwise.syntax.parse import Node
from tierwise.syntax.scopes import Name

_LINK = re.compile(rb"\[\*?((?:[^\W\d]\w*\.){0,2}[^\W\d]\w*)\](?!\w)")
_DOCUMENTED = frozenset(
    [
        *("function_declaration", "method_declaration", "type_spec", "type_alias", "const_spec", "var_spec"),
        *("field_declaration", "method_elem", "short_var_declaration"),
    ]
)
_DECLARATIONS = frozenset({"type_declaration", "const_declaration", "var_declaration"})


@dataclass(frozen=True, slots=True)
class Link:
    """What stands before a name in a doc link."""

    package: str
    type: str


def documents(file: SourceFile, name: Name, sites: Iterable[Site]) -> Iterable[Site]:
    """Definitions whose own doc comment an occurrence stands in."""
    for site in sites:
        if site.file is not file:
            continue
        node = file.root.descendant_for_byte_range(site.start, site.end)
        declaration = _declared_by(node) if node is not None else None
        if declaration is not None and name.node in _comments_above(declaration):
            yield site


def linked(file: SourceFile, name: Name) -> Link | None:
    """The doc link that ends with an occurrence, ``[pkg.Type.Name]``."""
    data = file.parsed.data
    for match in _LINK.finditer(data, name.node.start_byte, name.node.end_byte):
        if match.end(1) == name.end:
            parts = match.group(1).decode().split(".")[:-1]
            if len(parts) == 2:
                return Link(parts[0], parts[1])
            if not parts:
                return Link("", "")
            is_package = parts[0][:1].islower()
            return Link(parts[0], "") if is_package else Link("", parts[0])
        if match.start(1) == name.start and b"." in match.group(1):
            return Link("", "") if data[name.end : name.end + 1] == b"." else None
        if match.start(1) < name.start and name.end < match.end(1) and data[name.end : name.end + 1] == b".":
            return Link(data[match.start(1) : name.start - 1].decode(), "")
    return None


def _declared_by(node: Node) -> Node | None:
    """The declaration whose name ``node`` is."""
    for item in ancestors(node):
        if item.type in _DOCUMENTED:
            names = [*item.children_by_field_name("name")]
            left = item.child_by_field_name("left")
            names += left.named_children if left is not None else []
            return item if node in names else None
        if item.type != "expression_list":
            return None
    return None


def _comments_above(declaration: Node) -> list[Node]:
    """The comments that end on the line above a declaration, without a blank line between."""
    parent = declaration.parent
    if parent is not None and parent.type in {"var_spec_list", "const_spec_list"}:
        parent = parent.parent
    if parent is not None and parent.type in _DECLARATIONS and len(parent.named_children) == 1:
        declaration = parent
    found: list[Node] = []
    below = declaration.start_point.row
    node = declaration.prev_sibling
    if node is None and declaration.parent is not None and declaration.parent.type == "statement_list":
        node = declaration.parent.prev_sibling  # the tree keeps a comment before the first statement outside the list
    while node is not None and (node.type == "comment" or not node.is_named):
        if node.type == "comment":
            before = node.prev_sibling
            trailing = before is not None and before.type != "comment" and before.end_point.row == node.start_point.row
            if node.end_point.row != below - 1 or (trailing and before is not None and before.is_named):
                break
            found.append(node)
            below = node.start_point.row
        node = node.prev_sibling
    return found
