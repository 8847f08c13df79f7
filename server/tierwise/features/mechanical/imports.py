"""Imports of a Python file: in order, and the one that a name lacks. Pure."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import PurePosixPath

from tierwise.core.changes import TextEdit
from tierwise.core.text import Point, Span
from tierwise.features.mechanical.source import Offer, Source

_ORGANIZE = "source.tierwise.imports"
_ADD = "quickfix.tierwise.import"
_MOST = 5
"""Imports that are offered for one name."""

_Import = ast.Import | ast.ImportFrom


def organize(source: Source, own: frozenset[str], width: int) -> Offer | None:
    """The first run of imports in order: by section (``__future__``, standard library, installed, the workspace's
    ``own`` top-level modules, relative), each sorted, and what is said twice once. Nothing is taken away: another file
    may import it from here. None where they are in order, where a comment stands among them, or where their order
    decides what a name means.
    """
    run = _first_run(source.tree.body)
    if not run or _order_matters(run):
        return None
    span = Span(source.span(run[0]).start, source.span(run[-1]).end)
    old = source.lines.slice(span)
    if "#" in old or ";" in old or span.start.column or source.lines.line(span.end.line)[span.end.column :].strip():
        return None
    new = "\n".join(_ordered(run, own, width)).replace("\n", source.lines.terminator)
    return None if new == old else Offer("Organize imports", _ORGANIZE, (TextEdit(span, new),))


def _first_run(body: Sequence[ast.stmt]) -> list[_Import]:
    run: list[_Import] = []
    for node in body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            run.append(node)
        elif run:
            break
    return run


def _order_matters(run: Sequence[_Import]) -> bool:
    """Whether a later import takes a name away from an earlier one, as ``*`` may take any."""
    bound: dict[str, str] = {}
    for node in run:
        module = None if isinstance(node, ast.Import) else "." * node.level + (node.module or "")
        for alias in node.names:
            top = alias.name if alias.asname or module is not None else alias.name.partition(".")[0]
            meant = top if module is None else f"{module}:{alias.name}"
            if alias.name == "*" or bound.setdefault(alias.asname or top, meant) != meant:
                return True
    return False


def _ordered(run: Iterable[_Import], own: frozenset[str], width: int) -> Iterator[str]:
    plain: set[tuple[int, str, str]] = set()
    members: dict[tuple[int, str], dict[str, None]] = {}
    for node in run:
        for alias in node.names:
            said = alias.name + (f" as {alias.asname}" if alias.asname else "")
            if isinstance(node, ast.Import):
                plain.add((_section(alias.name, own), alias.name.lower(), f"import {said}"))
            else:
                module = "." * node.level + (node.module or "")
                members.setdefault((_section(module, own), module), {})[said] = None
    first = True
    for section in range(5):
        lines = [text for at, _, text in sorted(plain) if at == section]
        for (at, module), names in sorted(members.items(), key=lambda item: _relative_last(item[0][1])):
            if at == section:
                lines += _from(module, sorted(names, key=_by_kind), width)
        if lines:
            yield from lines if first else ["", *lines]
            first = False


def _section(module: str, own: frozenset[str]) -> int:
    top = module.split(".", maxsplit=1)[0]
    if module == "__future__":
        return 0
    if module.startswith("."):
        return 4
    return 1 if top in sys.stdlib_module_names else 3 if top in own else 2


def _relative_last(module: str) -> tuple[int, str]:
    """Farther packages before nearer ones, as isort does."""
    return (-(len(module) - len(module.lstrip("."))), module.lower())


def _by_kind(name: str) -> tuple[int, str]:
    """CONSTANTS, then Classes, then the rest (isort's ``order_by_type``)."""
    word = name.split(" ", maxsplit=1)[0]
    kind = 0 if word.isupper() and len(word) > 1 else 1 if word[:1].isupper() else 2
    return kind, word.lower()


def _from(module: str, names: list[str], width: int) -> list[str]:
    aliased = [name for name in names if " as " in name]
    simple = [name for name in names if " as " not in name]
    found = [f"from {module} import {', '.join(simple)}"] if simple else []
    if found and len(found[0]) > width:
        found = [f"from {module} import (", *(f"    {name}," for name in simple), ")"]
    return [*found, *(f"from {module} import {name}" for name in aliased)]


def missing(source: Source, name: str, modules: Iterable[str]) -> Iterator[Offer]:
    """The imports that would bind ``name``: a module of the standard library of that name, or the name from one of
    ``modules``, which define it.
    """
    lines = [f"from {module} import {name}" for module in modules if module]
    if name in sys.stdlib_module_names:
        lines.insert(0, f"import {name}")
    place, before, after = _place(source)
    end = source.lines.terminator
    for line in lines[:_MOST]:
        edit = TextEdit(Span.at(place), f"{before}{line}{end}{after}".replace("\n", end))
        yield Offer(f"Add '{line}'", _ADD, (edit,))


def _place(source: Source) -> tuple[Point, str, str]:
    """Where a new import goes: after the imports at the top; else after the docstring; with what stands around it."""
    run = _first_run(source.tree.body)
    if run:
        return _below(source, run[-1]), "", ""
    body = source.tree.body
    if body and ast.get_docstring(source.tree, clean=False) is not None:
        return _below(source, body[0]), "\n", ""
    first = next((n for n, line in enumerate(source.lines) if not line.startswith("#")), 0)
    return Point(first, 0), "", "\n\n" if body else ""


def _below(source: Source, node: ast.stmt) -> Point:
    return source.lines.clamp(Point(source.span(node).end.line + 1, 0))


def module_name(path: str, names: frozenset[str]) -> str:
    """How a file (relative to the workspace, among ``names``) is imported: from the folder above its outermost package;
    "" for one that cannot be.
    """
    file = PurePosixPath(path)
    parts = [] if file.stem == "__init__" else [file.stem]
    folder = file.parent
    while folder.parts and f"{folder.as_posix()}/__init__.py" in names:
        parts.insert(0, folder.name)
        folder = folder.parent
    return ".".join(parts) if all(part.isidentifier() for part in parts) else ""
