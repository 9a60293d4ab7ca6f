"""Consumers of bus messages: tried again after pauses, then parked with their reason."""

from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any

import eventlet
import structlog
from kombu import Connection, Producer
from nameko.messaging import Consumer

from contracts.message import dump, type_of
from services.chassis.broker import DEAD_LETTERS, queue_of
from services.chassis.consumer import CarefulConsumer
from services.chassis.database import is_outage
from services.chassis.observability import HANDLED

RETRY_PAUSES_S = (0.2, 0.5, 1.0, 2.0, 4.0)  # then the message is parked with its reason
OUTAGE_PAUSE_S = 2.0  # while the database is away a message waits, and is not counted
BATCH = 200
log = structlog.get_logger("bus")


class BusDoor(Consumer):
    """A consumer that tries a failing message again after pauses, then parks it with its reason.

    The message stays unacknowledged all the while, and the pause holds no worker. When the
    process dies the broker delivers it again; its own delivery limit stops a message that kills.
    """

    consumer_cls = CarefulConsumer

    def __init__(
        self, message: type, concerns: Callable[[dict[str, Any]], bool] | None = None,
        **options: Any,
    ) -> None:
        self.message_type = type_of(message)
        self.concerns = concerns
        super().__init__(queue=None, requeue_on_error=True, **options)

    def setup(self) -> None:
        self.queue = queue_of(self.message_type, self.container.service_name)
        super().setup()

    def handle_message(self, body: Any, message: Any) -> None:
        if self.concerns and not self.concerns(body["body"]):
            self.consumer.ack_message(message)
        else:
            self._work(body, message, 0)

    def _work(self, body: Any, message: Any, attempt: int) -> None:
        self.container.spawn_managed_thread(lambda: self._spawn(body, message, attempt))

    def _spawn(self, body: Any, message: Any, attempt: int) -> None:
        try:
            self.container.spawn_worker(
                self, (body,), {}, handle_result=partial(self._settle, body, message, attempt)
            )
        except Exception:  # the container is going down
            self.consumer.requeue_message(message)

    def _settle(
        self, body: Any, message: Any, attempt: int, _worker: Any, result: Any, exc_info: Any
    ) -> tuple[Any, Any]:
        if exc_info is None:
            self.consumer.ack_message(message)
        else:
            self.container.spawn_managed_thread(
                lambda: self._again(body, message, attempt, exc_info[1])
            )
        return result, None

    def _again(self, body: Any, message: Any, attempt: int, error: Exception) -> None:
        if is_outage(error):
            eventlet.sleep(OUTAGE_PAUSE_S)
            self._spawn(body, message, attempt)
        elif attempt < len(RETRY_PAUSES_S):
            log.warning("message failed, trying again", type=self.message_type.name,
                        attempt=attempt + 1, error=repr(error))
            eventlet.sleep(RETRY_PAUSES_S[attempt])
            self._spawn(body, message, attempt + 1)
        else:
            self._park(message, attempt + 1, error)

    def _park(self, message: Any, attempts: int, error: Exception) -> None:
        """Copy to the dead-letter queue with the reason, confirmed, before letting go of it."""
        log.error("message parked", type=self.message_type.name, error=repr(error))
        HANDLED.labels(self.message_type.name, "parked").inc()
        try:
            options = {"confirm_publish": True}
            with Connection(self.amqp_uri, transport_options=options) as connection:
                Producer(connection.channel()).publish(
                    message.body, exchange=DEAD_LETTERS.name, delivery_mode=2, mandatory=True,
                    routing_key=self.container.service_name,
                    content_type=message.content_type, content_encoding=message.content_encoding,
                    headers={
                        "reason": repr(error)[:1_000], "queue": self.queue.name,
                        "attempts": attempts, "parked_at": dump(datetime.now(UTC)),
                    },
                )
        except Exception as trouble:
            log.warning("cannot park now", error=repr(trouble))
            self.consumer.requeue_message(message)
        else:
            self.consumer.ack_message(message)


class BatchDoor(BusDoor):
    """Hands over all that has arrived, up to `BATCH`, as one list; the next list when that is
    done. So its transactions grow with the load, and an idle stream is not slower than a single
    message. A list that fails is taken apart: each message goes its own way, as lists of one."""

    def __init__(self, message: type, **options: Any) -> None:
        super().__init__(message, prefetch_count=2 * BATCH, **options)
        self._arrived: deque[tuple[Any, Any]] = deque()
        self._busy = False

    def handle_message(self, body: Any, message: Any) -> None:
        self._arrived.append((body, message))
        if not self._busy:
            self._busy = True
            self.container.spawn_managed_thread(self._next)

    def _next(self) -> None:
        batch = [self._arrived.popleft() for _ in range(min(BATCH, len(self._arrived)))]
        if not batch:
            self._busy = False
            return
        bodies = [body for body, _ in batch]
        try:
            self.container.spawn_worker(
                self, (bodies,), {}, handle_result=partial(self._settle_batch, batch)
            )
        except Exception:  # the container is going down
            for _, message in batch:
                self.consumer.requeue_message(message)

    def _settle_batch(
        self, batch: list[tuple[Any, Any]], _worker: Any, result: Any, exc_info: Any
    ) -> tuple[Any, Any]:
        for body, message in batch:
            if exc_info is None:
                self.consumer.ack_message(message)
            else:
                self._work([body], message, 0)
        self.container.spawn_managed_thread(self._next)
        return result, None
