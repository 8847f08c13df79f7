"""The buffers of an editor: what is open, and what a workspace edit makes of it.

Owner of the documents of one ``Editor``. Text is a plain string here and places are counted anew from the protocol's
own words, so that a mistake in the server's text cannot hide in its client's. Never writes a file: files that an edit
touches are opened, as editors do, and changed in memory only.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, cast

from tierwise.core.errors import TierwiseError
from tierwise.core.languages import language_of
from tierwise.core.uris import same_file_key, to_path

Json = Mapping[str, Any]
Notification = tuple[str, dict[str, Any]]

_TERMINATOR = re.compile(r"\r\n|\n|\r")


class EditRefused(TierwiseError):
    """A workspace edit that an editor would not apply: stale, overlapping, out of range, on what is not there."""


@dataclass(slots=True)
class Buffer:
    """One open document."""

    uri: str
    language: str
    version: int
    text: str


@dataclass(slots=True)
class Documents:
    """All buffers. ``encoding`` is the unit of ``character``: set by the answer to ``initialize``."""

    encoding: str = "utf-16"
    buffers: dict[str, Buffer] = field(default_factory=dict[str, Buffer])
    gone: set[str] = field(default_factory=set[str])
    """Files that an edit deleted or moved away."""

    def open(self, uri: str, text: str | None = None, language: str | None = None) -> Notification:
        """Open a document, with the text on disk unless another is given; returns what the server must be told."""
        path = to_path(uri)
        if language is None:
            language = language_of(path).id if path else "plaintext"
        buffer = Buffer(uri, language, 1, self._disk(uri) if text is None else text)
        self.buffers[same_file_key(uri)] = buffer
        self.gone.discard(same_file_key(uri))
        item = {"uri": uri, "languageId": language, "version": 1, "text": buffer.text}
        return "textDocument/didOpen", {"textDocument": item}

    def close(self, uri: str) -> Notification:
        """Close a document; what was changed in it is lost."""
        buffer = self.buffers.pop(same_file_key(uri))
        return "textDocument/didClose", {"textDocument": {"uri": buffer.uri}}

    def replace(self, uri: str, start: int, end: int, new: str) -> Notification:
        """Replace a stretch of a buffer; ``start`` and ``end`` are offsets in characters."""
        buffer = self.buffers[same_file_key(uri)]
        return self._changed(buffer, [self.edit(buffer.text, start, end, new)])

    def edit(self, text: str, start: int, end: int, new: str) -> dict[str, Any]:
        """A TextEdit of ``text``, by offsets."""
        places = {"start": position(text, start, self.encoding), "end": position(text, end, self.encoding)}
        return {"range": places, "newText": new}

    def text(self, uri: str) -> str:
        """What the editor shows: the buffer, or the file on disk. Raises EditRefused where there is neither."""
        buffer = self.buffers.get(same_file_key(uri))
        return buffer.text if buffer else self._disk(uri)

    def preview(self, edit: Json) -> dict[str, tuple[str, str]]:
        """What a WorkspaceEdit would make of each document: URI to the text before and after. Changes nothing.

        Raises EditRefused. A document that the edit makes has an empty text before, one that it removes after.
        """
        trial = self._copy()
        trial.apply(edit)
        keys = {**self.buffers, **trial.buffers}
        gone = trial.gone - self.gone
        uris = [buffer.uri for key, buffer in keys.items() if key not in gone]
        changed = {uri: (self._text_or_nothing(uri), trial.text(uri)) for uri in uris}
        changed |= {uri: (self.text(uri), "") for uri in gone}
        return {uri: texts for uri, texts in changed.items() if texts[0] != texts[1]}

    def apply(self, edit: Json) -> list[Notification]:
        """Apply a WorkspaceEdit, all or nothing; returns what the server must be told, in order.

        Raises EditRefused.
        """
        annotations: Json = edit.get("changeAnnotations") or {}
        changes: list[Any] = edit.get("documentChanges") or [
            {"textDocument": {"uri": uri, "version": None}, "edits": edits}
            for uri, edits in cast("Json", edit.get("changes") or {}).items()
        ]
        before = self._copy()
        told: list[Notification] = []
        try:
            for change in changes:
                _check_annotations(change, annotations)
                told.extend(self._apply_one(change))
        except EditRefused:
            self.buffers, self.gone = before.buffers, before.gone
            raise
        return told

    def _copy(self) -> Documents:
        return Documents(self.encoding, {key: replace(b) for key, b in self.buffers.items()}, set(self.gone))

    def _text_or_nothing(self, uri: str) -> str:
        return self.text(uri) if self._exists(uri) else ""

    def _apply_one(self, change: Json) -> list[Notification]:
        match change.get("kind"):
            case None:
                return self._edit_document(change["textDocument"], change["edits"])
            case "create":
                return self._create(change["uri"], change.get("options") or {})
            case "rename":
                return self._rename(change["oldUri"], change["newUri"], change.get("options") or {})
            case "delete":
                return self._delete(change["uri"])
            case other:
                raise EditRefused(f"unknown kind of change {other!r}")

    def _edit_document(self, identifier: Json, edits: Sequence[Json]) -> list[Notification]:
        uri, version = identifier["uri"], identifier.get("version")
        told: list[Notification] = []
        key = same_file_key(uri)
        if key not in self.buffers:
            told.append(self.open(uri))
        elif version is not None and version != self.buffers[key].version:
            raise EditRefused(f"stale: made for version {version} of {uri}, which is {self.buffers[key].version}")
        return [*told, self._changed(self.buffers[key], edits)] if edits else told

    def _changed(self, buffer: Buffer, edits: Sequence[Json]) -> Notification:
        buffer.text, changes = apply_text_edits(buffer.text, edits, self.encoding)
        buffer.version += 1
        identifier = {"uri": buffer.uri, "version": buffer.version}
        return "textDocument/didChange", {"textDocument": identifier, "contentChanges": changes}

    def _create(self, uri: str, options: Json) -> list[Notification]:
        if self._exists(uri) and not options.get("overwrite"):
            if options.get("ignoreIfExists"):
                return []
            raise EditRefused(f"{uri} exists already")
        return [self.open(uri, text="")]

    def _rename(self, old: str, new: str, options: Json) -> list[Notification]:
        if self._exists(new) and not options.get("overwrite"):
            raise EditRefused(f"{new} exists already")
        text, told = self.text(old), self._delete(old)
        return [*told, self.open(new, text=text)]

    def _delete(self, uri: str) -> list[Notification]:
        if not self._exists(uri):
            raise EditRefused(f"{uri} does not exist")
        told = [self.close(uri)] if same_file_key(uri) in self.buffers else []
        self.gone.add(same_file_key(uri))
        return told

    def _exists(self, uri: str) -> bool:
        key, path = same_file_key(uri), to_path(uri)
        return key in self.buffers or (key not in self.gone and path is not None and path.exists())

    def _disk(self, uri: str) -> str:
        path = to_path(uri)
        if path is None or same_file_key(uri) in self.gone or not path.is_file():
            raise EditRefused(f"{uri} does not exist")
        return path.read_bytes().decode("utf-8", "replace")


def apply_text_edits(text: str, edits: Iterable[Json], encoding: str) -> tuple[str, list[dict[str, Any]]]:
    """``text`` after all ``edits``, and the same as content changes, last place first. Raises EditRefused."""
    placed = [(*_offsets(text, edit["range"], encoding), index, edit) for index, edit in enumerate(edits)]
    placed.sort(key=lambda item: item[:3], reverse=True)
    changes: list[dict[str, Any]] = []
    follower = len(text)
    for start, end, _, edit in placed:
        if end > follower:
            raise EditRefused(f"edits overlap at {edit['range']}")
        text = text[:start] + edit["newText"] + text[end:]
        changes.append({"range": edit["range"], "text": edit["newText"]})
        follower = start
    return text, changes


def offset(text: str, place: Json, encoding: str) -> int:
    """The offset in characters of a Position. Raises EditRefused where the text has no such place."""
    starts = [0, *(match.end() for match in _TERMINATOR.finditer(text))]
    line_number: int = place["line"]
    if not 0 <= line_number < len(starts):
        raise EditRefused(f"line {line_number} of a text of {len(starts)}")
    start = starts[line_number]
    terminator = _TERMINATOR.search(text, start)
    line = text[start : terminator.start() if terminator else len(text)]
    units = 0
    for index, char in enumerate(line):
        if units >= place["character"]:
            return _exact(units, place, start + index)
        units += width(char, encoding)
    return _exact(units, place, start + len(line))


def position(text: str, at: int, encoding: str) -> dict[str, int]:
    """The Position of an offset in characters."""
    before = [0, *(match.end() for match in _TERMINATOR.finditer(text, 0, at))]
    if before[-1] == at and text[at - 1 : at + 1] == "\r\n":
        before.pop()  # between the two halves of a terminator: still on its line
    return {"line": len(before) - 1, "character": sum(width(char, encoding) for char in text[before[-1] : at])}


def width(char: str, encoding: str) -> int:
    """Units of one character."""
    if encoding == "utf-8":
        return len(char.encode("utf-8", "surrogatepass"))
    return 2 if encoding == "utf-16" and ord(char) > 0xFFFF else 1


def _exact(units: int, place: Json, found: int) -> int:
    if units != place["character"]:
        raise EditRefused(f"character {place['character']} of line {place['line']} is past its end or inside another")
    return found


def _offsets(text: str, span: Json, encoding: str) -> tuple[int, int]:
    start, end = offset(text, span["start"], encoding), offset(text, span["end"], encoding)
    if end < start:
        raise EditRefused(f"a range that ends before it starts: {span}")
    return start, end


def _check_annotations(change: Json, annotations: Json) -> None:
    for part in (change, *change.get("edits", ())):
        name = part.get("annotationId")
        if name is not None and name not in annotations:
            raise EditRefused(f"a change refers to the annotation {name!r}, which is not there")
