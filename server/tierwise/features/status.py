"""What holds now: profile, tiers, budgets, cost, cache, breakers. Read-only."""

from __future__ import annotations

from pathlib import Path

from tierwise.core.documents import Document
from tierwise.core.tasks import Tier
from tierwise.features.explain import has_model
from tierwise.features.recording import Recorder
from tierwise.routing.breakers import Breakers
from tierwise.routing.learning import Belief, Thresholds
from tierwise.routing.spending import Spending
from tierwise.routing.team import Team
from tierwise.session.prefix_ledger import PrefixLedger
from tierwise.session.session import Session
from tierwise.settings.models import Settings
from tierwise.settings.store import SettingsStore


class StatusReport:
    """The value of ``tierwise.status``."""

    def __init__(
        self,
        session: Session,
        store: SettingsStore,
        recorder: Recorder,
        spending: Spending,
        breakers: Breakers,
        ledger: PrefixLedger,
        thresholds: Thresholds,
        team: Team,
    ) -> None:
        self._session = session
        self._store = store
        self._recorder = recorder
        self._spending = spending
        self._breakers = breakers
        self._ledger = ledger
        self._thresholds = thresholds
        self._team = team

    def modelled(self, document: Document) -> bool:
        """Whether a model can be asked for this document."""
        settings = self._store.for_folder(self._session.folder_of(document))
        return any(has_model(settings, tier) for tier in Tier)

    def report(self) -> dict[str, object]:
        """The first workspace folder's view of things, and each folder's own where there are several."""
        folders = self._session.folders
        first = folders[0] if folders else None
        report = self._of(first)
        if len(folders) > 1:
            report["folders"] = {str(folder): self._of(folder) for folder in folders}
        totals = self._recorder.totals
        report["cost"] = {
            "session_usd": self._spending.session_usd,
            "day_usd": self._spending.day_usd,
            "requests": totals.requests,
        }
        report["cache"] = {
            "cached_fraction": totals.usage.cached_fraction,
            "saved_usd": totals.saved_usd,
            "unexplained_misses": self._ledger.unexplained_misses,
            "rewrites": {str(why): count for why, count in sorted(self._ledger.rewrites.items())},
        }
        report["breakers"] = [
            {"model": str(pause.model), "reason": pause.why, "seconds": pause.seconds}
            for pause in self._breakers.pauses()
        ]
        report["shared"] = {"connected": self._team.connected, "team_usd": self._team.team_usd()}
        report["problems"] = [problem.sentence for problem in self._store.problems()]
        return report

    def _of(self, folder: Path | None) -> dict[str, object]:
        settings = self._store.for_folder(folder)
        return {
            "profile": self._store.active_profile(folder),
            "harness": settings.harness,
            "trusted": folder is not None and self._store.is_trusted(folder),
            "tiers": {tier: _tier(settings, tier) for tier in Tier},
            "budgets": settings.budget.model_dump(),
            "learnt": [_learnt(belief) for belief in self._thresholds.beliefs(str(folder), settings)] if folder else [],
        }


def _learnt(belief: Belief) -> dict[str, object]:
    """What was learnt of one tier for one class; beginning there is right while the pass rate is above break-even."""
    return {
        "class": belief.task_class,
        "tier": belief.tier,
        "outcomes": round(belief.tried, 1),
        "pass_rate": round(belief.pass_rate, 3),
        "break_even": None if belief.break_even is None else round(belief.break_even, 3),
        "kept_rate": round(belief.kept_rate, 3),
        "cost_usd": round(belief.cost_usd, 6),
    }


def _tier(settings: Settings, tier: Tier) -> dict[str, object]:
    at_tier = settings.tiers.get(tier)
    if at_tier is None:
        return {"chain": []}
    return {
        "chain": list(at_tier.chain),
        "first_token_ms": at_tier.first_token_ms,
        "deadline_ms": at_tier.deadline_ms,
        "context_tokens": at_tier.context_tokens,
    }
