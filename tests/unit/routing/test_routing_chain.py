"""Runs through chains, as a table, and what holds for every run whatever the models do."""

from __future__ import annotations

import asyncio
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from routing_scripts import Play, Stage, model, request
from routing_virtual_time import run_virtual

from tierwise.core.errors import Declined, ProviderError, TierwiseError
from tierwise.core.events import AttemptRecord, AttemptResult
from tierwise.core.tasks import Tier
from tierwise.routing.chain import CLOSE_GRACE_S, ChainRun
from tierwise.routing.outcomes import AllFailed, RunEnd, TooLate, reason_of
from tierwise.routing.policy import Limits
from tierwise.settings.models import ResolvedModel

CASES = tomllib.loads((Path(__file__).parents[2] / "cases/routing/chain.toml").read_text("utf-8"))["case"]


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_chain(case: dict[str, Any]) -> None:
    run_virtual(check(case))


async def check(case: dict[str, Any]) -> None:
    stage = Stage(case["models"])
    play = Play(stage)
    chain = [_model(name, case) for name in case["models"]]
    run = play.open(chain, hedge=case.get("hedge", True))
    heard, error = await _listen(run)
    assert round(play.clock.monotonic() * 1000) == case["at"]
    assert heard == run.partial == case["text"]
    assert type(error).__name__ == case.get("error", "NoneType")
    assert case.get("says", "") in str(error)
    assert [reason_of(e) for e in getattr(error, "failures", ())] == case.get("failures", [])
    assert (str(run.winner.ref) if run.winner else None) == case.get("winner")
    assert run.end == case["end"]
    assert run.finish == case.get("finish", "stop" if case["end"] == "finished" else "unknown")
    assert (None if run.first_token_ms is None else round(run.first_token_ms)) == case.get("first_token")
    assert [f"{t.model} {t.kind}" for t in run.troubles] == case.get("troubles", [])
    assert (str(run.embedded.ref) if run.embedded else None) == case.get("embedded")
    assert [_line(record) for record in run.records] == case["records"]
    assert sorted(stage.opened) == sorted(stage.closed)


def _model(name: str, case: dict[str, Any]) -> ResolvedModel:
    kind = "embedded" if name == "local/embedded" else "openai-compatible"
    return model(name, first_token_ms=case.get("first_token_ms", {}).get(name), kind=kind)


def _line(record: AttemptRecord) -> str:
    times = f"{record.started_ms:.0f} {record.ended_ms:.0f}"
    return f"{record.model} {record.result} {record.reason or '-'} {times}"


async def _listen(run: ChainRun) -> tuple[str, Exception | None]:
    pieces: list[str] = []
    try:
        async with run:
            async for piece in run:
                pieces.append(piece)  # noqa: PERF401 - what was heard before an error counts
    except (TierwiseError, KeyError) as error:
        return "".join(pieces), error
    return "".join(pieces), None


# ------------------------------------------------------------------------------------------------- invariants

_texts = st.tuples(st.integers(0, 1200), st.sampled_from("xyz"))
_ends = st.tuples(
    st.integers(0, 2000),
    st.sampled_from([".", "!transient", "!limited", "!limited 3", "!auth", "!bad", "!refused", "cut", "hang"]),
)
_scripts = st.builds(
    lambda texts, end: (
        [f"{at} {word}" for at, word in sorted(texts)] + [f"{max([end[0], *(t for t, _ in texts)])} {end[1]}"]
    ),
    st.lists(_texts, max_size=4),
    _ends,
)


@settings(max_examples=250, deadline=None)
@given(
    scripts=st.lists(_scripts, min_size=1, max_size=4),
    expected=st.lists(st.one_of(st.none(), st.integers(1, 900)), min_size=4, max_size=4),
    hedge=st.booleans(),
    stop_after=st.one_of(st.none(), st.integers(1, 3)),
    leave_at=st.one_of(st.none(), st.integers(0, 1600)),
)
def test_every_run_keeps_its_promises(
    scripts: list[list[str]],
    expected: list[int | None],
    hedge: bool,
    stop_after: int | None,
    leave_at: int | None,
) -> None:
    async def go() -> None:
        # The words of each model carry its number, so that a leak shows.
        stage = Stage({f"p{i}/m": [_signed(line, i) for line in script] for i, script in enumerate(scripts)})
        play = Play(stage)
        run = play.open([model(f"p{i}/m", first_token_ms=expected[i]) for i in range(len(scripts))], hedge=hedge)
        pieces: list[str] = []
        times: list[float] = []

        async def listen() -> None:
            async with run:
                async for piece in run:
                    pieces.append(piece)
                    times.append(play.clock.monotonic())
                    if len(pieces) == stop_after:
                        break

        task = asyncio.create_task(listen())
        if leave_at is not None:
            asyncio.get_running_loop().call_later(leave_at / 1000, task.cancel)
        outcome = (await asyncio.gather(task, return_exceptions=True))[0]

        assert outcome is None or isinstance(outcome, ProviderError | asyncio.CancelledError)
        assert run.end is not None
        assert all(time < 1.5 for time in times)
        assert play.clock.monotonic() <= 1.5 + CLOSE_GRACE_S
        if times:
            assert times[0] <= 0.7 + 1e-6
        assert stage.opened == [str(r.model) for r in run.records if r.reason != "breaker-open"]
        assert sorted(stage.opened) == sorted(stage.closed)
        won = [r for r in run.records if run.winner and r.model == run.winner.ref]
        assert len(won) == (1 if run.winner else 0)
        assert sum(r.result is AttemptResult.USED for r in run.records) <= 1
        if pieces:
            assert run.winner is not None
            number = run.winner.ref.provider[1:]
            assert all(piece.endswith(number) for piece in pieces)
        running = [(r.started_ms, r.ended_ms) for r in run.records]
        assert all(sum(start <= s < end for start, end in running) <= 2 for s, _ in running)
        assert play.spending.session_usd == pytest.approx(sum(r.cost_usd for r in run.records))
        if isinstance(outcome, AllFailed):
            assert len(outcome.failures) == len(scripts)
        await play.runner.aclose()

    run_virtual(go())


def _signed(line: str, number: int) -> str:
    at, _, what = line.partition(" ")
    return f"{at} {what}{number}" if what in "xyz" else line


# ------------------------------------------------------------------------------------------ leaving and closing


def test_a_caller_that_has_enough_closes_the_socket() -> None:
    async def go() -> None:
        stage = Stage({"a/one": ["100 one", "200 two", "900 three", "950 ."]})
        play = Play(stage)
        run = play.open([model("a/one")])
        async with run:
            async for piece in run:
                if piece == "two":
                    break
        assert stage.closed == ["a/one"]
        assert play.clock.monotonic() == pytest.approx(0.2)
        assert run.end is RunEnd.STOPPED
        (record,) = run.records
        assert (record.result, record.reason) == (AttemptResult.USED, "stopped-early")

    run_virtual(go())


def test_cancelling_the_caller_closes_every_socket_at_once() -> None:
    async def go() -> None:
        stage = Stage({"a/one": ["0 hang"], "b/two": ["0 hang"]})
        play = Play(stage)
        run = play.open([model("a/one", first_token_ms=100), model("b/two")])
        task = asyncio.create_task(_listen(run))
        await asyncio.sleep(0.3)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert stage.closed == ["a/one", "b/two"]
        assert play.clock.monotonic() == pytest.approx(0.3)
        assert run.end is RunEnd.CANCELLED
        assert [_line(r) for r in run.records] == [
            "a/one cancelled cancelled 0 300",
            "b/two cancelled cancelled 100 300",
        ]

    run_virtual(go())


def test_a_socket_that_closes_slowly_holds_nobody_up_and_is_still_owned() -> None:
    async def go() -> None:
        stage = Stage({"a/one": ["0 hang"]}, slow_close={"a/one": 3.0})
        play = Play(stage)
        _, error = await _listen(play.open([model("a/one")]))
        assert isinstance(error, TooLate)
        assert play.clock.monotonic() <= 0.7 + CLOSE_GRACE_S + 1e-6
        assert stage.closed == []
        await play.runner.aclose()
        assert stage.closed == ["a/one"]

    run_virtual(go())


def test_a_run_that_is_not_entered_is_refused() -> None:
    async def go() -> None:
        run = Play(Stage({"a/one": ["0 hang"]})).open([model("a/one")])
        with pytest.raises(RuntimeError):
            await anext(run)

    run_virtual(go())


def test_what_the_builder_raises_goes_to_the_caller_and_leaves_nothing_running() -> None:
    async def go() -> None:
        stage = Stage({"a/one": ["0 hang"], "b/two": ["0 hang"]})
        play = Play(stage)

        def build(resolved: ResolvedModel) -> Any:
            if resolved.ref.provider == "b":
                raise Declined("not this one")
            return request()

        run = play.runner.open(
            [model("a/one"), model("b/two")],
            build,
            tier=Tier.FAST,
            limits=Limits(0.7, 1.5, 100, 10),
            hedge=True,
            arrived=0.0,
        )
        with pytest.raises(Declined):
            async with run:
                await anext(run)
        assert stage.opened == stage.closed == ["a/one"]
        assert play.breakers.pauses() == ()

    run_virtual(go())


def test_a_builder_that_raises_gives_the_probe_back() -> None:
    async def go() -> None:
        play = Play(Stage({"a/one": ["10 !limited 1"]}))
        await _listen(play.open([model("a/one")]))
        await asyncio.sleep(2)

        def build(_: ResolvedModel) -> Any:
            raise Declined("not this one")

        limits = Limits(0.7, 1.5, 100, 10)
        arrived = play.clock.monotonic()
        run = play.runner.open([model("a/one")], build, tier=Tier.FAST, limits=limits, hedge=True, arrived=arrived)
        _, error = await _listen(run)
        assert isinstance(error, Declined)
        await _listen(play.open([model("a/one")]))
        assert play.stage.opened == ["a/one", "a/one"]

    run_virtual(go())


def test_limits_of_each_call_are_what_is_left() -> None:
    async def go() -> None:
        stage = Stage({"a/one": ["300 !transient"], "b/two": ["10 hi", "20 ."]})
        play = Play(stage)
        await _listen(play.open([model("a/one"), model("b/two")], hedge=False))
        first, second = stage.requests
        assert first.first_token_s - second.first_token_s == pytest.approx(0.3)
        assert first.deadline_s - second.deadline_s == pytest.approx(0.3)
        assert second.first_token_s > 0.4  # looser than our own limit, which is the one that is noticed

    run_virtual(go())


def test_a_request_that_arrives_with_its_budget_spent_calls_nobody() -> None:
    async def go() -> None:
        stage = Stage({"a/one": ["10 hi", "20 ."]})
        play = Play(stage)
        run = play.open([model("a/one")])
        await asyncio.sleep(0.8)
        _, error = await _listen(run)
        assert isinstance(error, TooLate)
        assert (run.records, stage.opened) == ((), [])

    run_virtual(go())


def test_the_verdict_on_a_text_changes_its_record_only() -> None:
    async def go() -> None:
        stage = Stage({"a/one": ["10 !transient"], "b/two": ["10 hi", "20 ."]})
        run = Play(stage).open([model("a/one"), model("b/two")])
        await _listen(run)
        run.judge(AttemptResult.REJECTED, "syntax-error")
        assert [(r.result, r.reason) for r in run.records] == [
            (AttemptResult.FAILED, "transient"),
            (AttemptResult.REJECTED, "syntax-error"),
        ]

    run_virtual(go())


# ------------------------------------------------------------------------------------------------ money, breakers


def test_costs_come_from_usage_and_from_an_estimate_where_a_stream_was_closed() -> None:
    async def go() -> None:
        stage = Stage({"a/one": ["0 hang"], "b/two": ["10 hello", "20 . 2000/100"]})
        play = Play(stage)
        run = play.open([model("a/one", first_token_ms=100), model("b/two")])
        await _listen(run)
        lost, won = run.records
        assert won.cost_usd == pytest.approx((2000 * 1 + 100 * 10) / 1e6)
        assert lost.usage is None
        assert lost.cost_usd == pytest.approx(1000 / 1e6)  # 3,200 characters of prompt were sent and will be billed
        assert play.spending.session_usd == pytest.approx(won.cost_usd + lost.cost_usd)

    run_virtual(go())


def test_a_failing_model_is_passed_over_once_its_breaker_is_open() -> None:
    async def go() -> None:
        stage = Stage({"a/one": ["10 !transient"], "b/two": ["10 hi", "20 ."]})
        play = Play(stage)
        chain = [model("a/one"), model("b/two")]
        for _ in range(3):
            await _listen(play.open(chain))
        run = play.open(chain)
        await _listen(run)
        assert stage.opened.count("a/one") == 3
        assert [(str(r.model), r.result, r.reason) for r in run.records] == [
            ("a/one", "failed", "breaker-open"),
            ("b/two", "used", ""),
        ]
        await asyncio.sleep(31)
        await _listen(play.open(chain))
        assert stage.opened.count("a/one") == 4

    run_virtual(go())


def test_a_wrong_key_is_told_once() -> None:
    async def go() -> None:
        stage = Stage({"a/one": ["10 !auth"], "b/two": ["10 hi", "20 ."]})
        play = Play(stage)
        told = 0
        for _ in range(4):
            run = play.open([model("a/one"), model("b/two")])
            await _listen(run)
            told += len(run.troubles)
            await asyncio.sleep(400)
        assert told == 1
        assert stage.opened.count("a/one") == 4

    run_virtual(go())


def test_all_open_breakers_say_how_long() -> None:
    async def go() -> None:
        stage = Stage({"a/one": ["10 !limited 20"]})
        play = Play(stage)
        await _listen(play.open([model("a/one")]))
        _, error = await _listen(play.open([model("a/one")]))
        assert isinstance(error, AllFailed)
        assert "left alone for another 20 s" in str(error)
        assert stage.opened == ["a/one"]

    run_virtual(go())


def test_long_silence_opens_the_breaker_and_slowness_does_not() -> None:
    async def go(budget_s: float) -> int:
        play = Play(Stage({"a/one": ["0 hang"]}))
        for _ in range(3):
            await _listen(play.open([model("a/one")], first_token_s=budget_s, deadline_s=60))
        return len(play.breakers.pauses())

    assert run_virtual(go(6.0)) == 1
    assert run_virtual(go(0.7)) == 0


def test_patience_listens_past_the_budget_while_the_hedge_is_timed_by_it() -> None:
    async def go() -> None:
        stage = Stage({"a/one": ["900 late", "1000 r", "1100 . 2000/100"], "b/two": ["0 hang"]})
        play = Play(stage)
        run = play.open([model("a/one"), model("b/two")], patience_s=5.0, deadline_s=5.0)
        text, error = await _listen(run)
        assert (text, error) == ("later", None)
        assert [_line(r) for r in run.records] == ["a/one used - 0 1100", "b/two hedged-away hedge-lost 350 900"]
        assert sorted(stage.closed) == ["a/one", "b/two"]

    run_virtual(go())
