"""Names of languages with a scope query that a changed text uses and that nothing seen from there defines. Pure.

Only words on changed lines are looked at, and only those that the old text did not use in the same way: whoever
defines such a name is out of sight for good reasons. What a workspace lacks as a whole (generated files) is no reason
for an objection either.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from tierwise.core.languages import language_of
from tierwise.edits.diff import line_changes
from tierwise.syntax.imports import imports
from tierwise.syntax.outline import outline
from tierwise.syntax.parse import Parsed, parse
from tierwise.syntax.scopes import Name, all_occurrences
from tierwise.validation.changed import ChangedFile
from tierwise.validation.imports.go import package_names
from tierwise.validation.known import words
from tierwise.validation.manifests import rust_crates
from tierwise.validation.project import Project

_WORD = re.compile(r"[A-Za-z_$][\w$]*")
ECMASCRIPT = frozenset({"javascript", "javascriptreact", "typescript", "typescriptreact"})


@dataclass(frozen=True, slots=True)
class _Free:
    """A word that nothing in its file defines: where it stands first, and as what it is used there."""

    word: str
    name: Name
    parsed: Parsed

    @property
    def line(self) -> int:
        return self.parsed.point(self.name.start).line


def undefined(file: ChangedFile, project: Project) -> dict[str, int]:
    """Newly undefined names of a file, with the 0-based line of the first use of each."""
    resolve = _RESOLVERS.get(file.language)
    after = parse(file.language, file.after)
    if resolve is None or after is None:
        return {}
    candidates = set(_changed_words(file, project))
    free = {item.word: item for item in _free(after, candidates)}
    if not free:
        return {}
    before = parse(file.language, file.before or "")
    if before is not None:
        for item in _free(before, free):
            free.pop(item.word, None)
    missing = {word: item.line for word, item in free.items() if not resolve(item, file, project)}
    if missing and before is not None and _is_incomplete(before, resolve, file, project):
        return {}
    return missing


def _changed_words(file: ChangedFile, project: Project) -> Iterator[str]:
    """The words on lines that come or go."""
    for _, line in file.new_lines:
        yield from _WORD.findall(line)
    edit = project.edit_of(file)
    for change in line_changes(edit) if edit is not None else ():
        for line in edit.base.lines.raw_range(change.start, change.stop) if edit is not None else ():
            yield from _WORD.findall(line)


def _free(parsed: Parsed, candidates: Iterable[str]) -> Iterator[_Free]:
    for word, found in all_occurrences(parsed, set(candidates)).items():
        names = [name for name in found.free if not _is_declared_beside(name)]
        if names:
            yield _Free(word, names[0], parsed)


def _is_declared_beside(name: Name) -> bool:
    """Whether a name stands within code that did not parse: nothing can be said of it."""
    node = name.node.parent
    while node is not None:
        if node.is_error:
            return True
        node = node.parent
    return False


def _is_incomplete(before: Parsed, resolve: _Resolver, file: ChangedFile, project: Project) -> bool:
    """Whether the old text uses names, too, that cannot be found: then the workspace does not hold everything."""
    every = set(_WORD.findall(file.before or ""))
    return any(not resolve(item, file, project) for item in _free(before, every))


_Resolver = Callable[[_Free, ChangedFile, Project], bool]


def _ecmascript(item: _Free, file: ChangedFile, project: Project) -> bool:
    word = item.word
    if word in words("ecmascript_globals") or re.search(rf"\bglobals?\b[^\n]*\b{re.escape(word)}\b", file.after):
        return True
    for name, text in project.others_with(word, ECMASCRIPT):
        if re.search(rf"declare\b[^\n]*\b{re.escape(word)}\b", text) or name.endswith(".d.ts"):
            return True
        parsed = parse(_language_of(name), text)
        if parsed is None:
            continue
        found = all_occurrences(parsed, {word})[word]
        if found.free or (
            found.bindings and not re.search(r"^\s*(?:import|export)\b|\bmodule\.exports\b", text, re.MULTILINE)
        ):
            return True
    return False


def _go(item: _Free, file: ChangedFile, project: Project) -> bool:
    word = item.word
    if word in words("go_universe"):
        return True
    for imported in imports("go", file.after):
        if "*" in imported.names or word in package_names(imported.module):
            return True
    folder = project.name_of(file).rpartition("/")[0]
    return word in project.remembered(_GoPackages).names(folder)


class _GoPackages:
    """What the files of each package define at their top level."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._names: dict[str, frozenset[str]] = {}

    def names(self, folder: str) -> frozenset[str]:
        if folder not in self._names:
            files = [n for n in self._project.names if n.endswith(".go") and n.rpartition("/")[0] == folder]
            items = (d for name in files for d in outline("go", self._project.text(name) or ""))
            self._names[folder] = frozenset(d.name for d in items if not d.parents and d.kind != "method")
        return self._names[folder]


def _rust(item: _Free, file: ChangedFile, project: Project) -> bool:
    word = item.word
    if word == "_" or word in words("rust_names") or word in (rust_crates(project) or frozenset()):
        return True
    if re.search(rf"\bstatic\s+ref\s+{re.escape(word)}\b", file.after):  # within a macro, which is no tree
        return True
    globs = (imported.span.start for imported in imports("rust", file.after) if "*" in imported.names)
    if any(_reaches(item.parsed.byte(start), item) for start in globs):
        return True
    if "macro" in item.name.space:
        calls = re.compile(rf"\b{re.escape(word)}!|macro_rules!\s*{re.escape(word)}\b")
        texts = (text for _, text in project.others_with(word, frozenset({"rust"})))
        return any(calls.search(text) for text in texts) or "macro_use" in file.after
    return rust_crates(project) is None and item.name.node.parent is not None and "scoped" in item.name.node.parent.type


def _reaches(place: int, item: _Free) -> bool:
    """Whether a statement that begins at a byte of a Rust text is seen where a name stands: in its own block only."""
    node = item.parsed.root.descendant_for_byte_range(place, place)
    while node is not None and node.type not in {"block", "declaration_list"}:
        node = node.parent
    return node is None or node.start_byte <= item.name.start < node.end_byte


def _java(item: _Free, file: ChangedFile, project: Project) -> bool:
    word = item.word
    if word in words("java_lang") or any("*" in imported.names for imported in imports("java", file.after)):
        return True
    if "type" not in item.name.space or not word[0].isupper():
        return bool(re.search(r"\b(?:extends|implements)\b", file.after)) or "{" not in file.after
    folder = project.name_of(file).rpartition("/")[0]
    if project.exists(f"{folder}/{word}.java".lstrip("/")):
        return True
    for name, text in project.others_with(word, frozenset({"java"})):
        if name.rpartition("/")[0] == folder and re.search(rf"\b(?:class|interface|enum|record)\s+{word}\b", text):
            return True
    return bool(re.search(r"\bextends\b", file.after)) and any(
        True for _ in project.others_with(word, frozenset({"java"}))
    )


_RESOLVERS: Mapping[str, _Resolver] = {
    **dict.fromkeys(ECMASCRIPT, _ecmascript),
    "go": _go,
    "rust": _rust,
    "java": _java,
}


def _language_of(name: str) -> str:
    return language_of(PurePosixPath(name)).id
