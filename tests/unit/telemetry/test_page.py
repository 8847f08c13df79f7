"""The report's page: whole, on its own, and safe for any name; its plots; days without requests."""

from __future__ import annotations

import re
from datetime import timedelta
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from telemetry_samples import NOON, attempt, event

from tierwise.core.events import AttemptResult, Feedback, Outcome
from tierwise.core.models import ModelRef
from tierwise.core.tasks import Task, Tier
from tierwise.telemetry import svg
from tierwise.telemetry.figures import short
from tierwise.telemetry.page import LearntRow, page
from tierwise.telemetry.svg import Series
from tierwise.telemetry.timeline import LONGEST, SIZES_MS, by_day, first_tokens

HOSTILE = ModelRef("<script>", 'x" onload="&')


def some_events():
    yield event(1, feedback=frozenset({Feedback.ACCEPTED}))
    yield event(2, minutes=60 * 24 * 3, outcome=Outcome.SUPERSEDED, attempts=(attempt(AttemptResult.CANCELLED),))
    yield event(3, minutes=60 * 24 * 3, task=Task.EDIT, tier=Tier.BALANCED, attempts=(attempt(model=HOSTILE),),
                feedback=frozenset({Feedback.ACCEPTED, Feedback.UNDONE}))  # fmt: skip


class Tags(HTMLParser):
    """Opens and closes must match; what may load anything is noted."""

    VOID = frozenset({"meta", "circle", "rect", "line", "polyline"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[str] = []
        self.attributes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID:
            assert self.open.pop() == tag


def checked(text: str) -> Tags:
    tags = Tags()
    tags.feed(text)
    assert tags.open == []
    assert not {"script", "link", "img", "iframe"} & set(tags.seen)
    assert not {"src", "href", "onload", "style"} & tags.attributes
    assert "http" not in text
    assert "@import" not in text
    assert "url(" not in text
    for plot in re.findall(r"<svg.*?</svg>", text, re.DOTALL):
        ElementTree.fromstring(plot)
    return tags


def test_the_page_is_whole_and_needs_nothing_else() -> None:
    learnt = [LearntRow("/home/<ada>", "local", "fast", 12.5, 0.8, None, 0.01)]
    text = page(tuple(some_events()), NOON, learnt)
    tags = checked(text)
    assert tags.seen.count("svg") == 6
    assert tags.seen.count("table") == 5
    assert "2026-11-21 to 2026-11-24, 3 requests" in text
    assert "/home/&lt;ada&gt;" in text
    assert "&lt;script&gt;/x&quot; onload=&quot;&amp;" in text
    assert "prefers-color-scheme: dark" in text


def test_a_single_day_is_said_once() -> None:
    assert "<p>2026-11-24, 1 request</p>" in page(tuple(some_events())[-1:], NOON)


def test_the_page_without_events() -> None:
    text = page((), NOON)
    checked(text)
    assert "No requests were recorded yet" in text


def test_days_without_requests_are_shown_too() -> None:
    days = by_day(some_events())
    assert [day.requests for day in days] == [1, 0, 0, 2]
    assert [day.accepted for day in days] == [1, 0, 0, 0]
    assert days[0].first_token_p50 == 210
    assert days[1].first_token_p50 is None
    assert days[0].cost_by_tier == {"fast": 0.002}


def test_of_a_long_time_the_last_days_are_shown() -> None:
    days = by_day([event(1), event(2, at=NOON + timedelta(days=500))])
    assert len(days) == LONGEST
    assert days[-1].requests == 1


def test_first_tokens_are_sorted_by_size() -> None:
    times = (50, 51, 5_000, 5_001, 99_999)
    found = first_tokens([event(n, first_token_ms=float(t)) for n, t in enumerate(times)])
    assert (found[0], found[1], found[-2], found[-1], len(found)) == (1, 1, 1, 2, len(SIZES_MS) + 1)


@given(
    st.integers(1, 40).flatmap(
        lambda n: st.lists(
            st.lists(st.one_of(st.none(), st.floats(0, 1e9)), min_size=n, max_size=n), min_size=1, max_size=3
        )
    )
)
def test_plots_stay_within_their_drawing(rows: list[list[float | None]]) -> None:
    series = [Series(f"<{number}>", values, number) for number, values in enumerate(rows)]
    places = [f"day {n}" for n in range(len(rows[0]))]
    for text in (svg.columns(places, series, short, "t"), svg.lines(places, series, short, "t")):
        for mark in ElementTree.fromstring(text).iter():
            height = float(mark.get("y", mark.get("cy", 1))) + float(mark.get("height", 0))
            assert -1 <= height <= svg.HEIGHT + 1
            assert 0 <= float(mark.get("x", mark.get("cx", 1))) <= svg.WIDTH


@pytest.mark.parametrize(
    ("number", "text"), [(0, "0"), (999, "999"), (1_234, "1.23 k"), (2_500_000, "2.5 M"), (7e9, "7 B")]
)
def test_short(number: float, text: str) -> None:
    assert short(number) == text
