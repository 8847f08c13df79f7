"""Where the old name stands outside the certain occurrences: in comments, strings, documents, and in code that the
engine could not decide. Candidates only: a person or a model says which of them mean the renamed thing.

Pure but for reading the view. What can be told by rule is told here: ``marked`` says that a place can hardly mean
anything else.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from tierwise.core.changes import Changeset
from tierwise.core.documents import Document
from tierwise.core.languages import is_code
from tierwise.core.text import Point, Span
from tierwise.rename.checks import is_untouchable
from tierwise.rename.reach import Reach
from tierwise.rename.snapshot import Snapshot
from tierwise.rename.values import Occurrence
from tierwise.rename.words import forms_of, is_ordinary
from tierwise.syntax.parse import Node, Parsed, parse
from tierwise.syntax.scopes import LOOSE, occurrences

MAX_MENTIONS = 400
"""More places than that are not looked at one by one by anybody; those nearest to the symbol are kept."""

_CONFIGURATION = frozenset({"json", "jsonc", "toml", "yaml", "dockerfile", "makefile", "html", "shellscript"})


class Where(StrEnum):
    """What kind of text a mention stands in, as it is told to a person."""

    COMMENT = "comment"
    STRING = "string"
    DOCUMENT = "document"
    CONFIGURATION = "configuration"
    CODE = "code"


@dataclass(frozen=True, slots=True)
class Mention:
    """``old`` stands at ``span`` and would become ``new``. ``marked``: by its form it can hardly mean another thing."""

    document: Document
    span: Span
    old: str
    new: str
    where: Where
    marked: bool

    @property
    def line(self) -> str:
        """The line it stands in."""
        return self.document.lines.line(self.span.start.line)


@dataclass(frozen=True, slots=True)
class Renamed:
    """The rename whose mentions are looked for. ``changes``: what is certain, and needs no mention; empty where it was
    applied already, and ``holders`` are then the files that hold the new name.
    """

    document: Document
    old_name: str
    new_name: str
    changes: Changeset
    uncertain: tuple[Occurrence, ...]
    reach: Reach
    holders: tuple[Document, ...] = ()

    @property
    def touched(self) -> tuple[Document, ...]:
        """The files that the symbol's name stands in."""
        return (*(edit.base for edit in self.changes.edits), *self.holders)


def find_mentions(view: Snapshot, renamed: Renamed, give_way: Callable[[], None] = lambda: None) -> tuple[Mention, ...]:
    """All candidates, nearest to the symbol first, ``MAX_MENTIONS`` at most. ``give_way`` is called between files."""
    finder = _Finder(view, renamed)
    found = list(finder.uncertain())
    for document in finder.documents():
        give_way()
        found += finder.inside(document)
    return tuple(sorted(found, key=finder.distance)[:MAX_MENTIONS])


class _Finder:
    def __init__(self, view: Snapshot, renamed: Renamed) -> None:
        self._view = view
        self._renamed = renamed
        self._own = renamed.document
        self._touched = {document.uri for document in renamed.touched}
        self._taken = {(edit.base.uri, item.span.start) for edit in renamed.changes.edits for item in edit.edits}
        self._forms = {} if renamed.reach.local else forms_of(renamed.old_name, renamed.new_name)
        names = "|".join(re.escape(name) for name in (renamed.old_name, *self._forms))
        self._pattern = re.compile(rf"(?<![\w$])(?:{names})(?![\w$])")
        self._words = (renamed.old_name, *self._forms)
        self._ordinary = is_ordinary(renamed.old_name)
        self._ambiguous: bool | None = None

    def documents(self) -> Iterator[Document]:
        """Every file that may be changed and holds the name in any form, the symbol's own first."""
        yield self._own
        folder = self._view.folder_of(self._own.path) if self._own.path is not None else None
        if folder is None or self._renamed.reach.local:
            return
        # Holding them comes first: a plain search takes a fiftieth of the pattern's time (measured).
        for path, text in self._view.holding(folder, self._words):
            if path != self._own.path and self._pattern.search(text):
                document = self._view.read(path)
                if document is not None and not is_untouchable(self._view, self._own, document):
                    yield document

    def inside(self, document: Document) -> Iterator[Mention]:
        parsed = parse(document.language, document.text)
        if parsed is None:
            yield from self._in_text(document)
            return
        text = document.text
        for name in (self._renamed.old_name, *self._forms):
            if name not in text:
                continue
            for item in occurrences(parsed, name).names:
                where = _where(parsed, item.node) if item.role == LOOSE else None
                if where is None or not self._renamed.reach.covers(document, item.start):
                    continue
                span = Span(parsed.point(item.start), parsed.point(item.end))
                if (document.uri, span.start) not in self._taken:
                    yield self._mention(document, span, where)

    def uncertain(self) -> Iterator[Mention]:
        for item in self._renamed.uncertain:
            if (item.document.uri, item.span.start) not in self._taken:
                old, new = self._renamed.old_name, self._renamed.new_name
                yield Mention(item.document, item.span, old, new, Where.CODE, marked=False)

    def distance(self, mention: Mention) -> tuple[bool, bool, int, str, Span]:
        """Files with certain occurrences first, then those that lie near the symbol's own."""
        uri = mention.document.uri
        return (uri != self._own.uri, uri not in self._touched, self._steps(mention.document.path), uri, mention.span)

    def _in_text(self, document: Document) -> Iterator[Mention]:
        """A file without a grammar: prose, configuration, or another language."""
        where = Where.DOCUMENT
        if document.language in _CONFIGURATION:
            where = Where.CONFIGURATION
        elif is_code(document.language):
            where = Where.CODE
        for number, line in enumerate(document.lines):
            for match in self._pattern.finditer(line):
                yield self._mention(document, Span(Point(number, match.start()), Point(number, match.end())), where)

    def _mention(self, document: Document, span: Span, where: Where) -> Mention:
        old = document.lines.slice(span)
        exact = old == self._renamed.old_name
        new = self._renamed.new_name if exact else self._forms[old]
        line = document.lines.line(span.start.line)
        marked = exact and where in {Where.COMMENT, Where.DOCUMENT} and self._is_marked(document, line, span)
        return Mention(document, span, old, new, where, marked)

    def _is_marked(self, document: Document, line: str, span: Span) -> bool:
        """A name that no prose uses, or one that is written as code; and nothing else may bear it."""
        before, after = line[: span.start.column], line[span.end.column :]
        as_code = _BEFORE_CODE.search(before) is not None or after.startswith(("()", "`"))
        if self._renamed.reach.local:
            return as_code or not self._ordinary
        near = document.uri in self._touched or not is_code(document.language)
        return near and (as_code or not self._ordinary) and not self._has_namesakes()

    def _has_namesakes(self) -> bool:
        """Whether code that is not renamed uses the same name."""
        if self._ambiguous is None:
            self._ambiguous = any(self._namesakes())
        return self._ambiguous

    def _namesakes(self) -> Iterator[bool]:
        folder = self._view.folder_of(self._own.path) if self._own.path is not None else None
        paths: Iterable[Path] = () if folder is None else self._view.files_with(folder, self._renamed.old_name)
        documents = [document for path in paths if (document := self._view.read(path)) is not None]
        for document in documents or [self._own]:
            parsed = parse(document.language, document.text)
            if parsed is None:
                continue
            for item in occurrences(parsed, self._renamed.old_name).names:
                yield item.role != LOOSE and (document.uri, parsed.point(item.start)) not in self._taken

    def _steps(self, path: Path | None) -> int:
        """How many folders lie between a file and the symbol's own."""
        own = self._own.path
        if path is None or own is None:
            return 0
        shared = sum(1 for left, right in zip(path.parts, own.parts, strict=False) if left == right)
        return len(path.parts) + len(own.parts) - 2 * shared


# What stands before a name that is written as code: a backquote, a tag of a documentation comment, a role of
# reStructuredText, a reference of Rust's or Markdown's documentation.
_BEFORE_CODE = re.compile(
    r"""(?:`[\w.:]*
        |@(?:param|see|link|throws|property|typedef)\s+(?:\{[^}]*\}\s*)?[\w.#]*
        |:(?:param|type)(?:\s\w+)?\s+
        |\[`?[\w:]*
        )$""",
    re.VERBOSE,
)


def _where(parsed: Parsed, node: Node) -> Where | None:
    """The kind of text around a loose occurrence; None where it is neither comment nor string (a path of a file, a
    stretch that did not parse).
    """
    current: Node | None = node
    found: Where | None = None
    while current is not None:
        if "comment" in current.type:
            return Where.COMMENT
        if current.type.startswith(("import", "use_declaration")) or current.type in {"package_clause", "mod_item"}:
            return None
        if current.type in _TEXTS:
            if _RELATIVE_PATH.match(parsed.source(current)):
                return None  # it names a file, and follows that
            found = Where.COMMENT if _is_docstring(current) else Where.STRING
        if current.type == "ERROR" and found is None:
            return None
        current = current.parent
    return found


_TEXTS = frozenset(
    {
        "string",
        "string_literal",
        "raw_string_literal",
        "interpreted_string_literal",
        "template_string",
        "jsx_text",
        "text_block",
    }
)


_RELATIVE_PATH = re.compile(r"""["'`]\.{1,2}/""")


def _is_docstring(node: Node) -> bool:
    """A string that is a statement of its own documents what it stands in (Python)."""
    parent = node.parent
    return parent is not None and parent.type == "expression_statement" and parent.named_child_count == 1
