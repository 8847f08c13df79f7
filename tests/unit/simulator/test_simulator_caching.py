"""The caches by their documented rules: one check, the rules and sessions as data."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tierwise.simulator.caching.book import CacheBook, CacheRules, make_cache
from tierwise.simulator.caching.prices import Prices, Totals
from tierwise.simulator.caching.prompt import (
    CacheBlock,
    CachePrompt,
    CacheUse,
    Lifetime,
    common_tokens,
    positions,
    tokens_of,
)

CASES = Path(__file__).parent / "cases"


def cases() -> list[Any]:
    return [
        pytest.param(case, id=f"{path.stem}: {case['name']}")
        for path in sorted(CASES.glob("*.toml"))
        for case in tomllib.loads(path.read_text("utf-8"))["case"]
    ]


def block(text: str, turn: int) -> CacheBlock:
    section, name, tokens, *mark = text.split()
    return CacheBlock(section, content(name, int(tokens)), Lifetime(mark[0]) if mark else None, turn)


def content(name: str, tokens: int) -> bytes:
    return (name * tokens * 4).encode()[: tokens * 4]


def blocks(texts: list[str], turns: list[int] | None) -> tuple[CacheBlock, ...]:
    """``+N`` in front stands for N blocks of that kind; a mark alone marks the last block."""
    found: list[CacheBlock] = []
    for text in texts:
        if text in ("short", "long"):
            last = found[-1]
            found[-1] = CacheBlock(last.section, last.content, Lifetime(text), last.turn)
        elif text.startswith("+"):
            count, _, rest = text[1:].partition(" ")
            found += [block(rest, len(found) + number) for number in range(int(count))]
        else:
            found.append(block(text, turns[len(found)] if turns else len(found)))
    return tuple(found)


@pytest.mark.parametrize("case", cases())
def test_a_session_uses_the_cache_as_documented(case: dict[str, Any]) -> None:
    book, rules = CacheBook(), CacheRules.model_validate(case["rules"])
    for number, step in enumerate(case["steps"]):
        prompt = CachePrompt(
            step.get("model", "m"),
            blocks(step["blocks"], step.get("turns")),
            step.get("namespace", ""),
            step.get("key", ""),
            Lifetime.SHORT if step.get("implicit", True) else None,
            step.get("slot"),
            step.get("enabled", True),
        )
        ticket = book.ask("provider", rules, prompt, float(step.get("at", number)))
        use = ticket.use
        assert [use.read_tokens, use.written_short_tokens, use.written_long_tokens] == step["use"], f"step {number}"
        assert use.input_tokens == sum(item.tokens for item in prompt.blocks)
        if step.get("began", True):
            ticket.began()
            answer = step.get("answer")
            if step.get("ended", True):
                ticket.ended(block(answer, 0).content.decode() if answer else "")


def test_tokens_are_bytes_over_four_rounded_up() -> None:
    assert [tokens_of(text) for text in ("", "a", "abcd", "abcde", "ääää")] == [0, 1, 1, 2, 2]


def test_requests_without_marks_have_their_own_read_price() -> None:
    rules = CacheRules.model_validate({"kind": "marked", "implicit": {"kind": "implicit"}})
    prices = Prices(input=1.0, cache_read=0.1, cache_read_unmarked=0.2, cache_write=1.25)
    book, prompt = CacheBook(), CachePrompt("m", blocks(["user files 1000", "user ask 1"], None))
    book.ask("p", rules, prompt, 0.0).began()
    use = book.ask("p", rules, prompt, 1.0).use
    assert use == CacheUse(1001, 1000, unmarked=True)
    assert prices.cost_usd(use, 0) == pytest.approx((1000 * 0.2 + 1) / 1e6)


@pytest.mark.parametrize(
    ("use", "output", "cost"),
    [
        (CacheUse(1_000_000), 0, 2.0),
        (CacheUse(0), 1_000_000, 10.0),
        (CacheUse(1_000_000, read_tokens=1_000_000), 0, 0.2),
        (CacheUse(1_000_000, written_short_tokens=1_000_000), 0, 2.5),
        (CacheUse(1_000_000, written_long_tokens=1_000_000), 0, 4.0),
        (CacheUse(1_000, 200, 300, 400), 10, (100 * 2 + 200 * 0.2 + 300 * 2.5 + 400 * 4 + 10 * 10) / 1e6),
    ],
)
def test_every_kind_of_token_has_its_price(use: CacheUse, output: int, cost: float) -> None:
    prices = Prices(input=2.0, output=10.0, cache_read=0.2, cache_write=2.5, cache_write_long=4.0)
    assert prices.cost_usd(use, output) == pytest.approx(cost)


def test_beyond_the_cliff_every_token_costs_more() -> None:
    prices = Prices(input=1.0, output=1.0, cliff_above=100, cliff=Prices(input=5.0, output=5.0))
    assert prices.cost_usd(CacheUse(100), 1) == pytest.approx(101 / 1e6)
    assert prices.cost_usd(CacheUse(101), 1) == pytest.approx(102 * 5 / 1e6)


def test_totals_add_up() -> None:
    totals = Totals()
    totals.add(CacheUse(10, 4, 3, 2), 5, 0.5)
    totals.add(CacheUse(1), 1, 0.25)
    assert totals == Totals(2, 11, 4, 5, 6, 0.75)


BLOCKS = st.builds(
    CacheBlock,
    st.sampled_from(["system", "user", "assistant"]),
    st.binary(min_size=0, max_size=40),
    st.sampled_from([None, None, Lifetime.SHORT, Lifetime.LONG]),
    st.integers(0, 3),
    st.sampled_from(["", "effort=high"]),
)
SHARED = st.lists(BLOCKS, min_size=1, max_size=4)
RULES = st.sampled_from(
    [
        CacheRules.model_validate(rules)
        for rules in (
            {"kind": "marked", "min_tokens": 5, "lookback_blocks": 3},
            {"kind": "keyed", "min_tokens": 5, "key_requests_per_minute": 4},
            {"kind": "implicit", "min_tokens": 4, "granularity": 2},
            {"kind": "implicit", "min_tokens": 2, "granularity": 8, "boundaries": True, "answers": True},
            {"kind": "slots", "slots": 2},
        )
    ]
)


@settings(max_examples=150, deadline=None)
@given(RULES, st.lists(st.tuples(SHARED, st.integers(0, 3), st.floats(0, 200)), min_size=1, max_size=8))
def test_a_request_never_reads_what_no_earlier_one_had(
    rules: CacheRules, session: list[tuple[list[CacheBlock], int, float]]
) -> None:
    cache, earlier, at = make_cache(rules), [], 0.0
    said: list[CacheBlock] = []
    for new, kept, gap in session:
        said = [*said[:kept], *new]
        at += gap
        prompt = CachePrompt("m", tuple(said))
        ticket = cache.ask(prompt, at)
        use = ticket.use
        most = max((common_tokens(old, prompt.blocks) for old in earlier), default=0)
        assert 0 <= use.read_tokens <= most
        assert use.plain_tokens >= 0
        assert use.written_short_tokens >= 0
        assert use.written_long_tokens >= 0
        ticket.began()
        ticket.ended("")
        earlier.append(prompt.blocks)


@settings(max_examples=150, deadline=None)
@given(st.lists(BLOCKS, min_size=1, max_size=30), st.floats(0, 299))
def test_the_same_request_reads_at_once_all_that_it_wrote(said: list[CacheBlock], later: float) -> None:
    cache = make_cache(CacheRules.model_validate({"kind": "marked", "min_tokens": 5}))
    prompt = CachePrompt("m", tuple(said))
    first = cache.ask(prompt, 0.0)
    first.began()
    second = cache.ask(prompt, later).use
    assert second.read_tokens == first.use.written_tokens
    assert second.written_tokens == 0


@settings(max_examples=150, deadline=None)
@given(st.lists(BLOCKS, min_size=1, max_size=6), st.lists(BLOCKS, min_size=1, max_size=6))
def test_positions_agree_exactly_where_the_texts_do(one: list[CacheBlock], other: list[CacheBlock]) -> None:
    same = [a.same_text(b) for a, b in zip(one, other, strict=False)]
    upto = same.index(False) if False in same else len(same)
    found = zip(positions(CachePrompt("m", tuple(one))), positions(CachePrompt("m", tuple(other))), strict=False)
    assert [a.digest == b.digest for a, b in found] == [place < upto for place in range(len(same))]
