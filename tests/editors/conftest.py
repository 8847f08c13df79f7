"""The mark of all stories."""

from __future__ import annotations

import pytest


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "editors: plays in a real editor, where one is installed")
