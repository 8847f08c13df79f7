"""Finds the verb of a command line and runs it. A verb is one module with ``add(parser)`` and ``run(args)``.

Owner of the process's exit status and of what reaches stderr. Imports only the verb that was asked for.
"""

from __future__ import annotations

import argparse
import difflib
import io
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import NoReturn, Protocol, cast

from tierwise import __version__
from tierwise.core.errors import TierwiseError, UsageError

DONE, FAILED, WRONG_USE = 0, 1, 2
INTERRUPTED = 130
"""What shells report for SIGINT: 128 and the signal's number."""

TRACEBACK_VARIABLE = "TIERWISE_TRACEBACK"


@dataclass(frozen=True, slots=True)
class Verb:
    """One line of the help, and the module that does it."""

    help: str
    module: str


VERBS: Mapping[str, Verb] = {
    "demo": Verb("show the main job on real files: complete, rename, explain, refactor", "tierwise.cli.demo"),
    "doctor": Verb("what is configured, what can be reached, how fast", "tierwise.cli.doctor"),
    "setup": Verb("print or write the configuration of an editor", "tierwise.cli.setup"),
    "serve": Verb("the language server on standard input and output (editors start this)", "tierwise.cli.serve"),
    "profiles": Verb("list the profiles, or show one", "tierwise.cli.profiles"),
    "trust": Verb("trust a folder's own settings", "tierwise.cli.trust"),
    "rename": Verb("rename a symbol everywhere, from the command line", "tierwise.cli.rename"),
    "report": Verb("requests, speed and cost so far", "tierwise.cli.report"),
    "queue": Verb("requests that wait for a person", "tierwise.cli.queue"),
    "classify": Verb("how hard is a request, and which tier gets it (JSON lines)", "tierwise.cli.classify"),
    "gold": Verb("how good and how dear a profile is, scored on cases that come along", "tierwise.cli.gold"),
    "simulate": Verb("pretend to be the providers, for tests and demonstrations", "tierwise.cli.simulate"),
}


class VerbModule(Protocol):
    """What a verb's module offers."""

    def add(self, parser: argparse.ArgumentParser) -> None: ...

    def run(self, args: argparse.Namespace) -> int: ...


class Parser(argparse.ArgumentParser):
    """argparse that raises ``UsageError`` instead of printing a usage block and leaving."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message} (see {self.prog} --help)")


def main(argv: Sequence[str]) -> int:
    """Run the verb that ``argv`` names. Every error ends as one line on stderr."""
    _speak_utf8()
    name = argv[0] if argv else ""
    try:
        status = _dispatch(name, argv[1:])
        sys.stdout.flush()
    except UsageError as exc:
        return _say(name, exc, WRONG_USE)
    except (TierwiseError, OSError) as exc:
        if isinstance(exc, BrokenPipeError):
            return _leave_pipe()
        return _say(name, _in_words(exc), FAILED)
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception as exc:
        if os.environ.get(TRACEBACK_VARIABLE):
            raise
        fault = f"{type(exc).__name__}: {exc} (a fault of Tierwise; {TRACEBACK_VARIABLE}=1 shows where)"
        return _say(name, fault, FAILED)
    return status


def _dispatch(name: str, rest: Sequence[str]) -> int:
    if name in {"", "-h", "--help", "help"}:
        if name == "help" and rest:
            return _dispatch(rest[0], ["--help"])
        print(_help())
        return DONE if name else WRONG_USE
    if name in {"-V", "--version"}:
        print(f"tierwise {__version__}")
        return DONE
    verb = VERBS.get(name)
    if verb is None:
        close = difflib.get_close_matches(name, VERBS, n=1)
        hint = f"did you mean {close[0]!r}?" if close else "`tierwise --help` lists what there is."
        raise UsageError(f"there is no verb {name!r}; {hint}")
    module = cast("VerbModule", import_module(verb.module))
    parser = Parser(prog=f"tierwise {name}", description=verb.help[0].upper() + verb.help[1:] + ".")
    module.add(parser)
    try:
        args = parser.parse_args(rest)
    except SystemExit:  # argparse leaves after --help
        return DONE
    return module.run(args)


def _help() -> str:
    width = max(map(len, VERBS))
    lines = [f"  {name:{width}}  {verb.help}" for name, verb in VERBS.items()]
    return "\n".join(
        (
            "AI help inside any editor, sized to the task.",
            "",
            "usage: tierwise VERB [ARGUMENTS]",
            "",
            *lines,
            "",
            "`tierwise VERB --help` explains one; `tierwise demo` is a good first look.",
        )
    )


def _say(name: str, problem: object, status: int) -> int:
    who = f"tierwise {name}" if name in VERBS else "tierwise"
    print(f"{who}: {' '.join(str(problem).split())}", file=sys.stderr)
    return status


def _in_words(error: TierwiseError | OSError) -> str:
    """An error of the system as a person reads it: what it is about, and why."""
    if not isinstance(error, OSError) or not error.strerror:
        return str(error)
    return f"{error.filename}: {error.strerror}" if error.filename else error.strerror


def _leave_pipe() -> int:
    # The reader is gone (``| head``); without this the interpreter complains while it flushes at its exit.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return FAILED  # as rich does, when it is the one who notices


def _speak_utf8() -> None:
    """Let no character fail: Windows consoles and pipes get UTF-8, others replace what they cannot show."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8" if os.name == "nt" else None, errors="replace")
