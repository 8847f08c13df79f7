"""How a completion flows, with a scripted model behind the flow's own port and the real session in front."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from completion_desk import END, Desk, Model, until

from tierwise.core.text import Point, Span
from tierwise.edits.infill import Infill
from tierwise.features.completion.values import CompletionAnswer, Selected


async def test_a_model_answers_and_its_answer_serves_what_is_typed_of_it(tmp_path: Path) -> None:
    model = Model(["val", "ue"])
    desk = Desk(tmp_path, model)
    asked = desk.ask(END)
    await until(lambda: model.flights)
    model.let(2)
    first = (await asked).offer
    assert first is not None
    assert (first.text, first.source) == ("value", "a/model")
    desk.type(END, "va")
    second = (await desk.ask(Point(0, 6))).offer
    assert second is not None
    assert (second.text, second.source) == ("lue", "reuse:a/model")
    back = (await desk.ask(END)).offer if desk.session.change(desk.uri, 9, Span(END, Point(0, 6)), "") else None
    assert back is not None
    assert back.text == "value"
    assert len(model.flights) == 1
    assert desk.outcomes() == [
        ("answered", "a/model", 0.5),
        ("answered", "reuse:a/model", 0.0),
        ("answered", "reuse:a/model", 0.0),
    ]


async def test_typing_what_is_being_streamed_joins_the_flight(tmp_path: Path) -> None:
    model = Model(["va", "lue"])
    desk = Desk(tmp_path, model)
    older = desk.ask(END)
    await until(lambda: model.flights)
    model.let()
    await until(lambda: model.flights[0].text)
    desk.type(END, "v")
    newer = desk.ask(Point(0, 5))
    assert (await older).reason == "superseded"
    model.let()
    offer = (await newer).offer
    assert offer is not None
    assert offer.text == "alue"
    assert (len(model.flights), model.aborted) == (1, 0)
    assert sorted(desk.outcomes()) == [("answered", "a/model", 0.5), ("superseded", "superseded", 0.0)]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
async def test_typing_over_the_end_of_a_line_that_is_shown_or_streamed(tmp_path: Path, end: str) -> None:
    model = Model(["va" + end, "lue"])
    desk = Desk(tmp_path, model, f"x = {end}y{end}")
    older = desk.ask(END)
    await until(lambda: model.flights)
    model.let()
    await until(lambda: model.flights[0].text)
    desk.type(END, "va" + end)
    joined = desk.ask(Point(1, 0))
    assert (await older).reason == "superseded"
    model.let()
    offer = (await joined).offer
    assert offer is not None
    assert (offer.text, offer.span) == ("lue", Span.at(Point(1, 0)))
    desk.type(Point(1, 0), "l")
    known = (await desk.ask(Point(1, 1))).offer
    assert known is not None
    assert (known.text, known.source) == ("ue", "reuse:a/model")
    assert (len(model.flights), model.aborted) == (1, 0)


@pytest.mark.parametrize(
    ("at", "text", "moved"),
    [(Point(0, 0), "import re\n", 1), (Point(0, 0), "I", 0), (Point(5, 0), "y\nz\n", 0), (Point(5, 0), "y", 0)],
    ids=["a line above", "a letter above", "lines below", "a letter below"],
)
async def test_edits_of_other_lines_leave_an_answer_in_the_making_alone(
    tmp_path: Path, at: Point, text: str, moved: int
) -> None:
    model = Model(["va", "lue"])
    desk = Desk(tmp_path, model, "import os\n\n\nx = \n\n\n")
    place = Point(3 + moved, 4)
    older = desk.ask(Point(3, 4))
    await until(lambda: model.flights)
    model.let()
    await until(lambda: model.flights[0].text)
    desk.type(at, text)
    desk.type(place, "v")
    newer = desk.ask(Point(place.line, 5))
    assert (await older).reason == "superseded"
    model.let()
    offer = (await newer).offer
    assert offer is not None
    assert (offer.text, offer.span) == ("alue", Span.at(Point(place.line, 5)))
    desk.type(Point(place.line, 5), "a")
    later = (await desk.ask(Point(place.line, 6))).offer
    assert later is not None
    assert later.text == "lue"
    assert (len(model.flights), model.aborted) == (1, 0)


async def test_what_was_typed_and_deleted_again_is_not_offered_before_what_was_known_then(tmp_path: Path) -> None:
    model = Model(["value"])
    desk = Desk(tmp_path, model)
    for asking, end, typed in ((1, END, ""), (2, Point(0, 7), "vaX")):
        desk.type(END, typed)
        asked = desk.ask(end)
        await until(lambda count=asking: len(model.flights) == count)
        model.let()
        assert (await asked).offer is not None
    desk.session.change(desk.uri, 9, Span(Point(0, 6), Point(0, 7)), "")
    back = (await desk.ask(Point(0, 6))).offer
    assert back is not None
    assert back.text == "lue"
    assert len(model.flights) == 2


async def test_typing_anything_else_aborts_the_flight_and_starts_another(tmp_path: Path) -> None:
    model = Model(["va", "lue"])
    desk = Desk(tmp_path, model)
    older = desk.ask(END)
    await until(lambda: model.flights)
    model.let()
    await until(lambda: model.flights[0].text)
    desk.type(END, "q")
    await until(lambda: model.aborted)
    newer = desk.ask(Point(0, 5))
    assert (await older).reason in {"stale", "superseded"}, "whichever it hears of first"
    await until(lambda: len(model.flights) == 2)
    model.let(3)
    assert (await newer).offer is not None
    assert sum(cost for _, _, cost in desk.outcomes()) == 1.0


async def test_a_flight_that_is_aborted_before_its_first_step_leaves_no_request_waiting(tmp_path: Path) -> None:
    model = Model(["value"], first_token_s=60.0, deadline_s=60.0)
    desk = Desk(tmp_path, model)
    asked = desk.ask(END)
    await asyncio.sleep(0)  # the request has taken its first step, its flight has not
    desk.type(Point(0, 0), "q")
    async with asyncio.timeout(10):
        assert (await asked).reason == "stale"
    assert not model.flights
    await until(lambda: desk.events.seen)
    assert desk.outcomes() == [("stale", "stale", 0.0)]


async def test_what_was_typed_ahead_of_a_silent_model_is_asked_for_anew_when_the_model_says_else(
    tmp_path: Path,
) -> None:
    model = Model(["va", "lue"])
    desk = Desk(tmp_path, model)
    older = desk.ask(END)
    await until(lambda: model.flights)
    desk.type(END, "q")
    newer = desk.ask(Point(0, 5))
    assert (await older).reason == "superseded"
    assert len(model.flights) == 1, "it may still say what was typed"
    model.let()
    await until(lambda: len(model.flights) == 2)
    assert model.flights[1].point == Point(0, 5)
    model.let(3)
    offer = (await newer).offer
    assert offer is not None
    assert offer.text == "value"
    await until(lambda: len(desk.events.seen) == 2)
    assert sorted(desk.outcomes()) == [("answered", "a/model", 1.0), ("superseded", "superseded", 0.0)]


async def test_an_answer_that_has_landed_is_shown_while_its_cost_is_still_unknown(tmp_path: Path) -> None:
    model = Model(["value"])
    desk = Desk(tmp_path, model)
    asked = desk.ask(END)
    await until(lambda: model.flights)
    flight = model.flights[0]
    flight.hear("value")
    flight.outcome = Infill("value", Span.at(END))
    flight.land()
    offer = (await asked).offer
    assert offer is not None
    assert offer.text == "value"
    assert desk.events.seen == []
    desk.type(END, "v")
    again = (await desk.ask(Point(0, 5))).offer
    assert again is not None
    assert again.text == "alue"
    await desk.flow.aclose()
    assert sorted(cost for _, _, cost in desk.outcomes()) == [0.0, 0.5]


async def test_a_request_that_is_taken_back_closes_the_flight(tmp_path: Path) -> None:
    model = Model(["value"])
    desk = Desk(tmp_path, model)
    asked = desk.ask(END)
    await until(lambda: model.flights)
    asked.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asked
    await until(lambda: model.aborted and desk.events.seen)
    assert desk.outcomes() == [("cancelled", "cancelled", 0.5)]


async def test_late_first_token_gives_the_embedded_answer_and_the_model_serves_the_next_key(tmp_path: Path) -> None:
    model = Model(["value"], first_token_s=0.0)
    desk = Desk(tmp_path, model)
    offer = (await desk.ask(END)).offer
    assert offer is not None
    assert offer.source == "embedded"
    assert desk.events.seen == []  # its cost is not known yet
    model.let()
    await until(lambda: desk.events.seen)
    assert desk.outcomes() == [("answered", "embedded", 0.5)]
    desk.type(END, "v")
    again = (await desk.ask(Point(0, 5))).offer
    assert again is not None
    assert again.text == "alue"


async def test_at_the_deadline_what_was_said_is_shown(tmp_path: Path) -> None:
    model = Model(["val", "ue"], deadline_s=0.0)
    desk = Desk(tmp_path, model)
    asked = desk.ask(END)
    await until(lambda: model.flights)
    model.let()
    offer = (await asked).offer
    assert offer is not None
    assert offer.text == "val"
    await until(lambda: model.aborted == 1)


async def test_an_accepted_offer_asks_for_what_comes_next(tmp_path: Path) -> None:
    model = Model(["value"])
    desk = Desk(tmp_path, model)
    asked = desk.ask(END)
    await until(lambda: model.flights)
    model.let()
    offer = (await asked).offer
    assert offer is not None
    desk.type(END, "value")
    assert desk.flow.accepted(offer.id) is True
    assert desk.flow.accepted(offer.id) is False
    await until(lambda: len(model.flights) == 2)
    assert model.flights[1].point == Point(0, 9)
    await desk.flow.aclose()
    assert desk.outcomes()[-1] == ("empty", "prefetch", 0.5)


async def test_the_editors_selected_item_is_continued(tmp_path: Path) -> None:
    model = Model(["(1)"])
    desk = Desk(tmp_path, model, "pri\n")
    asked = desk.ask(Point(0, 3), selected=Selected(Span(Point(0, 0), Point(0, 3)), "print"))
    await until(lambda: model.flights)
    assert model.flights[0].document.text == "print\n"
    model.let()
    offer = (await asked).offer
    assert offer is not None
    assert (offer.text, offer.span) == ("print(1)", Span(Point(0, 0), Point(0, 3)))


@pytest.mark.parametrize(
    ("text", "point", "invoked", "completion", "reason"),
    [
        ("x = valu\n", Point(0, 5), False, {}, "mid-word"),
        ("# \n", Point(0, 2), False, {}, "comment-start"),
        ("x = \n", END, True, {"enabled": False}, "disabled"),
        ("x = \n", END, True, {"disabled_languages": ("python",)}, "language-disabled"),
    ],
)
async def test_the_gate_says_why(
    tmp_path: Path, text: str, point: Point, invoked: bool, completion: dict[str, object], reason: str
) -> None:
    desk = Desk(tmp_path, Model(["value"]), text, **completion)
    answer = await desk.ask(point, invoked=invoked)
    assert (answer.offer, answer.reason) == (None, reason)
    assert desk.outcomes() == [("empty", reason, 0.0)]


@pytest.mark.parametrize("scheme", ["git", "output", "tierwise"])
async def test_what_is_only_shown_is_not_completed(tmp_path: Path, scheme: str) -> None:
    desk = Desk(tmp_path, Model(["value"]))
    desk.uri = f"{scheme}:{(tmp_path / 'a.py').as_posix()}"
    desk.session.open(desk.uri, "python", 1, "x = \n")
    assert (await desk.ask(END)).reason == "read-only"


@pytest.mark.parametrize(
    ("called", "disabled"),
    [("perl", "perl"), ("bash", "shellscript"), ("shellscript", "bash"), ("tsx", "typescriptreact"), ("tsx", "tsx")],
)
async def test_a_language_is_disabled_by_any_of_its_names(tmp_path: Path, called: str, disabled: str) -> None:
    desk = Desk(tmp_path, Model(["value"]), disabled_languages=(disabled,))
    desk.session.open(desk.uri, called, 1, "x = \n")
    assert (await desk.ask(END)).reason == "language-disabled"
    desk.type(Point(0, 0), "y")
    assert (await desk.ask(Point(0, 5))).reason == "language-disabled"


async def test_without_a_model_the_embedded_engine_answers_or_says_that_it_is_off(tmp_path: Path) -> None:
    offer = (await Desk(tmp_path, Model([])).ask(END)).offer
    assert offer is not None
    assert offer.source == "embedded"
    assert (await Desk(tmp_path, Model([]), embedded=False).ask(END)).reason == "no-model"


async def test_fast_typing_ahead_of_a_slow_model_is_asked_for_when_it_pauses(tmp_path: Path) -> None:
    model = Model(["value"])
    desk = Desk(tmp_path, model)
    tasks: list[asyncio.Task[CompletionAnswer]] = []
    for number, letter in enumerate("another"):
        desk.clock.ahead = number * 0.06
        desk.type(Point(0, 4 + number), letter)
        tasks.append(desk.ask(Point(0, 5 + number), invoked=False))
        await until(lambda: model.flights)
        if number == 2:  # it says something else than what was typed meanwhile
            model.let()
            await until(lambda: model.aborted)
    await until(lambda: len(model.flights) == 2)
    assert model.flights[1].point == Point(0, 11), "no other was asked for in between"
    model.let()
    answers = await asyncio.gather(*tasks)
    assert answers[-1].offer is not None
    assert {answer.reason for answer in answers[:-1]} <= {"superseded", "stale"}
    assert len(desk.events.seen) == len(answers)
