"""``tierwise doctor --context FILE:LINE``: what models would be given to read for a place, how large, and why.

Reads the workspace as the server does, sends nothing, writes nothing. What was edited lately is not known outside an
editor; what is ignored or secret is left out here as it is there.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.markup import escape

from tierwise.cli.disk_view import workspace_folder
from tierwise.cli.figures import DASH, count, table
from tierwise.core.clock import SystemClock
from tierwise.core.commits import Commit
from tierwise.core.documents import Document
from tierwise.core.errors import Declined, UsageError
from tierwise.core.languages import language_of
from tierwise.core.models import ModelRef
from tierwise.core.tasks import Role, Task, TaskClass, Tier
from tierwise.core.text import Point, Span
from tierwise.core.tokens import TokenEstimator
from tierwise.core.uris import to_uri
from tierwise.features.completion.generate import EXTRA_SHARE
from tierwise.features.estimates import Estimates
from tierwise.features.larger_prompt import PromptMaker, Question
from tierwise.features.learning import Listeners
from tierwise.features.place import Place, gather
from tierwise.routing.policy import policy_for
from tierwise.session import window
from tierwise.session.commits import recent_commits
from tierwise.session.context import Piece
from tierwise.session.nearby import Fragment, fragments, scopes, scopes_above, within
from tierwise.session.prefix_ledger import PrefixLedger
from tierwise.session.privacy import FolderTerms
from tierwise.session.related import Why
from tierwise.session.session import Session
from tierwise.settings.facts import ModelFacts
from tierwise.settings.models import ProviderKind, ProviderSettings, ResolvedModel, Settings
from tierwise.settings.problems import printable
from tierwise.settings.store import open_store

INDEX_S = 60.0
"""Seconds that reading the workspace may take."""
_BAR = 12
_NAME = 400
"""Characters of a file's name that are shown; what would move a terminal's cursor is not."""
_NOBODY = ResolvedModel(
    ModelRef("none", "none"), ProviderSettings(kind=ProviderKind.OPENAI_COMPATIBLE, base_url="http://"), ModelFacts()
)
"""Stands where a tier has no model: budgets are the tier's all the same."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A piece of the choice. ``tokens`` is an estimate; None: left out for lack of room. ``form``: lines, file…"""

    name: str
    form: str
    tokens: int | None
    why: str


@dataclass(frozen=True, slots=True)
class TierChoice:
    """What one tier is given. ``model`` is None where none is configured. ``budget`` is in tokens."""

    tier: str
    asked: str
    model: str | None
    budget: int
    pieces: tuple[Shown, ...]


@dataclass(frozen=True, slots=True)
class ContextReport:
    """What every tier would be given for a place. ``line`` counts from 1."""

    file: str
    line: int
    within: str
    choices: tuple[TierChoice, ...]


def parse_place(text: str) -> tuple[Path, int]:
    """The file and line (from 1) of ``FILE:LINE``."""
    name, _, line = text.rpartition(":")
    if not name or not line.isdecimal() or int(line) < 1:
        raise UsageError(f"'{text}' is no FILE:LINE, such as src/app.py:12")
    return Path(os.path.abspath(Path(name).expanduser())), int(line)  # noqa: PTH100 - a link keeps its name


def examine_context(file: Path, line: int, environ: Mapping[str, str]) -> ContextReport:
    """Make the choice for ``line`` of ``file`` as the server would."""
    folder = workspace_folder(file)
    store = open_store(environ)
    store.set_folders([folder])
    settings = store.for_folder(folder)
    session = Session(SystemClock(), Listeners())
    try:
        document = _opened(session, file, folder, settings)
        if line > document.lines.count:
            raise UsageError(f"{file.name} has {document.lines.count} lines, no line {line}")
        point = Point(line - 1, len(document.lines.line(line - 1)))
        place = gather(session.view(), document, Span.at(point), Task.EXPLAIN)
        inner = scopes(session.view(), document, point)
        return ContextReport(
            place.candidates[0].name,
            line,
            inner[-1].signature if inner else "",
            (
                _fast(session, settings, document, point),
                *_larger(session, settings, place, _commits(place, trusted=store.is_trusted(folder))),
            ),
        )
    finally:
        session.shutdown()


def _opened(session: Session, file: Path, folder: Path, settings: Settings) -> Document:
    session.set_folders({folder: FolderTerms(exclude=tuple(settings.privacy.exclude))})
    there = session.view().read(file)
    if there is None:
        why = session.view().forbidden(file)
        raise Declined(f"{file} is never read: {why}" if why else f"{file} does not exist or is no text file")
    document = session.open(to_uri(file), language_of(file).id, 1, there.text)
    session.index()
    session.wait_indexed(INDEX_S)
    return document


def _fast(session: Session, settings: Settings, document: Document, point: Point) -> TierChoice:
    """What a completion's model reads."""
    model = _model(settings, Tier.FAST)
    policy = policy_for(settings, Task.COMPLETE, TaskClass.MECHANICAL, Tier.FAST)
    budget, estimator, view = policy.limits_for(model.facts).context_tokens, TokenEstimator(), session.view()
    room = estimator.characters(budget)
    chosen = within(fragments(view, document, point), int(room * EXTRA_SHARE))
    prefix, suffix = window.around(document, point, room - sum(fragment.chars for fragment in chosen))
    first, last = point.line - prefix.count("\n"), point.line + suffix.rstrip("\n").count("\n")
    above = scopes_above(view, document, scopes(view, document, point), first)
    lines = Shown(f"lines {first + 1}–{last + 1}", "lines", estimator.tokens(prefix + suffix), Why.SCOPE)
    found = (_fragment(estimator, item) for item in (*chosen, *([above] if above else [])))
    return TierChoice(Tier.FAST, "completion", _name(model), budget, (lines, *found))


def _larger(session: Session, settings: Settings, place: Place, commits: tuple[Commit, ...]) -> Iterator[TierChoice]:
    """What an explanation or an edit is given to read."""
    maker = PromptMaker(session, PrefixLedger(SystemClock()), Estimates(), lambda _: None, lambda _: False)
    for tier in (Tier.BALANCED, Tier.FRONTIER):
        model = _model(settings, tier)
        policy = policy_for(settings, Task.EXPLAIN, TaskClass.LOCAL, tier)
        question = Question(Task.EXPLAIN, place, Role.EXPLAIN, commits=commits)
        choice = maker.choice(question, model, policy)
        pieces = tuple(_piece(piece, choice.chars_per_token) for piece in choice.pieces)
        yield TierChoice(tier, "explain, edit", _name(model), int(choice.room / choice.chars_per_token), pieces)


def _commits(place: Place, *, trusted: bool) -> tuple[Commit, ...]:
    """Only of trusted folders, as in the server: a repository's configuration is not."""
    if not trusted or place.folder is None or place.document.path is None:
        return ()
    return asyncio.run(recent_commits(place.folder, place.document.path))


def _model(settings: Settings, tier: Tier) -> ResolvedModel:
    return next((model for model in settings.chain(tier) if not model.embedded), _NOBODY)


def _name(model: ResolvedModel) -> str | None:
    return None if model is _NOBODY else str(model.ref)


def _fragment(estimator: TokenEstimator, item: Fragment) -> Shown:
    return Shown(item.excerpt.path, "excerpt", estimator.tokens(item.excerpt.text), item.reason)


def _piece(piece: Piece, chars_per_token: float) -> Shown:
    if piece.item is None:
        return Shown(piece.candidate.name, DASH, None, piece.reason)
    return Shown(piece.candidate.name, piece.item.form, int(piece.chars / chars_per_token) + 1, piece.reason)


# Printing


def print_context(out: Console, report: ContextReport) -> None:
    """One table per tier: each piece with its size and its reason."""
    inside = f" [dim]in[/] {escape(report.within)}" if report.within else ""
    out.print(f"[bold]{escape(printable(report.file, _NAME))}:{report.line}[/]{inside}", soft_wrap=True)
    for number, choice in enumerate(report.choices):
        shown = [piece for piece in choice.pieces if piece.tokens is not None]
        used = sum(piece.tokens or 0 for piece in shown)
        model = escape(choice.model) if choice.model else "no model is configured; one would be given"
        out.print()
        out.print(f"[bold cyan]{choice.tier}[/] [dim]{choice.asked} ·[/] {model}", soft_wrap=True)
        if number and choice.pieces == (before := report.choices[number - 1]).pieces:
            out.print(f"[dim]the same as {before.tier}[/]")
            continue
        rows = [_row(piece, used) for piece in choice.pieces]
        out.print(table(("piece", "as", "tokens", "share", "why"), rows, out.width, optional=("share", "as")))
        out.print(f"[dim]{count(used)} of {count(choice.budget)} tokens, {_pieces(len(shown))}[/]")


def _row(piece: Shown, used: int) -> Sequence[str]:
    tokens = DASH if piece.tokens is None else count(piece.tokens)
    return printable(piece.name, _NAME), piece.form, tokens, _bar(piece.tokens or 0, used), piece.why


def _bar(tokens: int, used: int) -> str:
    return "▇" * round(_BAR * tokens / used) if used else ""


def _pieces(number: int) -> str:
    return "1 piece" if number == 1 else f"{number} pieces"
