"""Strings and collections of a Python file: quotes, f-strings, members in order. Pure."""

from __future__ import annotations

import ast
import re
from itertools import pairwise
from string import Formatter

from tierwise.core.changes import TextEdit
from tierwise.core.text import Span
from tierwise.features.mechanical.source import Offer, Source

_PLAIN = re.compile(r"""([rRbBuU]{0,2})(['"])((?:(?!\2).)*)\2""")
_PERCENT = re.compile(r"%(.)")
_MOST_NODES = 12


def quotes(source: Source, place: Span) -> Offer | None:
    """The string at ``place`` in the other quotes; None where they would need a backslash."""
    for node in source.around(place):
        if isinstance(node, ast.Constant) and isinstance(node.value, str | bytes):
            match = _PLAIN.fullmatch(source.text(node))
            if match is None or "\\" in match[3] or "'" in match[3] or '"' in match[3]:
                return None
            other, word = ("'", "single") if match[2] == '"' else ('"', "double")
            edit = TextEdit(source.span(node), f"{match[1]}{other}{match[3]}{other}")
            return Offer(f"Use {word} quotes", "refactor.rewrite.tierwise.quotes", (edit,))
        if isinstance(node, ast.stmt | ast.JoinedStr):
            return None
    return None


def f_string(source: Source, place: Span) -> Offer | None:
    """``format`` or ``%`` at ``place`` as an f-string; None where the two could differ."""
    for node in source.around(place):
        made = _of_format(source, node) if isinstance(node, ast.Call) else None
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod):
            made = _of_percent(source, node)
        if made is not None:
            edit = TextEdit(source.span(node), made)
            return Offer("Convert to an f-string", "refactor.rewrite.tierwise.fstring", (edit,))
        if isinstance(node, ast.stmt):
            return None
    return None


def _of_format(source: Source, call: ast.Call) -> str | None:
    match call.func:
        case ast.Attribute(value=ast.Constant(value=str(text)) as template, attr="format"):
            pass
        case _:
            return None
    if any(isinstance(a, ast.Starred) for a in call.args) or any(k.arg is None for k in call.keywords):
        return None
    given = {str(number): node for number, node in enumerate(call.args)}
    given |= {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg}
    pieces: list[str] = []
    used: list[str] = []
    for literal, field, spec, conversion in Formatter().parse(text):
        pieces.append(literal.replace("{", "{{").replace("}", "}}"))
        if field is None:
            continue
        name = field or str(len(used))
        if name not in given or "{" in (spec or ""):
            return None
        used.append(name)
        pieces.append(_hole(source, given[name], conversion, spec))
    in_turn = used == list(given) or all(isinstance(node, ast.Name | ast.Constant) for node in given.values())
    return _written(source, template, pieces) if in_turn and sorted(used) == sorted(given) else None


def _of_percent(source: Source, node: ast.BinOp) -> str | None:
    """Only ``%s`` and ``%r`` of a tuple: ``%d`` cuts fractions off, and a lone name may be a tuple."""
    if not (isinstance(node.left, ast.Constant) and isinstance(node.left.value, str)):
        return None
    if not isinstance(node.right, ast.Tuple) or any(isinstance(item, ast.Starred) for item in node.right.elts):
        return None
    pieces: list[str] = []
    values = list(node.right.elts)
    for number, part in enumerate(_PERCENT.split(node.left.value)):
        if number % 2 == 0:
            pieces.append(part.replace("{", "{{").replace("}", "}}"))
        elif part == "%":
            pieces.append("%")
        elif part in {"s", "r"} and values:
            pieces.append(_hole(source, values.pop(0), "r" if part == "r" else None, ""))
        else:
            return None
    return None if values else _written(source, node.left, pieces)


def _hole(source: Source, node: ast.expr, conversion: str | None, spec: str | None) -> str:
    text = source.text(node)
    needs = isinstance(node, ast.Lambda | ast.NamedExpr | ast.IfExp | ast.Tuple)
    inner = f"({text})" if needs or text.startswith("{") else text
    return "{" + inner + (f"!{conversion}" if conversion else "") + (f":{spec}" if spec else "") + "}"


def _written(source: Source, template: ast.Constant, pieces: list[str]) -> str | None:
    """The pieces in the template's quotes; None where something in them would end the string or needs a backslash
    (allowed inside the braces from Python 3.12 on only).
    """
    match = _PLAIN.fullmatch(source.text(template))
    text = "".join(pieces)
    if match is None or match[1] or "\\" in match[3] or "\\" in text or "\n" in text or match[2] in text:
        return None
    made = f"f{match[2]}{text}{match[2]}"
    try:
        ast.parse(made, mode="eval")
    except SyntaxError:
        return None
    return made


def sort_members(source: Source, place: Span) -> Offer | None:
    """The strings or names in the list, tuple, set or dictionary at ``place`` in alphabetical order, each in its own
    place of the layout; None where they are, or where something else stands among them.
    """
    for number, node in enumerate(source.around(place)):
        members = _members(node)
        if members and not _holds_comment(source, node):
            spans = [Span(source.span(first).start, source.span(last).end) for first, last in members]
            texts = [source.lines.slice(span) for span in spans]
            keys = [_key(first) for first, _ in members]
            order = sorted(range(len(keys)), key=lambda i: keys[i])
            if order == sorted(order) or any(keys[a] == keys[b] for a, b in pairwise(order)):
                return None
            edits = tuple(TextEdit(span, texts[i]) for span, i in zip(spans, order, strict=True) if texts[i])
            return Offer("Sort members", "refactor.rewrite.tierwise.sort", edits)
        if number > _MOST_NODES:
            return None
    return None


def _members(node: ast.AST) -> list[tuple[ast.expr, ast.expr]]:
    """Pairs of a member's first and last expression; empty where any is neither a string nor, in a dictionary, has one
    for its key.
    """
    match node:
        case ast.List(elts=items) | ast.Tuple(elts=items) | ast.Set(elts=items):
            found: list[tuple[ast.expr, ast.expr]] = [(item, item) for item in items]
        case ast.Dict(keys=keys, values=values):
            found = [(key, value) for key, value in zip(keys, values, strict=True) if key is not None]
            if len(found) != len(keys):
                return []
        case _:
            return []
    plain = all(isinstance(first, ast.Constant) and isinstance(first.value, str) for first, _ in found)
    return found if plain and len(found) > 1 else []


def _key(node: ast.expr) -> str:
    return str(node.value) if isinstance(node, ast.Constant) else ""


def _holds_comment(source: Source, node: ast.expr | ast.stmt) -> bool:
    """Whether a comment may stand between the members; a "#" inside a string counts as one, to be sure."""
    return "#" in source.text(node)
