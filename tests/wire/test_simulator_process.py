"""``tierwise simulate`` as a process of its own."""

from __future__ import annotations

import asyncio
import re
import signal
import sys
from pathlib import Path

import httpx
import pytest

SCRIPT = """
[[rules]]
wire = "infill"
[rules.reply]
text = "from the script"
"""


async def start(*args: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tierwise",
        "simulate",
        *args,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


async def line_of(process: asyncio.subprocess.Process) -> str:
    assert process.stdout is not None
    async with asyncio.timeout(20):
        return (await process.stdout.readline()).decode().rstrip()


@pytest.mark.skipif(sys.platform == "win32", reason="an interrupt cannot be sent to a process there")
async def test_it_says_where_it_is_and_what_it_saw(tmp_path: Path) -> None:
    script = tmp_path / "script.toml"
    script.write_text(SCRIPT, "utf-8")
    process = await start("--script", str(script))
    try:
        found = re.search(r"http://127\.0\.0\.1:\d+", await line_of(process))
        assert found
        base_url = found.group()
        assert await line_of(process) == f"ANTHROPIC_BASE_URL={base_url} ANTHROPIC_API_KEY=simulated"
        assert await line_of(process) == f"OPENAI_BASE_URL={base_url}/v1 OPENAI_API_KEY=simulated"
        async with httpx.AsyncClient(base_url=base_url) as http:
            answer = await http.post("/infill", json={"input_prefix": "x" * 40, "input_suffix": ""})
            assert answer.json()["content"] == "from the script"
            assert await line_of(process) == (
                "#1  infill  simulated.gguf  200  in 10 (cached 0, written 0)  out 4  $0.000000"
            )
            await http.post("/v1/messages", json={"model": "claude-haiku-5-5"})
            assert await line_of(process) == "#2  anthropic  claude-haiku-5-5  401  x-api-key header is required"
        process.send_signal(signal.SIGINT)
        async with asyncio.timeout(20):
            assert await process.wait() == 0
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (("--port", "many"), "'many' is not a port"),
        (("--script", "missing.toml"), "cannot read the script missing.toml"),
        (("--provider", "nobody"), "invalid choice"),
    ],
)
async def test_wrong_use_is_one_line(args: tuple[str, ...], says: str) -> None:
    process = await start(*args)
    async with asyncio.timeout(20):
        out, err = await process.communicate()
    assert (process.returncode, out) == (2, b"")
    assert says in err.decode()
    assert err.decode().count("\n") == 1
