"""What holds for every test: its time limit, also when it is tried again."""

from __future__ import annotations

import pytest
import pytest_timeout


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    _limit(item)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_teardown(item: pytest.Item) -> None:
    _limit(item)


def _limit(item: pytest.Item) -> None:
    """Begin the time limit anew.

    pytest-timeout begins it once for all tries of a test and ends it at the first failure: what was cleared up after a
    failure, and each further try, could last for ever.
    """
    settings = pytest_timeout._get_item_settings(item)
    if settings.timeout and not settings.func_only:
        item.ihook.pytest_timeout_cancel_timer(item=item)
        item.ihook.pytest_timeout_set_timer(item=item, settings=settings)
