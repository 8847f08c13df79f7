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


@pytest.mark.parametrize(("interval", "pause"), [(0.06, 0.084), (0.1, 0.14), (0.2, 0.15)])
def test_a_slower_one_is_asked_once_the_typing_pauses(interval: float, pause: float) -> None:
    rhythm = Rhythm()
    rhythm.spoke(0.3)
    typed(rhythm, 20, interval)
    assert rhythm.pause() == pytest.approx(pause)


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
