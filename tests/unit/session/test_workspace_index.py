"""What the workspace holds: lists that follow changes, an index that names files, and nothing of what is forbidden."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tierwise.core.clock import SystemClock
from tierwise.core.documents import Document
from tierwise.core.uris import to_uri
from tierwise.features.learning import Listeners
from tierwise.session.folder_map import FolderMap
from tierwise.session.index import Names, WorkspaceIndex
from tierwise.session.index_process import IndexProcess
from tierwise.session.listing import FolderListing, walk
from tierwise.session.names_in_files import names_in
from tierwise.session.privacy import FolderRules, FolderTerms
from tierwise.session.session import Session


def write(folder: Path, name: str, text: str = "x = 1\n") -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32))
def test_a_list_that_follows_changes_equals_a_fresh_walk(seed: int) -> None:
    chance = Random(seed)
    names = ["a.py", "b/a.py", "b/z.py", "b/c/d.py", "m.py", ".env", "node_modules/x.py", "z/last.py"]
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place).resolve()
        for name in chance.sample(names, 4):
            write(folder, name)
        listing = FolderListing(FolderRules(folder), SystemClock())
        listing.paths()
        for _ in range(12):
            changed = [folder / name for name in chance.sample(names, chance.randint(1, 3))]
            for path in changed:
                if chance.random() < 0.6:
                    write(folder, path.relative_to(folder).as_posix(), f"x = {chance.random()}\n")
                else:
                    path.unlink(missing_ok=True)
            if chance.random() < 0.1:
                shutil.rmtree(folder / "b", ignore_errors=True)
                changed.append(folder / "b")
            listing.changed(changed)
            assert listing.paths() == tuple(walk(FolderRules(folder)))
            assert set(listing.map().paths.values()) == set(listing.paths())


def test_changed_contents_leave_the_list_as_it_is(tmp_path: Path) -> None:
    path = write(tmp_path, "a.py")
    listing = FolderListing(FolderRules(tmp_path), SystemClock())
    before = listing.paths()
    write(tmp_path, "a.py", "y = 2\n")
    listing.changed([path])
    assert listing.paths() is before


def test_a_map_knows_tests_and_kinds(tmp_path: Path) -> None:
    names = ["src/cart.py", "tests/test_cart.py", "tests/test_till.py", "web/cart.ts", "web/cart.test.ts", "go.mod"]
    files = FolderMap.of(tmp_path, [tmp_path / name for name in names])
    assert files.tests_of(tmp_path / "src/cart.py", "python") == (tmp_path / "tests/test_cart.py",)
    assert files.tests_of(tmp_path / "web/cart.ts", "typescript") == (tmp_path / "web/cart.test.ts",)
    assert files.nearest_test(tmp_path / "tests/test_cart.py", "python") == tmp_path / "tests/test_till.py"
    assert files.languages == ("python", "typescript")
    assert files.manifests == ("go.mod",)


PATHS = [Path(f"/w/{number}.py") for number in range(6)]
WORDS = ["total", "Cart", "till", "door"]


@given(st.lists(st.tuples(st.sampled_from(PATHS), st.lists(st.sampled_from(WORDS), max_size=4, unique=True))))
def test_the_index_knows_what_was_put_last(puts: list[tuple[Path, list[str]]]) -> None:
    index, truth = WorkspaceIndex(), dict[Path, list[str]]()
    for path, words in puts:
        if words == ["door"]:
            index.drop(path)
            truth.pop(path, None)
        else:
            index.put(path, Names(tuple(words), tuple(words[:1])))
            truth[path] = words
    for word in WORDS:
        assert set(index.holding(word)) == {path for path, words in truth.items() if word in words}
        assert set(index.defining(word)) == {path for path, words in truth.items() if words[:1] == [word]}
    assert len(index) == len(truth)


def test_what_was_read_again_many_times_is_cleared_away() -> None:
    index = WorkspaceIndex()
    for number in range(5_000):
        index.put(PATHS[number % 3], Names(("total", f"name_{number}"), ()))
    assert index.holding("total") == [PATHS[number % 3] for number in (4997, 4998, 4999)]
    assert index.holding("name_17") == []
    assert index.holding("name_4999") == [PATHS[4999 % 3]]


def test_names_are_found_by_a_process_of_its_own(tmp_path: Path) -> None:
    texts = {f"m{number}.py": f"def made_{number}(one):\n    return other_{number}(one)\n" for number in range(60)}
    paths = [write(tmp_path, name, text) for name, text in texts.items()]
    paths.insert(7, tmp_path / "not there.py")
    process = IndexProcess()
    try:
        found = dict(process.names(paths))
    finally:
        process.close()
    assert list(found) == paths
    assert found[paths[7]] is None
    assert found[paths[0]] == names_in(paths[0]) == Names(("def", "made_0", "one", "other_0", "return"), ("made_0",))


def test_a_process_that_breaks_leaves_the_rest_unknown(tmp_path: Path) -> None:
    paths = [write(tmp_path, f"m{number}.py") for number in range(40)]
    process = IndexProcess()
    seen: list[Path] = []
    for path, _ in process.names(paths):
        seen.append(path)
        if len(seen) == 5:
            process.close()
    assert 5 <= len(seen) < len(paths)


class Heard(Listeners):
    """What the indexer tells."""

    def __init__(self) -> None:
        super().__init__()
        self.files: dict[Path, str] = {}

    def file_read(self, document: Document) -> None:
        assert document.path is not None
        self.files[document.path] = document.text

    def file_gone(self, path: Path) -> None:
        del self.files[path]


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
def session(tmp_path: Path, heard: Heard) -> Session:
    for number in range(40):
        write(tmp_path, f"src/m{number}.py", f"def made_{number}():\n    return made_{(number + 1) % 40}()\n")
    return Session(SystemClock(), heard)


def indexed(session: Session, folder: Path) -> None:
    session.set_folders({folder: FolderTerms()})
    session.index()
    assert session.wait_indexed(60)


def names_of(documents: Iterable[Document]) -> list[str]:
    return [document.path.name for document in documents if document.path is not None]


def test_the_index_follows_the_disk(session: Session, tmp_path: Path) -> None:
    indexed(session, tmp_path)
    assert [path.name for path in session.view().defining(tmp_path, "made_7", "python")] == ["m7.py"]
    assert names_of(session.view().holding(tmp_path, "made_7", "python")) == ["m6.py", "m7.py"]
    (tmp_path / "src/m6.py").unlink()
    new = write(tmp_path, "new.py", "def made_7():\n    pass\n")
    session.files_changed([tmp_path / "src/m6.py", new])
    assert session.wait_indexed(60)
    assert [path.name for path in session.view().defining(tmp_path, "made_7", "python")] == ["m7.py", "new.py"]
    assert names_of(session.view().holding(tmp_path, "made_7", "python")) == ["m7.py", "new.py"]
    session.shutdown()


def test_open_files_count_as_they_are(session: Session, tmp_path: Path) -> None:
    indexed(session, tmp_path)
    session.open(to_uri(tmp_path / "src/m3.py"), "python", 1, "made_7 = 1\n")
    session.open(to_uri(tmp_path / "src/m6.py"), "python", 1, "nothing = 1\n")
    assert names_of(session.view().holding(tmp_path, "made_7", "python")) == ["m3.py", "m7.py"]
    session.shutdown()


def test_what_becomes_forbidden_is_forgotten_and_not_read(session: Session, heard: Heard, tmp_path: Path) -> None:
    indexed(session, tmp_path)
    assert [path.name for path in session.view().defining(tmp_path, "made_7", "python")] == ["m7.py"]
    secret = write(tmp_path, "src/m7.py", "def made_7():\n    return 'now a secret'\n")
    session.files_changed([write(tmp_path, ".gitignore", "m7.py\n")])
    assert session.wait_indexed(60)
    assert secret not in heard.files
    assert not any("secret" in text for text in heard.files.values())
    assert session.view().defining(tmp_path, "made_7", "python") == []
    assert names_of(session.view().holding(tmp_path, "made_7", "python")) == ["m6.py"]
    session.shutdown()
