"""The settings of one workspace folder, as frozen values. The field descriptions are the settings reference.

Owner of no state. ``load.py`` merges the layers, ``trust.py`` says what an untrusted layer may do.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from pydantic import Field, field_validator

from tierwise.core.models import ModelRef
from tierwise.core.tasks import Harness, Task, TaskClass, Tier
from tierwise.settings.checking import CheckerSettings, CheckSettings
from tierwise.settings.facts import Frozen, ModelFacts
from tierwise.settings.renaming import LanguageServerSettings, RenameSettings

_DATE = re.compile(r"-20\d\d-?\d\d-?\d\d$")
_VARIABLE_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class ProviderKind(StrEnum):
    ANTHROPIC = "anthropic"
    OPENAI = "openai"
    OPENAI_COMPATIBLE = "openai-compatible"
    FIM = "fim"
    EMBEDDED = "embedded"


_NO_TEMPERATURE = frozenset({ProviderKind.ANTHROPIC, ProviderKind.OPENAI})
"""Kinds whose newer models refuse a temperature, so that one that is not known yet had better get none."""


class FimDialect(StrEnum):
    LLAMA_CPP = "llama.cpp"
    OLLAMA = "ollama"
    MISTRAL = "mistral"
    DEEPSEEK = "deepseek"
    COMPLETIONS = "completions"
    MERCURY_EDIT = "mercury-edit"
    """Inception's endpoint for next edits, and for nothing else."""


_RAW_DIALECTS = frozenset({FimDialect.COMPLETIONS, FimDialect.OLLAMA, FimDialect.MERCURY_EDIT})
"""Endpoints that take a prompt in a model's own format as it stands."""


class ProviderSettings(Frozen):
    """One way to reach models."""

    kind: ProviderKind = Field(description="Which wire it speaks.")
    base_url: str | None = Field(default=None, description="Where it listens; None: the provider's public address.")
    base_url_env: str | None = Field(
        default=None, description="NAME of an environment variable whose address, where set, replaces a profile's own."
    )
    api_key_env: str | None = Field(
        default=None, description='NAME of the environment variable that holds the key; None or "": it needs none.'
    )
    dialect: FimDialect | None = Field(default=None, description='For kind "fim": the endpoint\'s dialect.')
    template: str | None = Field(default=None, description='For dialect "completions": the FIM format to render.')
    headers: dict[str, str] = Field(default_factory=dict, description="Further HTTP headers of every request.")
    connect_timeout_s: float = Field(default=5.0, gt=0, description="Seconds allowed for opening a connection.")
    proxy: str | None = Field(default=None, description="HTTP or SOCKS proxy; None: as the environment says.")
    ca_bundle: str | None = Field(
        default=None, description="File of certificates to trust; None: as the environment says."
    )
    slot: int | None = Field(default=None, ge=0, description="llama.cpp: the slot that keeps our prompt's cache.")

    @field_validator("base_url")
    @classmethod
    def _http(cls, value: str | None) -> str | None:
        if value is not None and not value.startswith(("http://", "https://")):
            raise ValueError("must start with http:// or https://")
        return value.rstrip("/") if value else value

    @field_validator("api_key_env")
    @classmethod
    def _name(cls, value: str | None) -> str | None:
        if value and not _VARIABLE_NAME.fullmatch(value):
            raise ValueError("must be the NAME of an environment variable, never the key itself")
        return value or None


class TierSettings(Frozen):
    """One tier: a chain of models and the limits of a request to it."""

    chain: tuple[str, ...] = Field(default=(), description='Attempts in order, "PROVIDER/MODEL": first the primary.')
    context_tokens: int = Field(default=6_000, ge=200, description="Prompt tokens a request may spend.")
    max_output_tokens: int = Field(default=2_048, ge=1, description="Answer tokens a request may spend.")
    temperature: float | None = Field(
        default=None, ge=0, le=2, description="Sent only to models that take one; None: by the task's class."
    )
    effort: str | None = Field(
        default=None, description="Thinking effort for models that take one; None: the model's own."
    )
    quiet: bool = Field(default=False, description="Ask for as little thinking as the model allows.")
    first_token_ms: int = Field(default=20_000, gt=0, description="Milliseconds until the first token must be there.")
    deadline_ms: int = Field(
        default=180_000, gt=0, description="Milliseconds until the editor has an answer, whatever happens."
    )

    @field_validator("chain")
    @classmethod
    def _refs(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for item in value:
            ModelRef.parse(item)
        return value


class TaskSettings(Frozen):
    """What one task gets; None: by the classifier and the tier."""

    task_class: TaskClass | None = Field(default=None, alias="class", description="Its class; None: by the classifier.")
    tier: Tier | None = Field(default=None, description="Its tier; None: by its class.")
    temperature: float | None = Field(default=None, ge=0, le=2, description="Temperature, for models that take one.")
    effort: str | None = Field(default=None, description="Thinking effort, for models that take one.")
    context_tokens: int | None = Field(default=None, ge=200, description="Prompt tokens a request may spend.")
    max_output_tokens: int | None = Field(default=None, ge=1, description="Answer tokens a request may spend.")
    first_token_ms: int | None = Field(
        default=None, gt=0, description="Milliseconds until the first token must be there."
    )
    deadline_ms: int | None = Field(default=None, gt=0, description="Milliseconds until the editor has an answer.")


class ClassSettings(Frozen):
    """What one class of tasks gets; None: as the program's own policy says. Completions follow their tier alone."""

    temperature: float | None = Field(default=None, ge=0, le=2, description="Temperature, for models that take one.")
    effort: str | None = Field(default=None, description="Thinking effort, for models that take no temperature.")
    context_tokens: int | None = Field(default=None, ge=200, description="Prompt tokens a request may spend.")
    max_output_tokens: int | None = Field(default=None, ge=1, description="Answer tokens a request may spend.")
    first_token_ms: int | None = Field(
        default=None, gt=0, description="Milliseconds until the first token must be there."
    )
    deadline_ms: int | None = Field(default=None, gt=0, description="Milliseconds until the editor has an answer.")


class RoutingSettings(Frozen):
    """How requests find their tier, and what happens when one fails."""

    mechanical: Tier = Field(default=Tier.FAST, description="Tier of mechanical tasks.")
    local: Tier = Field(default=Tier.BALANCED, description="Tier of local tasks.")
    repository: Tier = Field(default=Tier.FRONTIER, description="Tier of repository tasks.")
    agentic: Tier = Field(default=Tier.FRONTIER, description="Tier of agentic tasks.")
    max_escalations: int = Field(
        default=2, ge=0, le=2, description="How often a rejected answer may climb to a stronger tier."
    )
    repair_turns: int = Field(
        default=1, ge=0, le=2, description="How often a rejected answer is returned to the same model."
    )
    hedge: bool = Field(default=True, description="Start the fallback while the primary is late.")
    breaker_failures: int = Field(default=3, ge=1, description="Failures in a row that open a model's breaker.")
    breaker_open_s: float = Field(
        default=30.0, gt=0, description="Seconds a breaker stays open before one request may try."
    )
    learn: bool = Field(
        default=True, description="Learn from outcomes which tier to begin with; only in trusted folders."
    )
    failure_usd: float = Field(
        default=0.05,
        ge=0,
        description="What an answer that had to be undone costs you, in US dollars: weighs quality against money.",
    )
    embedding: str | None = Field(
        default=None,
        description="Folder of a static embedding (model2vec's format) for the words; None: the bundled one.",
    )

    def tier_for(self, task_class: TaskClass) -> Tier:
        """The tier of a class."""
        tiers: dict[TaskClass, Tier] = {
            TaskClass.MECHANICAL: self.mechanical,
            TaskClass.LOCAL: self.local,
            TaskClass.REPOSITORY: self.repository,
            TaskClass.AGENTIC: self.agentic,
        }
        return tiers[task_class]


class BudgetSettings(Frozen):
    """Limits in money. At the limit completion goes on with the embedded engine and the rest is declined."""

    session_usd: float | None = Field(default=None, ge=0, description="US dollars per server session; None: no limit.")
    day_usd: float | None = Field(default=None, ge=0, description="US dollars per calendar day; None: no limit.")


class PrivacySettings(Frozen):
    """What leaves the machine."""

    exclude: tuple[str, ...] = Field(
        default=(), description="Further files that are never read or sent (.gitignore syntax)."
    )
    max_file_kb: int = Field(default=4_096, ge=1, description="Larger files are left alone, in KiB.")
    transcript: bool = Field(default=False, description="Keep prompts and answers in the state folder, for debugging.")


class CompletionSettings(Frozen):
    """Ghost text."""

    enabled: bool = Field(default=True, description="Offer completions at all.")
    disabled_languages: tuple[str, ...] = Field(default=(), description="Language identifiers without completions.")
    embedded: bool = Field(default=True, description="Let the embedded engine answer when no model does in time.")
    multiline: bool = Field(default=True, description="Offer several lines where the place invites it.")
    next_edit: bool = Field(
        default=True, description="Propose the edit that follows from the last ones, in this file or another open one."
    )
    next_edit_model: bool = Field(
        default=True, description="Ask a model for the next edit where nothing follows for certain."
    )
    next_edit_chain: tuple[str, ...] = Field(
        default=(),
        description='Models that predict next edits, "PROVIDER/MODEL"; empty: those of the fast tier that can.',
    )

    @field_validator("next_edit_chain")
    @classmethod
    def _refs(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for item in value:
            ModelRef.parse(item)
        return value


class CacheSettings(Frozen):
    """What is sent for the sake of the providers' prompt caches alone. It counts towards the limits in money."""

    prewarm: bool = Field(
        default=False, description="Fill the provider's cache when a folder is opened, before the first question."
    )
    keep_warm_minutes: int = Field(
        default=30,
        ge=0,
        description="After a question, renew the provider's copy of its prompt while somebody works in the editor, for "
        "at most so many minutes, where that costs less than sending it anew; 0: never.",
    )


class ContextSettings(Frozen):
    """What larger requests are given to read."""

    summaries: bool = Field(
        default=False,
        description="Let the fast tier summarize files that do not fit, once per content; without it their outlines "
        "stand for them.",
    )


class SharedSettings(Frozen):
    """A Redis server that the machines of a team share (needs the extra ``redis``): budgets, breakers, answers."""

    url_env: str | None = Field(
        default=None,
        description="NAME of the environment variable that holds its address (redis://…); None: nothing is shared.",
    )
    prefix: str = Field(default="tierwise", min_length=1, description="What all its keys begin with.")
    answers: bool = Field(
        default=True, description="Keep whole answers to larger requests there, for whoever asks exactly the same."
    )
    answers_s: int = Field(default=86_400, ge=1, description="Seconds for which such an answer is kept.")

    @field_validator("url_env")
    @classmethod
    def _name(cls, value: str | None) -> str | None:
        if value and not _VARIABLE_NAME.fullmatch(value):
            raise ValueError("must be the NAME of an environment variable, never the address itself")
        return value or None


class TelemetrySettings(Frozen):
    """What is told of requests to others than this machine. Never code, prompts or answers."""

    otlp_endpoint: str | None = Field(
        default=None,
        description="OpenTelemetry collector (OTLP over HTTP) that gets spans and metrics; needs the extra `otel`.",
    )

    @field_validator("otlp_endpoint")
    @classmethod
    def _http(cls, value: str | None) -> str | None:
        if value and not value.startswith(("http://", "https://")):
            raise ValueError("must start with http:// or https://")
        return value.rstrip("/") if value else None


class HarnessOverride(Frozen):
    """What one harness changes. Only the keys that are written count; they win over every layer's plain ones."""

    routing: RoutingSettings = Field(default_factory=RoutingSettings, description="Changes of routing.")
    tiers: dict[Tier, TierSettings] = Field(
        default_factory=dict[Tier, TierSettings], description="Changes of the tiers."
    )
    classes: dict[TaskClass, ClassSettings] = Field(
        default_factory=dict[TaskClass, ClassSettings], description="Changes of what classes get."
    )
    tasks: dict[Task, TaskSettings] = Field(
        default_factory=dict[Task, TaskSettings], description="Changes of what single tasks get."
    )
    budget: BudgetSettings = Field(default_factory=BudgetSettings, description="Changes of the limits in money.")


class Settings(Frozen):
    """Everything, for one workspace folder."""

    profile: str = Field(default="auto", description="Profile that fills the tiers.")
    harness: Harness = Field(default=Harness.LOCAL, description="Where Tierwise runs.")
    providers: dict[str, ProviderSettings] = Field(default_factory=dict, description="Ways to reach models, by name.")
    tiers: dict[Tier, TierSettings] = Field(default_factory=dict[Tier, TierSettings], description="The tiers.")
    models: dict[str, ModelFacts] = Field(
        default_factory=dict, description='Facts of models, by "model" or "provider/model".'
    )
    tasks: dict[Task, TaskSettings] = Field(
        default_factory=dict[Task, TaskSettings], description="Choices for single tasks."
    )
    classes: dict[TaskClass, ClassSettings] = Field(
        default_factory=dict[TaskClass, ClassSettings], description="Choices for classes of tasks."
    )
    routing: RoutingSettings = Field(default_factory=RoutingSettings, description="Routing.")
    budget: BudgetSettings = Field(default_factory=BudgetSettings, description="Limits in money.")
    privacy: PrivacySettings = Field(default_factory=PrivacySettings, description="What leaves the machine.")
    completion: CompletionSettings = Field(default_factory=CompletionSettings, description="Ghost text.")
    cache: CacheSettings = Field(default_factory=CacheSettings, description="Prompt caches.")
    context: ContextSettings = Field(default_factory=ContextSettings, description="What larger requests read.")
    shared: SharedSettings = Field(default_factory=SharedSettings, description="What a team's machines share.")
    telemetry: TelemetrySettings = Field(
        default_factory=TelemetrySettings, description="What is told of requests elsewhere."
    )
    rename: RenameSettings = Field(default_factory=RenameSettings, description="Rename.")
    language_servers: dict[str, LanguageServerSettings] = Field(
        default_factory=dict[str, LanguageServerSettings], description="Language servers that can rename, by name."
    )
    checks: CheckSettings = Field(default_factory=CheckSettings, description="Checks by the workspace's own tools.")
    checkers: dict[str, CheckerSettings] = Field(
        default_factory=dict[str, CheckerSettings], description="Tools of a workspace that can judge edits, by name."
    )
    harness_overrides: dict[Harness, HarnessOverride] = Field(
        default_factory=dict[Harness, HarnessOverride], description="What each harness changes of the above."
    )

    def facts(self, ref: ModelRef) -> ModelFacts:
        """Facts of a model: by "provider/model", else by "model", each also without the date of a pinned version, else
        those of an unknown model.
        """
        for name in (str(ref), ref.model):
            if facts := self.models.get(name) or self.models.get(_DATE.sub("", name)):
                return facts
        provider = self.providers.get(ref.provider)
        return ModelFacts(temperature=provider is None or provider.kind not in _NO_TEMPERATURE)

    def resolve(self, ref: ModelRef) -> ResolvedModel:
        """A chain's entry with all that is needed to call it. Raises KeyError for a provider that is not configured
        (the loader refuses such settings, so it cannot happen with loaded ones).
        """
        return ResolvedModel(ref, self.providers[ref.provider], self.facts(ref))

    def chain(self, tier: Tier) -> tuple[ResolvedModel, ...]:
        """The models of a tier in order; empty where the tier has none."""
        settings = self.tiers.get(tier)
        return self._resolved(settings.chain) if settings else ()

    @property
    def next_edit_chain(self) -> tuple[ResolvedModel, ...]:
        """The models that may be asked for next edits, in order; those that cannot answer are among them."""
        return self._resolved(self.completion.next_edit_chain) or self.chain(Tier.FAST)

    def _resolved(self, chain: tuple[str, ...]) -> tuple[ResolvedModel, ...]:
        return tuple(self.resolve(ModelRef.parse(item)) for item in chain)


@dataclass(frozen=True, slots=True)
class ResolvedModel:
    """One model with the way to reach it and its facts."""

    ref: ModelRef
    provider: ProviderSettings
    facts: ModelFacts

    @property
    def embedded(self) -> bool:
        return self.provider.kind is ProviderKind.EMBEDDED

    @property
    def predicts_edits(self) -> bool:
        """Whether it can be asked for an edit: it chats, or its endpoint takes the format that it was trained on."""
        if self.provider.kind is ProviderKind.FIM:
            return self.provider.dialect in _RAW_DIALECTS and self.facts.edit_template is not None
        return not self.embedded
