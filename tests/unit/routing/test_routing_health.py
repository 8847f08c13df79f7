"""What outlives a run: breakers (as a table), learnt speeds, money."""

from __future__ import annotations

import tomllib
from collections import deque
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from routing_scripts import model
from routing_virtual_time import HandClock

from tierwise.core.errors import Auth, BadRequest, BudgetReached, ProviderError, RateLimited, Refused, Transient
from tierwise.routing.breakers import Breakers, Paused, Permit
from tierwise.routing.latency import ENOUGH, WINDOW, LatencyBook
from tierwise.routing.spending import Spending
from tierwise.settings.models import BudgetSettings, RoutingSettings

CASES = tomllib.loads((Path(__file__).parents[2] / "cases/routing/breakers.toml").read_text("utf-8"))["case"]
ONE = model("a/one")


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_breaker(case: dict[str, Any]) -> None:
    check(case["steps"])


def check(steps: list[str]) -> None:
    clock = HandClock()
    breakers = Breakers(clock)
    under_way: deque[Permit] = deque()
    for number, step in enumerate(steps):
        where = f"step {number + 1}: {step}"
        match step.split():
            case ["+", seconds]:
                clock.seconds += float(seconds)
            case ["ask", *expected]:
                answer = breakers.admit(ONE)
                assert _said(answer) == expected, where
                if isinstance(answer, Permit):
                    under_way.append(answer)
            case ["ok"]:
                breakers.succeeded(under_way.popleft())
            case ["speaks"]:
                breakers.spoke(under_way[0])
            case ["gives", "up"]:
                breakers.released(under_way.pop())
            case ["reset"]:
                breakers.reset()
            case ["fails", *error]:
                wish = error.index("->") if "->" in error else len(error)
                trouble = breakers.failed(under_way.popleft(), _error(error[:wish]))
                assert ([trouble.kind.value] if trouble else []) == error[wish + 1 :], where
            case _:
                raise AssertionError(f"unknown {where}")


def _said(answer: Permit | Paused) -> list[str]:
    if isinstance(answer, Permit):
        return ["probe" if answer.probe else "yes"]
    seconds = [] if answer.seconds is None else [f"{answer.seconds:.0f}"]
    assert str(answer.model) in str(answer.error())
    return ["no", answer.why.value, *seconds]


def _error(words: list[str]) -> ProviderError:
    kind, *more = words
    if kind == "limited":
        return RateLimited("limit", provider="a", model="one", retry_after_s=float(more[0]) if more else None)
    kinds = {"transient": Transient, "auth": Auth, "bad": BadRequest, "refused": Refused}
    return kinds[kind](f"{kind}!", provider="a", model="one")


def test_each_address_and_key_has_its_own_breaker() -> None:
    breakers = Breakers(HandClock(), RoutingSettings(breaker_failures=1))
    permit = breakers.admit(ONE)
    assert isinstance(permit, Permit)
    breakers.failed(permit, _error(["transient"]))
    assert isinstance(breakers.admit(ONE), Paused)
    assert isinstance(breakers.admit(model("a/two")), Permit)
    assert isinstance(breakers.admit(model("b/one")), Permit)
    assert [str(pause.model) for pause in breakers.pauses()] == ["a/one"]


def test_new_settings_hold_from_the_reset_on() -> None:
    clock = HandClock()
    breakers = Breakers(clock)
    breakers.reset(RoutingSettings(breaker_failures=1, breaker_open_s=7))
    permit = breakers.admit(ONE)
    assert isinstance(permit, Permit)
    breakers.failed(permit, _error(["transient"]))
    pause = breakers.admit(ONE)
    assert isinstance(pause, Paused)
    assert pause.seconds == 7


@given(
    st.lists(st.sampled_from(["ask", "ok", "speaks", "up", "transient", "limited", "auth", "+1", "+40"]), max_size=60)
)
def test_never_two_probes_and_never_stuck(steps: list[str]) -> None:
    clock = HandClock()
    breakers = Breakers(clock)
    under_way: list[Permit] = []
    for step in steps:
        if step == "ask":
            answer = breakers.admit(ONE)
            if isinstance(answer, Permit):
                under_way.append(answer)
        elif step.startswith("+"):
            clock.seconds += float(step)
        elif under_way:
            permit = under_way[0] if step == "speaks" else under_way.pop(0)
            match step:
                case "ok":
                    breakers.succeeded(permit)
                case "speaks":
                    breakers.spoke(permit)
                case "up":
                    breakers.released(permit)
                case _:
                    breakers.failed(permit, _error([step]))
    for permit in under_way:
        breakers.released(permit)
    clock.seconds += 86_400  # by tomorrow every pause is over
    first, second = breakers.admit(ONE), breakers.admit(ONE)
    assert isinstance(first, Permit)
    assert isinstance(second, Paused) == first.probe


# --------------------------------------------------------------------------------------------------------- speeds


def test_the_hedge_delay_is_learnt_and_never_over_half_the_budget() -> None:
    book = LatencyBook()
    known, unknown = model("a/known", first_token_ms=300), model("a/unknown")
    assert book.hedge_delay_s(known, 0.7) == 0.3
    assert book.hedge_delay_s(known, 0.4) == 0.2
    assert book.hedge_delay_s(unknown, 0.7) == 0.35
    for _ in range(ENOUGH - 1):
        book.first_token(known, 0.1)
    assert book.hedge_delay_s(known, 0.7) == 0.3
    book.first_token(known, 0.1)
    assert book.hedge_delay_s(known, 0.7) == 0.1
    assert book.hedge_delay_s(known, -1.0) == 0.0


def test_p90_follows_the_recent_times_only() -> None:
    book = LatencyBook()
    for _ in range(WINDOW):
        book.first_token(ONE, 5.0)
    for number in range(WINDOW):
        book.first_token(ONE, 0.01 * number)
    p90 = book.p90_s(ONE)
    assert p90 is not None
    assert 0.55 <= p90 <= 0.6
    (speed,) = book.speeds()
    assert 0.3 <= speed.first_token_p50_s <= 0.33


def test_giving_up_on_a_slow_model_does_not_make_it_look_fast() -> None:
    book = LatencyBook()
    for _ in range(10):
        book.first_token(ONE, 0.1)
    book.silence(ONE, 0.05)  # shorter than usual: tells nothing
    assert book.p90_s(ONE) == 0.1
    for _ in range(5):
        book.silence(ONE, 0.6)
    assert book.p90_s(ONE) == 0.6


def test_tokens_per_second_move_towards_what_was_seen() -> None:
    book = LatencyBook()
    book.first_token(ONE, 0.1)
    book.rate(ONE, 3, 0.001)  # too short to tell
    assert book.speeds()[0].tokens_per_s is None
    book.rate(ONE, 100, 1.0)
    book.rate(ONE, 200, 1.0)
    assert book.speeds()[0].tokens_per_s == 125


# ---------------------------------------------------------------------------------------------------------- money


def test_budgets_of_the_session_and_the_day() -> None:
    clock = HandClock()
    spending = Spending(clock, spent_today_usd=1.0)
    assert spending.reached(BudgetSettings()) is None
    spending.charge(0.5)
    assert (spending.session_usd, spending.day_usd) == (0.5, 1.5)
    assert spending.reached(BudgetSettings(session_usd=0.51, day_usd=1.51)) is None
    day = spending.reached(BudgetSettings(day_usd=1.5))
    assert isinstance(day, BudgetReached)
    assert "Today's budget of $1.50 is used up ($1.50 spent)" in str(day)
    session = spending.reached(BudgetSettings(session_usd=0.5))
    assert "budget.session_usd" in str(session)
    assert spending.reached(BudgetSettings(day_usd=0)) is not None
    clock.seconds += 7200  # midnight
    assert (spending.session_usd, spending.day_usd) == (0.5, 0.0)
    assert spending.reached(BudgetSettings(day_usd=1.5)) is None
