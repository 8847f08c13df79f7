"""Document synchronisation: the editor's changes into the session."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from tierwise.core import uris
from tierwise.lsp.convert import Columns
from tierwise.lsp.endpoint import Endpoint
from tierwise.lsp.params import DidChange, DidClose, DidOpen, DidSave
from tierwise.session.session import Session


def register(
    endpoint: Endpoint, session: Session, columns: Columns, files_changed: Callable[[Iterable[Path]], None]
) -> None:
    """``files_changed`` hears of saved files, which clients that watch no files report in no other way."""

    def did_open(params: DidOpen) -> None:
        document = params.text_document
        session.open(document.uri, document.language_id, document.version, document.text)

    def did_change(params: DidChange) -> None:
        uri = params.text_document.uri
        for change in params.content_changes:  # each range refers to the text after the change before it
            document = session.peek(uri)
            if document is None:
                return
            version = params.text_document.version
            span = None
            if change.range is not None:
                span = columns.span(document.lines, change.range.start.pair, change.range.end.pair)
            session.change(uri, document.version or 0 if version is None else version, span, change.text)

    def did_close(params: DidClose) -> None:
        session.close(params.text_document.uri)

    def did_save(params: DidSave) -> None:
        path = uris.to_path(params.text_document.uri)
        if path is not None:
            files_changed([path])

    endpoint.on_notification("textDocument/didOpen", DidOpen, did_open)
    endpoint.on_notification("textDocument/didChange", DidChange, did_change)
    endpoint.on_notification("textDocument/didClose", DidClose, did_close)
    endpoint.on_notification("textDocument/didSave", DidSave, did_save)
