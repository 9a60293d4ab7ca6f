"""Traces across gateway → RPC → event → consumer, off until OTEL_EXPORTER_OTLP_ENDPOINT is set.

Nothing new travels for them. A request's trace is its correlation id, which every envelope
carries; the span that a call or message comes from follows from that one's id. So a message that
waited an hour in an outbox, or came back from a dead-letter queue, still belongs to its trace, and
the request id that a cashier quotes finds it.
"""

import hashlib
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from contextvars import ContextVar
from typing import Any
from uuid import UUID

import structlog
from opentelemetry import trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import RandomIdGenerator, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanProcessor
from opentelemetry.trace import NonRecordingSpan, SpanContext, SpanKind, TraceFlags

from contracts.envelope import Envelope

ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"
SAMPLED = TraceFlags(TraceFlags.SAMPLED)
_ids: ContextVar[tuple[int, int]] = ContextVar("ids", default=(0, 0))
_provider: TracerProvider | None = None


class _Ids(RandomIdGenerator):
    """The ids that `span` has chosen; zero: any."""

    def generate_trace_id(self) -> int:
        return _ids.get()[0] or super().generate_trace_id()

    def generate_span_id(self) -> int:
        return _ids.get()[1] or super().generate_span_id()


def configure(process: str, env: Mapping[str, str] = os.environ) -> None:
    """Send this process' spans to the collector at OTEL_EXPORTER_OTLP_ENDPOINT, if there is one.
    OpenTelemetry's other variables (headers, timeout, sampler) hold as well."""
    if env.get(ENDPOINT):
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

        trace_with(process, BatchSpanProcessor(OTLPSpanExporter()))


def trace_with(process: str, processor: SpanProcessor) -> None:
    global _provider
    resource = Resource.create({"service.name": process, "service.namespace": "festival"})
    _provider = TracerProvider(resource=resource, id_generator=_Ids())
    _provider.add_span_processor(processor)


def stop() -> None:
    """Send what is left, and trace no more."""
    global _provider
    provider, _provider = _provider, None
    if provider:
        provider.shutdown()


def trace_of(correlation_id: str) -> int:
    """A request id that is a UUID is its trace's id too, digit by digit."""
    try:
        return UUID(correlation_id).int
    except ValueError:
        return int.from_bytes(hashlib.sha256(correlation_id.encode()).digest()[:16])


def span_of(key: str) -> int:
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[:8])


@contextmanager
def span(
    name: str, kind: SpanKind, correlation_id: str, own: str = "", cause: str = ""
) -> Iterator[Any]:
    """One piece of work. `own`: others will name this span as their `cause` by this key."""
    if _provider is None or not correlation_id:
        yield None
        return
    number = trace_of(correlation_id)
    parent = trace.get_current_span()
    if cause:
        parent = NonRecordingSpan(SpanContext(number, span_of(cause), True, SAMPLED))
    chosen = _ids.set((number, span_of(own) if own else 0))
    tracer = _provider.get_tracer("festival")
    with tracer.start_as_current_span(name, trace.set_span_in_context(parent), kind) as current:
        _ids.reset(chosen)
        current.set_attribute("correlation_id", correlation_id)
        yield current


# ------------------------------------------------------------------ the four places of a request


def requested(name: str, request_id: str) -> AbstractContextManager[Any]:
    """An HTTP request."""
    return span(name, SpanKind.SERVER, request_id, own=request_id)


def asking(envelope: Mapping[str, Any]) -> AbstractContextManager[Any]:
    """A call to a service, for the request with this envelope's correlation id."""
    corr = envelope["correlation_id"]
    own = _call(corr, envelope["id"])
    return span(envelope["type"], SpanKind.CLIENT, corr, own=own, cause=corr)


def said(message_type: str, message_id: Any, correlation_id: str) -> AbstractContextManager[Any]:
    """A message written to the outbox."""
    return span(message_type, SpanKind.PRODUCER, correlation_id, own=str(message_id))


@contextmanager
def answering(envelope: Envelope) -> Iterator[None]:
    """A service's work on a call; its log lines carry the correlation id."""
    corr = envelope.correlation_id
    with (
        structlog.contextvars.bound_contextvars(correlation_id=corr),
        span(envelope.type, SpanKind.SERVER, corr, cause=_call(corr, envelope.id)),
    ):
        yield


@contextmanager
def consuming(envelopes: Iterable[Envelope]) -> Iterator[None]:
    """A consumer's work on a message, or on several at once: then each has its span."""
    with ExitStack() as stack:
        for item in envelopes:
            stack.enter_context(
                span(item.type, SpanKind.CONSUMER, item.correlation_id, cause=item.id)
                if _provider else nullcontext()
            )
            stack.enter_context(
                structlog.contextvars.bound_contextvars(correlation_id=item.correlation_id)
            )
        yield


def _call(correlation_id: str, call_id: str) -> str:
    """A retry under the same idempotency key is another request's call."""
    return f"{correlation_id} {call_id}"
