"""A running editor with its stage, shared by the tests of a file as long as they pass."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Generic, Protocol, Self, TypeVar

from editors.stage import Models, Stage


class Editor(Protocol):
    """What every editor here can do."""

    def reset(self) -> None:
        """Every file closed, nothing asked, nothing said."""

    def close(self) -> None:
        """Leave as a person does, and wait until editor and server are gone."""

    def kill(self) -> None:
        """End editor and server outright."""


E = TypeVar("E", bound=Editor)


class Play(Generic[E]):
    """What a failed test leaves behind is known to nobody: the next one begins with another home and another editor.

    ``folder`` makes a new folder for each, ``start`` prepares a stage and starts the editor on it.
    """

    def __init__(self, folder: Callable[[], Path], start: Callable[[Stage], E]) -> None:
        self._folder = folder
        self._start = start
        self._models = ExitStack()
        self._current: tuple[Stage, E] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        with self._models:
            if self._current:
                self._current[1].close()

    def begin(self) -> None:
        """Stage and editor as at the beginning."""
        try:
            if self._current is None:
                models = self._models.enter_context(Models())
                stage = Stage(self._folder(), models)
                self._current = stage, self._start(stage)
            else:
                self.stage.reset()
            self.editor.reset()
        except BaseException:
            self.discard()
            raise

    def discard(self) -> None:
        """Take nothing over from this one."""
        current, self._current = self._current, None
        if current:
            current[1].kill()
        self._models.close()

    @property
    def stage(self) -> Stage:
        return self._running[0]

    @property
    def editor(self) -> E:
        return self._running[1]

    @property
    def _running(self) -> tuple[Stage, E]:
        assert self._current is not None, "it did not begin"
        return self._current
