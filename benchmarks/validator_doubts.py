"""Which recorded commits say nothing about validators: set aside by rules that know nothing of what is measured.

A commit is no right answer where its own text does not parse, where only a part of it is there to be judged, and where
it does, unasked, just what a mutant does: a comment goes while its code stays, a definition goes while its uses stay.
Of those two nobody can tell from the text whether they were meant, so that they count for neither side.
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator

from benchmarks.validator_worlds import Edit, language
from tierwise.core.text import split_lines
from tierwise.syntax.comments import comments
from tierwise.syntax.outline import outline
from tierwise.syntax.parse import parse

_KINDS = {"function", "method", "class", "struct", "interface", "trait", "enum"}
_TOOLS = re.compile(r"noqa|type:|eslint|nolint|ts-")


def doubt(edit: Edit) -> str | None:
    """Why an edit is set aside, in a few words; None for most."""
    if not edit.whole:
        return "other files were created or deleted with it"
    if any(_breaks(name, edit.files[name], after) for name, after in edit.after.items()):
        return "its text does not parse"
    if any(True for _ in _dropped_comments(edit)):
        return "drops a comment, unasked"
    if any(True for _ in _dropped_definitions(edit)):
        return "drops a definition, unasked"
    return None


def _breaks(name: str, before: str, after: str) -> bool:
    """Whether a text parses worse than before: by Python itself, or by the language's grammar."""
    if language(name) == "python":
        return _is_python(before) and not _is_python(after)
    old, new = parse(language(name), before), parse(language(name), after)
    return old is not None and new is not None and new.error_count > old.error_count


def _is_python(text: str) -> bool:
    try:
        ast.parse(text)
    except (SyntaxError, ValueError):
        return False
    return True


def _dropped_comments(edit: Edit) -> Iterator[str]:
    """Comments that stand nowhere any more, while the line of code that they were at stands, and without another."""
    kept = {text for name, after in edit.after.items() for text, _ in _commented(name, after)}
    for name, after in edit.after.items():
        bare = Counter(line.strip() for line in split_lines(after))
        bare.subtract(code for _, code in _commented(name, after))
        for text, code in _commented(name, edit.files[name]):
            if text not in kept and bare[code] > 0:
                yield text


def _commented(name: str, text: str) -> Iterator[tuple[str, str]]:
    """What comments of one line say, each with its code: what stands before it on its line, or else the line below."""
    lines = split_lines(text)
    spans = {comment.span.start.line: comment.span for comment in comments(language(name), text) or ()}
    for number, span in spans.items():
        line, start = lines[number], span.start.column
        said = line[start:].strip()
        if span.end.line > number or not re.search(r"[^\W\d_]{3}", said) or _TOOLS.search(said):
            continue
        below = lines[number + 1].strip() if number + 1 < len(lines) and number + 1 not in spans else ""
        if code := line[:start].strip() or below:
            yield said, code


def _dropped_definitions(edit: Edit) -> Iterator[str]:
    """Definitions that the wish does not name, that are nowhere any more, and of which no use went with them."""
    kept = {item.name for name, after in edit.after.items() for item in outline(language(name), after)}
    for name, before in edit.files.items():
        if name not in edit.after:
            continue
        for item in outline(language(name), before):
            word = re.compile(rf"(?<!\w){re.escape(item.name)}(?!\w)")
            if item.kind not in _KINDS or item.name in kept or word.search(edit.wish):
                continue
            own = "".join(split_lines(before)[item.span.start.line : item.span.end.line + 1])
            uses = sum(len(word.findall(edit.files[file])) for file in edit.after) - len(word.findall(own))
            if uses <= sum(len(word.findall(after)) for after in edit.after.values()):
                yield item.name
