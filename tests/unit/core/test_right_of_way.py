"""What runs in the background stands still while an answer is worked on, and goes on afterwards."""

from __future__ import annotations

import threading

from tierwise.core.right_of_way import RightOfWay


def test_who_is_in_nobodys_way_goes_on() -> None:
    RightOfWay().give_way()


def test_a_step_in_the_background_waits_for_all_who_took_the_right_of_way() -> None:
    right_of_way, steps = RightOfWay(60), list[str]()
    started = threading.Event()

    def in_the_background() -> None:
        started.set()
        right_of_way.give_way()
        steps.append("background")

    thread = threading.Thread(target=in_the_background)
    with right_of_way.taken():
        with right_of_way.taken():
            thread.start()
            assert started.wait(10)
            steps.append("first answer")
        steps.append("second answer")
    thread.join(10)
    assert steps == ["first answer", "second answer", "background"]


def test_it_is_given_back_by_who_fails() -> None:
    right_of_way = RightOfWay()
    try:
        with right_of_way.taken():
            raise LookupError
    except LookupError:
        right_of_way.give_way()
