"""One request is one trace, whichever processes it passes; its log lines name it."""

import json
from collections.abc import Iterator
from itertools import pairwise
from uuid import UUID, uuid4

import pytest
import structlog
from flask import Flask
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind

from contracts.envelope import Envelope
from contracts.identity import GetJwks
from contracts.roles import system
from services.chassis import tracing, web
from services.chassis.observability import configure_logging
from services.chassis.settings import Settings


@pytest.fixture
def spans() -> Iterator[InMemorySpanExporter]:
    exporter = InMemorySpanExporter()
    tracing.trace_with("test", SimpleSpanProcessor(exporter))
    yield exporter
    tracing.stop()


def test_gateway_service_event_and_consumer_are_one_trace(spans: InMemorySpanExporter) -> None:
    """Each knows no more of the one before than what its envelope says."""
    request, message = str(uuid4()), str(uuid4())
    asked = Envelope.of(GetJwks(), system("test"), request)
    said = Envelope.of(GetJwks(), system("test"), request, message)
    with tracing.requested("GET /v1/x", request), tracing.asking(asked.to_dict()):
        pass
    with (
        tracing.answering(Envelope.from_dict(asked.to_dict())),
        tracing.said("x.happened.v1", message, request),
    ):
        pass
    with tracing.consuming([Envelope.from_dict(said.to_dict())]):
        pass
    by_kind = {(item.kind, item.name): item for item in spans.get_finished_spans()}
    chain = [
        by_kind[SpanKind.SERVER, "GET /v1/x"], by_kind[SpanKind.CLIENT, asked.type],
        by_kind[SpanKind.SERVER, asked.type], by_kind[SpanKind.PRODUCER, "x.happened.v1"],
        by_kind[SpanKind.CONSUMER, asked.type],
    ]
    assert len(by_kind) == 5
    assert {item.context.trace_id for item in chain} == {UUID(request).int}
    assert chain[0].parent is None
    for before, after in pairwise(chain):
        assert after.parent is not None
        assert after.parent.span_id == before.context.span_id, after.name


def test_a_list_of_messages_is_many_traces(spans: InMemorySpanExporter) -> None:
    several = [Envelope.of(GetJwks(), system("test"), str(uuid4())) for _ in range(3)]
    with tracing.consuming(several):
        pass
    found = {item.context.trace_id for item in spans.get_finished_spans()}
    assert found == {UUID(item.correlation_id).int for item in several}


def test_request_ids_of_other_forms_have_a_trace_too() -> None:
    assert tracing.trace_of("till-7.0001") == tracing.trace_of("till-7.0001") != 0
    assert tracing.trace_of("till-7.0001") < 2**128


def test_without_a_collector_nothing_is_traced() -> None:
    tracing.configure("test", {})
    with tracing.requested("GET /", str(uuid4())) as current:
        assert current is None


def test_every_line_of_a_request_names_it(capsys: pytest.CaptureFixture[str]) -> None:
    settings = Settings.from_env("test", {"LOG_FORMAT": "json"})
    before = structlog.get_config()
    configure_logging(settings, "probe")
    app = Flask("probe")
    web.install(app)

    @app.get("/line")
    def line() -> str:
        structlog.get_logger().info("ours")
        app.logger.warning("a library's")
        return ""

    try:
        app.test_client().get("/line", headers={"X-Request-Id": "till-7.0001"})
        structlog.get_logger().info("later")
    finally:
        structlog.configure(**before)
    *lines, later = map(json.loads, capsys.readouterr().out.splitlines())
    assert [item["event"] for item in lines] == ["ours", "a library's"]
    assert {(item["process"], item["correlation_id"]) for item in lines} == {
        ("probe", "till-7.0001")}
    assert "correlation_id" not in later
