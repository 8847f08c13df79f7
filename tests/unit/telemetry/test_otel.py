"""OpenTelemetry: what is exported, by the GenAI conventions; a collector on the loopback; one that is away."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

import pytest
from telemetry_samples import HandClock, attempt, event

from tierwise.core.events import AttemptResult, Outcome
from tierwise.core.models import ModelRef
from tierwise.core.tasks import Task, Tier
from tierwise.outside import Outside
from tierwise.settings.models import Settings, TelemetrySettings

pytest.importorskip("opentelemetry.sdk", reason="the extra `otel` is not installed")

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from tierwise.telemetry.otel import Exporter, exporter_to


@pytest.fixture
def spans() -> InMemorySpanExporter:
    return InMemorySpanExporter()


@pytest.fixture
def metrics() -> InMemoryMetricReader:
    return InMemoryMetricReader()


@pytest.fixture
def exporter(spans: InMemorySpanExporter, metrics: InMemoryMetricReader):
    made = Exporter(SimpleSpanProcessor(spans), metrics, "1.2.3")
    yield made
    made.close()


def test_a_request_is_a_trace_with_its_calls(exporter: Exporter, spans: InMemorySpanExporter) -> None:
    climbed = event(
        1,
        task=Task.EDIT,
        tier=Tier.BALANCED,
        escalations=1,
        attempts=(
            attempt(AttemptResult.REJECTED, reason="syntax-error"),
            attempt(model=ModelRef("gemini", "gemini-3-pro"), tier=Tier.BALANCED, started_ms=400.0, ended_ms=900.0),
        ),
    )
    exporter.export(climbed)
    first, second, root = spans.get_finished_spans()
    assert (root.name, first.name, second.name) == ("tierwise edit", "chat claude-haiku-5-5", "chat gemini-3-pro")
    assert {first.parent.span_id, second.parent.span_id} == {root.context.span_id}
    assert first.kind.name == "CLIENT"
    assert first.attributes["gen_ai.provider.name"] == "anthropic"
    assert first.attributes["gen_ai.operation.name"] == "chat"
    assert first.attributes["gen_ai.usage.input_tokens"] == 1000
    assert first.attributes["gen_ai.usage.cache_read.input_tokens"] == 800
    assert first.attributes["gen_ai.response.time_to_first_chunk"] == pytest.approx(0.2)
    assert first.attributes["error.type"] == "syntax-error"
    assert not first.status.is_ok
    assert second.attributes["gen_ai.provider.name"] == "gcp.gemini"
    assert second.status.is_unset
    assert second.end_time - second.start_time == 500_000_000
    assert root.attributes["tierwise.escalations"] == 1
    assert root.resource.attributes["service.name"] == "tierwise"


def test_nothing_of_the_users_gets_out(exporter: Exporter, spans: InMemorySpanExporter) -> None:
    exporter.export(event(1, folder="/home/ada/secret-project"))
    shown = "".join(span.to_json() for span in spans.get_finished_spans())
    assert "secret-project" not in shown
    assert "/home/ada" not in shown


def test_a_failed_request_is_an_error(exporter: Exporter, spans: InMemorySpanExporter) -> None:
    exporter.export(event(1, outcome=Outcome.FAILED, reason="rate-limited", attempts=(), tier=None))
    (root,) = spans.get_finished_spans()
    assert root.attributes["error.type"] == "rate-limited"
    assert not root.status.is_ok


def points(metrics: InMemoryMetricReader) -> dict[str, list[Any]]:
    data = metrics.get_metrics_data()
    (resource,) = data.resource_metrics
    return {metric.name: list(metric.data.data_points) for metric in resource.scope_metrics[0].metrics}


def test_metrics(exporter: Exporter, metrics: InMemoryMetricReader) -> None:
    exporter.export(event(1))
    exporter.export(event(2, attempts=(attempt(AttemptResult.FAILED, usage=None, first_token_ms=None, reason="auth"),)))
    found = points(metrics)
    tokens = {point.attributes["gen_ai.token.type"]: point.sum for point in found["gen_ai.client.token.usage"]}
    assert tokens == {"input": 1000, "output": 50}
    errors = {point.attributes.get("error.type"): point.count for point in found["gen_ai.client.operation.duration"]}
    assert errors == {None: 1, "auth": 1}
    (first,) = found["gen_ai.client.operation.time_to_first_chunk"]
    assert first.sum == pytest.approx(0.2)
    assert first.attributes["gen_ai.operation.name"] == "text_completion"
    assert sum(point.value for point in found["tierwise.cost"]) == pytest.approx(0.004)


class Collector:
    """Takes what an exporter posts."""

    def __init__(self) -> None:
        self.posted: dict[str, list[bytes]] = {}
        collector = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                collector.posted.setdefault(self.path, []).append(body)
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None: ...

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,))

    def __enter__(self) -> Self:
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


def test_a_collector_gets_traces_and_metrics(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_COMPRESSION", "none")
    told: list[str] = []
    with Collector() as collector:
        exporter = exporter_to(collector.url, "1.2.3", told.append)
        exporter.export(event(1))
        exporter.close()
    traces = ExportTraceServiceRequest.FromString(collector.posted["/v1/traces"][0])
    names = {span.name for r in traces.resource_spans for s in r.scope_spans for span in s.spans}
    assert names == {"tierwise complete", "text_completion claude-haiku-5-5"}
    metrics = ExportMetricsServiceRequest.FromString(collector.posted["/v1/metrics"][0])
    assert {m.name for r in metrics.resource_metrics for s in r.scope_metrics for m in s.metrics} >= {
        "gen_ai.client.token.usage",
        "gen_ai.client.operation.duration",
    }
    assert told == []


def test_a_collector_that_is_away_is_told_of_once() -> None:
    with Collector() as collector:
        url = collector.url
    told: list[str] = []
    exporter = exporter_to(url, "1.2.3", told.append)
    exporter.export(event(1))
    exporter.close()
    (sentence,) = told
    assert url in sentence
    assert "telemetry.otlp_endpoint" in sentence


async def test_the_settings_lead_to_a_collector_and_away_from_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_COMPRESSION", "none")
    told: list[str] = []
    with Collector() as collector:
        current = [Settings(telemetry=TelemetrySettings(otlp_endpoint=collector.url))]
        outside = Outside({}, HandClock(), lambda: current[0], told.append)
        outside.export(event(1))  # nobody listens yet
        await outside.follow()
        outside.export(event(2, language="rust"))
        current[0] = Settings()
        await outside.follow()
        outside.export(event(3))
        await outside.aclose()
    sent = b"".join(collector.posted["/v1/traces"])
    assert sent.count(b"tierwise complete") == 1
    assert b"rust" in sent
    assert told == []
