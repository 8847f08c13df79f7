"""A rename and what belongs to it as groups that the user sees, and as one sentence. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tierwise.core.changes import Changeset, FileEdit, TextEdit
from tierwise.core.documents import Document
from tierwise.features.rename.values import Afterwards, RenameAnswer
from tierwise.lsp.changesets import Group

MENTIONS, RELATED = "Mentions in comments, strings and documents", "Related names"


def groups_of(answer: RenameAnswer) -> Iterator[Group]:
    """The three groups of a rename: the symbol, its mentions, and names that are made of its name."""
    certain = answer.certain
    yield Group(f"'{certain.old_name}' to '{certain.new_name}'", certain.changeset, f"found by {certain.engine}")
    yield from proposals(answer, confirm=True)


def proposals(found: RenameAnswer | Afterwards, *, confirm: bool) -> Iterator[Group]:
    """What goes beyond the symbol itself. Related names are one group for the user, each with its own words."""
    if found.mentions:
        yield Group(MENTIONS, Changeset(tuple(_mention_edits(found))), "read as text, not as code", confirm)
    for item in found.related:
        yield Group(RELATED, item.changes, f"{item.old} to {item.new}", confirm)


def summary(answer: RenameAnswer) -> str:
    """What was found by which engine, for a person."""
    certain = answer.certain
    text = (
        f"{certain.old_name} to {certain.new_name}: {_count(certain.certain, 'occurrence')} in "
        f"{_count(certain.files, 'file')}, found by {certain.engine}"
    )
    beyond = [_count(len(answer.mentions), "mention")] if answer.mentions else []
    beyond += [_count(len(answer.related), "related name")] if answer.related else []
    return f"{text}; to be confirmed: {' and '.join(beyond)}" if beyond else text


def _mention_edits(found: RenameAnswer | Afterwards) -> Iterator[FileEdit]:
    by_uri: dict[str, tuple[Document, list[TextEdit]]] = {}
    for mention in found.mentions:
        _, edits = by_uri.setdefault(mention.document.uri, (mention.document, []))
        edits.append(TextEdit(mention.span, mention.new))
    for document, edits in by_uri.values():
        yield FileEdit(document, _ordered(edits))


def _ordered(edits: Iterable[TextEdit]) -> tuple[TextEdit, ...]:
    return tuple(sorted(edits, key=lambda edit: edit.span))


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
