"""When it is worth waiting for another keystroke."""

from __future__ import annotations

import pytest

from tierwise.features.completion.rhythm import Rhythm


def typed(rhythm: Rhythm, count: int, interval: float, start: float = 100.0) -> float:
    for number in range(count):
        rhythm.keystroke(start + number * interval)
    return start + (count - 1) * interval


def test_a_single_keystroke_is_asked_for_at_once() -> None:
    rhythm = Rhythm()
    rhythm.spoke(0.3)
    typed(rhythm, 1, 0.06)
    assert rhythm.pause() == 0


def test_a_model_that_is_faster_than_the_typing_is_always_asked() -> None:
    rhythm = Rhythm()
    rhythm.spoke(0.05)
    typed(rhythm, 20, 0.12)
    assert rhythm.pause() == 0


@pytest.mark.parametrize(("interval", "pause"), [(0.06, 0.063), (0.1, 0.105), (0.2, 0.15)])
def test_a_slower_one_is_asked_once_even_typing_pauses(interval: float, pause: float) -> None:
    rhythm = Rhythm()
    rhythm.spoke(0.3)
    typed(rhythm, 40, interval)
    assert rhythm.pause() == pytest.approx(pause, rel=0.01)


def test_who_types_unevenly_is_waited_for_longer() -> None:
    rhythm = Rhythm()
    rhythm.spoke(0.3)
    at = 100.0
    for gap in [0.04, 0.08] * 20:
        at += gap
        rhythm.keystroke(at)
    assert 0.08 < rhythm.pause() < 0.1, "longer than its longest gap, and not for ever"


def test_early_in_a_burst_nothing_is_known_of_its_evenness() -> None:
    rhythm = Rhythm()
    rhythm.spoke(0.3)
    typed(rhythm, 2, 0.06)
    assert rhythm.pause() == pytest.approx(0.084)


def test_a_model_that_was_never_waited_for_counts_as_slower_than_that() -> None:
    rhythm = Rhythm()
    rhythm.silent(0.09)
    typed(rhythm, 5, 0.06)
    assert rhythm.pause() > 0
    rhythm.silent(0.01)
    assert rhythm.pause() > 0, "given up early it tells nothing new"


def test_after_a_thought_the_next_keystroke_is_a_first_one() -> None:
    rhythm = Rhythm()
    rhythm.spoke(0.3)
    last = typed(rhythm, 20, 0.06)
    rhythm.keystroke(last + 2)
    assert rhythm.pause() == 0
    rhythm.keystroke(last + 2.06)
    assert rhythm.pause() > 0
