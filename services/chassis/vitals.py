"""What a nameko process tells of itself over HTTP, on METRICS_PORT: /live, /ready, /metrics.

Besides the counters of its own process, a service that publishes measures what lies in its
database and its queues. All replicas measure the same: take the maximum, never the sum.
"""

import importlib
import json
import math
import time
from collections.abc import Callable, Iterable, Iterator
from socketserver import ThreadingMixIn
from threading import Lock, Thread
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import amqp
from kombu import Connection
from prometheus_client import REGISTRY as METRICS
from prometheus_client import make_wsgi_app
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from sqlalchemy import text

from services.chassis.broker import dead_letters_of, queues_around
from services.chassis.database import Database
from services.chassis.settings import Settings

BROKER_TIMEOUT_S = 2
REMEMBERED_S = 10.0  # several scrapers cost no more than one
OUTBOX = """
    SELECT count(*), coalesce(extract(epoch FROM now() - min(occurred_at)), 0)
    FROM outbox WHERE published_at IS NULL
"""
Measures = dict[str, tuple[str, str]]


def measures_of(service: str) -> Measures:
    """The service's own `measures`; none when it has none."""
    try:
        return dict(importlib.import_module(f"services.{service}.measures").MEASURES)
    except ModuleNotFoundError:
        return {}


class Gauges(Collector):
    """Asks database and broker when somebody reads the metrics; unknown is NaN, never zero."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self._database = database
        self._settings = settings
        self._measures = measures_of(settings.service)
        self._lock = Lock()
        self._found: list[GaugeMetricFamily] = []
        self._looked_at = float("-inf")

    def describe(self) -> list[GaugeMetricFamily]:
        """Nothing is asked before the first reader comes."""
        return []

    def collect(self) -> Iterator[GaugeMetricFamily]:
        with self._lock:
            if time.monotonic() - self._looked_at > REMEMBERED_S:
                self._found = [*self._from_database(), *self._from_broker()]
                self._looked_at = time.monotonic()
            yield from self._found

    def _from_database(self) -> Iterator[GaugeMetricFamily]:
        waiting, oldest = self._row(OUTBOX, 2)
        yield gauge("outbox_waiting", "Messages not yet handed to the broker", waiting)
        yield gauge("outbox_oldest_seconds", "How long the oldest of them has waited", oldest)
        for name, (meaning, query) in self._measures.items():
            yield gauge(name, meaning, *self._row(query, 1))

    def _row(self, query: str, columns: int) -> list[float]:
        try:
            with self._database.engine.connect() as connection:
                return [float(value) for value in connection.execute(text(query)).one()]
        except Exception:  # the database is away, or the schema older than this release
            return [math.nan] * columns

    def _from_broker(self) -> Iterable[GaugeMetricFamily]:
        depth = GaugeMetricFamily("queue_messages", "Messages ready in a queue", labels=["queue"])
        dead = GaugeMetricFamily("dead_letters", "Messages parked with their reason",
                                 labels=["service"])
        service = self._settings.service
        for name, count in self._queues().items():
            if name == dead_letters_of(service).name:
                dead.add_metric([service], count)
            else:
                depth.add_metric([name], count)
        return depth, dead

    def _queues(self) -> dict[str, float]:
        """Messages ready, by the name of each queue that this service reads."""
        service = self._settings.service
        names = {queue.name for queue in queues_around(service)}
        counts = {}
        try:
            with Connection(self._settings.amqp_url, connect_timeout=BROKER_TIMEOUT_S) as link:
                for name in sorted(item for item in names if item.startswith(f"{service}.")):
                    try:
                        found = link.channel().queue_declare(name, passive=True)
                        counts[name] = float(found.message_count)
                    except amqp.exceptions.NotFound:
                        continue
        except Exception:  # the broker is away
            return {}
        return counts


def gauge(name: str, meaning: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, meaning, value=value)


def troubles(database: Database, settings: Settings) -> dict[str, str]:
    """Each thing this process depends on: "ok", or what is wrong with it."""
    return {
        "database": _trouble(lambda: _ask(database)),
        "broker": _trouble(lambda: _greet(settings.amqp_url)),
    }


def _ask(database: Database) -> None:
    with database.engine.connect() as connection:
        connection.execute(text("SELECT 1"))


def _greet(amqp_url: str) -> None:
    with Connection(amqp_url, connect_timeout=BROKER_TIMEOUT_S) as connection:
        connection.connect()


def _trouble(look: Callable[[], None]) -> str:
    try:
        look()
    except Exception as error:
        return type(error).__name__
    return "ok"


# ------------------------------------------------------------------ the server


def serve(settings: Settings, process: str, host: str, port: int, publishes: bool) -> None:
    """Answer on `host:port` for as long as the process lives; `publishes`: measure too."""
    database = Database(settings.database_url, f"{process}-vitals", pool_size=2)
    if publishes:
        METRICS.register(Gauges(database, settings))
    metrics = make_wsgi_app()

    def application(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        if path == "/metrics":
            return metrics(environ, start)
        if path == "/live":
            return _answer(start, True, {"status": "alive"})
        if path == "/ready":
            checks = troubles(database, settings)
            ready = set(checks.values()) == {"ok"}
            return _answer(start, ready, {"ready": ready, "checks": checks})
        start("404 Not Found", [("Content-Type", "text/plain")])
        return [b""]

    server = make_server(host, port, application, _Server, _Quiet)
    Thread(target=server.serve_forever, name="vitals", daemon=True).start()


def _answer(start: Callable[..., Any], good: bool, body: dict[str, Any]) -> Iterable[bytes]:
    status = "200 OK" if good else "503 Service Unavailable"
    start(status, [("Content-Type", "application/json")])
    return [json.dumps(body).encode()]


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """Probes come every few seconds: not worth a line each."""
