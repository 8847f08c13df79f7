"""``tierwise classify --jsonl``: class, tier, confidence and reasons of requests, one JSON object a line.

Reads standard input to its end and answers each line at once, in order. Calls no model and touches no file but the
settings. A line that is no request gets an object with ``error``, and the exit status is 1 in the end. With ``--fit
FOLDER`` it learns the linear heads of another static embedding instead, and writes them into its folder.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Annotated

import msgspec

from tierwise.core.errors import UsageError
from tierwise.core.tasks import Task
from tierwise.routing.classify import Classifier, Decision
from tierwise.routing.signals import RequestFacts
from tierwise.routing.words import WordsSource
from tierwise.settings.models import Settings
from tierwise.settings.store import open_store

Count = Annotated[int, msgspec.Meta(ge=0)]


class Line(msgspec.Struct):
    """A line of input. Other keys are ignored; null stands for "not known"."""

    instruction: str
    language: str | None = None
    path: str | None = None
    kind: str | None = None
    n_files: Count | None = None
    n_hunks: Count | None = None
    lines_added: Count | None = None
    lines_deleted: Count | None = None
    selection_lines: Count | None = None
    file_lines: Count | None = None
    fan_in: Count | None = None
    fan_out: Count | None = None
    context_files: Count | None = None
    n_diagnostics: Count | None = None
    is_public: bool | None = None


class Answer(msgspec.Struct):
    """A line of output."""

    task_class: str
    tier: str
    confidence: float
    reasons: tuple[str, ...]
    role: str
    harness: str


class Problem(msgspec.Struct):
    """A line of output for a line of input that is no request."""

    error: str


def add(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    optional = ", ".join(name for name in Line.__struct_fields__ if name != "instruction")
    parser.epilog = (
        f"Each line of standard input is an object with `instruction` and any of {optional}. Each line of standard "
        "output is an object with task_class, tier, confidence, reasons, role and harness, or with error."
    )
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--jsonl", action="store_true", help="requests on standard input, one a line")
    what.add_argument("--fit", metavar="FOLDER", help="write the heads of a static embedding (model2vec's format)")


def run(args: argparse.Namespace) -> int:
    """Answer every line; 1 if one of them was no request."""
    if args.fit is not None:
        return _fit(Path(args.fit))
    store = open_store(os.environ)
    store.set_folders([Path.cwd()])
    for problem in store.problems():
        print(f"tierwise classify: {problem.sentence}", file=sys.stderr)
    status = 0
    encoder = msgspec.json.Encoder()
    for answer in classify_lines(sys.stdin.buffer, store.for_folder(Path.cwd())):
        status |= isinstance(answer, Problem)
        print(encoder.encode(answer).decode(), flush=True)
    return status


def classify_lines(lines: Iterable[bytes], settings: Settings) -> Iterator[Answer | Problem]:
    """One answer per line that is not blank."""
    classifier = Classifier(
        words=WordsSource(lambda sentence: print(f"tierwise classify: {sentence}", file=sys.stderr))
    )
    # Tables that were turned into JSON hold numbers as texts; those are taken too.
    decoder = msgspec.json.Decoder(Line, strict=False)
    for number, line in enumerate(lines, start=1):
        text = line.removeprefix(b"\xef\xbb\xbf").strip()
        if not text:
            continue
        try:
            facts = _facts(decoder.decode(text))
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as exc:
            yield Problem(f"line {number}: {exc}")
        else:
            yield _answer(classifier.decide(facts, settings))


def _fit(folder: Path) -> int:
    from tierwise.routing.words_fit import fit_heads

    try:
        print(f"{fit_heads(folder)} written; name the folder in routing.embedding.")
    except OSError as exc:
        raise UsageError(f"Cannot write into {folder}: {exc.strerror}.") from exc
    return 0


_TASKS: Mapping[str, Task] = {task.value: task for task in Task}


def _facts(line: Line) -> RequestFacts:
    kind = (line.kind or "").strip().lower()
    task = _TASKS.get(kind)
    return RequestFacts(
        task=task,
        instruction=line.instruction,
        kind="" if task else kind,
        language=line.language or "",
        path=line.path or "",
        n_files=line.n_files,
        n_hunks=line.n_hunks,
        lines_added=line.lines_added,
        lines_deleted=line.lines_deleted,
        selection_lines=line.selection_lines,
        file_lines=line.file_lines,
        fan_in=line.fan_in,
        fan_out=line.fan_out,
        context_files=line.context_files,
        n_diagnostics=line.n_diagnostics,
        is_public=line.is_public,
    )


def _answer(decision: Decision) -> Answer:
    return Answer(
        decision.task_class.value,
        decision.tier.value,
        decision.confidence,
        decision.reasons,
        decision.role.value,
        decision.harness.value,
    )
