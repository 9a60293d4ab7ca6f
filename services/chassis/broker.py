"""The exchanges and queues, drawn from the contracts, and publishing that knows what arrived.

    <owner>.events / <owner>.commands   topic exchanges, routing key = message type
    <consumer>.<type>                   one quorum queue per consumer and message
    dead-letters → <consumer>.dead-letters
"""

import json
from collections.abc import Sequence
from typing import Any

import amqp
from kombu import Connection, Exchange, Queue

from contracts.message import REGISTRY, MessageType

# A message that kills its process is parked by the broker; ordinary failures are counted and
# parked, with their reason, by the consumer (entrypoints.py).
DELIVERY_LIMIT = 20
PUBLISH_TIMEOUT_S = 10
BATCH = 200

DEAD_LETTERS = Exchange("dead-letters", type="direct", durable=True)


def exchange_of(declared: MessageType) -> Exchange:
    return Exchange(declared.exchange, type="topic", durable=True)


def queue_of(declared: MessageType, consumer: str) -> Queue:
    return Queue(
        declared.queue(consumer), exchange_of(declared), routing_key=declared.name, durable=True,
        queue_arguments={
            "x-queue-type": "quorum",
            "x-delivery-limit": DELIVERY_LIMIT,
            "x-dead-letter-exchange": DEAD_LETTERS.name,
            "x-dead-letter-routing-key": consumer,
        },
    )


def dead_letters_of(consumer: str) -> Queue:
    return Queue(f"{consumer}.dead-letters", DEAD_LETTERS, routing_key=consumer, durable=True)


def queues_around(service: str) -> list[Queue]:
    """Every queue that `service` reads or writes to: declared before anything is published."""
    queues = [dead_letters_of(service)]
    for declared in REGISTRY.values():
        for consumer in declared.consumers:
            if service in (consumer, declared.owner) or declared.kind == "command":
                queues += [queue_of(declared, consumer), dead_letters_of(consumer)]
    return queues


def declare(amqp_url: str, service: str) -> list[str]:
    """Declare the queues around a service; answers their names. Safe to repeat."""
    with Connection(amqp_url, connect_timeout=5) as connection:
        channel = connection.channel()
        for queue in queues_around(service):
            queue(channel).declare()
    return sorted({queue.name for queue in queues_around(service)})


class Publisher:
    """Publishes batches on one connection and answers which messages the broker has taken.

    One wait for a whole batch of confirms: waiting for each would cost a disk flush a message.
    """

    def __init__(self, amqp_url: str) -> None:
        self.connection = Connection(amqp_url, connect_timeout=5)
        self._channel: amqp.Channel | None = None
        self._published = 0
        self._waiting: dict[int, str] = {}
        self._refused: set[str] = set()

    def publish(self, messages: Sequence[tuple[str, str, str, bytes]]) -> set[str]:
        """`(message id, exchange, routing key, body)` each; the ids that are safely queued.

        Missing are those that no queue took (mandatory) or the broker refused.
        Raises the connection's errors when the broker cannot be reached.
        """
        channel = self._open()
        self._refused.clear()
        for message_id, exchange, routing_key, body in messages:
            self._published += 1
            self._waiting[self._published] = message_id
            channel.basic_publish(
                amqp.Message(body, delivery_mode=2, content_type="application/json",
                             message_id=message_id),
                exchange=exchange, routing_key=routing_key, mandatory=True,
            )
        while self._waiting:
            self.connection.drain_events(timeout=PUBLISH_TIMEOUT_S)
        return {message_id for message_id, *_ in messages} - self._refused

    def close(self) -> None:
        self._channel = None
        self.connection.release()

    def _open(self) -> amqp.Channel:
        if self._channel is None or not self.connection.connected:
            self.connection.close()
            self.connection.connect()
            self._channel = self.connection.channel()
            self._channel.confirm_select()
            self._channel.events["basic_ack"].add(self._on_ack)
            self._channel.events["basic_nack"].add(self._on_nack)
            self._channel.events["basic_return"].add(self._on_return)
            self._published = 0
            self._waiting.clear()
        return self._channel

    def _on_ack(self, tag: int, multiple: bool) -> None:
        for done in [item for item in self._waiting if item <= tag] if multiple else [tag]:
            self._waiting.pop(done, None)

    def _on_nack(self, tag: int, multiple: bool) -> None:
        first = 0 if multiple else tag
        self._refused |= {self._waiting[item] for item in self._waiting if first <= item <= tag}
        self._on_ack(tag, multiple)

    def _on_return(self, _error: Any, _exchange: str, _key: str, message: amqp.Message) -> None:
        self._refused.add(message.properties["message_id"])


def to_bytes(document: Any) -> bytes:
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode()
