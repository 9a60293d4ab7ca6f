"""Parked messages: `python -m services.chassis.dead_letters list|show|replay`.

    list   [service]                      what is parked, and why
    show   [service] <number|message id>  one whole
    replay [service] [number|message id]  back to the queue it failed in; without a number: all

Numbers are those of `list` with the same service. A replayed message leaves its dead-letter queue
when the broker has confirmed it in the other: whatever dies in between, it is there twice at worst,
and the inbox of its consumer takes it once.
"""

import json
import os
import sys
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import amqp
from kombu import Connection

from contracts.message import REGISTRY
from services.chassis.broker import Publisher, dead_letters_of
from services.chassis.prepare import load_contracts
from services.chassis.settings import Settings

LIMIT = 10_000  # of one queue at a time; those behind them come next time


@dataclass(frozen=True)
class Parked:
    """One message as it lies in the dead-letter queue of `service`, unacknowledged by us."""

    service: str
    message: amqp.Message

    @property
    def body(self) -> dict[str, Any]:
        """The envelope; empty when it is none."""
        try:
            found = json.loads(self.message.body)
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}

    @property
    def id(self) -> str:
        return str(self.body.get("id") or self.message.properties.get("message_id", "-"))

    @property
    def queue(self) -> str:
        """Where it failed: said by the consumer that parked it, or by the broker."""
        return str(self._headers.get("queue") or self._death.get("queue", ""))

    @property
    def reason(self) -> str:
        given = self._headers.get("reason") or _BROKER_REASONS.get(self._death.get("reason", ""))
        return str(given or "unknown")

    @property
    def parked_at(self) -> str:
        moment = self._headers.get("parked_at") or self._death.get("time")
        if isinstance(moment, datetime):  # the broker's, in UTC without saying so
            moment = moment.replace(tzinfo=UTC).isoformat()
        return str(moment or "-")

    @property
    def attempts(self) -> str:
        return str(self._headers.get("attempts") or self._headers.get("x-delivery-count") or "-")

    @property
    def _headers(self) -> dict[str, Any]:
        return self.message.headers or {}

    @property
    def _death(self) -> dict[str, Any]:
        deaths = self._headers.get("x-death") or [{}]
        return deaths[0]


_BROKER_REASONS = {
    "delivery_limit": "the process died on it again and again",
    "rejected": "not readable as a message",
    "expired": "waited too long",
}


def main(arguments: Sequence[str], amqp_url: str) -> int:
    """The exit status: 0, or 1 when there was nothing to do it with."""
    verb, *rest = arguments or ("list",)
    known = sorted({name for item in REGISTRY.values() for name in item.consumers})
    services = [rest.pop(0)] if rest and rest[0] in known else known
    if verb not in ("list", "show", "replay") or len(rest) > (verb != "list") or (
        verb == "show" and not rest
    ):
        return _say(f"{(__doc__ or '').strip()}\n\nServices: {', '.join(known)}.", 2)
    with Connection(amqp_url, connect_timeout=5) as connection:
        parked = [item for name in services for item in _parked(connection, name)]
        chosen = [
            (number, item) for number, item in enumerate(parked, 1)
            if not rest or rest[0] in (str(number), item.id)
        ]
        if rest and not chosen:
            return _say(f"No parked message is {rest[0]}: `list` shows them all.", 1)
        if not chosen:
            return _say("No message is parked.", 0)
        if verb == "replay":
            return _replay(amqp_url, chosen)
        for number, item in chosen:
            print(_line(number, item) if verb == "list" else _whole(item))
    return 0


def _parked(connection: Connection, service: str) -> list[Parked]:
    """What lies in a dead-letter queue, oldest first. It returns there when `connection` ends."""
    channel = connection.channel()
    queue = dead_letters_of(service)(channel)
    queue.declare()
    found: list[Parked] = []
    while len(found) < LIMIT and (message := channel.basic_get(queue.name)) is not None:
        found.append(Parked(service, message))
    return found


def _line(number: int, item: Parked) -> str:
    return (
        f"{number:>4}  {item.queue or item.service}  {item.id}  parked {item.parked_at}"
        f"  after {item.attempts} attempts\n      {item.reason}"
    )


def _whole(item: Parked) -> str:
    text = json.dumps(item.body, indent=2, ensure_ascii=False) if item.body else (
        bytes(item.message.body).decode(errors="replace")
        if isinstance(item.message.body, bytes) else str(item.message.body)
    )
    return (
        f"queue:    {item.queue or 'unknown'}\nparked:   {item.parked_at}\n"
        f"attempts: {item.attempts}\nreason:   {item.reason}\n{text}"
    )


def _replay(amqp_url: str, chosen: Sequence[tuple[int, Parked]]) -> int:
    with closing(Publisher(amqp_url)) as publisher:
        left = sum(not _replay_one(publisher, item) for _, item in chosen)
    done = len(chosen) - left
    return _say(f"{done} replayed" + (f", {left} still parked." if left else "."), 1 if left else 0)


def _replay_one(publisher: Publisher, item: Parked) -> bool:
    """To the default exchange, which takes a queue's own name as the routing key."""
    body = item.message.body
    content = body if isinstance(body, bytes) else body.encode()
    if not publisher.publish([(item.id, "", item.queue, content)]):
        print(f"{item.id}: the queue {item.queue or 'it came from'} does not exist; kept.")
        return False
    item.message.channel.basic_ack(item.message.delivery_tag)
    print(f"{item.id}: back in {item.queue}.")
    return True


def _say(sentence: str, status: int) -> int:
    print(sentence)
    return status


if __name__ == "__main__":
    load_contracts()
    try:
        sys.exit(main(sys.argv[1:], Settings.from_env("chassis", os.environ).amqp_url))
    except (OSError, amqp.AMQPError) as trouble:
        sys.exit(f"The broker does not answer ({trouble}): start it, or set AMQP_URL.")
