"""A rename in a session that has read its folder: what the index knows is believed only where the disk agrees."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tierwise.core.clock import SystemClock
from tierwise.core.text import Point
from tierwise.core.uris import to_uri
from tierwise.features.learning import Listeners
from tierwise.rename.engines import bundled_engines
from tierwise.rename.service import Renamer
from tierwise.rename.values import Reason, RenameDeclined
from tierwise.session.privacy import FolderTerms
from tierwise.session.session import Session

FILES = {
    "a.py": "def made():\n    return 1\n",
    "b.py": "from a import made\nmade()\n",
    "c.py": "made_up = 1\n",
    "d.py": "other = 2\n",
}


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    for name, text in FILES.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    session = Session(SystemClock(), Listeners())
    session.set_folders({tmp_path: FolderTerms()})
    session.index()
    assert session.wait_indexed(60)
    yield session
    session.shutdown()


def test_files_that_hold_the_name_are_changed(session: Session, tmp_path: Path) -> None:
    assert renamed(session, tmp_path) == {"a.py", "b.py"}


def test_a_file_that_took_the_name_unnoticed_is_changed_too(session: Session, tmp_path: Path) -> None:
    (tmp_path / "c.py").write_text("from a import made\n", encoding="utf-8")
    (tmp_path / "b.py").write_text("nothing = 0\n", encoding="utf-8")
    assert renamed(session, tmp_path) == {"a.py", "c.py"}


def test_what_is_typed_counts_before_it_is_saved(session: Session, tmp_path: Path) -> None:
    session.open(to_uri(tmp_path / "d.py"), "python", 1, "from a import made\n")
    assert renamed(session, tmp_path) == {"a.py", "b.py", "d.py"}


def test_a_new_name_that_was_taken_unnoticed_is_refused(session: Session, tmp_path: Path) -> None:
    (tmp_path / "b.py").write_text("from a import made\nbuilt = 1\nmade()\n", encoding="utf-8")
    with pytest.raises(RenameDeclined) as declined:
        renamed(session, tmp_path)
    assert declined.value.reason is Reason.CLASH


def renamed(session: Session, folder: Path) -> set[str]:
    """The files that a rename of ``made`` to ``built`` changes."""
    view = session.view()
    document = view.read(folder / "a.py")
    assert document is not None
    result = Renamer(bundled_engines()).rename(view, document, Point(0, 4), "built", cancelled=lambda: False)
    return {edit.base.path.name for edit in result.changeset.edits if edit.base.path is not None}
