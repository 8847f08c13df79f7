"""Parameters of the frequent messages, decoded straight from JSON. Unknown fields are ignored, as LSP asks."""

from __future__ import annotations

import msgspec


class Position(msgspec.Struct):
    line: int
    character: int

    @property
    def pair(self) -> tuple[int, int]:
        return self.line, self.character


class Range(msgspec.Struct):
    start: Position
    end: Position


class Document(msgspec.Struct):
    uri: str


class VersionedDocument(msgspec.Struct):
    uri: str
    version: int | None = None


class OpenedDocument(msgspec.Struct, rename="camel"):
    uri: str
    language_id: str
    version: int
    text: str


class DidOpen(msgspec.Struct, rename="camel"):
    text_document: OpenedDocument


class ContentChange(msgspec.Struct):
    text: str
    range: Range | None = None


class DidChange(msgspec.Struct, rename="camel"):
    text_document: VersionedDocument
    content_changes: list[ContentChange]


class DidClose(msgspec.Struct, rename="camel"):
    text_document: Document


class DidSave(msgspec.Struct, rename="camel"):
    text_document: Document


class FolderEvent(msgspec.Struct):
    added: list[Document] = msgspec.field(default_factory=list[Document])
    removed: list[Document] = msgspec.field(default_factory=list[Document])


class DidChangeWorkspaceFolders(msgspec.Struct):
    event: FolderEvent


class DidChangeWatchedFiles(msgspec.Struct):
    changes: list[Document]


class SelectedCompletionInfo(msgspec.Struct):
    range: Range
    text: str


class InlineCompletionContext(msgspec.Struct, rename="camel"):
    trigger_kind: int = 2
    """1 invoked, 2 automatic (LSP 3.18); clients built on vscode-languageserver-types 3.17.5 send 0 for invoked."""
    selected_completion_info: SelectedCompletionInfo | None = None


class InlineCompletionParams(msgspec.Struct, rename="camel"):
    text_document: Document
    position: Position
    context: InlineCompletionContext = msgspec.field(default_factory=InlineCompletionContext)


class CompletionContext(msgspec.Struct, rename="camel"):
    trigger_kind: int = 1
    trigger_character: str | None = None


class CompletionParams(msgspec.Struct, rename="camel"):
    text_document: Document
    position: Position
    context: CompletionContext | None = None


class NextEditParams(msgspec.Struct, rename="camel"):
    text_document: VersionedDocument
    position: Position


class OfferCommand(msgspec.Struct):
    arguments: list[object] = msgspec.field(default_factory=list[object])


class OfferItem(msgspec.Struct):
    command: OfferCommand | None = None


class AboutOffer(msgspec.Struct, rename="camel"):
    """What became of an offer; its command's first argument is its id."""

    item: OfferItem


class RejectedOffer(msgspec.Struct):
    id: str
