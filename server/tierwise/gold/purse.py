"""What a run may cost: an estimate before it, from prices and token limits, and the budgets while it goes on.

Pure. It knows no model by name, and an estimate is never below what the settings allow a request to spend.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from tierwise.core.models import Usage
from tierwise.core.tasks import Task, Tier
from tierwise.core.tokens import CHARS_PER_TOKEN
from tierwise.features.explain import has_model
from tierwise.gold.cases import Case, CompletionCase, EditCase, ExplainCase, RouteCase
from tierwise.gold.desk import Decision, Wish
from tierwise.settings.facts import CacheStyle
from tierwise.settings.models import BudgetSettings, ResolvedModel, Settings, TaskSettings, TierSettings

OVERHEAD_TOKENS = 1_500
"""Instructions and the request itself, above the files of a case; the instructions are below a third of it."""

EXPLANATION_TOKENS = 500
"""A likely length of an explanation."""

THINKING = 2.0
"""Likely output over the text of the answer alone: models think before they answer, and write more than is needed."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """US dollars. ``most_usd``: every answer as long as it may be, every repair, escalation and hedge paid for.
    ``unpriced``: models that need a key and whose price is not known, so that both figures are too low.
    """

    requests: int
    likely_usd: float
    most_usd: float
    unpriced: tuple[str, ...]

    @property
    def free(self) -> bool:
        """Whether nothing can be spent."""
        return self.most_usd == 0 and not self.unpriced


@dataclass(frozen=True, slots=True)
class Purse:
    """The limits in money that hold for a run. ``run_usd``: of the run itself; None: none."""

    budget: BudgetSettings
    run_usd: float | None = None
    spent_today_usd: float = 0.0
    """By others, before the run began."""

    def reached(self, spent_usd: float) -> str:
        """Which limit is used up when the run has spent ``spent_usd``, in a phrase; "" while money is left."""
        limits = (
            ("this run's limit", self.run_usd, 0.0),
            ("the session's budget", self.budget.session_usd, 0.0),
            ("today's budget", self.budget.day_usd, self.spent_today_usd),
        )
        for name, limit, before in limits:
            if limit is not None and before + spent_usd >= limit:
                return f"{name} of ${limit:.2f} is used up"
        return ""


def estimate(cases: Iterable[Case], settings: Settings, decide: Callable[[Wish], Decision]) -> Estimate:
    """What the cases may cost under these settings."""
    requests, likely, most = 0, 0.0, 0.0
    unpriced: set[str] = set()
    for case in cases:
        if not asks_a_model(case, settings):
            continue
        start = _start(case, decide)
        tiers = _tiers(case, start, settings)
        models = [model for tier in tiers for model in settings.chain(tier) if not model.embedded]
        unpriced |= {str(model.ref) for model in models if _is_unpriced(model)}
        requests += 1
        likely += _likely(case, tiers[0], settings)
        most += sum(_most(case, tier, rank, settings) for rank, tier in enumerate(tiers))
    return Estimate(requests, likely, most, tuple(sorted(unpriced)))


def asks_a_model(case: Case, settings: Settings) -> bool:
    """Whether a case sends anything to a model under these settings."""
    if isinstance(case, CompletionCase):
        return has_model(settings, Tier.FAST)
    return isinstance(case, EditCase | ExplainCase) and any(has_model(settings, tier) for tier in Tier)


def _start(case: Case, decide: Callable[[Wish], Decision]) -> Tier:
    if isinstance(case, EditCase):
        span, instruction, task = case.place.span, case.instruction, case.task
    elif isinstance(case, ExplainCase):
        span, instruction, task = case.place.span, case.question, Task.EXPLAIN
    else:
        return Tier.FAST
    wish = Wish(
        task=task,
        instruction=instruction,
        language=case.language,
        path=case.place.path,
        selection_lines=span.end.line - span.start.line + 1,
        file_lines=case.place.text.count("\n") + 1,
        fan_in=len(case.place.files) - 1,
    )
    return decide(wish).tier


def _tiers(case: Case, start: Tier, settings: Settings) -> list[Tier]:
    """The tiers that may be asked, in order: escalations are counted by tiers that have a model."""
    order = [tier for tier in Tier if has_model(settings, tier)]
    above = [tier for tier in order if list(Tier).index(tier) >= list(Tier).index(start)] or order[-1:]
    climbs = settings.routing.max_escalations if isinstance(case, EditCase) else 0
    return above[: 1 + climbs]


def _likely(case: Case, tier: Tier, settings: Settings) -> float:
    model = _callable(settings, tier)[0]
    return _cost(model, _prompt_tokens(case, tier, settings), _likely_output(case))


def _most(case: Case, tier: Tier, rank: int, settings: Settings) -> float:
    """One tier with all its turns. Each turn after a rejected answer has that answer in its prompt."""
    output = _limit(case, tier, settings, "max_output_tokens")
    prompt, context = _prompt_tokens(case, tier, settings), _limit(case, tier, settings, "context_tokens")
    models = _callable(settings, tier)
    turns = 1 + settings.routing.repair_turns if isinstance(case, EditCase) else 1
    total = 0.0
    for turn in range(turns):
        tokens = min(prompt + (rank * turns + turn) * output, context + output)
        costs = sorted((_cost(model, tokens, output) for model in models), reverse=True)
        total += sum(costs[: 2 if settings.routing.hedge else 1])
    return total


def _cost(model: ResolvedModel, prompt: int, output: int) -> float:
    """One call, with its prompt written to the cache where that costs more."""
    output = min(output, model.facts.max_output_tokens)
    plain = model.facts.cost_usd(Usage(input_tokens=prompt, output_tokens=output))
    if model.facts.cache.style is CacheStyle.NONE:
        return plain
    written = Usage(input_tokens=prompt, cache_write_tokens=prompt, output_tokens=output)
    return max(plain, model.facts.cost_usd(written))


def _prompt_tokens(case: Case, tier: Tier, settings: Settings) -> int:
    files = () if isinstance(case, RouteCase) else case.place.files.values()
    tokens = int(sum(map(len, files)) / CHARS_PER_TOKEN) + OVERHEAD_TOKENS
    return min(tokens, _limit(case, tier, settings, "context_tokens"))


def _likely_output(case: Case) -> int:
    match case:
        case CompletionCase():
            text = case.middles[0]
        case EditCase():
            text = case.reply
        case _:
            return EXPLANATION_TOKENS
    return int(len(text) / CHARS_PER_TOKEN * THINKING) + 30


def _limit(case: Case, tier: Tier, settings: Settings, name: str) -> int:
    """A limit in tokens: what the task says, else the tier."""
    task = case.task if isinstance(case, EditCase) else Task.EXPLAIN if isinstance(case, ExplainCase) else Task.COMPLETE
    for_task, at_tier = settings.tasks.get(task) or TaskSettings(), settings.tiers.get(tier) or TierSettings()
    return getattr(for_task, name) or getattr(at_tier, name)


def _callable(settings: Settings, tier: Tier) -> Sequence[ResolvedModel]:
    return [model for model in settings.chain(tier) if not model.embedded]


def _is_unpriced(model: ResolvedModel) -> bool:
    """Whether a model that needs a key has no price; those without a key run on a machine of the user's."""
    prices = model.facts.prices
    return bool(model.provider.api_key_env) and prices.input == prices.output == 0
