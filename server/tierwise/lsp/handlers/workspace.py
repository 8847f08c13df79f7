"""Settings as the client holds them: asked for when it is ready, when they change, and when folders come."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import cast

from lsprotocol import types
from pygls.exceptions import JsonRpcException

from tierwise.core import uris
from tierwise.features.workspace import WorkspaceControl
from tierwise.lsp.client import Client
from tierwise.lsp.full import TierwiseServer

SECTION = "tierwise"


def register(server: TierwiseServer, control: WorkspaceControl, client: Client) -> None:
    @server.feature(types.INITIALIZED)
    async def initialized(_: types.InitializedParams) -> None:
        await _register_dynamically(server, control, client)
        if client.configuration:
            await _fetch_configuration(server, control)

    @server.feature(types.WORKSPACE_DID_CHANGE_CONFIGURATION)
    async def configuration(params: types.DidChangeConfigurationParams) -> None:
        sent = cast("object", params.settings)
        if client.configuration:
            await _fetch_configuration(server, control)
        elif isinstance(sent, Mapping):
            section = cast("Mapping[str, object]", sent).get(SECTION)
            if section is not None:
                control.set_editor_settings(None, section)

    @server.feature(types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS)
    async def folders(_: types.DidChangeWorkspaceFoldersParams) -> None:
        if client.configuration:
            await _fetch_configuration(server, control)


async def _fetch_configuration(server: TierwiseServer, control: WorkspaceControl) -> None:
    """Ask for the section of the whole window and of each folder: settings are per folder."""
    folders = control.folders
    items = [types.ConfigurationItem(section=SECTION)]
    items += [types.ConfigurationItem(scope_uri=uris.to_uri(folder), section=SECTION) for folder in folders]
    try:
        answers = await server.workspace_configuration_async(types.ConfigurationParams(items))
    except (JsonRpcException, asyncio.CancelledError):
        return  # a client that announces it and then refuses: its initializationOptions stay
    sections = cast("list[object]", answers)
    for folder, section in zip((None, *folders), sections, strict=False):
        if section is not None:
            control.set_editor_settings(folder, section)


async def _register_dynamically(server: TierwiseServer, control: WorkspaceControl, client: Client) -> None:
    wanted: list[types.Registration] = []
    if client.watches_files:
        watchers = [types.FileSystemWatcher("**/*")]
        watchers += [types.FileSystemWatcher(path.as_posix()) for path in control.watched_files()]
        options = types.DidChangeWatchedFilesRegistrationOptions(watchers)
        wanted.append(types.Registration("tierwise-files", types.WORKSPACE_DID_CHANGE_WATCHED_FILES, options))
    if client.dynamic_configuration:
        section = types.DidChangeConfigurationRegistrationOptions(section=SECTION)
        wanted.append(types.Registration("tierwise-settings", types.WORKSPACE_DID_CHANGE_CONFIGURATION, section))
    if not wanted:
        return
    try:
        await server.client_register_capability_async(types.RegistrationParams(wanted))
    except (JsonRpcException, asyncio.CancelledError):
        return  # it said it could, or leaves; without it the next reload of a file still finds what changed
