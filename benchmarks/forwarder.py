"""The lower bound: asyncio, msgspec, one socket. Forwards each ghost-text request to a llama.cpp-style server and does
nothing else: no documents, no context, no checks. Started as ``python forwarder.py HOST PORT``.
"""

from __future__ import annotations

import asyncio
import sys

import msgspec


class Message(msgspec.Struct):
    id: int | None = None
    method: str | None = None
    params: msgspec.Raw = msgspec.Raw(b"null")


async def forward(host: str, port: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    decoder, encoder = msgspec.json.Decoder(Message), msgspec.json.Encoder()
    backend = await asyncio.open_connection(host, port)
    body = encoder.encode({"input_prefix": "def f(", "input_suffix": "", "n_predict": 64, "stream": False})
    post = b"POST /infill HTTP/1.1\r\nHost: %b\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b"
    post = post % (host.encode(), len(body), body)
    while True:
        header = await reader.readuntil(b"\r\n\r\n")
        message = decoder.decode(await reader.readexactly(int(header.split(b":")[1].split(b"\r\n")[0])))
        if message.method == "exit":
            return
        if message.id is None:
            continue
        result: object = {"capabilities": {}}
        if message.method == "textDocument/inlineCompletion":
            backend[1].write(post)
            head = await backend[0].readuntil(b"\r\n\r\n")
            length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
            answer = msgspec.json.decode(await backend[0].readexactly(length))
            result = {"items": [{"insertText": answer["content"]}]}
        out = encoder.encode({"jsonrpc": "2.0", "id": message.id, "result": result})
        writer.write(b"Content-Length: %d\r\n\r\n%b" % (len(out), out))


async def main() -> None:
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=1 << 26)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    transport, protocol = await loop.connect_write_pipe(asyncio.streams.FlowControlMixin, sys.stdout)
    writer = asyncio.StreamWriter(transport, protocol, reader, loop)
    await forward(sys.argv[1], int(sys.argv[2]), reader, writer)


if __name__ == "__main__":
    asyncio.run(main())
