from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tierwise.lsp.framing import FrameSplitter, FramingError, frame


@given(st.lists(st.binary(max_size=40), max_size=6), st.lists(st.integers(1, 30), max_size=40))
def test_bodies_come_out_whole_however_the_bytes_arrive(bodies: list[bytes], sizes: list[int]) -> None:
    data = b"".join(map(frame, bodies))
    splitter, seen, at = FrameSplitter(), [], 0
    for size in [*sizes, len(data)]:
        seen += splitter.feed(data[at : at + size])
        at += size
    assert seen == bodies


def test_other_headers_and_spelling_are_accepted() -> None:
    data = b"Content-Type: application/vscode-jsonrpc; charset=utf-8\r\ncontent-length:  2 \r\n\r\n{}"
    assert FrameSplitter().feed(data) == [b"{}"]


@pytest.mark.parametrize("data", [b"GET / HTTP/1.1\r\n\r\n", b"x" * 10_000])
def test_what_is_no_frame_is_refused(data: bytes) -> None:
    with pytest.raises(FramingError):
        FrameSplitter().feed(data)
