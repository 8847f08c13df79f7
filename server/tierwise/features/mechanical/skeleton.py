"""The skeleton of a docstring: what a signature says already, in the style that the file uses. Pure."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from tierwise.core.changes import TextEdit
from tierwise.core.text import Point, Span
from tierwise.features.mechanical.source import Offer, Source

_KIND = "refactor.rewrite.tierwise.skeleton"
_FIELDS = re.compile(r"^\s*:(?:param|returns?|raises)\b", re.MULTILINE)
_UNDERLINED = re.compile(r"^\s*(?:Parameters|Returns)\s*\n\s*-{3,}\s*$", re.MULTILINE)

_Documented = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def skeleton(source: Source, place: Span) -> Offer | None:
    """A docstring to fill in for the definition around ``place``; None where it has one."""
    for node in source.around(place):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            return None if ast.get_docstring(node, clean=False) is not None else _offer(source, node)
    return None


def _offer(source: Source, node: _Documented) -> Offer | None:
    first = node.body[0]
    at = source.span(first).start
    if isinstance(first, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and first.decorator_list:
        at = min(source.span(item).start for item in first.decorator_list)
        at = Point(at.line, at.column - 1)
    indent = source.lines.line(at.line)[: at.column]
    if indent.strip():  # the body stands behind the colon
        return None
    end = source.lines.terminator
    lines = list(_lines(source, node))
    body = f'"""{lines[0]}"""' if len(lines) == 1 else end.join(['"""' + lines[0], *lines[1:], '"""'])
    text = body.replace(end, end + indent).replace(end + indent + end, end + end)
    edit = TextEdit(Span.at(at), f"{text}{end}{indent}")
    return Offer("Write a docstring's skeleton", _KIND, (edit,))


def _lines(source: Source, node: _Documented) -> Iterator[str]:
    yield _summary(node.name)
    if isinstance(node, ast.ClassDef):
        return
    given = node.args
    every = [*given.posonlyargs, *given.args, given.vararg, *given.kwonlyargs, given.kwarg]
    names = [one.arg for one in every if one is not None and one.arg not in {"self", "cls"}]
    raised = tuple(dict.fromkeys(_raised(node)))
    yields = any(isinstance(item, ast.Yield | ast.YieldFrom) for item in _own(node))
    returns = any(isinstance(item, ast.Return) and item.value is not None for item in _own(node))
    sections = [("Args", names), ("Raises", list(raised))]
    sections.insert(1, ("Yields" if yields else "Returns", [""] if yields or returns else []))
    for title, items in sections:
        if items:
            yield from _section(_style(source), title, items)


def _section(style: str, title: str, items: list[str]) -> Iterator[str]:
    if style == "fields":
        word = {"Args": "param", "Returns": "returns", "Yields": "yields", "Raises": "raises"}[title]
        yield from ([""] if title == "Args" else [])
        yield from (f":{word} {item}:" if item else f":{word}:" for item in items)
    elif style == "numpy":
        heading = "Parameters" if title == "Args" else title
        yield from ("", heading, "-" * len(heading), *(item or "object" for item in items))
    else:
        yield from ("", f"{title}:", *(f"    {item}:" if item else "    …" for item in items))


def _style(source: Source) -> str:
    text = source.lines.text
    if _FIELDS.search(text):
        return "fields"
    return "numpy" if _UNDERLINED.search(text) else "google"


def _summary(name: str) -> str:
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).strip("_").lower().split("_")
    sentence = " ".join(word for word in words if word) or name
    return sentence[:1].upper() + sentence[1:] + "."


def _raised(node: _Documented) -> Iterator[str]:
    for item in _own(node):
        if isinstance(item, ast.Raise) and item.exc is not None:
            error = item.exc.func if isinstance(item.exc, ast.Call) else item.exc
            if isinstance(error, ast.Name) and error.id[:1].isupper():
                yield error.id


def _own(node: ast.AST) -> Iterator[ast.AST]:
    """What belongs to a definition itself, without the definitions inside it."""
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            yield child
            yield from _own(child)
