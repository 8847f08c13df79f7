"""Names in documentation comments of Java that its tools take for references. Pure."""

from __future__ import annotations

from tierwise.rename.java.classes import Class, Classes
from tierwise.rename.java.keys import LocalKey
from tierwise.rename.syntactic.project import SourceFile
from tierwise.syntax.scopes import Name

_LINKS = frozenset({"{@link", "{@linkplain", "@see", "@throws", "@exception"})


def documented(file: SourceFile, name: Name, word: str, classes: Classes) -> LocalKey | Class | None:
    """The parameter of ``@param name``, or the class of ``{@link Type}``; None for any other word of a comment."""
    comment = name.node
    if comment.type != "block_comment" or not file.text(comment).startswith("/**"):
        return None
    before = file.parsed.text_between(comment.start_byte, name.start).split()
    following = comment.next_named_sibling
    if not before or following is None:
        return None
    if before[-1] == "@param":
        parameters = following.child_by_field_name("parameters")
        for item in parameters.named_children if parameters is not None else ():
            identifier = item.child_by_field_name("name")
            if identifier is not None and file.text(identifier) == word:
                return LocalKey(file.path, identifier.start_byte)
    elif before[-1] in _LINKS:
        found = classes.named(file, following, word)
        return found if isinstance(found, Class) else None
    return None
