"""Does the shaping of completions undo what models do to a right answer, and leave a right answer alone?

A scripted model knows the true text of a hole in real code and distorts it in the ways that models do. The shaped
answer counts as exact when the file with it is the file as it was (but for white space at line ends). Holes come from
the HumanEval infilling sets and from the files of recorded sessions below the folder that TIERWISE_EVALUATION names,
and from this repository's own files.
"""

from __future__ import annotations

import gzip
import json
import os
import random
import re
import warnings
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter

from rich.console import Console
from rich.table import Table

from tierwise.core.documents import Document
from tierwise.core.languages import is_code, language_of
from tierwise.core.rejection import Rejection
from tierwise.core.text import Lines, Point, advance
from tierwise.edits.infill import Infill, InfillMode, InfillShaper

ROOT = Path(__file__).parents[1]
EVALUATION = "../shared/evaluation"
SEED = 20261121
MOST_LINES = 40
"""Lines that the scripted model writes at most before its output limit stops it."""


@dataclass(frozen=True)
class Case:
    """One hole: ``middle`` was between ``prefix`` and ``suffix``."""

    source: str
    name: str
    language: str
    prefix: str
    middle: str
    suffix: str

    @property
    def line(self) -> str:
        """The point's line before it."""
        return self.prefix.rsplit("\n", 1)[-1]

    @property
    def rest(self) -> str:
        """The point's line after it."""
        return self.suffix.split("\n", 1)[0]


Answer = tuple[str, bool] | None
"""What the model streams, and whether it ended by itself; None where a distortion means nothing for a hole."""


def run(console: Console | None = None) -> dict[str, dict[str, float]]:
    """Print the table; returns the share of exact answers by source and distortion."""
    console = console or Console()
    cases = [*human_eval(console), *recorded_files(console), *own_files()]
    counts: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(lambda: [0, 0]))
    seconds, shaped = 0.0, 0
    for index, case in enumerate(cases):
        for name, distort in DISTORTIONS.items():
            answer = distort(case, random.Random(SEED + index))
            if answer is None:
                continue
            started = perf_counter()
            exact = is_exact(case, *answer)
            seconds, shaped = seconds + perf_counter() - started, shaped + 1
            count = counts[name][case.source]
            count[0] += exact
            count[1] += 1
    sources = list(dict.fromkeys(case.source for case in cases))
    console.print(_table(counts, sources))
    console.print("Over-indented answers with which the file still compiles are left out: they may be meant.")
    console.print(f"{len(cases)} holes, {shaped} answers, {1000 * seconds / max(1, shaped):.2f} ms each, whole stream.")
    return {name: {source: a / b for source, (a, b) in by.items()} for name, by in counts.items()}


def is_exact(case: Case, answer: str, complete: bool) -> bool:
    """Whether the shaped answer restores the file. White space at line ends does not count, nor do blank lines at the
    answer's end where nothing follows on its line: no ghost text should end so.
    """
    result = shape(case, answer, complete)
    if isinstance(result, Rejection):
        return False
    middle = case.middle if case.rest.strip() else case.middle.rstrip()
    text = document_of(case).lines.splice(result.span, result.text).text
    return _without_trailing_space(text) == _without_trailing_space(case.prefix + middle + case.suffix)


def shape(case: Case, answer: str, complete: bool) -> Infill | Rejection:
    """Stream the answer in small pieces, as a provider would."""
    document = document_of(case)
    point = advance(Point(0, 0), case.prefix)
    mode = InfillMode.MULTI if "\n" in case.middle.strip("\n") else None
    shaper = InfillShaper(document, point, mode)
    for start in range(0, len(answer), 7):
        if shaper.feed(answer[start : start + 7]):
            return shaper.finish(True)
    return shaper.finish(complete)


def document_of(case: Case) -> Document:
    return Document("file:///case", None, case.language, 1, Lines.of(case.prefix + case.suffix))


def evaluation() -> Path:
    """The folder with recorded data."""
    return Path(os.environ.get("TIERWISE_EVALUATION", ROOT / EVALUATION))


def human_eval(console: Console) -> Iterator[Case]:
    """The recorded infilling sets: as they are, and single lines on a blank line as one meets them in an editor."""
    folder = evaluation() / "completion"
    files = sorted(folder.glob("HumanEval-*.jsonl.gz")) if folder.is_dir() else []
    if not files:
        console.print(f"No HumanEval-*.jsonl.gz in {folder}: set TIERWISE_EVALUATION. Only own files are used.")
    for file in files:
        with gzip.open(file, "rt", encoding="utf-8") as lines:
            rows = [json.loads(line) for line in lines]
        console.print(f"{file.name}: {len(rows)} cases")
        for row in rows:
            prefix, middle, suffix = row["prompt"], row["canonical_solution"], row["suffix"]
            if not middle.strip():
                continue
            source = "spans" if "Random" in file.name else "lines"
            yield Case(source, row["task_id"], "python", prefix, middle, suffix)
            if source == "lines":
                yield Case("lines, editor", row["task_id"], "python", prefix, middle.rstrip("\n"), "\n" + suffix)


def recorded_files(console: Console, most: int = 30) -> Iterator[Case]:
    """The same holes as in our own files, in those of other languages that recorded sessions begin with."""
    sessions = evaluation() / "traces" / "commit_sessions.json.gz"
    if not sessions.is_file():
        return
    with gzip.open(sessions, "rt", encoding="utf-8") as file:
        texts = {path: text for session in json.load(file) for path, text in session["initial"].items() if text}
    by_language: defaultdict[str, list[str]] = defaultdict(list)
    for path in sorted(texts):
        by_language[language_of(Path(path)).id].append(path)
    rng = random.Random(SEED)
    for language in sorted({"go", "javascript", "rust", "typescript", "typescriptreact"} & set(by_language)):
        paths = by_language[language]
        for path in rng.sample(paths, min(most, len(paths))):
            for case in holes_of(texts[path], path, language, rng, 2):
                yield replace(case, source="recorded")
        console.print(f"{sessions.name}: {min(most, len(paths))} files of {language}")


def own_files(folder: Path = ROOT, holes: int = 4) -> Iterator[Case]:
    """Lines, line ends, middles of lines and indented blocks of this repository's source files."""
    rng = random.Random(SEED)
    files = [*folder.glob("server/**/*.py"), *folder.glob("client-vscode/src/**/*.ts"), *folder.glob("tests/**/*.py")]
    for file in sorted(files):
        yield from holes_of(file.read_text(encoding="utf-8"), file.name, language_of(file).id, rng, holes)


def holes_of(text: str, name: str, language: str, rng: random.Random, count: int) -> Iterator[Case]:
    """``count`` holes of each kind in one file."""
    lines = text.split("\n")
    filled = [i for i, line in enumerate(lines) if len(line.strip()) > 3]
    if not is_code(language) or len(filled) < 10:
        return
    for _ in range(count):
        for make in (_line_hole, _end_hole, _inner_hole, _block_hole):
            found = make(lines, rng.choice(filled), rng)
            if found and found[3].strip():
                yield Case(f"own {found[0]}", f"{name}:{found[1]}", language, *found[2:])


def _hole(kind: str, lines: list[str], start: Point, end: Point) -> tuple[str, int, str, str, str]:
    prefix = "\n".join([*lines[: start.line], lines[start.line][: start.column]])
    suffix = "\n".join([lines[end.line][end.column :], *lines[end.line + 1 :]])
    text = "\n".join(lines)
    return kind, start.line + 1, prefix, text[len(prefix) : len(text) - len(suffix)], suffix


def _line_hole(lines: list[str], at: int, rng: random.Random) -> tuple[str, int, str, str, str] | None:
    indent = len(lines[at]) - len(lines[at].lstrip())
    column = rng.choice([0, indent])
    return _hole("lines", lines, Point(at, column), Point(at, len(lines[at])))


def _end_hole(lines: list[str], at: int, rng: random.Random) -> tuple[str, int, str, str, str] | None:
    indent = len(lines[at]) - len(lines[at].lstrip())
    start = rng.randint(indent + 1, len(lines[at].rstrip()) - 1)
    return _hole("line ends", lines, Point(at, start), Point(at, len(lines[at])))


def _inner_hole(lines: list[str], at: int, rng: random.Random) -> tuple[str, int, str, str, str] | None:
    indent = len(lines[at]) - len(lines[at].lstrip())
    if len(lines[at]) - indent < 6:
        return None
    start, end = sorted(rng.sample(range(indent + 1, len(lines[at])), 2))
    return _hole("inside lines", lines, Point(at, start), Point(at, end)) if lines[at][start:end].strip() else None


def _block_hole(lines: list[str], at: int, rng: random.Random) -> tuple[str, int, str, str, str] | None:
    """The lines below ``at`` that are deeper than it, as one writes them after the line that opens their block."""

    def depth(line: str) -> int:
        return len(line) - len(line.lstrip())

    if not lines[at].rstrip().endswith((":", "{")):
        return None
    end = at + 1
    while end < len(lines) and (not lines[end].strip() or depth(lines[end]) > depth(lines[at])):
        end += 1
    while not lines[end - 1].strip():
        end -= 1
    if not at + 1 < end <= at + MOST_LINES // 2:
        return None
    stop = Point(end - 1, len(lines[end - 1]))
    if rng.random() < 0.5:
        return _hole("blocks", lines, Point(at, len(lines[at])), stop)
    return _hole("blocks", lines, Point(at + 1, depth(lines[at + 1])), stop)


def _as_it_is(case: Case, rng: random.Random) -> Answer:
    return case.middle, True


def _into_suffix(case: Case, rng: random.Random) -> Answer:
    return _limited(case.middle + case.suffix) if case.suffix.strip() else None


def _little_into_suffix(case: Case, rng: random.Random) -> Answer:
    """The rest of the line and one to three lines more, then an end by itself."""
    lines = case.suffix.split("\n")
    filled = [i for i, line in enumerate(lines) if i > 0 and line.strip()]
    if not filled:
        return None
    return case.middle + "\n".join(lines[: filled[min(rng.randrange(3), len(filled) - 1)] + 1]), True


def _repeated(case: Case, rng: random.Random) -> Answer:
    if case.rest.strip():
        text = case.middle + case.rest
        return _limited("\n".join([text] + [case.line + text] * rng.randint(1, 6)))
    return _limited("\n".join([case.middle] + [case.line + case.middle] * rng.randint(1, 6)))


def _indented_again(case: Case, rng: random.Random) -> Answer:
    """The indentation that the editor put there already is written once more."""
    if not case.line or case.line.strip() or _may_be_meant(case, case.line + case.middle):
        return None
    return case.line + case.middle, True


def _indented_deeper(case: Case, rng: random.Random) -> Answer:
    """Every line one step deeper."""
    if not re.match(r"\s*$", case.line) or not case.middle.strip():
        return None
    lines = case.middle.split("\n")
    if lines[0].strip() == "" and len(lines) > 1 and case.line:
        return None
    text = "\n".join("    " + line if line.strip() else line for line in lines)
    return None if _may_be_meant(case, text) else (text, True)


def _may_be_meant(case: Case, text: str) -> bool:
    """Whether Python compiles the file with the distorted text in it: then nothing can tell that it is distorted."""
    if case.language != "python":
        return False
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(case.prefix + text + case.suffix, case.name, "exec", dont_inherit=True)
    except (SyntaxError, ValueError):
        return False
    return True


def _closed_twice(case: Case, rng: random.Random) -> Answer:
    """The closing brackets and quotes of the rest of the line, or those at its own end, once more."""
    if closers := re.match(r"[)\]}\"']+", case.rest):
        return case.middle + closers[0], True
    if closers := re.search(r"[)\]}]$", case.middle.rstrip()):
        end = len(case.middle.rstrip())
        return case.middle[:end] + closers[0] + case.middle[end:], True
    return None


def _fenced(case: Case, rng: random.Random) -> Answer:
    return f"```{rng.choice([case.language, '', 'text'])}\n{case.middle}\n```", True


def _fenced_with_sentences(case: Case, rng: random.Random) -> Answer:
    before = rng.choice(["Here is the missing code:", "Sure! Here's the completion:", "The missing part is:"])
    after = rng.choice(["This completes the function.", "**Explanation:** it does what the comment above says."])
    return f"{before}\n\n```{case.language}\n{case.middle}\n```\n\n{after}\n", True


def _with_sentence_before(case: Case, rng: random.Random) -> Answer:
    sentence = rng.choice(["Here is the missing code:", "The code that belongs there is:", "Sure, here is the rest:"])
    return f"{sentence}\n\n{case.middle}", True


def _with_sentence_after(case: Case, rng: random.Random) -> Answer:
    sentence = rng.choice(
        ["This completes the function as its name suggests.", "Note that nothing else has to change."]
    )
    return f"{case.middle}\n\n{sentence}", True


def _with_line_again(case: Case, rng: random.Random) -> Answer:
    """The point's line from its start, as chat models like to."""
    if sum(map(str.isalnum, case.line)) < 4:
        return None
    return rng.choice([case.line, case.line.lstrip()]) + case.middle, True


def _with_token(case: Case, rng: random.Random) -> Answer:
    return case.middle + rng.choice(["<|endoftext|>", "<|file_sep|>src/a.py\nx = 1\n", "<EOT>", "<|im_end|>\n"]), True


DISTORTIONS: dict[str, Callable[[Case, random.Random], Answer]] = {
    "as it is": _as_it_is,
    "into the suffix": _into_suffix,
    "a little into the suffix": _little_into_suffix,
    "repeated": _repeated,
    "indented again": _indented_again,
    "indented deeper": _indented_deeper,
    "closed twice": _closed_twice,
    "fenced": _fenced,
    "fenced, with sentences": _fenced_with_sentences,
    "sentence before": _with_sentence_before,
    "sentence after": _with_sentence_after,
    "line again": _with_line_again,
    "special token": _with_token,
}


def _limited(text: str) -> Answer:
    """What an output limit leaves of a long answer."""
    lines = text.split("\n")
    if len(lines) <= MOST_LINES:
        return text, True
    return "\n".join(lines[:MOST_LINES]) + lines[MOST_LINES][: len(lines[MOST_LINES]) // 2], False


def _without_trailing_space(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.split("\n"))


def _table(counts: dict[str, dict[str, list[int]]], sources: list[str]) -> Table:
    table = Table(title="Exact after shaping, by distortion")
    table.add_column("answer")
    for source in [*sources, "all"]:
        table.add_column(source, justify="right")
    for name, by in counts.items():
        total = [sum(count[i] for count in by.values()) for i in (0, 1)]
        table.add_row(name, *(_share(by.get(source)) for source in sources), _share(total))
    return table


def _share(count: list[int] | None) -> str:
    if not count or not count[1]:
        return "–"
    share = 100 * count[0] / count[1]
    colour = "green" if share >= 95 else "yellow" if share >= 85 else "red"
    return f"[{colour}]{share:.1f} %[/] [dim]{count[1]}[/]"


if __name__ == "__main__":
    run()
