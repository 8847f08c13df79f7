"""What the connected client can do, read once from ``initialize``. Standard library only.

Everything that depends on the client asks this value; nobody asks for an editor's name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

ENCODINGS = ("utf-8", "utf-16", "utf-32")


@dataclass(frozen=True, slots=True)
class Client:
    """Abilities of the client, with the protocol's defaults for what it does not say."""

    name: str
    encoding: str
    process_id: int | None
    folders: tuple[str, ...]
    """URIs of the workspace folders."""
    options: Mapping[str, object]
    """``initializationOptions``: the editor's settings section, and ``trusted``."""
    tierwise: bool
    """Announces ``experimental.tierwise``: takes ``tierwise/answer`` and ``tierwise/usage``."""
    editor_rename: bool
    """Announces ``experimental.tierwiseRename``: answers ``tierwise/editorRename`` by its own language servers."""
    inline_completion: bool
    resolves_edits: bool
    """Fetches a code action's ``edit`` lazily (``codeAction/resolve``), and did not ask us not to: some editors wait
    for it without taking a key. They say ``{"lazyEdits": false}`` in ``initializationOptions``."""
    hides_errors: bool
    """Shows nobody why a command failed: ``{"showErrors": true}`` in ``initializationOptions`` asks for a message."""
    document_changes: bool
    change_annotations: bool
    """Lets the user confirm the parts of an edit, in a rename as elsewhere."""
    create_files: bool
    rename_files: bool
    apply_edit: bool
    configuration: bool
    progress: bool
    show_document: bool
    text_document_content: bool
    watches_files: bool
    dynamic_configuration: bool
    code_action_literals: bool
    prepare_rename: bool

    @staticmethod
    def of(params: Mapping[str, object]) -> Client:
        """Read ``InitializeParams``; wrong shapes count as not said."""
        capabilities = _table(params, "capabilities")
        edit = _table(capabilities, "workspace", "workspaceEdit")
        operations = _list(edit, "resourceOperations")
        resolve = _table(capabilities, "textDocument", "codeAction", "resolveSupport")
        experimental = _table(capabilities, "experimental")
        # Annotations and moves stand in documentChanges alone: who takes them takes these, whether it says so or not.
        honors = _table(capabilities, "textDocument", "rename").get("honorsChangeAnnotations")
        annotated = _says(edit, "changeAnnotationSupport") and bool(honors)
        process = params.get("processId")
        name = _table(params, "clientInfo").get("name")
        return Client(
            name=name if isinstance(name, str) else "",
            encoding=_encoding(capabilities),
            process_id=process if isinstance(process, int) and not isinstance(process, bool) else None,
            folders=_folders(params),
            options=_table(params, "initializationOptions"),
            tierwise=bool(experimental.get("tierwise")),
            editor_rename=bool(experimental.get("tierwiseRename")),
            inline_completion=_says(capabilities, "textDocument", "inlineCompletion"),
            resolves_edits="edit" in _list(resolve, "properties")
            and _table(params, "initializationOptions").get("lazyEdits") is not False,
            hides_errors=_table(params, "initializationOptions").get("showErrors") is True,
            document_changes=bool(edit.get("documentChanges") or operations) or annotated,
            change_annotations=annotated,
            create_files="create" in operations,
            rename_files="rename" in operations,
            apply_edit=_says(capabilities, "workspace", "applyEdit"),
            configuration=_says(capabilities, "workspace", "configuration"),
            progress=_says(capabilities, "window", "workDoneProgress"),
            show_document=bool(_table(capabilities, "window", "showDocument").get("support")),
            text_document_content=_says(capabilities, "workspace", "textDocumentContent"),
            watches_files=_dynamic(capabilities, "workspace", "didChangeWatchedFiles"),
            dynamic_configuration=_dynamic(capabilities, "workspace", "didChangeConfiguration"),
            code_action_literals=_says(capabilities, "textDocument", "codeAction", "codeActionLiteralSupport"),
            prepare_rename=bool(_table(capabilities, "textDocument", "rename").get("prepareSupport")),
        )


def _encoding(capabilities: Mapping[str, object]) -> str:
    offered = _list(_table(capabilities, "general"), "positionEncodings")
    return next((str(encoding) for encoding in offered if encoding in ENCODINGS), "utf-16")


def _folders(params: Mapping[str, object]) -> tuple[str, ...]:
    listed = params.get("workspaceFolders")
    if isinstance(listed, list):
        uris = [_table({"f": folder}, "f").get("uri") for folder in cast("list[object]", listed)]
        return tuple(uri for uri in uris if isinstance(uri, str))
    root = params.get("rootUri")
    if isinstance(root, str):
        return (root,)
    path = params.get("rootPath")
    if isinstance(path, str) and path:
        from pathlib import Path

        from tierwise.core.uris import to_uri

        return (to_uri(Path(path)),)
    return ()


def _table(value: Mapping[str, object], *keys: str) -> Mapping[str, object]:
    """The object below ``keys``; empty where anything on the way is none."""
    for key in keys:
        inner = value.get(key)
        if not isinstance(inner, dict):
            return {}
        value = cast("dict[str, object]", inner)
    return value


def _list(value: Mapping[str, object], key: str) -> list[object]:
    inner = value.get(key)
    return cast("list[object]", inner) if isinstance(inner, list) else []


def _says(value: Mapping[str, object], *keys: str) -> bool:
    """Whether the last key is there and neither null nor false."""
    last = _table(value, *keys[:-1]).get(keys[-1])
    return last is not None and last is not False


def _dynamic(value: Mapping[str, object], *keys: str) -> bool:
    return bool(_table(value, *keys).get("dynamicRegistration"))
