"""What the index says of the words in files, held against the files: it may say too much, never too little."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tierwise.core.clock import SystemClock
from tierwise.core.stamps import is_settled
from tierwise.core.uris import to_uri
from tierwise.features.learning import Listeners
from tierwise.session.disk import stamp_at
from tierwise.session.holders import IndexHolders
from tierwise.session.index import WorkspaceIndex
from tierwise.session.names_in_files import names_in
from tierwise.session.privacy import FolderTerms
from tierwise.session.session import Session

PIECES = ["total", "Total", "max", "x", "2fa", "a1", "_own", "größe", "$", "#", "-", " ", ".", "\n", '"']
TEXTS = st.lists(st.sampled_from(PIECES), max_size=12).map("".join)


@given(texts=st.lists(TEXTS, min_size=1, max_size=5), word=st.lists(st.sampled_from(PIECES), min_size=1, max_size=4))
def test_no_file_that_holds_a_text_is_left_out(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str], word: list[str]
) -> None:
    folder, sought = tmp_path_factory.mktemp("files"), "".join(word)
    paths = [write(folder / f"{number}.py", text) for number, text in enumerate(texts)]
    index = indexed(paths)
    found = list(IndexHolders(index.postings, paths, ()).of(sought))
    whole = re.compile(rf"(?<!\w){re.escape(sought)}(?!\w)")
    assert {path for path, text in zip(paths, texts, strict=True) if whole.search(text)} <= set(found)
    assert found == [path for path in paths if path in found]


def test_files_that_do_not_hold_a_word_are_left_out(tmp_path: Path) -> None:
    paths = [write(tmp_path / "a.py", "total = 1\n"), write(tmp_path / "b.py", "max_total = 1\n")]
    known = IndexHolders(indexed(paths).postings, paths, ())
    assert list(known.of("total")) == paths[:1]
    assert list(known.of("other")) == []


def test_what_changed_unnoticed_is_left_to_be_read(tmp_path: Path) -> None:
    paths = [write(tmp_path / name, "one = 1\n") for name in ("same.py", "new text.py", "new time.py", "gone.py")]
    index = indexed(paths)
    paths[1].write_text("total = 1\n", encoding="utf-8")
    os.utime(paths[2], ns=(1, 1))
    paths[3].unlink()
    paths.append(write(tmp_path / "came.py", "one = 1\n"))
    assert list(IndexHolders(index.postings, paths, ()).of("total")) == paths[1:]


def test_open_files_are_left_to_be_read(tmp_path: Path) -> None:
    paths = [write(tmp_path / "a.py", "one = 1\n"), write(tmp_path / "b.py", "one = 1\n")]
    assert list(IndexHolders(indexed(paths).postings, paths, {paths[1]}).of("total")) == paths[1:]


def test_what_the_client_reports_is_doubted_until_it_is_read_again(tmp_path: Path) -> None:
    paths = [write(tmp_path / "a.py", "one = 1\n")]
    index = indexed(paths)
    index.doubt(paths[0])
    assert list(IndexHolders(index.postings, paths, ()).of("total")) == paths
    for _ in range(3_000):  # until the postings are made anew
        put(index, write(tmp_path / "b.py", "two = 2\n"))
    assert list(IndexHolders(index.postings, paths, ()).of("total")) == paths
    put(index, paths[0])
    assert list(IndexHolders(index.postings, paths, ()).of("total")) == []


def test_a_session_knows_the_words_of_its_files(tmp_path: Path) -> None:
    paths = [write(tmp_path / f"m{number}.py", f"name_{number} = shared\n") for number in range(40)]
    session = Session(SystemClock(), Listeners())
    session.set_folders({tmp_path: FolderTerms()})
    session.index()
    try:
        assert session.wait_indexed(60)
        while len(list(session.view().holders(paths).of("name_7"))) > 1:  # read right after they were written
            session.files_changed(paths)
            assert session.wait_indexed(60)
        assert list(session.view().holders(paths).of("name_7")) == [paths[7]]
        assert list(session.view().holders(paths).of("shared")) == paths
        session.open(to_uri(paths[3]), "python", 1, "name_7 = 1\n")
        assert list(session.view().holders(paths).of("name_7")) == [paths[3], paths[7]]
    finally:
        session.shutdown()


def indexed(paths: list[Path]) -> WorkspaceIndex:
    index = WorkspaceIndex()
    for path in paths:
        put(index, path)
    return index


def put(index: WorkspaceIndex, path: Path) -> None:
    names = names_in(path)
    assert names is not None
    index.put(path, replace(names, stamp=stamp_at(path)))  # as if it was read long after it was written


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(("tick", "after"), [(1, 0), (1, 10**7), (2 * 10**9, 10**9)])
def test_a_stamp_says_nothing_of_a_file_that_was_read_within_its_tick(tick: int, after: int) -> None:
    changed = 1_700_000_000 * 10**9 + (tick == 1)
    stamp = (changed, changed, 8, 1, 1)
    assert not is_settled(stamp, changed + after)
    assert is_settled(stamp, changed + after + 2 * 10**9)


def test_a_change_of_the_same_size_in_the_same_tick_is_found(tmp_path: Path) -> None:
    path, index = write(tmp_path / "a.py", "one = 1\n"), WorkspaceIndex()
    while (names := names_in(path)) is not None and names.stamp is not None:
        write(path, "one = 1\n")  # until it is read within the tick in which it was written
    assert names is not None
    index.put(path, names)
    status = path.stat()
    write(path, "two = 1\n")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert list(IndexHolders(index.postings, [path], ()).of("two")) == [path]
