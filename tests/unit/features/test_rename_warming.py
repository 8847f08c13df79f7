"""A look ahead at the rename that is likely to follow: the newest alone, and none once the rename itself has begun."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from pathlib import Path
from typing import cast

from tierwise.cli.disk_view import disk_view
from tierwise.core.documents import Document
from tierwise.core.text import Point
from tierwise.core.workspace import WorkspaceView
from tierwise.features.rename.warming import Warming
from tierwise.rename.engines import bundled_engines
from tierwise.rename.service import Renamer
from tierwise.rename.values import Reason, RenameDeclined


class Seen:
    """Stands in for a renamer; looks until it is told to end."""

    def __init__(self) -> None:
        self.points: list[Point] = []
        self.began = threading.Event()
        self.cancelled = threading.Event()

    def look_ahead(
        self, view: WorkspaceView, document: Document, point: Point, *, cancelled: Callable[[], bool]
    ) -> None:
        del view, document
        self.points.append(point)
        self.began.set()
        while not cancelled():
            pass
        self.cancelled.set()
        raise RenameDeclined(Reason.CANCELLED, "The rename was cancelled.")


def test_only_the_newest_looks_ahead_until_it_is_ended(tmp_path: Path) -> None:
    async def main() -> None:
        seen = Seen()
        warming = Warming(cast("Renamer", seen))
        view, document = opened(tmp_path)
        warming.begin(view, document, Point(0, 0))
        warming.begin(view, document, Point(1, 0))
        assert await asyncio.to_thread(seen.began.wait, 60)
        warming.end()
        assert await asyncio.to_thread(seen.cancelled.wait, 60)
        await warming.aclose()
        assert seen.points == [Point(1, 0)]

    asyncio.run(main())


def test_a_rename_that_comes_at_once_is_not_looked_ahead_for(tmp_path: Path) -> None:
    async def main() -> None:
        seen = Seen()
        warming = Warming(cast("Renamer", seen))
        warming.begin(*opened(tmp_path), Point(0, 0))
        warming.end()
        await warming.aclose()
        assert not seen.points

    asyncio.run(main())


def test_what_is_looked_for_without_end_is_given_up(tmp_path: Path) -> None:
    async def main() -> None:
        seen = Seen()
        warming = Warming(cast("Renamer", seen), most_s=0.01)
        warming.begin(*opened(tmp_path), Point(0, 0))
        assert await asyncio.to_thread(seen.cancelled.wait, 60)
        await warming.aclose()

    asyncio.run(main())


def test_looking_ahead_says_nothing_and_changes_nothing(tmp_path: Path) -> None:
    view, document = opened(tmp_path)
    renamer = Renamer(bundled_engines())
    renamer.look_ahead(view, document, Point(0, 4), cancelled=lambda: False)
    renamer.look_ahead(view, document, Point(0, 0), cancelled=lambda: False)  # no name stands there
    assert (tmp_path / "a.py").read_text(encoding="utf-8") == document.text
    assert renamer.rename(view, document, Point(0, 4), "other", cancelled=lambda: False).files == 1


def opened(folder: Path) -> tuple[WorkspaceView, Document]:
    path = folder / "a.py"
    path.write_text("def made():\n    return made()\n", encoding="utf-8")
    view = disk_view(folder)
    document = view.read(path)
    assert document is not None
    return view, document
