"""Builds a server for a run of the gold set: the user's settings and keys, and a state of its own that is thrown away.

Owner of the server while it runs. Nothing of a run enters the user's statistics, queue or latency book.
"""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from tierwise.app import App, build
from tierwise.core import uris
from tierwise.core.documents import Document
from tierwise.core.errors import ConfigError, UsageError
from tierwise.core.languages import language_of
from tierwise.features.recording import Recorder
from tierwise.gold.desk import Decision, Desk, Wish
from tierwise.routing.classify import Classifier
from tierwise.routing.signals import RequestFacts
from tierwise.settings.locations import shipped_profiles, user_profiles
from tierwise.settings.models import Settings
from tierwise.settings.profiles import ProfileCatalogue
from tierwise.syntax.outline import Definition, outline
from tierwise.syntax.parse import parse


@dataclass(frozen=True, slots=True)
class Bench:
    """A running server. ``profile`` is the one that really holds; ``problems`` are sentences about the settings."""

    desk: Desk
    recorder: Recorder
    profile: str
    problems: tuple[str, ...]


@asynccontextmanager
async def bench(
    environ: Mapping[str, str], state: Path, profile: str | None, spent_today_usd: float
) -> AsyncGenerator[Bench, None]:
    """A server whose state is below ``state``. Raises ``UsageError`` for an unknown profile, ``ConfigError`` for one
    whose models cannot be reached.
    """
    if profile is not None:
        _known(profile, environ)
    app = build({**environ, "XDG_STATE_HOME": str(state)})
    try:
        if profile is not None:
            app.control.set_editor_settings(None, {"profile": profile})
        await app.start(spent_today_usd)
        problems = tuple(problem.sentence for problem in app.store.problems())
        if profile is not None and problems:
            raise ConfigError(problems[0])
        rest = await asyncio.to_thread(app.rest)
        settings = app.store.for_folder(None)
        desk = Desk(
            settings=settings,
            clock=app.clock,
            recorder=app.recorder,
            workspace=_Editor(app),
            syntax=BundledSyntax(),
            decide=_decider(settings),
            completion=app.completion,
            rename=rest.rename,
            edit=rest.edit,
            explain=rest.explain,
        )
        yield Bench(desk, app.recorder, app.store.active_profile(None), problems)
    finally:
        await app.aclose()


class _Editor:
    """What an editor would do between two cases. Owner of the open file's URI."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._open: str | None = None
        self._read: tuple[Path, ...] = ()

    async def open(self, folder: Path, path: Path) -> Document:
        app = self._app
        app.control.set_folders((folder,))
        app.session.index()
        text = await asyncio.to_thread(lambda: path.read_bytes().decode("utf-8"))
        self._open = uris.to_uri(path)
        self._read = tuple(await asyncio.to_thread(lambda: [p for p in folder.rglob("*") if p.is_file()]))
        document = app.session.open(self._open, language_of(path).id, 1, text)
        await app.acquaint(document)
        return document

    async def close(self) -> None:
        """The files are gone by now: telling the session makes the embedded engine forget them."""
        app = self._app
        if self._open is not None:
            app.session.close(self._open)
        app.session.files_changed(self._read)
        await asyncio.to_thread(app.session.wait_indexed, _FORGET_S)
        self._open, self._read = None, ()


_FORGET_S = 10.0


class BundledSyntax:
    """Implements ``gold.desk.Syntax`` with the grammars that come with Tierwise."""

    def errors(self, language: str, text: str) -> int:
        parsed = parse(language, text)
        return parsed.error_count if parsed else 0

    def outline(self, language: str, text: str) -> Sequence[Definition]:
        return outline(language, text)


def _decider(settings: Settings) -> Callable[[Wish], Decision]:
    classifier = Classifier()

    def decide(wish: Wish) -> Decision:
        facts = {field.name: getattr(wish, field.name) for field in dataclasses.fields(wish)}
        return classifier.decide(RequestFacts(**facts), settings)

    return decide


def _known(profile: str, environ: Mapping[str, str]) -> None:
    try:
        ProfileCatalogue(shipped_profiles(), user_profiles(environ)).get(profile)
    except ConfigError as exc:
        raise UsageError(str(exc)) from exc
