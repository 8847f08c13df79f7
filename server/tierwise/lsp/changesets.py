"""Changesets as LSP workspace edits, versioned wherever the client takes versions, in groups that the user can confirm
wherever the client shows such groups.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from lsprotocol import types

from tierwise.core import uris
from tierwise.core.changes import Changeset, CreateFile, FileChange, FileEdit, RenameFile
from tierwise.core.documents import Document
from tierwise.core.errors import Declined, Stale
from tierwise.core.text import Lines, Span
from tierwise.lsp.client import Client
from tierwise.lsp.convert import Columns


def lsp_range(columns: Columns, lines: Lines, span: Span) -> types.Range:
    """A span in the client's positions."""
    start, end = columns.position(lines, span.start), columns.position(lines, span.end)
    return types.Range(types.Position(**start), types.Position(**end))


def freshened(changeset: Changeset, current: Callable[[Document], object]) -> Changeset:
    """The changeset against the files as they are now. ``current`` gives a document as it is now; anything else where
    it is gone. Raises ``Stale`` when a file that would change says something else than the changeset was made for.
    """
    return Changeset(tuple(_freshened(change, current) for change in changeset.changes))


def _freshened(change: FileChange, current: Callable[[Document], object]) -> FileChange:
    if not isinstance(change, FileEdit):
        return change
    base, now = change.base, current(change.base)
    if now is base:
        return change
    if not isinstance(now, Document) or not now.lines.same_as(base.lines):
        raise Stale(
            f"{base.path.name if base.path else base.uri} changed in the meantime; nothing was applied. Ask again."
        )
    return replace(change, base=now)  # the same text under another version: typed and taken back, opened, saved


def workspace_edit(changeset: Changeset, client: Client, columns: Columns) -> types.WorkspaceEdit:
    """The edit for this client. Raises ``Declined`` for file operations that it does not take."""
    files = [change for change in changeset.changes if not isinstance(change, FileEdit)]
    if files and not client.document_changes:
        raise Declined("This change creates or moves files, which this editor does not let a server do.")
    if not client.document_changes:
        edits = {change.base.uri: _edits(change, columns) for change in changeset.edits}
        return types.WorkspaceEdit(changes=edits)
    operations = [step for change in changeset.changes for step in _operations(change, client, columns)]
    return types.WorkspaceEdit(document_changes=operations)


@dataclass(frozen=True, slots=True)
class Group:
    """Changes that belong together for the user. ``confirm``: not to be made before the user says so."""

    label: str
    changes: Changeset
    description: str = ""
    confirm: bool = False


def grouped_edit(groups: Sequence[Group], client: Client, columns: Columns) -> types.WorkspaceEdit:
    """One edit of several groups, annotated. Where the client does not take annotations only what needs no
    confirmation is in it. Groups with the same label are one for the user. Edits of different groups do not overlap.
    """
    kept = [group for group in groups if not group.changes.empty and (client.change_annotations or not group.confirm)]
    if not any(group.confirm for group in kept):
        return workspace_edit(Changeset(tuple(c for group in kept for c in group.changes.changes)), client, columns)
    annotations = {
        f"g{number}": types.ChangeAnnotation(
            group.label, needs_confirmation=group.confirm, description=group.description or None
        )
        for number, group in enumerate(kept)
    }
    edits: dict[str, tuple[Document, list[types.AnnotatedTextEdit]]] = {}
    operations: list[_Operation] = []
    for name, group in zip(annotations, kept, strict=True):
        for change in group.changes.changes:
            if isinstance(change, FileEdit):
                _, listed = edits.setdefault(change.base.uri, (change.base, []))
                listed += [types.AnnotatedTextEdit(name, e.range, e.new_text) for e in _edits(change, columns)]
            else:
                operations += [_annotated(step, name) for step in _operations(change, client, columns)]
    documents = [_document_edit(base, _ordered(listed)) for base, listed in edits.values()]
    return types.WorkspaceEdit(document_changes=[*documents, *operations], change_annotations=annotations)


_Operation = types.TextDocumentEdit | types.CreateFile | types.RenameFile | types.DeleteFile


def _operations(change: FileChange, client: Client, columns: Columns) -> list[_Operation]:
    match change:
        case FileEdit(base):
            return [_document_edit(base, _edits(change, columns))]
        case CreateFile(path, text):
            if not client.create_files:
                raise Declined(f"This editor does not let a server create files ({path.name}).")
            uri, start = uris.to_uri(path), types.Position(0, 0)
            document = types.OptionalVersionedTextDocumentIdentifier(uri=uri, version=None)
            fill = types.TextDocumentEdit(document, [types.TextEdit(types.Range(start, start), text)])
            return [types.CreateFile(uri, options=types.CreateFileOptions(overwrite=False)), fill]
        case RenameFile(old, new):
            if not client.rename_files:
                raise Declined(f"This editor does not let a server move files ({old.name}).")
            options = types.RenameFileOptions(overwrite=False)
            return [types.RenameFile(uris.to_uri(old), uris.to_uri(new), options=options)]


def _document_edit(base: Document, edits: Sequence[types.TextEdit | types.AnnotatedTextEdit]) -> types.TextDocumentEdit:
    document = types.OptionalVersionedTextDocumentIdentifier(uri=base.uri, version=base.version)
    return types.TextDocumentEdit(document, list(edits))


def _ordered(edits: Sequence[types.AnnotatedTextEdit]) -> list[types.AnnotatedTextEdit]:
    return sorted(edits, key=lambda edit: (edit.range.start.line, edit.range.start.character))


def _annotated(step: _Operation, name: str) -> _Operation:
    if not isinstance(step, types.TextDocumentEdit):
        step.annotation_id = name
    return step


def _edits(change: FileEdit, columns: Columns) -> list[types.TextEdit]:
    lines = change.base.lines
    return [types.TextEdit(lsp_range(columns, lines, edit.span), edit.text) for edit in change.edits]
