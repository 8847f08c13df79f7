"""Changesets as LSP workspace edits, versioned wherever the client takes versions."""

from __future__ import annotations

from collections.abc import Callable

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


def check_fresh(changeset: Changeset, current: Callable[[Document], Document | None]) -> None:
    """Raise ``Stale`` when a file that would change is no longer what the changeset was made for."""
    for change in changeset.edits:
        now = current(change.base)
        if now is None or (now is not change.base and now.text != change.base.text):
            name = change.base.path.name if change.base.path else change.base.uri
            raise Stale(f"{name} changed in the meantime; nothing was applied. Ask again.")


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


_Operation = types.TextDocumentEdit | types.CreateFile | types.RenameFile | types.DeleteFile


def _operations(change: FileChange, client: Client, columns: Columns) -> list[_Operation]:
    match change:
        case FileEdit(base):
            document = types.OptionalVersionedTextDocumentIdentifier(uri=base.uri, version=base.version)
            return [types.TextDocumentEdit(document, list(_edits(change, columns)))]
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


def _edits(change: FileEdit, columns: Columns) -> list[types.TextEdit]:
    lines = change.base.lines
    return [types.TextEdit(lsp_range(columns, lines, edit.span), edit.text) for edit in change.edits]
