"""The events in the bytes of an answer, however the bytes come."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from providers_cases import model

from tierwise.providers.connections.local import is_local
from tierwise.providers.connections.streams import json_lines, sse_data

Decoder = Callable[[AsyncIterator[bytes]], AsyncIterator[str]]


async def decoded(decoder: Decoder, *pieces: bytes) -> list[str]:
    async def chunks() -> AsyncIterator[bytes]:
        for piece in pieces:
            yield piece

    return [text async for text in decoder(chunks())]


EVENTS: list[tuple[bytes, list[str]]] = [
    (b"data: a\n\ndata:b\n\n", ["a", "b"]),
    (b"data: a\r\n\r\ndata: b\r\n\r\n", ["a", "b"]),
    (b"data: a\r\rdata: b\r\r", ["a", "b"]),
    (b"data: a\ndata: b\n\n", ["a\nb"]),
    (b"data:  a\n\n", [" a"]),
    (b": comment\nid: 1\nretry: 5\nevent: x\n\ndata: a\nevent: y\n\n", ["a"]),
    (b"data: a\n\ndata: half", ["a"]),
    (b"data: a\n\ndata: half\n", ["a"]),
    (b"data: [DONE]\n\ndata\n\ndata:\n\n", []),
    (b"database: a\n\n", []),
    ("data: ä\u2028ö\x85\n\n".encode(), ["ä\u2028ö\x85"]),
    (b"", []),
]


@pytest.mark.parametrize(("raw", "texts"), EVENTS)
async def test_events(raw: bytes, texts: list[str]) -> None:
    assert await decoded(sse_data, raw) == texts
    assert await decoded(sse_data, *(byte.to_bytes() for byte in raw)) == texts


LINES: list[tuple[bytes, list[str]]] = [
    (b'{"a": 1}\n{"b": 2}', ['{"a": 1}', '{"b": 2}']),
    (b"a\r\n\n  \nb\n", ["a\r", "b"]),
    ("ä\u2028ö\x85\n".encode(), ["ä\u2028ö\x85"]),
    (b"", []),
]


@pytest.mark.parametrize(("raw", "texts"), LINES)
async def test_lines(raw: bytes, texts: list[str]) -> None:
    assert await decoded(json_lines, raw) == texts
    assert await decoded(json_lines, *(byte.to_bytes() for byte in raw)) == texts


@given(
    texts=st.lists(st.text(st.characters(exclude_characters="\r\n", codec="utf-8"), min_size=1)),
    cuts=st.lists(st.integers(0, 400)),
)
async def test_where_the_bytes_are_torn_does_not_matter(texts: list[str], cuts: list[int]) -> None:
    raw = "".join(f"data: {text}\n\n" for text in texts).encode()
    borders = [0, *sorted(cut for cut in cuts if cut < len(raw)), len(raw)]
    pieces = [raw[start:end] for start, end in pairwise(borders)]
    assert await decoded(sse_data, *pieces) == [text for text in texts if text != "[DONE]"]


@pytest.mark.parametrize("decoder", [sse_data, json_lines])
async def test_what_is_no_answer(decoder: Decoder) -> None:
    with pytest.raises(ValueError, match="utf-8"):
        await decoded(decoder, b"data: \xff\n\n")
    with pytest.raises(ValueError, match="without an end"):
        await decoded(decoder, *[b"x" * (1 << 20)] * 5)


HERE: list[tuple[str, dict[str, str], bool]] = [
    ("http://127.0.0.1:8080", {}, True),
    ("http://localhost:8080/v1", {}, True),
    ("http://[::1]:8080", {}, True),
    ("https://127.0.0.1:8080", {}, False),
    ("http://192.168.1.5:8080", {}, False),
    ("http://127.0.0.1:8080", {"proxy": "http://proxy:3128"}, False),
    ("http://127.0.0.1:8080", {"ca_bundle": "/etc/ssl/ours.pem"}, False),
]


@pytest.mark.parametrize(("address", "settings", "local"), HERE)
def test_which_servers_are_of_this_machine(address: str, settings: dict[str, str], local: bool) -> None:
    resolved = model("fim", "m", dialect="llama.cpp", base_url=address, **settings)
    assert is_local(resolved.provider, address) is local
