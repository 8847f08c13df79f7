"""The lower bound: asyncio, msgspec, one socket. Forwards each ghost-text request to a llama.cpp-style server and does
nothing else: no documents, no context, no checks. Started as ``python forwarder.py HOST PORT [aiohttp | httpx]``; with
the last word the exchange goes through that HTTP library, streamed as the server streams it: through the first for a
model server on this machine, through the second, on which both SDKs are built, for all others.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable

import msgspec


class Message(msgspec.Struct):
    id: int | None = None
    method: str | None = None
    params: msgspec.Raw = msgspec.Raw(b"null")


Exchange = Callable[[bytes], Awaitable[str]]
"""Post a body; what the model says."""


async def bare(host: str, port: int) -> Exchange:
    reader, writer = await asyncio.open_connection(host, port)
    head = b"POST /infill HTTP/1.1\r\nHost: %b\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b"

    async def exchange(body: bytes) -> str:
        writer.write(head % (host.encode(), len(body), body))
        answer = await reader.readuntil(b"\r\n\r\n")
        length = int(answer.lower().split(b"content-length:")[1].split(b"\r\n")[0])
        return str(msgspec.json.decode(await reader.readexactly(length))["content"])

    return exchange


async def through_aiohttp(host: str, port: int) -> Exchange:
    import aiohttp

    from tierwise.providers.connections.streams import sse_data

    session = aiohttp.ClientSession(headers={"Accept-Encoding": "identity"})

    async def exchange(body: bytes) -> str:
        data = body.replace(b'"stream":false', b'"stream":true')
        async with session.post(f"http://{host}:{port}/infill", data=data) as response:
            return "".join(
                [msgspec.json.decode(text)["content"] async for text in sse_data(response.content.iter_any())]
            )

    return exchange


async def through_httpx(host: str, port: int) -> Exchange:
    import httpx2

    client = httpx2.AsyncClient(verify=False, trust_env=False, headers={"Accept-Encoding": "identity"})

    async def exchange(body: bytes) -> str:
        content = body.replace(b'"stream":false', b'"stream":true')
        request = client.build_request("POST", f"http://{host}:{port}/infill", content=content)
        response = await client.send(request, stream=True)
        try:
            return "".join([msgspec.json.decode(event.data)["content"] async for event in httpx2.EventSource(response)])
        finally:
            await response.aclose()

    return exchange


EXCHANGES = {"": bare, "aiohttp": through_aiohttp, "httpx": through_httpx}


async def forward(exchange: Exchange, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    decoder, encoder = msgspec.json.Decoder(Message), msgspec.json.Encoder()
    body = encoder.encode({"input_prefix": "def f(", "input_suffix": "", "n_predict": 64, "stream": False})
    while True:
        header = await reader.readuntil(b"\r\n\r\n")
        message = decoder.decode(await reader.readexactly(int(header.split(b":")[1].split(b"\r\n")[0])))
        if message.method == "exit":
            return
        if message.id is None:
            continue
        result: object = {"capabilities": {}}
        if message.method == "textDocument/inlineCompletion":
            result = {"items": [{"insertText": await exchange(body)}]}
        out = encoder.encode({"jsonrpc": "2.0", "id": message.id, "result": result})
        writer.write(b"Content-Length: %d\r\n\r\n%b" % (len(out), out))


async def main() -> None:
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=1 << 26)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    transport, protocol = await loop.connect_write_pipe(asyncio.streams.FlowControlMixin, sys.stdout)
    writer = asyncio.StreamWriter(transport, protocol, reader, loop)
    host, port = sys.argv[1], int(sys.argv[2])
    exchange = await EXCHANGES["".join(sys.argv[3:])](host, port)
    await forward(exchange, reader, writer)


if __name__ == "__main__":
    asyncio.run(main())
