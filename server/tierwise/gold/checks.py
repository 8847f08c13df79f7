"""The checks of an edit: patterns, outline facts, and that all else stayed as it was. Pure; runs no code."""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import PurePosixPath

from tierwise.core.languages import language_of
from tierwise.core.text import Lines
from tierwise.gold.cases import EditCase, EditCheck
from tierwise.gold.desk import Definition, Syntax
from tierwise.gold.results import Check

_FLAGS = re.DOTALL | re.MULTILINE


def look(case: EditCase, after: Mapping[str, str], syntax: Syntax) -> tuple[Check, ...]:
    """All checks of a case on the files as they are after the edit, the guards first."""
    target = case.place.path
    parses = all(syntax.errors(_language(name), text) == 0 for name, text in after.items())
    found = [
        Check("every file parses", parses, guard=True),
        Check("all other definitions are as they were", _others_stay(case, after, syntax), guard=True),
    ]
    if case.adds_only or case.goes:
        gone = _gone(case.place.text, after[target])
        kept = not gone if case.adds_only else all(re.search(case.goes, line) for line in gone)
        says = "no line is lost" if case.adds_only else "only the lines in question change"
        found.append(Check(says, kept, guard=True))
    found += (Check(check.says, _holds(check, target, after, syntax)) for check in case.checks)
    return tuple(found)


def _holds(check: EditCheck, target: str, after: Mapping[str, str], syntax: Syntax) -> bool:
    names = [name for name in after if fnmatchcase(name, check.file)] if check.file else [target]
    return any(_holds_in(check, name, after[name], syntax) for name in names)


def _holds_in(check: EditCheck, name: str, text: str, syntax: Syntax) -> bool:
    """Whether one file meets all that a check says."""
    definition: Definition | None = None
    if check.within:
        lines = Lines.of(text)
        definition = _named(syntax.outline(_language(name), text), check.within)
        if definition is None:
            return False
        text = lines.slice(definition.span)
    return (
        all(re.search(pattern, text, _FLAGS) for pattern in check.has)
        and not any(re.search(pattern, text, _FLAGS) for pattern in check.lacks)
        and (check.at_most_lines is None or len(text.rstrip().split("\n")) <= check.at_most_lines)
        and (definition is None or bool(re.search(check.signature, definition.signature, _FLAGS)))
        and (definition is None or bool(re.search(check.doc, definition.doc, _FLAGS | re.IGNORECASE)))
    )


def _others_stay(case: EditCase, after: Mapping[str, str], syntax: Syntax) -> bool:
    """Whether every definition that the request is not about has kept its text."""
    touched = frozenset(case.touches)
    for name, text in case.place.files.items():
        span = case.place.span if name == case.place.path else None
        kept = Counter(_texts(name, after.get(name, ""), syntax))
        for path, definition, source in _sources(name, text, syntax):
            ours = span is not None and definition.span.touches(span)
            if ours or _is_touched(path, touched):
                continue
            kept[(path, source)] -= 1
            if kept[(path, source)] < 0:
                return False
    return True


def _is_touched(path: str, touched: frozenset[str]) -> bool:
    """Whether a definition, one around it or one in it may change."""
    return any(path == name or name.startswith(f"{path}.") or path.startswith(f"{name}.") for name in touched)


def _texts(name: str, text: str, syntax: Syntax) -> Iterator[tuple[str, str]]:
    return ((path, source) for path, _, source in _sources(name, text, syntax))


def _sources(name: str, text: str, syntax: Syntax) -> Iterator[tuple[str, Definition, str]]:
    """Each definition of a file by its dotted name, with its text."""
    lines = Lines.of(text)
    for definition in syntax.outline(_language(name), text):
        yield _dotted(definition), definition, lines.slice(definition.span)


def _named(definitions: Sequence[Definition], name: str) -> Definition | None:
    return next((item for item in definitions if _dotted(item) == name), None)


def _dotted(definition: Definition) -> str:
    return ".".join((*definition.parents, definition.name))


def _gone(before: str, after: str) -> list[str]:
    """Lines that are not there any more, in their order; empty ones do not count."""
    old, new = before.split("\n"), after.split("\n")
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    lost = (old[a:b] for kind, a, b, _, _ in matcher.get_opcodes() if kind in {"delete", "replace"})
    return [line for lines in lost for line in lines if line.strip()]


def _language(name: str) -> str:
    return language_of(PurePosixPath(name)).id
