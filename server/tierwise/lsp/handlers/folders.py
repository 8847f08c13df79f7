"""Workspace folders and watched files: heard at once, since the next request may already be about them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from tierwise.core import uris
from tierwise.features.workspace import WorkspaceControl
from tierwise.lsp.endpoint import Endpoint
from tierwise.lsp.params import DidChangeWatchedFiles, DidChangeWorkspaceFolders


def register(endpoint: Endpoint, control: WorkspaceControl) -> None:
    def folders(params: DidChangeWorkspaceFolders) -> None:
        event = params.event
        control.change_folders(_paths(f.uri for f in event.added), _paths(f.uri for f in event.removed))

    def files(params: DidChangeWatchedFiles) -> None:
        control.files_changed(_paths(change.uri for change in params.changes))

    # The full server then asks the client for the new folders' settings.
    endpoint.on_notification("workspace/didChangeWorkspaceFolders", DidChangeWorkspaceFolders, folders, also_full=True)
    endpoint.on_notification("workspace/didChangeWatchedFiles", DidChangeWatchedFiles, files)


def _paths(found: Iterable[str]) -> list[Path]:
    return [path for uri in found if (path := uris.to_path(uri)) is not None]
