"""Names that new imports bring into a file and that nothing in it uses. Pure.

What is imported for its effect, to hand it on, or to be found by name at run time is not counted.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from tierwise.syntax.imports import Import
from tierwise.syntax.parse import Parsed, parse
from tierwise.syntax.scopes import DEFINITION, LOOSE, Name, all_occurrences
from tierwise.validation.changed import ChangedFile
from tierwise.validation.imports.go import package_names

_WORD = re.compile(r"[A-Za-z_$][\w$]*")
_HANDED_ON = re.compile(
    r"(?:^|/)(?:__init__\.pyi?|conftest\.py|index\.[cm]?[jt]sx?|mod\.rs|lib\.rs|prelude\.rs)$|\.d\.ts$"
)


def unused_imports(file: ChangedFile, new: Sequence[Import]) -> Iterator[str]:
    """The names, in the order of the text."""
    parsed = parse(file.language, file.after)
    if not new or parsed is None or parsed.error_count or _HANDED_ON.search(file.name):
        return
    for item in new:
        if "*" in item.names or item.module == "__future__" or _is_excepted(file, item):
            continue
        match file.language:
            case "go":
                yield from _go(file, item)
            case "java":
                yield from _by_count(file, item)
            case _:
                yield from _by_scope(parsed, file, item)


def _is_excepted(file: ChangedFile, item: Import) -> bool:
    """Whether the line says that the import is meant, hands it on, or may fail."""
    lines = file.after.split("\n")[item.span.start.line : item.span.end.line + 1]
    text = "\n".join(lines)
    if re.search(r"noqa|eslint-disable|type:\s*ignore|nolint|allow\(unused|pub(?:\([^)]*\))?\s+use|^\s*export\b", text):
        return True
    above = file.after.split("\n")[max(0, item.span.start.line - 2) : item.span.start.line]
    return any(line.strip() == "try:" or "allow(unused" in line or "eslint-disable" in line for line in above)


def _by_scope(parsed: Parsed, file: ChangedFile, item: Import) -> Iterator[str]:
    start, end = parsed.byte(item.span.start), parsed.byte(item.span.end)
    candidates = dict.fromkeys(_WORD.findall(parsed.text_between(start, end)))
    for word, found in all_occurrences(parsed, candidates).items():
        if file.language == "rust" and not (word.islower() and "_" in word):
            continue  # a trait is used by its methods, a macro and a module in ways that are not looked at
        for binding in found.bindings:
            inside = [name for name in binding.definitions if start <= name.start < end]
            if binding.kind != "import" or not inside or len(binding.definitions) > 1:
                continue
            used = binding.references or any(_is_use(parsed, name) for name in found.names)
            if not used and not _is_implicit(word, file, item):
                yield word


def _is_use(parsed: Parsed, name: Name) -> bool:
    """Whether an occurrence in a string, a macro or the like may be a use."""
    if name.role == LOOSE:
        return "comment" not in name.node.type
    return name.role not in {DEFINITION, "member", "key", "imported", "module", "path"}


def _is_implicit(word: str, file: ChangedFile, item: Import) -> bool:
    if file.language == "python":
        return bool(re.search(rf"\b{re.escape(word)}\s+as\s+{re.escape(word)}\b", file.after))
    return word in {"React", "h", "Fragment", "jsx"} or not item.names


def _go(file: ChangedFile, item: Import) -> Iterator[str]:
    line = file.after.split("\n")[item.span.start.line]
    named = re.match(r"\s*(?:import\s+)?([\w.]+)\s+\"", line)
    names = {named[1]} if named else set(package_names(item.module))
    if names & {"_", ".", "C"}:
        return
    if not any(re.search(rf"(?<![\w.]){re.escape(name)}\.", file.after) for name in names):
        yield item.module


def _by_count(file: ChangedFile, item: Import) -> Iterator[str]:
    for name in item.names:
        if len(re.findall(rf"\b{re.escape(name)}\b", file.after)) < 2:
            yield name
