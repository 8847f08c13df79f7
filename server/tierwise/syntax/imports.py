"""What a file imports, in one form for all languages. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tree_sitter import Node

from tierwise.core.text import Span
from tierwise.syntax.parse import Parsed, parse


@dataclass(frozen=True, slots=True)
class Import:
    """One imported module as it is written (``..pkg.mod``, ``./util``, ``example.com/x``, ``crate::net``,
    ``java.util``) and the names taken from it, as the module calls them (not their local aliases).

    ``names`` is empty where the module itself is imported and holds ``*`` for all of it; a default import of JavaScript
    is ``default``, a Rust module imported beside its contents is ``self``. ``span`` is the whole statement.
    """

    module: str
    names: tuple[str, ...]
    span: Span


def imports(language: str, text: str) -> tuple[Import, ...]:
    """All imports in the order of the text; empty for a language without a grammar."""
    parsed = parse(language, text)
    if parsed is None:
        return ()
    found = [item for captures in parsed.matches("imports") for item in _READERS[language](parsed, captures)]
    return tuple(sorted(found, key=lambda item: item.span.start))


_Captures = dict[str, list[Node]]


def _python(parsed: Parsed, captures: _Captures) -> Iterator[Import]:
    node = captures["import"][0]
    span = parsed.span(node)
    names = [_unaliased(parsed, child) for child in node.children_by_field_name("name")]
    if node.type == "import_statement":
        yield from (Import(name, (), span) for name in names)
        return
    if node.type == "future_import_statement":
        yield Import("__future__", tuple(names), span)
        return
    module = node.child_by_field_name("module_name")
    if any(child.type == "wildcard_import" for child in node.children):
        names = ["*"]
    if module is not None:
        yield Import("".join(parsed.source(module).split()), tuple(names), span)


def _unaliased(parsed: Parsed, node: Node) -> str:
    inner = node.child_by_field_name("name") if node.type == "aliased_import" else node
    return parsed.source(inner or node)


def _ecmascript(parsed: Parsed, captures: _Captures) -> Iterator[Import]:
    if "call" in captures:
        node = captures["call"][0]
        if parsed.source(captures["function"][0]) not in {"require", "import"}:
            return
        arguments = node.child_by_field_name("arguments")
        source = arguments.named_children[0] if arguments else None
        names: tuple[str, ...] = ()
    else:
        node = captures["import"][0]
        source = node.child_by_field_name("source")
        names = tuple(_ecmascript_names(parsed, node))
    if source is not None:
        yield Import(parsed.source(source)[1:-1], names, parsed.span(node))


def _ecmascript_names(parsed: Parsed, statement: Node) -> Iterator[str]:
    pending = list(reversed(statement.children))
    while pending:
        node = pending.pop()
        if node.type in {"import_specifier", "export_specifier"}:
            name = node.child_by_field_name("name")
            if name is not None:
                yield parsed.source(name).strip("'\"")
        elif node.type in {"namespace_import", "namespace_export", "*"}:
            yield "*"
        elif node.type == "identifier" and node.parent is not None and node.parent.type == "import_clause":
            yield "default"
        elif node.type in {"import_clause", "named_imports", "export_clause"}:
            pending.extend(reversed(node.children))


def _go(parsed: Parsed, captures: _Captures) -> Iterator[Import]:
    node = captures["import"][0]
    path, name = node.child_by_field_name("path"), node.child_by_field_name("name")
    if path is not None:
        names = ("*",) if name is not None and name.type == "dot" else ()
        yield Import(parsed.source(path)[1:-1], names, parsed.span(node))


def _rust(parsed: Parsed, captures: _Captures) -> Iterator[Import]:
    span = parsed.span(captures["import"][0])
    if "module" in captures:  # "mod name;" pulls in the file of that name
        yield Import("self::" + parsed.source(captures["module"][0]), (), span)
        return
    modules: dict[str, list[str]] = {}
    for module, name in _rust_paths(parsed, captures["tree"][0], ""):
        names = modules.setdefault(module, [])
        if name:
            names.append(name)
    yield from (Import(module, tuple(names), span) for module, names in modules.items())


def _rust_paths(parsed: Parsed, node: Node, prefix: str) -> Iterator[tuple[str, str]]:
    """Every leaf of a use tree as module and name."""
    if node.type == "use_list":
        for child in node.named_children:
            yield from _rust_paths(parsed, child, prefix)
        return
    path = node.child_by_field_name("path")
    if node.type == "scoped_use_list":
        inside = _joined(prefix, parsed.source(path) if path is not None else "")
        entries = node.child_by_field_name("list")
        if entries is not None:
            yield from _rust_paths(parsed, entries, inside)
    elif node.type == "use_as_clause" and path is not None:
        yield from _rust_paths(parsed, path, prefix)
    elif node.type == "use_wildcard":
        inner = node.named_children[0] if node.named_children else None
        yield _joined(prefix, parsed.source(inner) if inner is not None else ""), "*"
    else:
        name = node.child_by_field_name("name")
        if name is not None and path is not None:
            yield _joined(prefix, parsed.source(path)), parsed.source(name)
        elif prefix and parsed.source(node) == "self":
            yield prefix, "self"
        elif prefix:
            yield prefix, parsed.source(node)
        else:
            yield parsed.source(node), ""


def _joined(prefix: str, path: str) -> str:
    path = "".join(path.split())
    return f"{prefix}::{path}" if prefix and path else prefix or path


def _java(parsed: Parsed, captures: _Captures) -> Iterator[Import]:
    node = captures["import"][0]
    span = parsed.span(node)
    path = next((child for child in node.named_children if child.type in {"scoped_identifier", "identifier"}), None)
    if path is None:
        return
    whole = parsed.source(path)
    if any(child.type == "asterisk" for child in node.named_children):
        yield Import(whole, ("*",), span)
    else:
        module, _, name = whole.rpartition(".")
        yield Import(module, (name,), span)


_READERS: dict[str, Callable[[Parsed, _Captures], Iterator[Import]]] = {
    "python": _python,
    "javascript": _ecmascript,
    "javascriptreact": _ecmascript,
    "typescript": _ecmascript,
    "typescriptreact": _ecmascript,
    "go": _go,
    "rust": _rust,
    "java": _java,
}
