"""``tierwise serve``: the language server on standard input and output.

Owner of no state. Loads next to nothing before the first answer is out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    import argparse

    from tierwise.lsp.front import Handover


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--stdio", action="store_true", help="accepted for editors that insist: it is the only way")
    parser.add_argument("--clientProcessId", metavar="PID", help="accepted likewise; the editor's own words count")


def run(_: argparse.Namespace) -> int:
    return serve()


def serve() -> int:
    """Serve one editor until it leaves; returns the exit status. A fault ends as one line on stderr."""
    from tierwise.lsp.front import main

    try:
        return main(_go_on)
    except KeyboardInterrupt:
        return 130
    except Exception as exc:
        import os
        import sys

        if os.environ.get("TIERWISE_TRACEBACK"):
            raise
        print(f"tierwise serve: {type(exc).__name__}: {exc} (TIERWISE_TRACEBACK=1 shows where)", file=sys.stderr)
        return 1


def _go_on(handover: Handover) -> NoReturn:
    """What comes after the first answer: only now is the server itself loaded.

    The process ends here. Threads that still import or read cannot be stopped, and the interpreter, which would be
    taken down under them, crashes now and then.
    """
    import asyncio
    import os
    import sys

    from tierwise.app import build
    from tierwise.lsp.server import serve as serve_editor

    status = asyncio.run(serve_editor(handover, build(os.environ)))
    if handover.reader.problem:
        print(f"tierwise: standard input is no LSP stream ({handover.reader.problem})", file=sys.stderr)
    sys.stderr.flush()
    os._exit(status)  # all was answered and all is stored: the endpoint has seen to it
