"""Money spent in this session and today, and whether a budget is used up.

Owner of the two sums. The caller restores today's sum from the telemetry when the server starts.
"""

from __future__ import annotations

from datetime import date

from tierwise.core.clock import Clock
from tierwise.core.errors import BudgetReached
from tierwise.settings.models import BudgetSettings


class Spending:
    """Sums in US dollars. A day is a calendar day at the machine's place."""

    def __init__(self, clock: Clock, *, spent_today_usd: float = 0.0) -> None:
        self._clock = clock
        self._session_usd = 0.0
        self._day: date = clock.now().date()
        self._day_usd = spent_today_usd

    @property
    def session_usd(self) -> float:
        return self._session_usd

    @property
    def day_usd(self) -> float:
        self._turn_page()
        return self._day_usd

    def restore(self, spent_today_usd: float) -> None:
        """Add what earlier sessions of today have spent, once it is known."""
        self._turn_page()
        self._day_usd += spent_today_usd

    def charge(self, usd: float) -> None:
        """Add the cost of one call."""
        self._turn_page()
        self._session_usd += usd
        self._day_usd += usd

    def reached(self, budget: BudgetSettings) -> BudgetReached | None:
        """The budget that is used up, as the error to raise or to show; None while money is left.

        A budget of 0 is always used up: that is how paid models are turned off.
        """
        if budget.day_usd is not None and self.day_usd >= budget.day_usd:
            return BudgetReached(
                f"Today's budget of ${budget.day_usd:.2f} is used up (${self.day_usd:.2f} spent); "
                "it starts anew tomorrow, or raise budget.day_usd."
            )
        if budget.session_usd is not None and self.session_usd >= budget.session_usd:
            return BudgetReached(
                f"This session's budget of ${budget.session_usd:.2f} is used up (${self.session_usd:.2f} spent); "
                "restart the server, or raise budget.session_usd."
            )
        return None

    def _turn_page(self) -> None:
        today = self._clock.now().date()
        if today != self._day:
            self._day, self._day_usd = today, 0.0
