"""Whatever happens to the files, a prompt says exactly what they hold now, and only grows between rebases."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st
from prefix_reader import read

from tierwise.core.documents import Document
from tierwise.core.models import Usage
from tierwise.core.text import Lines, Point, Span
from tierwise.core.tokens import size
from tierwise.core.uris import to_uri
from tierwise.features.learning import Listeners
from tierwise.session.cache_terms import CacheTerms
from tierwise.session.prefix_ledger import Prefix, PrefixLedger
from tierwise.session.prefix_line import Absent, Item
from tierwise.session.prefix_text import change, snapshot
from tierwise.session.prefix_turn import Need, Rebase
from tierwise.session.privacy import FolderTerms
from tierwise.session.session import Session

HEAD = ("instructions\n", "<workspace>facts</workspace>\n")
NAMES = ["a.py", "b.py", 'odd "name" <&>.py', "sub/c.py", "sub/d.py", "new.py"]
PIECES = [
    "x = 1\n",
    "y = 2\n",
    "def f():\n",
    "    return x\n",
    "</file>\n",
    '<changed path="a.py">\n',
    "@@ -1,1 +1,1 @@\n",
    "</changed>\n",
    "\r\n",
    "lone\r",
    "\\ No newline at end of file\n",
    "no newline",
    '<file path="b.py">\n',
    "</file2>\n",
    "\x0c\u2028\n",
]
TERMS = {
    "anthropic": CacheTerms(285, 3585, 0.1, 1.25, 2.0, 0, marks=4, refresh=True),
    "openai": CacheTerms(1785, None, 0.05, 1.25, 1.25, 60, marks=4, lookback=80),
    "implicit": CacheTerms(285, None, 0.1, 1.0, 1.0, 0),
    "none": CacheTerms(285, None, 1.0, 1.0, 1.0, 0, keeps=False),
}


class HandClock:
    """A clock that tests set."""

    def __init__(self) -> None:
        self.time = 1000.0

    def monotonic(self) -> float:
        return self.time

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.time).astimezone()


@dataclass
class World:
    """A folder, a session that has it open, and a ledger whose prefixes are all kept."""

    folder: Path
    terms: CacheTerms
    clock: HandClock = field(default_factory=HandClock)
    version: int = 0
    sent: list[tuple[Prefix, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.session = Session(self.clock, Listeners())
        self.session.set_folders({self.folder: FolderTerms()})
        self.ledger = PrefixLedger(self.clock)

    def path(self, name: str) -> Path:
        return self.folder / name

    def write(self, name: str, text: str) -> None:
        self.path(name).parent.mkdir(parents=True, exist_ok=True)
        self.path(name).write_bytes(text.encode())
        self.session.files_changed([self.path(name)])

    def remove(self, name: str) -> None:
        self.path(name).unlink(missing_ok=True)
        self.session.files_changed([self.path(name)])

    def rename(self, old: str, new: str) -> None:
        """As an editor does it, which saves, closes, moves and opens."""
        document = self.document(old)
        if document is not None and old != new:
            self.write(old, document.text)
            self.close(old)
            self.close(new)
            self.path(new).parent.mkdir(parents=True, exist_ok=True)
            shutil.move(self.path(old), self.path(new))
            self.session.files_changed([self.path(old), self.path(new)])
            self.open(new)

    def open(self, name: str) -> None:
        self.version += 1
        text = self.path(name).read_bytes().decode() if self.path(name).exists() else ""
        self.session.open(to_uri(self.path(name)), "python", self.version, text)

    def close(self, name: str) -> None:
        self.session.close(to_uri(self.path(name)))

    def type(self, name: str, text: str, line: int) -> None:
        self.version += 1
        at = Point(line, 0)
        self.session.change(to_uri(self.path(name)), self.version, Span(at, Point(line + line % 3, 0)), text)

    def ignore(self, name: str) -> None:
        self.write(".tierwiseignore", re.escape(name) + "\n")

    def document(self, name: str) -> Document | None:
        return self.session.view().read(self.path(name))

    def current(self, item: Item) -> Lines | Absent:
        now = self.session.latest(item.document)
        return now if isinstance(now, Absent) else now.lines

    def wait(self, seconds: float) -> None:
        self.clock.time += seconds

    def ask(self, names: list[str], budget: int, *, told: bool = True, lost: bool = False) -> Prefix:
        """A request and its answer: without its usage (``told``), or after the provider lost its copy (``lost``)."""
        found = [(name, self.document(name)) for name in names]
        items = tuple(
            Item(name, document.lines, document, optional=index > 1)
            for index, (name, document) in enumerate(found)
            if document is not None
        )
        need = Need("m", "/w", HEAD, items, budget, self.terms, self.current, 1.0)
        prefix = self.ledger.prefix(need)
        self.sent.append((prefix, "".join(block.text for block in prefix.blocks)))
        cached = 0 if lost else prefix.expected_cached
        self.ledger.observe(need, prefix, Usage(prefix.tokens, cached) if told else None)
        self.check()
        assert prefix.ends[-1].chars == size(self.sent[-1][1]) <= budget
        return prefix

    def check(self) -> None:
        """The last prefix says the truth, and grew as it claims."""
        prefix, text = self.sent[-1]
        assert text.startswith("".join(HEAD))
        said = read(text.removeprefix("".join(HEAD)))
        assert set(said) == prefix.shown
        for (form, name), body in said.items():
            document = self.document(name)
            assert form == "file"
            assert document is not None
            assert body == document.text
            assert str(document.path) in prefix.sources
        assert sum(block.mark for block in prefix.blocks) <= 4
        if len(self.sent) > 1 and prefix.rebase is None:
            assert text.startswith(self.sent[-2][1])
        if prefix.rebase is Rebase.RETURNED:
            assert any(
                text.startswith(before) and size(before) >= prefix.expected_cached for _, before in self.sent[:-1]
            )
        if prefix.held is not None:
            claimed = "".join(block.text for block in prefix.blocks[: prefix.held + 1])
            assert any(before.startswith(claimed) for _, before in self.sent[:-1])
            assert abs(size(claimed) - prefix.expected_cached) <= 1


def some_text(chance: Random) -> str:
    return "".join(chance.choices(PIECES, k=chance.randrange(6)))


def some_file(chance: Random) -> str:
    body = "".join(f"line_{number} = 1\n" for number in range(chance.choice([0, 5, 40])))
    return some_text(chance) + body + chance.choice(["", "", "no newline", "lone\r", "</file>"])


def some_step(world: World, chance: Random, budget: int) -> None:
    """One thing that happens. Requests are frequent; texts of files change more often than the files come and go."""
    name, other = chance.choice(NAMES), chance.choice(NAMES)
    steps: list[tuple[int, Callable[[], object]]] = [
        (8, lambda: world.type(name, some_text(chance), chance.randrange(45))),
        (2, lambda: world.write(name, some_file(chance))),
        (2, lambda: world.open(name)),
        (2, lambda: world.close(name)),
        (1, lambda: world.remove(name)),
        (2, lambda: world.rename(name, other)),
        (3, lambda: world.wait(chance.choice([1.0, 60.0, 400.0, 4000.0]))),
        (10, lambda: world.ask(chance.sample(NAMES, chance.randint(1, 4)), budget)),
        (2, lambda: world.ask(chance.sample(NAMES, chance.randint(1, 4)), budget, told=False)),
        (1, lambda: world.ask(chance.sample(NAMES, chance.randint(1, 4)), budget, lost=True)),
    ]
    weights = [weight for weight, _ in steps]
    chance.choices([step for _, step in steps], weights)[0]()


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32), st.sampled_from([700, 2000, 5000, 50_000]), st.sampled_from(sorted(TERMS)))
def test_prompts_say_what_files_hold_and_only_grow(seed: int, budget: int, terms: str) -> None:
    chance = Random(seed)
    with tempfile.TemporaryDirectory() as folder:
        world = World(Path(folder).resolve(), TERMS[terms])
        for name in NAMES[:-2]:
            world.write(name, some_file(chance))
            world.open(name)
        for _ in range(60):
            some_step(world, chance, budget)
        ignored = chance.choice(NAMES)
        world.ignore(ignored)
        for _ in range(4):
            prefix = world.ask(chance.sample(NAMES, chance.randint(1, 6)), budget)
            assert str(world.path(ignored)) not in prefix.sources


@given(st.lists(st.sampled_from(PIECES)), st.lists(st.sampled_from(PIECES)), st.lists(st.sampled_from(PIECES)))
def test_a_change_makes_the_new_text_of_the_old_one(kept: list[str], old: list[str], new: list[str]) -> None:
    before, after = Lines.of("".join([*kept, *old, *kept])), Lines.of("".join([*kept, *new, *kept]))
    if list(before) != list(after):
        said = read(snapshot("file", "x", before) + change("file", "x", before, after))
        assert said["file", "x"] == after.text


def test_equal_sessions_have_equal_prompts() -> None:
    """Nothing of a prefix comes from the clock, an id, or the order of a set."""
    texts: list[str] = []
    for start in (1000.0, 987_654.3):
        with tempfile.TemporaryDirectory() as folder:
            world = World(Path(folder).resolve(), TERMS["anthropic"])
            world.clock.time = start
            for name in NAMES:
                world.write(name, f"x = {len(name)}\n" * 9)
            world.ask(NAMES, 5000)
            world.open("a.py")
            world.type("a.py", "z = 3\n", 2)
            world.rename("b.py", "sub/b.py")
            world.ask(["sub/b.py", "a.py"], 5000)
            world.clock.time += 4000
            world.ask(NAMES, 5000)
            texts.append("\0".join(text for _, text in world.sent))
    assert texts[0] == texts[1]
