"""nameko's consumer of queues, with the habits it lacks when a message or the process ends."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import eventlet
import structlog
from amqp.exceptions import ConnectionError as AmqpConnectionError
from kombu import pools
from nameko.amqp.consume import Consumer

LOOK_S = 0.05
RECONNECT_S = 3
log = structlog.get_logger("consumer")


class CarefulConsumer(Consumer):
    """When stopped it takes no more, but keeps its connection until what it has taken is settled:
    otherwise the broker would give to another process what is still being worked on here.

    A connection that breaks under an acknowledgement is no failure: the broker has taken the
    message back. What cannot be read as a message is parked by the broker instead of dropped.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._taken = 0

    def on_message(self, body: Any, message: Any) -> None:
        self._taken += 1
        super().on_message(body, message)

    def on_decode_error(self, message: Any, exc: Exception) -> None:
        message.reject()

    @contextmanager
    def establish_connection(self) -> Iterator[Any]:
        """As kombu's, whose pauses between attempts grow to half a minute."""
        with self.create_connection() as connection:
            connection.ensure_connection(
                self.on_connection_error, interval_start=1, interval_max=RECONNECT_S
            )
            yield connection

    def on_connection_error(self, exc: Exception, interval: float) -> None:
        log.warning("broker away, trying again", queue=self.queues[0].name, error=repr(exc))

    def on_consume_end(self, connection: Any, channel: Any) -> None:
        while self._taken:
            eventlet.sleep(LOOK_S)

    def ack_message(self, message: Any) -> None:
        self._settle(message, message.ack)

    def requeue_message(self, message: Any) -> None:
        self._settle(message, message.requeue)

    def _settle(self, message: Any, how: Any) -> None:
        self._taken -= 1
        try:
            if message.channel.connection:
                how()
        except (AmqpConnectionError, OSError):
            pass


class CallConsumer(CarefulConsumer):
    """Of RPC calls, whose answers leave by kombu's pooled connections."""

    def on_connection_revived(self) -> None:
        """Those that were open before the broker went away are dead without knowing it: the
        first answer on each would vanish."""
        pools.reset()
