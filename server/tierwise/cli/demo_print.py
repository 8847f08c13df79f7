"""How the demonstration looks: ghost text, word and line diffs, explanations, and the table at the end. Only prints.

Without colours the same is told by marks: «ghost text», [-removed-]{+added+}.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any, ClassVar

from rich.console import Console, ConsoleOptions, RenderResult
from rich.markdown import Heading, Markdown, MarkdownElement
from rich.markup import escape
from rich.padding import Padding
from rich.panel import Panel
from rich.rule import Rule
from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text

from tierwise.cli.demo_project import EditPlace, RenamePlace
from tierwise.cli.demo_steps import Changed, Completed, Measured
from tierwise.cli.figures import DASH, count, dollars, duration, share, table

SHOWN_LINES = 16
"""Lines of a rename that are shown; the rest is counted."""

_PIECE = re.compile(r"\w+|\W")
_GREEN, _RED = "green", "red"


class Paper:
    """A console and the folder below which paths are shown."""

    def __init__(self, out: Console, folder: Path) -> None:
        self.out = out
        self.folder = folder
        self.plain = out.no_color or not out.is_terminal

    def waiting(self, text: str) -> AbstractContextManager[object]:
        """Shows that something is being done; a recorded page shows only what came of it."""
        return nullcontext() if self.out.record else self.out.status(text)

    def opening(self, title: str, lines: Sequence[str]) -> None:
        """The head of the whole."""
        body = Text("\n").join(Text.from_markup(line) for line in lines)
        self.out.print(Panel(body, title=title, title_align="left", border_style="cyan", padding=(0, 1)))

    def section(self, number: int, title: str, note: str) -> None:
        self.out.print()
        self.out.print(Rule(f"[bold cyan]{number}[/] [bold]{title}[/]", align="left", style="cyan"))
        self.out.print(f"[dim]{escape(note)}[/]")

    def completed(self, done: Completed) -> None:
        """The line with its ghost text, and how it compares with what was deleted."""
        self.out.print()
        self._caption(self._where(done.place.path, done.place.line), done.measured)
        lexer = Syntax("", done.language, theme="ansi_dark")
        if done.above.strip():
            self.out.print(Padding(self._code(lexer, done.above), (0, 0, 0, 4)), no_wrap=True, overflow="ellipsis")
        line = self._code(lexer, done.before)
        first, *more = done.ghost.split("\n")
        line.append(f"«{first}»" if self.plain and done.ghost else first, style=f"italic bold {_GREEN}")
        for extra in more:
            line.append("\n" + extra, style=f"italic bold {_GREEN}")
        self.out.print(Padding(line, (0, 0, 0, 4)), overflow="fold")
        if not done.measured.problem:
            self.out.print(Padding(self._verdict(done), (0, 0, 0, 4)))

    def renamed(self, done: Changed) -> None:
        """Every changed line once, the old name struck out and the new one beside it."""
        place = done.place
        assert isinstance(place, RenamePlace)
        lines = [(path, *line) for path, pair in sorted(done.texts.items()) for line in _changed_lines(*pair)]
        self.out.print()
        head = f"[bold]{escape(place.old)} → {escape(place.new)}[/]"
        self._caption(f"{head}: {len(lines)} lines in {len(done.texts)} files", done.measured, markup=True)
        shown: Path | None = None
        for path, number, old, new in lines[:SHOWN_LINES]:
            if path != shown:
                self.out.print(f"  [bold]{escape(self._relative(path))}[/]")
                shown = path
            row = Text.assemble((f"  {number + 1:4} ", "dim"))
            row.append_text(self._words(old.strip(), new.strip()))
            self.out.print(row, no_wrap=True, overflow="ellipsis")
        if len(lines) > SHOWN_LINES:
            self.out.print(f"  [dim]… and {len(lines) - SHOWN_LINES} more[/]")

    def explained(self, measured: Measured, place: EditPlace) -> None:
        self.out.print()
        self._caption(self._where(place.path, place.first), measured)
        if not measured.problem:
            self.out.print(Padding(_Prose(measured.result["text"], code_theme="ansi_dark"), (0, 2)))

    def edited(self, done: Changed) -> None:
        """The instruction, and the diff of what was made of it."""
        place = done.place
        assert isinstance(place, EditPlace)
        self.out.print()
        self._caption(self._where(place.path, place.first), done.measured)
        self.out.print(Text(f"  “{place.instruction}”", style="italic"))
        for path, (before, after) in sorted(done.texts.items()):
            if path != place.path:
                self.out.print(f"  [bold]{escape(self._relative(path))}[/]")
            for line in _diff(before, after):
                style = _GREEN if line.startswith("+") else _RED if line.startswith("-") else "dim"
                self.out.print(Text("  " + line, style=style), no_wrap=True, overflow="ellipsis")

    def summary(self, all_measured: Sequence[Measured]) -> None:
        self.out.print()
        self.out.print(Rule("[bold]Summary[/]", align="left", style="cyan"))
        columns = ("request", "tier", "model", "first token", "in", "out", "cached", "cost")
        rows = [_summary_row(measured) for measured in all_measured]
        self.out.print(table(columns, rows, self.out.width, optional=("in", "out", "tier", "cached")))

    def closing(self, lines: Sequence[str]) -> None:
        self.out.print()
        for line in lines:
            self.out.print(line)

    def _caption(self, left: str, measured: Measured, *, markup: bool = False) -> None:
        grid = Table.grid(expand=True, padding=(0, 1))
        grid.add_column(overflow="fold")
        grid.add_column(justify="right", no_wrap=True)
        grid.add_row(Text.from_markup(left) if markup else Text(left, style="bold"), Text(_figures(measured), "cyan"))
        self.out.print(grid)
        if measured.problem:
            self.out.print(Text("  " + measured.problem, style=_RED))

    def _verdict(self, done: Completed) -> Text:
        was = done.was.strip()
        if not done.ghost:
            return Text(f"nothing offered rather than a guess; it was: {was}", style="dim")
        if done.ghost == done.was or (done.ghost.startswith(done.was) and done.ghost[len(done.was)] == "\n"):
            return Text("✓ as it was", style="dim")
        if done.was.startswith(done.ghost):
            return Text(f"✓ begins as it was: {was}", style="dim")
        return Text(f"it was: {was}", style="dim")

    def _words(self, old: str, new: str) -> Text:
        """One line with its changed words marked."""
        line = Text()
        before, after = _PIECE.findall(old), _PIECE.findall(new)
        for kind, a, b, c, d in difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
            gone, come = "".join(before[a:b]), "".join(after[c:d])
            if kind == "equal":
                line.append(gone)
                continue
            if gone:
                line.append(f"[-{gone}-]" if self.plain else gone, style=f"{_RED} strike")
            if come:
                line.append(f"{{+{come}+}}" if self.plain else come, style=f"bold {_GREEN}")
        return line

    def _code(self, lexer: Syntax, line: str) -> Text:
        return lexer.highlight(line)[: len(line)]

    def _where(self, path: Path, line: int) -> str:
        return f"{self._relative(path)}:{line + 1}"

    def _relative(self, path: Path) -> str:
        return path.relative_to(self.folder).as_posix() if path.is_relative_to(self.folder) else str(path)


class _LeftHeading(Heading):
    """A heading as a bold line: rich centres the larger ones, which looks lost in running text."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        self.text.justify = "left"
        self.text.stylize("bold")
        yield self.text


class _Prose(Markdown):
    """Markdown with headings to the left."""

    elements: ClassVar[dict[str, type[MarkdownElement]]] = {**Markdown.elements, "heading_open": _LeftHeading}


def _changed_lines(before: str, after: str) -> Iterator[tuple[int, str, str]]:
    """Line number (0-based, before), old and new text of every line that is not the same; whole files as one line."""
    old, new = before.splitlines(), after.splitlines()
    if len(old) != len(new):
        yield 0, old[0] if old else "(new file)", new[0] if new else "(moved or deleted)"
        return
    for number, (was, now) in enumerate(zip(old, new, strict=True)):
        if was != now:
            yield number, was, now


def _diff(before: str, after: str) -> Iterator[str]:
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), n=1, lineterm="")
    for number, line in enumerate(lines):
        if number >= 2:  # the first two name the files
            yield line


def _figures(measured: Measured) -> str:
    """Who answered, how fast, at what price."""
    usage = measured.usage
    parts = [_model(measured), duration(measured.answered_ms)]
    if usage.get("cost_usd"):
        parts.append(dollars(usage["cost_usd"]))
    return " · ".join(part for part in parts if part)


def _model(measured: Measured) -> str:
    name = str(measured.usage.get("model") or "")
    return f"simulated {name.partition('/')[2] or name}" if measured.simulated and name else name


def _summary_row(measured: Measured) -> tuple[str, ...]:
    usage: dict[str, Any] = dict(measured.usage)
    tokens_in = usage.get("input_tokens") or None
    return (
        measured.title,
        str(usage.get("tier") or DASH),
        _model(measured) or DASH,
        duration(usage.get("first_token_ms") or usage.get("total_ms") or measured.answered_ms),
        count(tokens_in),
        count(usage.get("output_tokens") if tokens_in else None),
        share(usage.get("cached_fraction") if tokens_in else None),
        dollars(usage.get("cost_usd", 0.0)),
    )
