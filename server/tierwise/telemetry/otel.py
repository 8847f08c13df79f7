"""Requests as OpenTelemetry spans and metrics, by the GenAI semantic conventions: for whoever runs a collector.

Owner of the exporters and their threads. Needs the extra ``otel``; the packages are imported when it is made, off the
event loop. It gets events, so no code, prompt, answer or path can get out; a collector that is away costs nothing but
its own data, and is told of once.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from tierwise.core.errors import ConfigError
from tierwise.core.events import AttemptRecord, AttemptResult, Outcome, RequestEvent
from tierwise.core.tasks import Task

if TYPE_CHECKING:
    from opentelemetry.sdk.metrics.export import MetricReader
    from opentelemetry.sdk.trace import SpanProcessor

TIMEOUT_S = 3.0
"""For one delivery; also what the end of a session waits at most."""

METRICS_EVERY_S = 30.0

PROVIDER_NAMES: Mapping[str, str] = {"gemini": "gcp.gemini", "mistral": "mistral_ai", "xai": "x_ai"}
"""Our names of providers that the conventions call otherwise; all others are given as they are."""

_CAME_TO_NOTHING = frozenset({AttemptResult.FAILED, AttemptResult.REJECTED, AttemptResult.LATE})

TOKEN_SIZES = (1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216, 67108864)
DURATIONS_S = (0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92)
"""Histogram borders as the conventions advise."""


class Exporter:
    """One trace per request: a span for it, and below it one per call of a model."""

    def __init__(self, spans: SpanProcessor, metrics: MetricReader, version: str) -> None:
        from opentelemetry.sdk.metrics import MeterProvider
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider

        resource = Resource.create({"service.name": "tierwise", "service.version": version})
        self._traces = TracerProvider(resource=resource, shutdown_on_exit=False)
        self._traces.add_span_processor(spans)
        self._tracer = self._traces.get_tracer("tierwise", version)
        self._meters = MeterProvider([metrics], resource=resource, shutdown_on_exit=False)
        meter = self._meters.get_meter("tierwise", version)
        self._tokens = meter.create_histogram(
            "gen_ai.client.token.usage", "{token}", explicit_bucket_boundaries_advisory=TOKEN_SIZES
        )
        self._duration = meter.create_histogram(
            "gen_ai.client.operation.duration", "s", explicit_bucket_boundaries_advisory=DURATIONS_S
        )
        self._first_chunk = meter.create_histogram(
            "gen_ai.client.operation.time_to_first_chunk", "s", explicit_bucket_boundaries_advisory=DURATIONS_S
        )
        self._cost = meter.create_counter("tierwise.cost", "USD")

    def export(self, event: RequestEvent) -> None:
        """Take one event. Returns at once; raises nothing that an event can cause."""
        from opentelemetry.trace import SpanKind, Status, StatusCode, set_span_in_context

        begun, attributes = _nanoseconds(event.at, 0), dict(_request_attributes(event))
        root = self._tracer.start_span(f"tierwise {event.task}", attributes=attributes, start_time=begun)
        if event.outcome is Outcome.FAILED:
            root.set_status(Status(StatusCode.ERROR, event.reason))
        below = set_span_in_context(root)
        for attempt in event.attempts:
            called = dict(_call_attributes(event.task, attempt))
            span = self._tracer.start_span(
                f"{_operation(event.task)} {attempt.model.model}",
                below,
                SpanKind.CLIENT,
                called,
                start_time=_nanoseconds(event.at, attempt.started_ms),
            )
            if attempt.result in _CAME_TO_NOTHING:
                span.set_status(Status(StatusCode.ERROR, attempt.reason))
            span.end(_nanoseconds(event.at, attempt.ended_ms))
            self._measure(event, attempt)
        root.end(_nanoseconds(event.at, event.total_ms))

    def close(self) -> None:
        """Deliver what is left, for ``TIMEOUT_S`` at most, and end the threads."""
        self._traces.shutdown()
        self._meters.shutdown(timeout_millis=TIMEOUT_S * 1000)

    def _measure(self, event: RequestEvent, attempt: AttemptRecord) -> None:
        labels = dict(_model_attributes(event.task, attempt))
        labels |= {"tierwise.tier": attempt.tier.value, "tierwise.harness": event.harness.value}
        if attempt.usage is not None:
            self._tokens.record(attempt.usage.input_tokens, {**labels, "gen_ai.token.type": "input"})
            self._tokens.record(attempt.usage.output_tokens, {**labels, "gen_ai.token.type": "output"})
        failed = {"error.type": attempt.reason or "error"} if attempt.result is AttemptResult.FAILED else {}
        self._duration.record(max(0.0, attempt.ended_ms - attempt.started_ms) / 1000, {**labels, **failed})
        if attempt.first_token_ms is not None:
            self._first_chunk.record(max(0.0, attempt.first_token_ms - attempt.started_ms) / 1000, labels)
        self._cost.add(attempt.cost_usd, {**labels, "tierwise.task": event.task.value})


def exporter_to(endpoint: str, version: str, tell: Callable[[str], None]) -> Exporter:
    """An exporter to a collector that speaks OTLP over HTTP; headers and certificates as OpenTelemetry's own
    environment variables say. ``tell`` gets one sentence, in another thread, when the collector cannot be reached.

    Imports for some 100 ms. Raises ConfigError where the packages are missing.
    """
    try:
        from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
        from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExportResult
    except ImportError as exc:
        raise ConfigError("telemetry.otlp_endpoint needs more packages: install tierwise[otel].") from exc
    logging.getLogger("opentelemetry").setLevel(logging.CRITICAL + 1)  # it logs tracebacks; ``tell`` says it once

    class Spans(OTLPSpanExporter):
        told = False

        def export(self, spans: Any) -> Any:
            result = super().export(spans)
            if result is SpanExportResult.SUCCESS:
                self.told = False
            elif not self.told:
                self.told = True
                tell(f"The collector at {endpoint} takes no traces: check telemetry.otlp_endpoint, or take it out.")
            return result

    spans = BatchSpanProcessor(Spans(f"{endpoint}/v1/traces", timeout=TIMEOUT_S), schedule_delay_millis=2_000)
    metrics = PeriodicExportingMetricReader(
        OTLPMetricExporter(f"{endpoint}/v1/metrics", timeout=TIMEOUT_S),
        export_interval_millis=METRICS_EVERY_S * 1000,
        export_timeout_millis=TIMEOUT_S * 1000,
    )
    return Exporter(spans, metrics, version)


def _request_attributes(event: RequestEvent) -> Iterator[tuple[str, str | int | float | bool]]:
    yield "tierwise.task", event.task.value
    yield "tierwise.task_class", event.task_class.value
    yield "tierwise.harness", event.harness.value
    yield "tierwise.outcome", event.outcome.value
    yield "tierwise.escalations", event.escalations
    yield "tierwise.cost_usd", event.cost_usd
    if event.reason:
        yield "tierwise.reason", event.reason
    if event.tier is not None:
        yield "tierwise.tier", event.tier.value
    if event.language:
        yield "code.language", event.language
    if event.outcome is Outcome.FAILED:
        yield "error.type", event.reason or "error"


def _call_attributes(task: Task, attempt: AttemptRecord) -> Iterator[tuple[str, str | int | float | bool]]:
    yield from _model_attributes(task, attempt)
    yield "gen_ai.request.stream", True
    if attempt.first_token_ms is not None:
        yield "gen_ai.response.time_to_first_chunk", max(0.0, attempt.first_token_ms - attempt.started_ms) / 1000
    if attempt.usage is not None:
        yield "gen_ai.usage.input_tokens", attempt.usage.input_tokens
        yield "gen_ai.usage.output_tokens", attempt.usage.output_tokens
        yield "gen_ai.usage.cache_read.input_tokens", attempt.usage.cached_tokens
        yield "gen_ai.usage.cache_creation.input_tokens", attempt.usage.cache_write_tokens
        yield "gen_ai.usage.reasoning.output_tokens", attempt.usage.reasoning_tokens
    if attempt.result in _CAME_TO_NOTHING:
        yield "error.type", attempt.reason or attempt.result.value
    yield "tierwise.tier", attempt.tier.value
    yield "tierwise.result", attempt.result.value
    yield "tierwise.cost_usd", attempt.cost_usd


def _model_attributes(task: Task, attempt: AttemptRecord) -> Iterator[tuple[str, str]]:
    provider = attempt.model.provider
    yield "gen_ai.operation.name", _operation(task)
    yield "gen_ai.provider.name", PROVIDER_NAMES.get(provider, provider)
    yield "gen_ai.request.model", attempt.model.model


def _operation(task: Task) -> str:
    return "text_completion" if task is Task.COMPLETE else "chat"


def _nanoseconds(at: datetime, later_ms: float) -> int:
    return int(at.timestamp() * 1e9) + int(later_ms * 1e6)
