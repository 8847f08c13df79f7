"""A real llama.cpp server with the tiny model, for the tests beside this file and for a benchmark.

``make test-llama`` installs one; else LLAMA_SERVER names it, or it is on the path.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.wire.tiny_model import write_tiny_model

_ENGINES = Path(os.environ.get("ENGINES_HOME") or Path.home() / ".cache" / "engines") / "bin"
_UNTIL_UP_S = 60
"""Far more than it takes (some 100 ms): only a server that never comes up meets it."""


def find_server() -> str | None:
    """The program; None where there is none. Raises FileNotFoundError where TIERWISE_LLAMA=require wants one."""
    installed = _ENGINES / "llama-server"
    found = os.environ.get("LLAMA_SERVER") or shutil.which("llama-server")
    if found is None and sys.platform != "win32" and installed.exists():
        found = str(installed)
    if found is None and os.environ.get("TIERWISE_LLAMA") == "require":
        raise FileNotFoundError("no llama-server: tests/wire/install_llama_server.sh installs one")
    return found


@contextmanager
def running(server: str, folder: Path, *options: str) -> Iterator[str]:
    """Start it on a free port with the tiny model, which is written to ``folder``; yields its base URL."""
    model = folder / "tiny.gguf"
    write_tiny_model(model)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    command = [server, "-m", str(model), "--host", "127.0.0.1", "--port", str(port), "-c", "4096", "-t", "1", *options]
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True) as process:
        listening = threading.Event()
        reader = threading.Thread(target=_watch, args=(process, listening), daemon=True)
        reader.start()
        try:
            assert listening.wait(_UNTIL_UP_S), "llama-server did not start"
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            reader.join(10)


def _watch(process: subprocess.Popen[str], listening: threading.Event) -> None:
    assert process.stderr is not None
    for line in process.stderr:
        if "listening on http" in line:
            listening.set()
