"""Names in JSDoc comments that TypeScript's service takes for references: types in braces, links, parameters. Pure.

Any other word of a comment is a mention, which is never certain.
"""

from __future__ import annotations

import re

from tierwise.rename.ecmascript.shapes import FUNCTIONS
from tierwise.rename.syntactic.project import SourceFile
from tierwise.syntax.parse import Node
from tierwise.syntax.scopes import LOOSE, Binding, Name, look_up

_TYPES = frozenset({"class", "interface", "type", "enum", "import", "typeparameter", "namespace", "function"})
_TYPE_TAGS = "|".join(
    [
        *("type", "param", "arg", "argument", "returns?", "throws", "exception", "property", "prop", "extends"),
        *("augments", "implements", "this", "enum", "see", "satisfies"),
    ]
)


def documented(file: SourceFile, name: Name, word: str) -> Binding | None:
    """The variable, parameter or type that an occurrence in a JSDoc comment refers to."""
    comment = name.node
    if name.role != LOOSE or comment.type != "comment" or not file.text(comment).startswith("/**"):
        return None
    text = file.text(comment)
    before = file.parsed.text_between(comment.start_byte, name.start)
    after = text[len(before) + len(word) :]
    if _is_parameter(before):
        return _parameter(file, comment, word)
    if _in_braces(before, after) or re.search(r"@see\s+$", before):
        found = look_up(file.parsed, file.occurrences(word), comment)
        is_link = re.search(r"\{@link(?:code|plain)?\s+$|@see\s+\{?$", before) is not None
        return found if found is not None and (is_link or found.kind in _TYPES) else None
    return None


def defines_type(file: SourceFile, name: Name) -> bool:
    """Whether a comment defines a type under this name, which nothing here follows."""
    if name.node.type != "comment":
        return False
    before = file.parsed.text_between(name.node.start_byte, name.start)
    return re.search(r"@(?:typedef|callback|template)\s+(?:\{[^}]*\}\s*)?$", before) is not None


def _is_parameter(before: str) -> bool:
    return re.search(r"@(?:param|arg|argument)\s+(?:\{[^}]*\}\s*)?\[?$", before) is not None


def _in_braces(before: str, after: str) -> bool:
    """Whether a name begins a type or a link: nothing but type syntax stands before it in the braces."""
    opened = re.search(rf"(?:@(?:{_TYPE_TAGS})\s*\{{|\{{@link(?:code|plain)?\s+)([^{{}}]*)$", before)
    if opened is None or "}" not in after or re.search(r"[\w$.]$", opened.group(1)):
        return False
    return re.fullmatch(r"(?:[\w$.]+|[\s<>|&,()\[\]?!*=]|'[^']*'|\"[^\"]*\")*", opened.group(1)) is not None


def _parameter(file: SourceFile, comment: Node, word: str) -> Binding | None:
    """The parameter of the function that a comment stands before."""
    following = comment.next_named_sibling
    if following is None:
        return None
    for binding in file.occurrences(word).bindings:
        if binding.kind != "parameter" or not following.start_byte <= binding.definitions[0].start < following.end_byte:
            continue
        function = binding.definitions[0].node.parent
        while function is not None and function.type not in FUNCTIONS:
            function = function.parent
        if function is not None and _is_first(function, following):
            return binding
    return None


def _is_first(function: Node, statement: Node) -> bool:
    """Whether no other function is around ``function`` within ``statement``."""
    around = function.parent
    while around is not None and around != statement and function != statement:
        if around.type in FUNCTIONS:
            return False
        around = around.parent
    return True
