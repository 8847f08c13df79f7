"""Brackets of a Python file on one line or with one item on each. Pure."""

from __future__ import annotations

import ast
from itertools import pairwise

from tierwise.core.changes import TextEdit
from tierwise.core.text import Point, Span
from tierwise.features.mechanical.source import Offer, Source

_STEP = "    "


def layout(source: Source, place: Span, width: int) -> Offer | None:
    """The call, collection or definition around ``place`` with each item on a line of its own, or, where it stands on
    several lines, on one if it fits into ``width``. None where a comment or a longer string stands inside.
    """
    for node in source.around(place):
        found = _bracket(source, node)
        if found is None:
            continue
        inside, items = found
        if not inside.contains(place) or not items:
            continue
        text = source.lines.slice(inside)
        if "#" in text or '"""' in text or "'''" in text or "\\\n" in text:
            return None
        return _wrapped(source, inside, items) if "\n" not in text else _unwrapped(source, inside, items, width)
    return None


def _wrapped(source: Source, inside: Span, items: list[str]) -> Offer:
    outer = source.indent(inside.start.line)
    end = source.lines.terminator
    body = "".join(f"{outer}{_STEP}{item},{end}" for item in items)
    edit = TextEdit(inside, f"{end}{body}{outer}")
    return Offer("One item per line", "refactor.rewrite.tierwise.wrap", (edit,))


def _unwrapped(source: Source, inside: Span, items: list[str], width: int) -> Offer | None:
    joined = ", ".join(items)
    line = source.lines.line(inside.start.line)[: inside.start.column] + joined
    rest = source.lines.line(inside.end.line)[inside.end.column :]
    if "\n" in joined or "\r" in joined or len(line + rest) > width:
        return None
    return Offer("All items on one line", "refactor.rewrite.tierwise.unwrap", (TextEdit(inside, joined),))


def _bracket(source: Source, node: ast.expr | ast.stmt) -> tuple[Span, list[str]] | None:
    """What is between a node's brackets, and the items in it; None for one without, or with a single item that only a
    comma makes a tuple.
    """
    match node:
        case ast.Call(func=function, args=args, keywords=keywords):
            if len(args) == 1 and isinstance(args[0], ast.GeneratorExp) and not keywords:
                return None
            parts = sorted([*map(source.span, args), *(_keyword(source, k) for k in keywords)])
            opening = source.span(function).end
        case ast.List(elts=items) | ast.Set(elts=items):
            parts, opening = [source.span(item) for item in items], source.span(node).start
        case ast.Dict(keys=keys, values=values):
            starts = [key or value for key, value in zip(keys, values, strict=True)]
            if None in keys:
                return None
            parts = [
                Span(source.span(first).start, source.span(last).end)
                for first, last in zip(starts, values, strict=True)
            ]
            opening = source.span(node).start
        case _:
            return None
    if not parts:
        return None
    return _between(source, opening, parts, source.span(node).end)


def _between(source: Source, opening: Point, parts: list[Span], end: Point) -> tuple[Span, list[str]] | None:
    head = source.lines.slice(Span(opening, parts[0].start))
    column = next((i for i, char in enumerate(head) if char in "([{"), None)
    if column is None or "\n" in head[: column + 1]:
        return None
    if head[column + 1 :].strip():  # a bracket of the first item's own
        return None
    inside = Span(Point(opening.line, opening.column + column + 1), Point(end.line, end.column - 1))
    gaps = (source.lines.slice(Span(a.end, b.start)) for a, b in pairwise(parts))
    if any(gap.strip() != "," for gap in gaps):
        return None
    if source.lines.slice(Span(parts[-1].end, inside.end)).strip() not in {"", ","}:
        return None
    return inside, [source.lines.slice(part) for part in parts]


def _keyword(source: Source, keyword: ast.keyword) -> Span:
    """A keyword argument with its name, or with its stars."""
    value = source.span(keyword.value)
    before = source.lines.line(value.start.line)[: value.start.column]
    name = f"{keyword.arg}=" if keyword.arg else "**"
    start = before.rstrip().rfind(name) if before.rstrip().endswith(name) else value.start.column
    return Span(Point(value.start.line, start), value.end)
