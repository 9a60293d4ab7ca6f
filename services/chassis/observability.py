"""Logs and metrics. Logs carry ids, never names, codes or secrets."""

import logging
import os
import sys

import structlog
from prometheus_client import (
    REGISTRY,
    CollectorRegistry,
    Counter,
    Histogram,
    generate_latest,
    multiprocess,
)
from structlog.typing import Processor

from services.chassis.redaction import without_values
from services.chassis.settings import Settings

OUTBOX_PUBLISHED = Counter("outbox_published_total", "Messages handed to the broker")
HANDLED = Counter("messages_handled_total", "Calls and messages handled", ["type", "outcome"])
HANDLING = Histogram(
    "message_seconds", "Time to handle a call or message", ["type"],
    buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
)
REQUESTS = Counter("http_requests_total", "HTTP requests", ["method", "route", "status"])
REQUEST_TIME = Histogram(
    "http_request_seconds", "HTTP request duration", ["route"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
)


def configure_logging(settings: Settings, process: str) -> None:
    """One line per event on standard output, those of libraries too; JSON for machines, plain for
    people. Each says its process and, while one is handled, its request's correlation id."""
    common: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        lambda _logger, _method, event: {**event, "process": process},
        structlog.processors.format_exc_info,
        without_values,
    ]
    renderer: Processor = (
        structlog.processors.JSONRenderer() if settings.log_json
        else structlog.dev.ConsoleRenderer(colors=False)
    )
    structlog.configure(
        processors=[*common, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(
            logging.getLevelNamesMapping()[settings.log_level]
        ),
        logger_factory=structlog.PrintLoggerFactory(sys.stdout),
    )
    lines = logging.StreamHandler(sys.stdout)
    lines.setFormatter(structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[*common, structlog.stdlib.add_logger_name],
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
    ))
    level = max(logging.INFO, logging.getLevelNamesMapping()[settings.log_level])
    logging.basicConfig(level=level, handlers=[lines], force=True)
    for noisy in ("nameko", "amqp", "kombu", "weasyprint", "fontTools", "alembic"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    for alarming in ("nameko.containers", "kombu.mixins"):  # at what we expect and log ourselves
        logging.getLogger(alarming).setLevel(logging.ERROR)


def metrics() -> bytes:
    """The numbers of this process; of all workers together where there are several."""
    if not os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        return generate_latest(REGISTRY)
    everyone = CollectorRegistry()
    multiprocess.MultiProcessCollector(everyone)
    return generate_latest(everyone)
