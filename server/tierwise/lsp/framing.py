"""LSP's base protocol: ``Content-Length`` frames. Standard library only, since the first answer depends on it."""

from __future__ import annotations

import re

_LENGTH = re.compile(rb"content-length[ \t]*:[ \t]*(\d{1,12})[ \t]*$", re.IGNORECASE)
_MAX_HEADER = 8_192


class FramingError(Exception):
    """The bytes are no LSP frames: there is no way to find the next message."""


class FrameSplitter:
    """Cuts a stream of bytes into message bodies, however the bytes arrive."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._needed: int | None = None

    def feed(self, data: bytes) -> list[bytes]:
        """The bodies that are complete now, in order. Raises FramingError on bytes that are no header."""
        self._buffer += data
        bodies: list[bytes] = []
        while True:
            if self._needed is None:
                self._needed = self._header()
            if self._needed is None or len(self._buffer) < self._needed:
                return bodies
            bodies.append(bytes(self._buffer[: self._needed]))
            del self._buffer[: self._needed]
            self._needed = None

    def _header(self) -> int | None:
        """The body's length once the whole header is there."""
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            if len(self._buffer) > _MAX_HEADER:
                raise FramingError("no header within 8 KiB")
            return None
        for line in bytes(self._buffer[:end]).split(b"\r\n"):
            match = _LENGTH.match(line.strip())
            if match:
                del self._buffer[: end + 4]
                return int(match.group(1))
        raise FramingError("a header without Content-Length")


def frame(body: bytes) -> bytes:
    """One message as it goes over the wire."""
    return b"Content-Length: %d\r\n\r\n%b" % (len(body), body)
