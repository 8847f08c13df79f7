"""The console script ``tierwise``. The server's own start is looked for first: it loads next to nothing."""

from __future__ import annotations

import sys
from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """Run one verb; returns the exit status: 0 done, 1 the work failed, 2 wrong use."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    if _starts_server(arguments):
        from tierwise.cli.serve import serve

        return serve()
    from tierwise.cli.main import main as run_verb

    return run_verb(arguments)


def _starts_server(arguments: Sequence[str]) -> bool:
    """``serve`` or ``--stdio``, with nothing but the options that editors add on their own."""
    if not arguments or arguments[0] not in {"serve", "--stdio"}:
        return False
    return all(option == "--stdio" or option.startswith("--clientProcessId=") for option in arguments[1:])


if __name__ == "__main__":
    sys.exit(main())
