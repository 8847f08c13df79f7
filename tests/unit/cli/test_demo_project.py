from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from tierwise.cli.demo_project import EditPlace, look_at, unpack_sample
from tierwise.syntax.parse import parse


@pytest.fixture
def sample(tmp_path: Path) -> Path:
    folder = tmp_path / "sample"
    folder.mkdir()
    return folder


def apply(place: EditPlace, folder: Path) -> str:
    """What the scripted answer makes of its file, by hand: exactly one place must hold the searched text."""
    path, _, block = place.scripted.partition("\n")
    old, _, new = block.removeprefix("<<<<<<< SEARCH\n").removesuffix(">>>>>>> REPLACE\n").partition("=======\n")
    text = (folder / path).read_text(encoding="utf-8")
    assert text.count(old) == 1
    return text.replace(old, new)


def run_tests(folder: Path) -> None:
    command = [sys.executable, "-m", "unittest", "-q", "tests.test_quotes"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_sample_is_a_working_project(sample: Path) -> None:
    unpack_sample(sample)
    run_tests(sample)
    parsed = parse("typescript", (sample / "web" / "src" / "client.ts").read_text(encoding="utf-8"))
    assert parsed is not None
    assert parsed.error_count == 0


def test_the_places_of_the_sample_are_there(sample: Path) -> None:
    project = unpack_sample(sample)
    for place in project.completions:
        line = place.path.read_text(encoding="utf-8").splitlines()[place.line]
        assert line[place.column :].strip()
    (rename,) = project.renames
    line = rename.path.read_text(encoding="utf-8").splitlines()[rename.line]
    assert line[rename.column :].startswith(rename.old)


def test_the_scripted_edits_of_the_sample_keep_its_tests_green(sample: Path) -> None:
    project = unpack_sample(sample)
    for place in project.edits:
        place.path.write_text(apply(place, sample), encoding="utf-8")
    run_tests(sample)


FILES = {
    "shop/prices.py": (
        "def price_of(item, amount):\n"
        '    """The price."""\n'
        "    total = item.price * amount\n"
        "    return total\n\n\n"
        "def reduced(item, amount):\n"
        "    total = item.price * amount\n"
        "    total = price_of(item, amount)\n"
        "    return total\n"
    ),
    "shop/cart.py": (
        "from shop.prices import price_of\n\n\ndef cart_total(items):\n    return sum(price_of(i, 1) for i in items)\n"
    ),
    "shop/secret.pem": "def price_of(): ...\n",
    "web/cart.ts": (
        "export function itemCount(items: string[]): number {\n  const all = items;\n  return all.length;\n}\n"
    ),
    ".gitignore": "ignored/\n",
    "ignored/copy.py": "from shop.prices import price_of\n",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    (tmp_path / ".git").mkdir()
    return tmp_path


def test_places_in_a_folder_are_chosen_the_same_each_time(folder: Path) -> None:
    first, second = look_at(folder), look_at(folder)
    assert first == second
    assert first.renames[0].old == "price_of"
    assert first.renames[0].new not in "".join(FILES.values())
    assert first.explain is not None


def test_no_place_is_chosen_in_what_may_not_be_read(folder: Path) -> None:
    project = look_at(folder)
    places = [*project.completions, *project.renames, *project.edits]
    assert places
    assert all(place.path.suffix in {".py", ".ts"} and "ignored" not in place.path.parts for place in places)


def test_a_completion_place_has_words_that_were_used_before(folder: Path) -> None:
    (place, *_) = look_at(folder).completions
    text = place.path.read_text(encoding="utf-8")
    rest = text.splitlines()[place.line][place.column :]
    assert len(rest) >= 6
    assert text.index(rest.split("(")[0].strip()) < len("\n".join(text.splitlines()[: place.line]))


def test_the_scripted_edit_of_a_folder_applies_and_parses(folder: Path) -> None:
    (place,) = look_at(folder).edits
    ast.parse(apply(place, folder))
    assert "simulated model" in place.scripted


@pytest.mark.parametrize("text", ["", "\n", "# nothing\n", "def broken(:\n"])
def test_a_folder_without_places_has_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.py").write_text(text)
    project = look_at(tmp_path)
    assert (project.completions, project.renames, project.edits) == ((), (), ())
