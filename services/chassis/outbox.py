"""From the outbox table to the broker: the relay that publishes, and waking it.

Only the relay publishes. It takes unpublished rows in id order under an advisory lock, so that
one of any number of processes does so at a time and a service's messages keep their order.
It is woken after a commit and looks by itself every `TICK_S`: a lost wake costs a second at most.

`NOTIFY` is sent after the commit, on a connection of its own, and by processes without a relay
only (the terminal door): inside the transaction it would take PostgreSQL's one notification lock
until the disk flush, and so make all commits of the database queue one behind the other.
"""

import threading
from collections.abc import Callable

import psycopg
import structlog
from sqlalchemy import select, text, update
from sqlalchemy.engine import Connection

from contracts.message import REGISTRY, dump
from services.chassis.broker import BATCH, Publisher, to_bytes
from services.chassis.database import Database
from services.chassis.observability import OUTBOX_PUBLISHED
from services.chassis.tables import outbox

TICK_S = 1.0
OUTAGE_PAUSE_S = 4.0
CHANNEL = "outbox"
RELAY_LOCK = 7_120_001
log = structlog.get_logger("outbox")


def publish_waiting(database: Database, publisher: Publisher) -> int:
    """Publish one batch; how many were taken by the broker. 0 when another process is at it.

    The rows are marked after the broker has confirmed them: a crash in between publishes them
    again, and the consumers' inboxes make nothing of it.
    """
    with database.engine.begin() as connection:
        if not connection.scalar(text(f"SELECT pg_try_advisory_xact_lock({RELAY_LOCK})")):
            return 0
        rows = connection.execute(
            select(outbox).where(outbox.c.published_at.is_(None)).order_by(outbox.c.id).limit(BATCH)
        ).all()
        if not rows:
            return 0
        taken = publisher.publish([
            (str(row.message_id), REGISTRY[row.type].exchange, row.type, to_bytes({
                "id": str(row.message_id), "type": row.type, "actor": row.actor,
                "correlation_id": row.correlation_id, "occurred_at": dump(row.occurred_at),
                "body": row.body,
            }))
            for row in rows
        ])
        _mark(connection, [row.id for row in rows if str(row.message_id) in taken])
    if len(taken) < len(rows):
        log.error("messages found no queue", missing=len(rows) - len(taken))
    OUTBOX_PUBLISHED.inc(len(taken))
    return len(taken)


def _mark(connection: Connection, ids: list[int]) -> None:
    connection.execute(
        update(outbox).where(outbox.c.id.in_(ids)).values(published_at=text("now()"))
    )


def drain(database: Database, publisher: Publisher) -> int:
    """Publish until nothing is left; the total."""
    total = 0
    while count := publish_waiting(database, publisher):
        total += count
        if count < BATCH:
            break
    return total


class Relay:
    """Publishes for as long as its process lives; survives both servers going away."""

    def __init__(self, database: Database, amqp_url: str) -> None:
        self.database = database
        self.publisher = Publisher(amqp_url)
        self.stopping = False
        self._woken = threading.Event()

    def wake(self) -> None:
        self._woken.set()

    def run(self) -> None:
        pause = TICK_S
        while not self.stopping:
            self._woken.wait(pause)
            self._woken.clear()
            try:
                drain(self.database, self.publisher)
                pause = TICK_S
            except Exception as error:  # any outage: nothing is lost, the rows stay
                log.warning("cannot publish now", error=repr(error))
                self.publisher.close()
                pause = min(pause * 2, OUTAGE_PAUSE_S)

    def stop(self) -> None:
        self.stopping = True
        self.wake()


class Listener:
    """Wakes a relay when another process of the service says NOTIFY."""

    def __init__(self, url: str, wake: Callable[[], None]) -> None:
        self.url = url.replace("+psycopg", "")
        self.wake = wake
        self.stopping = False

    def run(self, pause: Callable[[float], None]) -> None:
        while not self.stopping:
            try:
                with psycopg.connect(self.url, autocommit=True, connect_timeout=5) as connection:
                    connection.execute(f"LISTEN {CHANNEL}")
                    while not self.stopping:
                        for _ in connection.notifies(timeout=TICK_S, stop_after=1):
                            self.wake()
            except psycopg.Error as error:
                log.warning("cannot listen now", error=repr(error))
                pause(TICK_S)


class Notifier(threading.Thread):
    """For a process without a relay: one NOTIFY for all commits of the last few milliseconds."""

    INTERVAL_S = 0.05

    def __init__(self, url: str) -> None:
        super().__init__(name="outbox-notifier", daemon=True)
        self.url = url.replace("+psycopg", "")
        self._dirty = threading.Event()

    def wake(self) -> None:
        self._dirty.set()

    def run(self) -> None:
        pause = threading.Event()
        while True:
            try:
                with psycopg.connect(self.url, autocommit=True, connect_timeout=5) as connection:
                    while self._dirty.wait():
                        self._dirty.clear()
                        connection.execute(f"NOTIFY {CHANNEL}")
                        pause.wait(self.INTERVAL_S)
            except psycopg.Error as error:
                log.warning("cannot notify now", error=repr(error))
                pause.wait(TICK_S)
