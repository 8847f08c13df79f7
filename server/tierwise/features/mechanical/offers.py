"""Which mechanical changes a place offers. Reads the workspace's view; changes nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from tierwise.core.documents import Document
from tierwise.core.text import Span
from tierwise.features.mechanical.imports import missing, module_name, organize
from tierwise.features.mechanical.layout import layout
from tierwise.features.mechanical.literals import f_string, quotes, sort_members
from tierwise.features.mechanical.skeleton import skeleton
from tierwise.features.mechanical.source import Offer, Source, source
from tierwise.session.view import FrozenView
from tierwise.validation.names.python import unbound

KINDS = (
    "source.tierwise.imports",
    "quickfix.tierwise.import",
    *(f"refactor.rewrite.tierwise.{name}" for name in ("quotes", "fstring", "sort", "wrap", "unwrap", "skeleton")),
)
"""The kinds of code actions that need no model."""

_WIDTH = 88
"""Characters of a line where the workspace does not say (Black's and Ruff's own default)."""
_SOURCES = frozenset({"src", "lib", "server", "python"})
_LINE_LENGTH = re.compile(r"^\s*(?:line-length|line_length|max-line-length)\s*=\s*(\d+)\s*$", re.MULTILINE)


def offers(view: FrozenView, document: Document, span: Span) -> tuple[Offer, ...]:
    """All changes for a place of a Python document. Parses a text on first sight: hand it to a thread."""
    parsed = source(document.text) if document.language == "python" else None
    if parsed is None:
        return ()
    folder = view.folder_of(document.path) if document.path is not None else None
    width = _width(view, folder)
    found = [
        *_imports(view, document, folder, span, parsed),
        organize(parsed, _own_modules(view, folder), width),
        skeleton(parsed, span),
        f_string(parsed, span),
        quotes(parsed, span),
        layout(parsed, span, width),
        sort_members(parsed, span),
    ]
    return tuple(offer for offer in found if offer is not None)


def _imports(
    view: FrozenView, document: Document, folder: Path | None, span: Span, parsed: Source
) -> Iterator[Offer | None]:
    """The imports that the name at ``span`` lacks."""
    word = document.word_at(span.start)
    name = document.lines.slice(word) if word is not None else ""
    free = unbound(document.text) if name else None
    if free is None or name not in free.names or free.stars:
        return
    listed = view.map(folder) if folder is not None else None
    modules: list[str] = []
    if folder is not None and listed is not None:
        names = frozenset(listed.paths)
        for path in sorted(view.defining(folder, name, "python")):
            other = view.read(path)
            if path == document.path or other is None:
                continue
            if any(item.name == name and not item.parents for item in view.outline(other)):
                modules.append(module_name(path.relative_to(folder).as_posix(), names))
    yield from missing(parsed, name, dict.fromkeys(modules))


def _own_modules(view: FrozenView, folder: Path | None) -> frozenset[str]:
    """The workspace's own top-level modules: below the folder itself and below what usually holds sources."""
    listed = view.map(folder) if folder is not None else None
    names = listed.paths if listed is not None else ()
    paths = (name.split("/") for name in names if name.endswith(".py"))
    tops = (path[1:2] if path[0] in _SOURCES and len(path) > 1 else path[:1] for path in paths)
    return frozenset(top.removesuffix(".py") for (top,) in tops)


def _width(view: FrozenView, folder: Path | None) -> int:
    """The line length that the workspace's tools are told."""
    for name in ("pyproject.toml", "ruff.toml", "setup.cfg") if folder is not None else ():
        document = view.read(folder / name) if folder is not None else None
        if document is not None and (said := _LINE_LENGTH.search(document.text)):
            return int(said[1])
    return _WIDTH
