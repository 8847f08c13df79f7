"""Whatever happens to the files, the prefix says exactly what they hold now, and only grows between rebases."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from tierwise.core.documents import Document
from tierwise.core.models import Usage
from tierwise.core.text import Lines
from tierwise.session.prefix_ledger import CacheTerms, NamedFile, Need, Prefix, PrefixLedger, Rebase

HEAD = ("instructions\n", "facts\n")
TERMS = CacheTerms(ttl_s=300, read=0.1, write=1.25, min_tokens=0)


class HandClock:
    def __init__(self) -> None:
        self.time = 0.0

    def monotonic(self) -> float:
        return self.time

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.time).astimezone()


class Files:
    """The workspace of a test: current texts by name."""

    def __init__(self, **texts: str) -> None:
        self.texts = texts

    def named(self, name: str) -> NamedFile:
        path = Path(f"/w/{name}")
        return NamedFile(name, Document(path.as_posix(), path, "python", None, Lines.of(self.texts[name])))

    def current(self, document: Document) -> Document | None:
        assert document.path is not None
        return self.named(document.path.name).document if document.path.name in self.texts else None

    def need(self, *names: str, budget: int = 100_000, terms: CacheTerms = TERMS) -> Need:
        files = tuple(self.named(name) for name in names)
        return Need("m", "/w", HEAD, files, budget, terms, self.current, len)


def replayed(prefix: Prefix) -> dict[str, str]:
    """The file texts that a careful reader of the prefix ends up with."""
    texts: dict[str, str] = {}
    whole = "".join(block.text for block in prefix.blocks[2:])
    for match in re.finditer(r'<(file|changed) path="([^"]*)">\n(.*?)</\1>\n', whole, re.DOTALL):
        kind, name, body = match.groups()
        texts[name] = body if kind == "file" else patched(texts[name], body)
    for match in re.finditer(r'<changed path="([^"]*)">This replaces', whole):
        assert match.group(1) in texts
    return texts


def patched(text: str, diff: str) -> str:
    lines, offset = text.splitlines(keepends=True), 0
    for hunk in re.split(r"(?m)^(?=@@ )", diff)[1:]:
        header, *body = hunk.splitlines(keepends=True)
        match = re.match(r"@@ -(\d+),(\d+) \+(\d+),(\d+) @@", header)
        assert match is not None
        at, size = int(match.group(1)) - 1 + offset, int(match.group(2))
        old = [line[1:] for line in body if line[0] in " -"]
        new = [line[1:] for line in body if line[0] in " +"]
        assert lines[at : at + size] == old
        lines[at : at + size] = new
        offset += len(new) - size
    return "".join(lines)


TEXT = st.lists(st.sampled_from(["a\n", "b\n", "c\n", "d\n"]), min_size=1, max_size=14).map("".join)
STEP = st.one_of(
    st.tuples(st.just("edit"), st.sampled_from("xyz"), TEXT),
    st.tuples(st.just("need"), st.sampled_from(["x", "y", "z", "xy", "zx"]), st.just("")),
    st.tuples(st.just("wait"), st.just(""), st.just("")),
)


@settings(max_examples=150)
@given(st.lists(STEP, max_size=25), st.integers(60, 400))
def test_the_prefix_reconstructs_every_file_and_only_grows(steps: list[tuple[str, str, str]], budget: int) -> None:
    clock, files = HandClock(), Files(x="a\n" * 6, y="b\n" * 6, z="c\n" * 6)
    ledger, before = PrefixLedger(clock), ""
    for kind, what, text in steps:
        if kind == "edit":
            files.texts[what] = text
        elif kind == "wait":
            clock.time += 400
        else:
            need = files.need(*what, budget=budget)
            prefix = ledger.prefix(need)
            now = "".join(block.text for block in prefix.blocks)
            assert prefix.rebase is not None or now.startswith(before)
            assert replayed(prefix) == {name: files.texts[name] for name in prefix.names}
            assert sum(block.mark for block in prefix.blocks) <= 3
            ledger.observe(need, prefix, Usage(input_tokens=prefix.tokens, cached_tokens=prefix.expected_cached))
            before = now


def test_dead_text_is_carried_until_rewriting_has_become_cheaper() -> None:
    files, ledger = Files(x="line\n" * 100, y="other\n" * 400), PrefixLedger(HandClock())
    why: list[Rebase | None] = []
    for number in range(80):
        files.texts["x"] = f"{number}\n" * 100
        why.append(ledger.prefix(files.need("x", "y")).rebase)
    assert why[0] is Rebase.FIRST
    assert Rebase.CHEAPER in why
    assert why.count(None) > 60


def test_expiry_makes_a_rebase_free_and_a_lost_file_makes_it_needed() -> None:
    clock, files = HandClock(), Files(x="a\n", y="b\n")
    ledger = PrefixLedger(clock)
    assert ledger.prefix(files.need("x", "y")).rebase is Rebase.FIRST
    assert ledger.prefix(files.need("x")).rebase is None
    clock.time += 301
    assert ledger.prefix(files.need("x")).rebase is Rebase.EXPIRED
    del files.texts["y"]
    assert ledger.prefix(files.need("x")).rebase is Rebase.FILE_GONE


def test_after_a_rebase_the_least_edited_file_stands_first() -> None:
    clock, files = HandClock(), Files(x="a\n", y="b\n")
    ledger = PrefixLedger(clock)
    ledger.prefix(files.need("x", "y"))
    files.texts["x"] = "changed\n"
    ledger.prefix(files.need("x", "y"))
    clock.time += 301
    text = "".join(block.text for block in ledger.prefix(files.need("x", "y")).blocks)
    assert text.index('path="y"') < text.index('path="x"')


def test_a_miss_that_nothing_explains_is_counted() -> None:
    files, ledger = Files(x="a\n" * 500), PrefixLedger(HandClock())
    need = files.need("x")
    ledger.observe(need, ledger.prefix(need), Usage(input_tokens=1_000))
    prefix = ledger.prefix(need)
    assert prefix.expected_cached > 0
    assert ledger.observe(need, prefix, Usage(input_tokens=1_000, cached_tokens=0)) is False
    assert ledger.unexplained_misses == 1
