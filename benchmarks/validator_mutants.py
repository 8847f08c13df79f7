"""Systematic mistakes made in right edits: one wrong edit of each kind for each right one, where its text has room.

A mutant is a new text of one changed file, or another reply. All choices are drawn from a generator that is seeded with
the edit's name, so that a run can be repeated. Whether a mutant is wrong is not proven: a dropped line may have done
nothing. Names are invented so that they stand nowhere in the workspace.
"""

from __future__ import annotations

import random
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from benchmarks.validator_worlds import Edit, language
from tierwise.core.languages import language as facts_of
from tierwise.core.text import split_lines
from tierwise.edits.scanner import comment_start
from tierwise.syntax.comments import comments
from tierwise.syntax.outline import outline
from tierwise.syntax.parse import Node, Parsed, parse
from tierwise.syntax.scopes import occurrences

DECIDABLE = frozenset(
    {"cut-off block", "wrong file", "hallucinated import", "undefined name", "lost definition", "lost comment"}
)
"""Kinds that can be told without running code."""

_INVENTED = ("quorvex", "blendify", "zentrolib", "hyperfuse", "lumitrace", "dataspindle", "foldwise", "graftkit")


@dataclass(frozen=True)
class Mutant:
    """A wrong edit. ``after``: the new texts; ``path``: the path that its blocks name instead of the file's own."""

    kind: str
    file: str
    after: dict[str, str]
    path: str | None = None
    cut: bool = False


@dataclass(frozen=True)
class Site:
    """The file of an edit that is mutated. ``added``: the 0-based numbers of the lines that the edit writes."""

    edit: Edit
    file: str
    before: str
    after: str
    added: frozenset[int]
    chance: random.Random

    @property
    def parsed(self) -> Parsed:
        parsed = parse(language(self.file), self.after)
        assert parsed is not None
        return parsed

    def mutant(self, kind: str, text: str) -> Mutant | None:
        """The mutant with this text, unless it is the right one or no change at all."""
        if text in {self.after, self.before}:
            return None
        return Mutant(kind, self.file, {**self.edit.after, self.file: text})

    def is_known(self, word: str) -> bool:
        texts = (*self.edit.files.values(), *self.edit.after.values())
        return any(word in text for text in texts)


def mutants(edit: Edit, added: dict[str, frozenset[int]]) -> Iterator[Mutant]:
    """At most one mutant of each kind. ``added``: the numbers of each changed file's new lines."""
    for kind, make in KINDS.items():
        chance = random.Random(f"{edit.name} {kind}")
        files = sorted(name for name in edit.after if parse(language(name), "") is not None)
        chance.shuffle(files)
        for file in files:
            site = Site(edit, file, edit.files[file], edit.after[file], added[file], chance)
            made = make(site)
            if made is not None:
                yield made
                break


def dropped_line(site: Site) -> Mutant | None:
    """One of the new lines with code on it is missing."""
    facts = facts_of(language(site.file))
    lines = split_lines(site.after)
    numbers = [
        i
        for i in sorted(site.added)
        if re.search(r"\w", lines[i][: comment_start(facts, lines[i])]) and not re.match(r"\s*[\"'`/*#]", lines[i])
    ]
    site.chance.shuffle(numbers)
    for i in numbers:
        text = "".join(lines[:i] + lines[i + 1 :])
        if made := site.mutant("dropped line", text):
            return made
    return None


def swapped_argument(site: Site) -> Mutant | None:
    """Two neighbouring arguments of a call are swapped."""
    parsed = site.parsed
    found: list[tuple[Node, Node]] = []
    for node in _nodes(parsed, site.added, {"argument_list", "arguments"}):
        given = [child for child in node.named_children if child.type not in {"comment", "keyword_argument"}]
        found += [(a, b) for a, b in pairwise(given) if parsed.source(a) != parsed.source(b)]
    if not found:
        return None
    a, b = site.chance.choice(found)
    swapped = (
        parsed.text_between(0, a.start_byte)
        + parsed.source(b)
        + parsed.text_between(a.end_byte, b.start_byte)
        + parsed.source(a)
        + parsed.text_between(b.end_byte, len(parsed.data))
    )
    return site.mutant("swapped argument", swapped)


def renamed_symbol(site: Site) -> Mutant | None:
    """One use of a name, plain or behind a dot, has become a likely name that does not exist."""
    parsed = site.parsed
    types = {"identifier", "property_identifier", "field_identifier", "type_identifier"}
    uses = [n for n in _nodes(parsed, site.added, types) if _is_use(parsed, n, plain=False)]
    site.chance.shuffle(uses)
    for node in uses[:20]:
        new = _variant(parsed.source(node), site.chance)
        if new and not site.is_known(new):
            return site.mutant("renamed symbol", _replaced(parsed, node, new))
    return None


def undefined_name(site: Site) -> Mutant | None:
    """A plain name that nothing defines stands in place of one, or the import of a used name is missing."""
    parsed = site.parsed
    uses = [n for n in _nodes(parsed, site.added, {"identifier"}) if _is_use(parsed, n, plain=True)]
    if not uses:
        return None
    node = site.chance.choice(uses)
    new = site.chance.choice(("missing", "helper", "computed", "resolve")) + site.chance.choice(
        ("_value", "_entry", "_state", "_total")
    )
    return None if site.is_known(new) else site.mutant("undefined name", _replaced(parsed, node, new))


def hallucinated_import(site: Site) -> Mutant | None:
    """An import of something that does not exist: a package, a module of the workspace, a name of a known module; used
    in the new lines.
    """
    identifier = language(site.file)
    invented = site.chance.choice(_INVENTED)
    make = {
        "python": _python_import,
        "go": _go_import,
        "rust": _rust_import,
    }.get(identifier, _ecmascript_import)
    parsed = site.parsed
    uses = [n for n in _nodes(parsed, site.added, {"identifier"}) if _is_use(parsed, n, plain=True)]
    if not uses or site.is_known(invented):
        return None
    node = site.chance.choice(uses)
    made = make(site, invented)
    if made is None:
        return None
    place, statement, used = made
    if node.start_byte < place:
        return None
    text = parsed.text_between(0, place) + statement + parsed.text_between(place, node.start_byte)
    return site.mutant("hallucinated import", text + used + parsed.text_between(node.end_byte, len(parsed.data)))


def wrong_file(site: Site) -> Mutant | None:
    """The blocks name another file: one outside, one of the version control system's, one that is not there."""
    stem, _, suffix = site.file.rpartition(".")
    names = (f"../{site.file}", f".git/{site.file}", f"{stem}_copy.{suffix}", f"lib/{site.file}", f"{stem}s.{suffix}")
    path = site.chance.choice([name for name in names if name not in site.edit.files])
    return Mutant("wrong file", site.file, site.edit.after, path)


def cut_off(site: Site) -> Mutant | None:
    """The reply ends within a block."""
    return Mutant("cut-off block", site.file, site.edit.after, cut=True)


def lost_comment(site: Site) -> Mutant | None:
    """A comment of the file goes away, and the code below or before it stays."""
    lines, old = split_lines(site.after), set(split_lines(site.before))
    found: list[tuple[int, int]] = []
    known = {comment.span.start.line: comment.span for comment in comments(language(site.file), site.after) or ()}
    for i, span in known.items():
        line, start = lines[i], span.start.column
        if span.end.line > i or i in site.added or line not in old or not re.search(r"[^\W\d_]{3}", line[start:]):
            continue
        alone = not line[:start].strip()
        below = lines[i + 1].strip() if i + 1 < len(lines) else ""
        about = not line[span.end.column :].strip() and (not alone or (below and i + 1 not in known))
        if about and not re.search(r"noqa|type:|eslint|nolint|ts-", line):
            found.append((i, start))
    if not found:
        return None
    i, start = min(found, key=lambda item: (_distance(item[0], site.added), item[0]))
    code = lines[i][:start].rstrip()
    end = lines[i][len(lines[i].rstrip("\r\n")) :]
    text = "".join([*lines[:i], *([code + end] if code else []), *lines[i + 1 :]])
    return site.mutant("lost comment", text)


def lost_definition(site: Site) -> Mutant | None:
    """A function, method or class that the edit is not about goes away."""
    kept = {item.name for item in outline(language(site.file), site.before)}
    kinds = {"function", "method", "class", "struct", "interface", "trait", "enum"}
    found = [
        item
        for item in outline(language(site.file), site.after)
        if item.kind in kinds and item.name in kept and len(item.parents) < 2
        if not any(item.span.start.line <= i <= item.span.end.line for i in site.added)
        if item.name not in re.findall(r"\w+", site.edit.wish)
    ]
    if not found:
        return None
    item = site.chance.choice(found)
    lines = split_lines(site.after)
    text = "".join(lines[: item.span.start.line] + lines[item.span.end.line + 1 :])
    return site.mutant("lost definition", text)


KINDS: dict[str, Callable[[Site], Mutant | None]] = {
    "cut-off block": cut_off,
    "wrong file": wrong_file,
    "hallucinated import": hallucinated_import,
    "undefined name": undefined_name,
    "lost definition": lost_definition,
    "lost comment": lost_comment,
    "renamed symbol": renamed_symbol,
    "dropped line": dropped_line,
    "swapped argument": swapped_argument,
}


def _nodes(parsed: Parsed, lines: frozenset[int], types: set[str]) -> list[Node]:
    """Named nodes of these types that begin on one of the lines."""
    found: list[Node] = []
    pending = [parsed.root]
    while pending:
        node = pending.pop()
        if node.type in types and parsed.point(node.start_byte).line in lines:
            found.append(node)
        pending += [child for child in node.children if _reaches(parsed, child, lines)]
    return sorted(found, key=lambda node: node.start_byte)


def _reaches(parsed: Parsed, node: Node, lines: frozenset[int]) -> bool:
    first, last = node.start_point.row, node.end_point.row
    return any(line in lines for line in range(first, last + 1)) if last - first < 50 else True


def _is_use(parsed: Parsed, node: Node, *, plain: bool) -> bool:
    """Whether a name is used here, not defined, and not that of a keyword argument or key."""
    word = parsed.source(node)
    if len(word) < 3 or word in {"self", "cls", "this", "super", "undefined", "None", "nil"}:
        return False
    around = node.parent
    while around is not None:
        if "import" in around.type or around.type in {"use_declaration", "package_clause"}:
            return False
        around = around.parent
    name = occurrences(parsed, word).at(node.start_byte)
    if name is None:
        return False
    if name.role == "reference" and not name.kind:
        return node.type == "identifier"
    return not plain and name.role == "member" and not name.kind


def _variant(word: str, chance: random.Random) -> str:
    """A name that somebody might have meant by ``word``."""
    snake = "_" in word or word.islower()
    forms = [
        word + "s" if not word.endswith("s") else word[:-1],
        f"get_{word}" if snake else f"get{word[0].upper()}{word[1:]}",
        f"{word}_value" if snake else f"{word}Value",
        f"{word}_list" if snake else f"{word}List",
        f"new_{word}" if snake else f"new{word[0].upper()}{word[1:]}",
    ]
    return chance.choice(forms)


def _replaced(parsed: Parsed, node: Node, new: str) -> str:
    return parsed.text_between(0, node.start_byte) + new + parsed.text_between(node.end_byte, len(parsed.data))


_Made = tuple[int, str, str] | None


def _python_import(site: Site, invented: str) -> _Made:
    parsed = site.parsed
    statements = [
        node for node in parsed.root.named_children if node.type in {"import_statement", "import_from_statement"}
    ]
    if not statements:
        return None
    place = parsed.byte(parsed.span(statements[-1]).start)
    known = [
        parsed.source(module)
        for node in statements
        if (module := node.child_by_field_name("module_name")) is not None and node.type == "import_from_statement"
    ]
    ours = [module for module in known if _is_seen(module, site)]
    form = site.chance.randrange(4 if ours else 2)
    if form == 0:
        return place, f"import {invented}\n", f"{invented}.load"
    if form == 1:
        return place, f"from {invented}.core import make_{invented}\n", f"make_{invented}"
    module = site.chance.choice(ours)
    if form == 2:
        return place, f"from {module} import make_{invented}\n", f"make_{invented}"
    inner = module.rstrip(".") + "." if module.strip(".") else module
    return place, f"from {inner}{invented}_tools import make\n", "make"


def _is_seen(module: str, site: Site) -> bool:
    """Whether a module is the workspace's or the standard library's: nobody can tell what else's names exist."""
    top = module.lstrip(".").split(".")[0]
    ours = {name.split("/")[0].removesuffix(".py") for name in site.edit.files}
    return module.startswith(".") or top in ours or top in sys.stdlib_module_names


def _ecmascript_import(site: Site, invented: str) -> _Made:
    parsed = site.parsed
    statements = [node for node in parsed.root.named_children if node.type == "import_statement"]
    if not statements:
        return None
    place = statements[-1].start_byte
    sources = [node.child_by_field_name("source") for node in statements]
    known = [text for node in sources if node is not None and (text := parsed.source(node)[1:-1]).startswith(".")]
    form = site.chance.randrange(3 if known else 2)
    if form == 0:
        return place, f"import {{ {invented} }} from '{invented}-kit'\n", invented
    if form == 1:
        return place, f"import {{ {invented} }} from './{invented}'\n", invented
    return place, f"import {{ {invented} }} from '{site.chance.choice(known)}'\n", invented


def _go_import(site: Site, invented: str) -> _Made:
    parsed = site.parsed
    found = re.search(r"^import \(\n", site.after, re.MULTILINE)
    if found is None:
        return None
    place = len(site.after[: found.end()].encode())
    module = re.search(r"^module (\S+)", site.edit.files.get("go.mod", "module example.com/x"), re.MULTILINE)
    assert module is not None
    path = site.chance.choice((f"github.com/{invented}/{invented}", f"{module[1]}/internal/{invented}", invented))
    del parsed
    return place, f'\t"{path}"\n', f"{invented}.Load"


def _rust_import(site: Site, invented: str) -> _Made:
    parsed = site.parsed
    statements = [node for node in parsed.root.named_children if node.type == "use_declaration"]
    if not statements:
        return None
    place = statements[-1].start_byte
    path = site.chance.choice((f"{invented}::{invented}_load", f"crate::{invented}::{invented}_load"))
    return place, f"use {path};\n", f"{invented}_load"


def _distance(line: int, added: frozenset[int]) -> int:
    return min((abs(line - other) for other in added), default=0)
