"""``tierwise simulate``: simulated model providers on the loopback interface, until interrupted.

Prints where they are and how to point clients there, then one line per request. Must never print a key or a prompt.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import textwrap
from pathlib import Path

from tierwise.simulator import FaultKind, Script, SeenRequest, Simulator, load_script
from tierwise.simulator.routes import PROVIDERS

EXAMPLE = """\
a script, first matching rule answers:

  [[rules]]
  wire = "infill"                  # or anthropic, chat, responses, completions, ollama, mistral-fim, deepseek-fim
  contains = ["def parse"]
  times = 1
  reply = { text = "return None", first_token_ms = 120, token_ms = 15 }

  [[rules]]
  model = "claude-*"
  reply = { fault = { kind = "rate-limit", retry_after_s = 2 } }

faults: FAULTS

every provider is also reached below its name, at its own paths: http://127.0.0.1:PORT/deepseek/beta/completions
"""


def add(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    parser.description = "Simulate model providers on 127.0.0.1, with scripted answers, delays and faults."
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    faults = textwrap.fill(", ".join(FaultKind), 100, subsequent_indent="  ", break_on_hyphens=False)
    parser.epilog = EXAMPLE.replace("FAULTS", faults)
    parser.add_argument("--port", type=_port, default=0, metavar="N", help="port to listen on; 0 takes a free one")
    parser.add_argument("--script", type=Path, metavar="FILE", help="what to answer, as .toml or .json")
    parser.add_argument(
        "--provider", choices=tuple(PROVIDERS), help="be this provider alone, at its own paths (default: all at once)"
    )
    parser.add_argument("--no-auth", action="store_true", help="accept requests without a key")


def run(args: argparse.Namespace) -> int:
    """Serve until interrupted. Raises UsageError for a wrong script, Declined for a port that is taken."""
    script = load_script(args.script) if args.script else Script()
    simulator = Simulator(
        script,
        port=args.port,
        provider=args.provider,
        check_auth=not args.no_auth,
        on_finished=lambda request: _say(request_line(request)),
    )
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(simulator, args.provider))
    return 0


def request_line(request: SeenRequest) -> str:
    """One request for a person: wire, model, status, tokens, cost, and how it ended."""
    parts = [f"#{request.number}", request.wire or f"{request.method} {request.path}"]
    if request.model:
        parts.append(request.model)
    parts.append(str(request.status) if request.status is not None else "no answer")
    if request.use is not None:
        use = request.use
        parts.append(f"in {use.input_tokens} (cached {use.read_tokens}, written {use.written_tokens})")
        parts.append(f"out {request.output_tokens}")
        parts.append(f"${request.cost_usd:.6f}")
    if request.closed_by_client:
        parts.append("closed by the client")
    if request.error:
        parts.append(request.error)
    return "  ".join(parts)


async def _serve(simulator: Simulator, provider: str | None) -> None:
    async with simulator:
        _say(f"Simulated providers at {simulator.base_url} (interrupt to stop)")
        for line in environment(simulator.base_url, provider):
            _say(line)
        await asyncio.get_running_loop().create_future()


def environment(base_url: str, provider: str | None) -> list[str]:
    """Variables that point the official clients at the simulator."""
    lines: list[str] = []
    if provider in (None, "anthropic"):
        lines.append(f"ANTHROPIC_BASE_URL={base_url} ANTHROPIC_API_KEY=simulated")
    if provider in (None, "openai"):
        lines.append(f"OPENAI_BASE_URL={base_url}/v1 OPENAI_API_KEY=simulated")
    return lines


def _say(line: str) -> None:
    print(line, flush=True)


def _port(text: str) -> int:
    if not text.isdecimal() or not 0 <= int(text) <= 65_535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port between 0 and 65535")
    return int(text)
