"""When a prefix is continued, when it is written anew, and whether the provider did what was expected of it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from prefix_desk import HEAD, SHORT, TWO, Desk, text_of
from prefix_reader import read

from tierwise.core.models import Usage
from tierwise.session.cache_terms import CacheTerms
from tierwise.session.lifetimes import Pauses
from tierwise.session.prefix_turn import Rebase
from tierwise.settings.facts import CacheRules, CacheStyle, ModelFacts, Prices


def test_dead_text_is_carried_until_cutting_it_off_has_become_cheaper() -> None:
    lines = [f"line {number}\n" for number in range(100)]
    desk = Desk(x="".join(lines))
    why: list[Rebase | None] = []
    for number in range(100):
        lines[number] = f"changed {number}\n"
        desk.write("x", "".join(lines))
        why.append(desk.ask("x").rebase)
    assert why[0] is Rebase.FIRST
    assert set(why[1:]) == {None, Rebase.CHEAPER}
    assert 2 <= why.count(Rebase.CHEAPER) <= 40


def test_a_text_that_is_new_as_a_whole_takes_the_place_of_the_old_one() -> None:
    """Where the whole of a file is said again, what was said before need not be carried at all."""
    desk = Desk(x="line\n" * 100, y="other\n" * 400)
    desk.ask("y")
    desk.ask("y", "x")
    desk.write("x", "new\n" * 100)
    prefix = desk.ask("y", "x")
    assert "line\n" not in text_of(prefix)
    assert prefix.expected_cached > 400 * len("other\n")


def test_a_line_is_cut_behind_what_still_holds() -> None:
    """What was edited again and again is said anew after the files that were not, which stay where they are."""
    desk = Desk(x="line\n" * 20, y="other\n" * 4000)
    first = text_of(desk.ask("y", "x"))
    cheaper = None
    for number in range(400):
        desk.write("x", f"{number}\n" * 20)
        prefix = desk.ask("y", "x")
        if prefix.rebase is Rebase.CHEAPER:
            cheaper = prefix
            break
    assert cheaper is not None
    assert text_of(cheaper).startswith(first)
    assert cheaper.expected_cached > 0.9 * cheaper.tokens


def test_what_holds_is_not_cut_off_because_it_stands_at_the_end() -> None:
    """Leaving it out costs nothing today, and all of it on the day it is needed again."""
    desk = Desk(x="line\n" * 100, y="other\n" * 400)
    desk.ask("x")
    desk.ask("x", "y")
    desk.write("x", "line\n" * 99 + "changed\n")
    assert desk.ask("x").rebase is None
    prefix = desk.ask("x", "y")
    assert prefix.rebase is None
    assert text_of(prefix).count("other\n") == 400


def test_what_is_needed_now_and_then_is_not_carried_in_vain() -> None:
    """Only what nobody needed since adds up: here never enough to write the rest anew."""
    desk = Desk(a="first\n" * 100, b="second\n" * 400, c="third\n" * 200)
    desk.ask("a", "b", "c")
    for number in range(200):
        wanted = ("a", "b", "c") if number % 5 == 0 else ("a", "c")
        assert desk.ask(*wanted).rebase is None


def test_the_reads_that_keep_a_copy_alive_count_as_carrying() -> None:
    counts: list[int] = []
    for refreshes in (0, 3):
        desk = Desk(a="first\n" * 100, b="second\n" * 400)
        desk.ask("a", "b")
        asked = 0
        while desk.ask("a").rebase is None:
            asked += 1
            need, prefix = desk.need("a"), desk.last
            for _ in range(refreshes):
                desk.clock.time += 200
                again = replace(prefix, at=desk.clock.time)
                desk.ledger.observe(need, again, Usage(input_tokens=again.tokens, cached_tokens=again.tokens))
        counts.append(asked)
    assert 0 < counts[1] < counts[0]


def test_of_many_removed_lines_the_first_and_the_last_are_quoted() -> None:
    desk = Desk(x="".join(f"line {number}\n" for number in range(400)))
    desk.ask("x")
    desk.write("x", "".join(f"line {number}\n" for number in range(400) if not 100 <= number < 300))
    text = text_of(desk.ask("x"))
    hunk = "@@ -101,200 +100,0 @@\n-line 100\n~ 198\n-line 299\n"
    assert text.endswith(f'<changed path="x">\n{hunk}</changed>\n')
    assert read(text.removeprefix("".join(HEAD)))["file", "x"] == desk.documents["x"].text


@pytest.mark.parametrize(
    ("removed", "told"),
    [
        (["call(first, second)\n"], "-call(first, second)\n"),
        (["call(first)\n", "call(second)\n", "call(third)\n"], "-call(first)\n~ 2\n"),
        (["call(first)\n", "}\n"], "-call(first)\n-}\n"),
        (["call(first)\n", *["}\n"] * 4], "-call(first)\n~ 4\n"),
        ([f"call({number})\n" for number in range(6)], "-call(0)\n~ 4\n-call(5)\n"),
    ],
)
def test_of_few_removed_lines_the_first_says_where_they_stood(removed: list[str], told: str) -> None:
    around = [f"line {number} of the others\n" for number in range(40)]
    desk = Desk(x="".join(around[:20] + removed + around[20:]))
    desk.ask("x")
    desk.write("x", "".join([*around[:20], "something else\n", *around[20:]]))
    text = text_of(desk.ask("x"))
    assert text[text.index("@@") :].split("@@\n")[1].removeprefix(" line 19 of the others\n").startswith(told + "+")
    assert read(text.removeprefix("".join(HEAD)))["file", "x"] == desk.documents["x"].text


@pytest.mark.parametrize(
    ("line", "before"),
    [("a line that stands here only\n", ""), ("x\n", ""), ("first = 1\n", " first = 1\n"), ("  \n", " first = 1\n")],
)
def test_a_hunk_needs_no_context_where_its_first_removed_line_stands_nowhere_else(line: str, before: str) -> None:
    desk = Desk(x="first = 1\n" * 50 + line + "last = 2\n" * 50)
    desk.ask("x")
    desk.write("x", "first = 1\n" * 50 + "another\n" + "last = 2\n" * 50)
    text = text_of(desk.ask("x"))
    start, size = (50, 2) if before else (51, 1)
    hunk = f"@@ -{start},{size} +{start},{size} @@\n{before}-{line}+another\n"
    assert text.endswith(f'<changed path="x">\n{hunk}</changed>\n')


def test_expiry_makes_a_rebase_free() -> None:
    desk = Desk(x="a\n", y="b\n")
    assert desk.ask("x", "y").rebase is Rebase.FIRST
    assert desk.ask("x").rebase is None
    desk.clock.time += 301
    again = desk.ask("x")
    assert again.rebase is Rebase.EXPIRED
    assert again.files == {"x"}
    assert again.expected_cached == 0


def test_what_is_gone_is_said_and_not_rewritten() -> None:
    desk = Desk(x="a\n" * 50, y="b\n" * 50)
    desk.ask("x", "y")
    del desk.documents["y"]
    prefix = desk.ask("x")
    assert prefix.rebase is None
    assert '<gone path="y"/>' in text_of(prefix)
    desk.write("z", "a\n" * 50)
    del desk.documents["x"]
    prefix = desk.ask("z")
    assert text_of(prefix).endswith('<moved path="z" from="x"/>\n')
    assert prefix.files == {"z"}


def test_after_a_rebase_the_least_edited_file_stands_first() -> None:
    desk = Desk(x="a\n", y="b\n")
    desk.ask("x", "y")
    desk.write("x", "changed\n")
    desk.ask("x", "y")
    desk.clock.time += 301
    text = text_of(desk.ask("x", "y"))
    assert text.index('path="y"') < text.index('path="x"')


def test_of_files_edited_alike_the_shorter_stands_first() -> None:
    """What every request reads comes before what a cut is to take."""
    desk = Desk(long="a\n" * 2_000, short="b\n" * 1_500)
    text = text_of(desk.ask("long", "short"))
    assert text.index('path="short"') < text.index('path="long"')


def test_a_provider_that_keeps_nothing_is_told_only_what_is_needed() -> None:
    desk = Desk(replace(SHORT, keeps=False, marks=0), x="a\n", y="b\n")
    desk.ask("x", "y")
    prefix = desk.ask("x")
    assert prefix.files == {"x"}
    assert prefix.expected_cached == 0
    assert desk.ledger.rewrites == {Rebase.FIRST: 1}


def test_another_head_or_variant_begins_anew() -> None:
    desk = Desk(x="a\n")
    desk.ask("x")
    other = desk.ledger.prefix(replace(desk.need("x"), variant="high"))
    assert other.rebase is Rebase.FIRST
    assert desk.ask("x").rebase is None
    assert desk.ledger.prefix(replace(desk.need("x"), head=("instructions\n", "more facts\n"))).rebase is (
        Rebase.HEAD_CHANGED
    )


@pytest.mark.parametrize("marks", [4, 0], ids=["marked", "implicit"])
def test_a_miss_that_nothing_explains_is_counted(marks: int) -> None:
    desk = Desk(replace(SHORT, marks=marks), x="a\n" * 500)
    desk.ask("x")
    desk.ask("x")
    need = desk.need("x")
    prefix = desk.ledger.prefix(need)
    assert prefix.expected_cached > 0
    assert desk.ledger.observe(need, prefix, Usage(input_tokens=1_000, cached_tokens=0)) is False
    assert desk.ledger.unexplained_misses == 1


def test_a_miss_is_explained_by_what_providers_round_and_leave_out() -> None:
    desk = Desk(replace(SHORT, marks=0, unit=500), x="a\n" * 600)
    for _ in range(2):
        need = desk.need("x")
        prefix = desk.ledger.prefix(need)
        assert desk.ledger.observe(need, prefix, Usage(input_tokens=prefix.tokens, cached_tokens=600))
    near = Desk(replace(SHORT, min_tokens=1_100), x="a\n" * 600)
    near.ask("x")
    need = near.need("x")
    prefix = near.ledger.prefix(need)
    assert prefix.expected_cached > 1_100
    assert near.ledger.observe(need, prefix, Usage(input_tokens=1_050)), "its estimate says more than it has"
    assert near.ledger.unexplained_misses == 0


def test_a_server_that_never_reports_hits_misses_nothing() -> None:
    desk = Desk(replace(SHORT, marks=0), x="a\n" * 500)
    for _ in range(3):
        need = desk.need("x")
        assert desk.ledger.observe(need, desk.ledger.prefix(need), Usage(input_tokens=1_000)) is True
    assert desk.ledger.unexplained_misses == 0


def test_a_call_that_failed_leaves_what_was_held() -> None:
    desk = Desk(x="a\n" * 500, y="b\n" * 500)
    desk.ask("x")
    need = desk.need("x", "y")
    desk.ledger.observe(need, desk.ledger.prefix(need), None)
    prefix = desk.ask("x", "y")
    assert prefix.held == 2, "the end of the first file; what the failed call wrote is not counted on"
    assert read(text_of(prefix).removeprefix("".join(HEAD))) == {
        ("file", name): desk.documents[name].text for name in "xy"
    }


def test_marks_find_the_last_copy_however_many_calls_failed() -> None:
    desk = Desk(x="a\n" * 50)
    desk.ask("x")
    for number in range(25):
        desk.write("x", "a\n" * 50 + f"{number}\n")
        need = desk.need("x")
        desk.ledger.observe(need, desk.ledger.prefix(need), None)
    prefix = desk.ask("x")
    marked = [index for index, block in enumerate(prefix.blocks) if block.mark]
    assert prefix.held == 2
    assert prefix.held in marked
    assert len(marked) <= 4
    assert marked[-1] == len(prefix.blocks) - 1


def test_marks_stand_on_the_way_so_that_the_line_can_be_cut_there() -> None:
    desk = Desk(**{f"f{number}": "line\n" * 500 for number in range(10)})
    prefix = desk.ask(*desk.documents)
    marked = [index for index, block in enumerate(prefix.blocks) if block.mark]
    assert marked == [1, 6, 9, 11], "after the head, half of the text, four fifths of it, and all"
    desk.write("f0", "line\n" * 499)
    again = desk.ask(*desk.documents)
    assert [index for index, block in enumerate(again.blocks) if block.mark][:3] == marked[:3], "they are kept alive"


def test_shorter_than_the_provider_keeps_is_not_expected() -> None:
    desk = Desk(replace(SHORT, min_tokens=200), x="a\n" * 20)
    desk.ask("x")
    assert desk.ask("x").expected_cached == 0
    desk.write("x", "a\n" * 400)
    desk.ask("x")
    assert desk.ask("x").expected_cached > 200


@pytest.mark.parametrize(
    ("pauses", "refreshed", "long"),
    [
        ([], False, True),
        ([], True, False),
        ([20.0] * 30, False, False),
        ([20.0] * 10 + [900.0] * 5, False, True),
        ([900.0, 1200.0] * 8, True, True),
        ([20.0] * 30 + [900.0], True, False),
    ],
)
def test_the_lifetime_follows_the_pauses_between_requests(pauses: list[float], refreshed: bool, long: bool) -> None:
    seen = Pauses()
    for pause in pauses:
        seen.add(pause)
    assert seen.prefer_long(TWO, refreshed=refreshed) is long
    assert seen.prefer_long(SHORT, refreshed=refreshed) is False


def test_terms_come_from_the_models_facts() -> None:
    prices = Prices(input=2.0, cache_read=0.1, cache_write=2.5, cache_write_long=4.0)
    rules = CacheRules(
        style=CacheStyle.ANTHROPIC, min_tokens=512, ttl_s=300, long_ttl_s=3600, prewarm=True, refresh=True
    )
    terms = CacheTerms.of(ModelFacts(prices=prices, cache=rules))
    assert (terms.read, terms.write, terms.write_long, terms.marks, terms.refresh) == (0.1, 2.5, 4.0, 4, True)
    assert 290 < terms.ttl_s < 300, "a copy must be found before it ends, not when, and not be renewed long before"
    assert not CacheTerms.of(ModelFacts(prices=prices)).keeps
    local = CacheTerms.of(ModelFacts(cache=CacheRules(style=CacheStyle.LLAMA_CPP, min_tokens=0)))
    assert local.lifetime(long=False) == float("inf")
    assert 0 < local.read < local.write


def test_a_cut_that_is_cheap_but_too_long_is_none() -> None:
    """Going on from a place that holds costs least; where what became of the texts there does not fit, it is no way."""
    lines = [f"line {number} of a\n" for number in range(40)]
    desk = Desk(a="".join(lines), b="other\n" * 60, c="third\n" * 5)
    for names in ("b", "ba", "bac"):
        desk.ask(*names, budget=1_000)
    desk.write("a", "".join(["changed " + line for line in lines[:4]] + lines[4:]))
    prefix = desk.ask("b", "a", budget=1_000)
    assert prefix.rebase is Rebase.BUDGET
    assert {name for _, name in prefix.shown} >= {"a", "b"}
    assert len(text_of(prefix)) <= 1_000


@pytest.mark.parametrize("renews", [True, False])
def test_a_copy_that_is_only_passed_over_is_counted_on_where_that_renews_it(renews: bool) -> None:
    desk = Desk(replace(SHORT, renews=renews), a="line\n" * 400, b="other\n" * 400)
    desk.ask("a")
    for _ in range(4):
        desk.ask("a", "b")
        desk.clock.time += 0.6 * SHORT.ttl_s
    prefix = desk.ask("a", budget=400 * len("line\n") + 200)
    assert prefix.rebase is Rebase.BUDGET
    assert (prefix.expected_cached > 400 * len("line\n")) is renews
