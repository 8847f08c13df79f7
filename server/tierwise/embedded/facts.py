"""What can be said of a piece of code without a model: facts from syntax, the workspace and its history. Pure reading.

It never guesses a purpose. Bounded: at most a few hundred files are searched for callers, and lists are cut.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

from tierwise.core.commits import Commit
from tierwise.core.documents import Document
from tierwise.core.text import Span
from tierwise.core.workspace import WorkspaceView
from tierwise.syntax.outline import Definition, calls, enclosing, imports, outline

NO_MODEL = (
    "*No model is configured: these are facts only. For an explanation in words choose a profile "
    "(`tierwise profiles`), or start a local model server.*"
)

_MAX_CALLERS = 12
_MAX_SEARCHED = 400
_MAX_LISTED = 20


def describe(view: WorkspaceView, document: Document, span: Span, commits: Sequence[Commit]) -> str:
    """Markdown on the definition around ``span``, or on the file where there is none. ``commits``: the newest first."""
    definitions = outline(document.language, document.text)
    definition = enclosing(definitions, span.start)
    if definition is None:
        parts = _of_file(document, definitions)
    else:
        parts = _of_definition(view, document, definition)
    if commits:
        parts += ["## Recent commits", "", *(f"- `{c.id}` {c.date} {c.author}: {c.subject}" for c in commits), ""]
    return "\n".join([*parts, NO_MODEL]) + "\n"


def _of_definition(view: WorkspaceView, document: Document, definition: Definition) -> list[str]:
    name = ".".join((*definition.parents, definition.name))
    first, last = definition.span.start.line + 1, definition.span.end.line + 1
    where = f"{_name(view, document.path)}, line {first}" if first == last else (
        f"{_name(view, document.path)}, lines {first} to {last}"
    )  # fmt: skip
    parts = [f"# {definition.kind} `{name}`", "", f"```{document.language}", definition.signature, "```", ""]
    if definition.doc.strip():
        parts += [definition.doc.strip(), ""]
    parts += [f"- Defined in {where} ({last - first + 1} lines)."]
    called = calls(document.language, document.text, definition.span)
    others = [other for other in called if other != definition.name]
    parts += [f"- Calls {_list(others)}." if others else "- Calls nothing."]
    if definition.name in called:
        parts += ["- Calls itself."]
    parts += [_callers_line(view, document, definition), ""]
    return parts


def _callers_line(view: WorkspaceView, document: Document, definition: Definition) -> str:
    found = list(islice(_callers(view, document, definition), _MAX_CALLERS + 1))
    if not found:
        return "- No caller was found in this workspace (by name)."
    more = ", and more" if len(found) > _MAX_CALLERS else ""
    return f"- Called, by name, from {', '.join(found[:_MAX_CALLERS])}{more}."


def _callers(view: WorkspaceView, document: Document, definition: Definition) -> Iterator[str]:
    """Definitions, and file bodies, that call something of this name."""
    for other in _searched(view, document, definition.name):
        text = other.text
        for item in outline(other.language, text):
            same = other.uri == document.uri and item.name_span == definition.name_span
            inner = item.kind in {"function", "method"}
            if inner and not same and definition.name in calls(other.language, text, item.span):
                line = item.span.start.line + 1
                yield f"`{'.'.join((*item.parents, item.name))}` ({_name(view, other.path)}:{line})"


def _searched(view: WorkspaceView, document: Document, word: str) -> Iterator[Document]:
    yield document
    folder = view.folder_of(document.path) if document.path is not None else None
    if folder is None:
        return
    for path in islice(view.files_with(folder, word, frozenset({document.language})), _MAX_SEARCHED):
        other = view.read(path)
        if other is not None and path != document.path:
            yield other


def _of_file(document: Document, definitions: Sequence[Definition]) -> list[str]:
    name = document.path.name if document.path else document.uri
    top = [item for item in definitions if not item.parents]
    modules = list(dict.fromkeys(item.module for item in imports(document.language, document.text)))
    parts = [f"# {name}", "", f"- {document.lines.count} lines of {document.language}."]
    if modules:
        parts += [f"- Imports {_list(modules)}."]
    if top:
        listed = [f"  - {item.kind} `{item.name}`, line {item.span.start.line + 1}" for item in top[:_MAX_LISTED]]
        parts += ["- Defines:", *listed]
    if len(top) > _MAX_LISTED:
        parts += [f"  - and {len(top) - _MAX_LISTED} more"]
    return [*parts, ""]


def _name(view: WorkspaceView, path: Path | None) -> str:
    folder = view.folder_of(path) if path is not None else None
    if path is None:
        return "this buffer"
    return path.relative_to(folder).as_posix() if folder else path.name


def _list(names: Sequence[str]) -> str:
    shown = ", ".join(f"`{name}`" for name in names[:_MAX_LISTED])
    return shown if len(names) <= _MAX_LISTED else f"{shown} and {len(names) - _MAX_LISTED} more"
