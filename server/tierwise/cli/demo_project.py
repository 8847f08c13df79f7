"""What the demonstration works on: a sample project, or places in a folder of the user's, chosen by rules.

Pure but for reading the folder and unpacking the sample. Never writes into a user's folder.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from tierwise.cli.disk_view import disk_view
from tierwise.core.documents import Document
from tierwise.core.languages import language
from tierwise.syntax.outline import Definition, outline

LANGUAGES = frozenset(
    {"python", "javascript", "javascriptreact", "typescript", "typescriptreact", "go", "rust", "java"}
)
"""Languages whose definitions are known, so that places can be chosen."""

MAX_FILES = 300
"""Files of a folder that are looked at: enough for a choice, quick on any repository."""

_WORD = re.compile(r"[^\W\d]\w*")
_HEAD = re.compile(r"^-- (.+) --\n", re.MULTILINE)
_NO_PLACE = (
    '"',
    "'",
    "*",
    "/",
    "import",
    "from",
    "def",
    "class",
    "async",
    "func",
    "fn",
    "function",
    "export",
    "public",
)
"""Beginnings of lines that nobody would complete from their middle."""

_CUT = re.compile(r"\(|= |return |: |\.")


@dataclass(frozen=True, slots=True)
class CompletionPlace:
    """The rest of line ``line`` (0-based) from ``column`` on is deleted and asked back."""

    path: Path
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class RenamePlace:
    """The name at ``line``, ``column`` (0-based, characters) becomes ``new``."""

    path: Path
    line: int
    column: int
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class EditPlace:
    """Lines ``first`` to ``last`` (0-based, both included) are to be changed as ``instruction`` says. ``scripted`` is
    what a simulated model answers.
    """

    path: Path
    first: int
    last: int
    instruction: str
    scripted: str


@dataclass(frozen=True, slots=True)
class Project:
    """Everything that the demonstration does, in order. ``renames`` are candidates: the first that works is shown."""

    folder: Path
    name: str
    completions: tuple[CompletionPlace, ...]
    renames: tuple[RenamePlace, ...]
    explain: EditPlace | None
    edits: tuple[EditPlace, ...]


def unpack_sample(target: Path) -> Project:
    """Write the sample project into the empty folder ``target``."""
    for name, text in _archive():
        path = target / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
    quotes, invoice, zones = (target / "parcels" / name for name in ("quotes.py", "invoice.py", "zones.py"))
    flatten = "Flatten the nested conditions, keep the behaviour"
    reuse = "Use quote_for, so that prices are computed in one place"
    old_total, old_split = (_source(path, name) for path, name in ((invoice, "monthly_total"), (quotes, "split_quote")))
    return Project(
        folder=target,
        name="a sample project",
        completions=(
            _after(quotes, "        base = base_rate(zone, ", 0),
            _after(invoice, "    for order ", 1),
            _after(target / "tests" / "test_quotes.py", "    def test_several_parcels(", 0),
            _after(target / "web" / "src" / "client.ts", "    throw new Error(", 0),
        ),
        renames=(_rename(zones, "zone_for", "zone_of"),),
        explain=_function(quotes, "quote_for", "", ""),
        edits=(
            _function(invoice, "monthly_total", flatten, _block("parcels/invoice.py", old_total, _NEW_TOTAL)),
            _function(quotes, "split_quote", reuse, _block("parcels/quotes.py", old_split, _NEW_SPLIT)),
        ),
    )


def look_at(folder: Path) -> Project:
    """Choose places in a folder, by rules that give the same places each time. What finds no place is left out."""
    view = disk_view(folder)
    documents: list[Document] = []
    for path in view.files(folder, LANGUAGES):
        document = view.read(path)
        if document is not None and document.path is not None and document.lines.count < 5_000:
            documents.append(document)
        if len(documents) >= MAX_FILES:
            break
    words = {document.uri: Counter(_WORD.findall(document.text)) for document in documents}
    definitions = [(document, found) for document in documents for found in outline(document.language, document.text)]
    functions = [item for item in definitions if item[1].kind in {"function", "method"}]
    functions.sort(key=lambda item: _is_test(item[0]))
    readable = sorted(functions, key=lambda item: (_is_test(item[0]), abs(_height(item[1]) - 18)))
    return Project(
        folder=folder,
        name=str(folder),
        completions=tuple(_completions(documents)),
        renames=tuple(_renames(definitions, words)),
        explain=_whole(*readable[0], "") if readable else None,
        edits=tuple(_undocumented(functions, folder)),
    )


def _archive() -> Iterator[tuple[str, str]]:
    """Names and texts of the sample's files; in the archive each stands below a line ``-- NAME --``."""
    parts = _HEAD.split((files("tierwise.cli") / "sample.txt").read_text(encoding="utf-8"))
    return zip(parts[1::2], parts[2::2], strict=True)


def _after(path: Path, prefix: str, nth: int) -> CompletionPlace:
    """The place behind ``prefix``, in the line that is the ``nth`` (from 0) to begin with it."""
    lines = path.read_text(encoding="utf-8").splitlines()
    found = [number for number, line in enumerate(lines) if line.startswith(prefix)]
    return CompletionPlace(path, found[nth], len(prefix))


def _rename(path: Path, old: str, new: str) -> RenamePlace:
    place = _definition(path, old).name_span.start
    return RenamePlace(path, place.line, place.column, old, new)


def _function(path: Path, name: str, instruction: str, scripted: str) -> EditPlace:
    span = _definition(path, name).span
    return EditPlace(path, span.start.line, span.end.line, instruction, scripted)


def _definition(path: Path, name: str) -> Definition:
    return next(found for found in outline("python", path.read_text(encoding="utf-8")) if found.name == name)


def _source(path: Path, name: str) -> str:
    span = _definition(path, name).span
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    return "".join(lines[span.start.line : span.end.line + 1])


def _block(path: str, old: str, new: str) -> str:
    return f"{path}\n<<<<<<< SEARCH\n{old}=======\n{new}>>>>>>> REPLACE\n"


def _completions(documents: Sequence[Document]) -> Iterator[CompletionPlace]:
    """In the first files with such a place: where the rest of a line is made of words that the file used before."""
    offered = 0
    for document in sorted(documents, key=lambda document: (_is_test(document), -document.lines.count)):
        place = max(_line_places(document), default=None)
        if place is None or document.path is None:
            continue
        yield CompletionPlace(document.path, place[1], place[2])
        offered += 1
        if offered == 3:
            return


def _line_places(document: Document) -> Iterator[tuple[float, int, int]]:
    """Candidates in one file: how good (higher is better), line, column."""
    comments = language(document.language).line_comments
    seen: set[str] = set()
    for number, raw in enumerate(document.lines):
        line = raw.rstrip()
        stripped = line.strip()
        cut = next((m.end() for m in _CUT.finditer(line, len(line) - len(stripped) + 4)), None)
        if cut is not None and not stripped.startswith((*comments, *_NO_PLACE)):
            rest = line[cut:]
            words = set(_WORD.findall(rest))
            known = len(words & seen)
            if 6 <= len(rest) <= 40 and known >= 2 and known == len(words):
                yield known + min(number, 200) / 1_000, number, cut
        seen.update(_WORD.findall(line))


def _renames(
    definitions: Sequence[tuple[Document, Definition]], words: dict[str, Counter[str]]
) -> Iterator[RenamePlace]:
    """Functions and classes that a few files use: the most used first."""
    times = Counter(found.name for _, found in definitions)
    candidates: list[tuple[int, str, Document, Definition]] = []
    for document, found in definitions:
        places = [counter[found.name] for counter in words.values() if found.name in counter]
        named = found.kind in {"function", "class", "method"} and len(found.name) > 4 and found.name[:2] != "__"
        if named and times[found.name] == 1 and 2 <= len(places) <= 12 and sum(places) <= 60:
            # A name of several words is seldom anybody else's.
            telling = "_" in found.name.strip("_") or any(char.isupper() for char in found.name[1:])
            candidates.append((-len(places) - 100 * telling, found.name, document, found))
    for _, name, document, found in sorted(candidates, key=lambda item: item[:2])[:3]:
        if document.path is not None:
            start = found.name_span.start
            yield RenamePlace(document.path, start.line, start.column, name, _other_name(name))


def _other_name(name: str) -> str:
    """A name in the same style that nobody uses."""
    if "_" in name or name.islower():
        return f"{name}_renamed" if name.islower() else f"{name}_RENAMED"
    return f"{name}Renamed"


def _undocumented(functions: Iterable[tuple[Document, Definition]], folder: Path) -> Iterator[EditPlace]:
    """One function without a documentation comment, and what a simulated model would write."""
    for document, found in functions:
        height = _height(found)
        if found.doc or not 3 <= height <= 60 or found.name.startswith("_") or document.path is None:
            continue
        lines = list(document.lines.raw_range(found.span.start.line, found.span.end.line + 1))
        head = lines[0]
        if document.text.count(head) != 1:
            continue
        indent = head[: len(head) - len(head.lstrip())]
        comment = f"{indent}{(language(document.language).line_comments or ('//',))[0]} {_sentence(found.name)}\n"
        relative = document.path.relative_to(folder).as_posix()
        instruction = "Add a comment that says what it is for"
        yield _whole(document, found, instruction, _block(relative, head, comment + head))
        return


def _sentence(name: str) -> str:
    words = " ".join(part.lower() for part in re.findall(r"[A-Z]?[a-z0-9]+|[A-Z]+", name))
    return f"{words[:1].upper()}{words[1:]}. (A scripted answer of the simulated model.)"


def _whole(document: Document, found: Definition, instruction: str, scripted: str = "") -> EditPlace:
    assert document.path is not None
    return EditPlace(document.path, found.span.start.line, found.span.end.line, instruction, scripted)


def _is_test(document: Document) -> bool:
    """Whether a file is rather one of tests: shown last, as it says less about a project."""
    return document.path is not None and "test" in document.path.stem.lower()


def _height(found: Definition) -> int:
    return found.span.end.line - found.span.start.line + 1


_NEW_TOTAL = '''\
def monthly_total(orders: list[Order], customer: str, year: int, month: int) -> int:
    """The total of a customer's orders in a month, with the discount for many orders."""
    quotes = [
        quote_for(order.parcel, order.recipient, order.express)
        for order in orders
        if order.customer == customer
        and not order.cancelled
        and (order.placed.year, order.placed.month) == (year, month)
    ]
    total = sum(quote.total for quote in quotes)
    if len(quotes) >= DISCOUNT_FROM:
        total -= total * DISCOUNT_PERCENT // 100
    return total
'''

_NEW_SPLIT = '''\
def split_quote(parcels: list[Parcel], recipient: Address) -> int:
    """What several parcels to one recipient cost together."""
    return sum(quote_for(parcel, recipient).total for parcel in parcels)
'''
