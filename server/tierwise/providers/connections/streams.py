"""The events in the bytes of an answer: server-sent events, or one JSON object per line.

Pure. A line is decoded when it is whole, so that no character is split.
"""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, AsyncIterator

_SSE_LINE_END = re.compile(rb"\r\n|\n|\r(?!\Z)")
"""A carriage return that ends what has come so far may be half of an end; it waits for what follows."""

_LINE_END = re.compile(rb"\n")
"""Only a line feed ends a line of JSON, which may hold the other characters that Unicode counts as line ends."""

_LONGEST = 4 << 20
"""Bytes of a line. A server that sends more without an end is broken, and must not fill the memory."""


async def sse_data(chunks: AsyncIterator[bytes]) -> AsyncGenerator[str]:
    """The data of each server-sent event, as the HTML standard defines them: an event without an empty line behind it
    does not count. Nor does the mark that ends OpenAI's streams. Raises ValueError for what is no UTF-8.
    """
    data: list[str] = []
    async for line in _lines(chunks, _SSE_LINE_END):
        name, _, value = line.partition(b":")
        if name == b"data":
            data.append(value.removeprefix(b" ").decode())
        elif not line and data:
            text = "\n".join(data)
            data.clear()
            if text and text != "[DONE]":
                yield text


async def json_lines(chunks: AsyncIterator[bytes]) -> AsyncGenerator[str]:
    """The lines that are not blank; the last needs no end. Raises ValueError for what is no UTF-8."""
    async for line in _lines(chunks, _LINE_END):
        if line.strip():
            yield line.decode()


async def _lines(chunks: AsyncIterator[bytes], end: re.Pattern[bytes]) -> AsyncGenerator[bytes]:
    rest = b""
    async for chunk in chunks:
        *lines, rest = end.split(rest + chunk)
        for line in lines:
            yield line
        if len(rest) > _LONGEST:
            raise ValueError("a line without an end")
    if rest:
        for line in end.split(rest + b"\n")[:-1]:
            yield line
