"""Token estimates per model, corrected by what answers report. Owner of the estimators of this session."""

from __future__ import annotations

from tierwise.core.models import Prompt, Usage
from tierwise.core.tokens import TokenEstimator, prompt_characters
from tierwise.settings.models import ResolvedModel


class Estimates:
    """One estimator per model; they start alike and part as usage comes in."""

    def __init__(self) -> None:
        self._estimators: dict[str, TokenEstimator] = {}

    def of(self, model: ResolvedModel) -> TokenEstimator:
        """The estimator of one model."""
        return self._estimators.setdefault(str(model.ref), TokenEstimator())

    def observe(self, model: ResolvedModel, prompt: Prompt, usage: Usage | None) -> None:
        """Learn from an answer; one without usage teaches nothing."""
        if usage is not None:
            self.of(model).observe(prompt_characters(prompt), usage.input_tokens)
