"""The bus doors, as nameko extensions. A service's `service.py` is a list of these:

    class WalletService(Service):
        name = "wallet"
        debit = write(DebitWallet, usecases.debit)              # RPC, once per id
        get_wallet = read(GetWallet, queries.get_wallet)        # RPC, read only
        on_ticket_issued = on(TicketIssued, usecases.open_wallet)  # bus, once per message
        on_debited = on_many(WalletDebited, usecases.book_debits)  # the same, many at a time
        release_holds = every(5, usecases.release_expired_holds)   # timer

RPC answers are `{"body", "error", "replayed"}`: a refusal is an answer, anything else a fault.
"""

import importlib
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import eventlet
import structlog
from kombu import Connection
from kombu.pools import producers
from nameko.extensions import DependencyProvider
from nameko.rpc import Rpc, RpcConsumer, get_rpc_exchange
from nameko.timer import Timer

from contracts.envelope import Envelope
from contracts.errors import DomainError
from contracts.message import type_of
from contracts.roles import system
from services.chassis.bus import BatchDoor, BusDoor
from services.chassis.consumer import CallConsumer
from services.chassis.database import Database, as_refusal
from services.chassis.inbox import (
    Answer,
    UseCase,
    consume_many,
    consume_once,
    run_once,
    run_query,
    run_unrecorded,
)
from services.chassis.observability import HANDLED, HANDLING
from services.chassis.outbox import Listener, Relay
from services.chassis.settings import Settings
from services.chassis.tracing import answering, consuming

log = structlog.get_logger("entrypoints")


# ------------------------------------------------------------------ what a service is built from


class Backbone(DependencyProvider):
    """A service's database, and the relay that publishes what is committed there."""

    def setup(self) -> None:
        settings = Settings.from_env(self.container.service_name)
        self.relay: Relay | None = None
        self.database = Database(
            settings.database_url, settings.service, settings.max_workers + 2,
            on_commit=self._wake_relay,
        )
        if self.container.service_cls.publishes:
            self.relay = Relay(self.database, settings.amqp_url)
            self.listener = Listener(settings.database_url, self.relay.wake)

    def start(self) -> None:
        if self.relay:
            self.container.spawn_managed_thread(self.relay.run, "outbox-relay")
            self.container.spawn_managed_thread(
                partial(self.listener.run, eventlet.sleep), "outbox-listener"
            )

    def stop(self) -> None:
        if self.relay:
            self.listener.stopping = True
            self.relay.stop()
        self.database.close()

    def get_dependency(self, worker_ctx: Any) -> Database:
        return self.database

    def _wake_relay(self) -> None:
        if self.relay:
            self.relay.wake()


class SafeRpcConsumer(RpcConsumer):
    """Answers without persistence or confirms; an answer that cannot be sent is dropped, since
    its caller has given up, instead of taking the whole process down as nameko would.

    The queue goes with its last process: a call to a service that is not there comes back to its
    caller at once, where it would wait in nameko's durable queue until the caller gives up."""

    consumer_cls = CallConsumer

    def setup(self) -> None:
        super().setup()
        self.queue.name = f"rpc.{self.container.service_name}"
        self.queue.durable, self.queue.auto_delete = False, True

    def handle_result(self, message: Any, result: Any, exc_info: Any) -> tuple[Any, Any]:
        error = None
        if exc_info is not None:
            error = {"exc_type": exc_info[0].__name__}
        try:
            with producers[Connection(self.amqp_uri)].acquire(block=True, timeout=5) as producer:
                producer.publish(
                    {"result": result, "error": error}, serializer="json", delivery_mode=1,
                    exchange=get_rpc_exchange(), routing_key=message.properties["reply_to"],
                    correlation_id=message.properties.get("correlation_id"), retry=False,
                )
        except Exception as trouble:
            log.warning("answer not sent", error=repr(trouble))
        self.consumer.ack_message(message)
        return result, exc_info


class RpcDoor(Rpc):
    rpc_consumer = SafeRpcConsumer()


class Service:
    """Base of every nameko service. `publishes` is False for helpers of another's database."""

    name: str
    publishes = True
    database = Backbone()


def service_class(process: str) -> type[Service]:
    """`ticketing-documents` → the Service of `services.ticketing.documents.service`."""
    module = importlib.import_module(f"services.{process.replace('-', '.')}.service")
    found = [
        item for item in vars(module).values()
        if isinstance(item, type) and issubclass(item, Service) and item is not Service
    ]
    if len(found) != 1:
        raise SystemExit(f"{module.__name__} must define one service, not {len(found)}.")
    return found[0]


# ------------------------------------------------------------------ doors


def write(command: type, use_case: UseCase) -> Callable[..., Any]:
    """RPC door of a command: one transaction, once per caller and id."""

    def handle(database: Database, envelope: Envelope) -> Answer:
        return run_once(database, envelope, use_case)

    return _rpc(command, handle)


def write_secret(command: type, use_case: UseCase) -> Callable[..., Any]:
    """RPC door of a command that carries or answers a secret: one transaction, never recorded."""

    def handle(database: Database, envelope: Envelope) -> Answer:
        return run_unrecorded(database, envelope, use_case)

    return _rpc(command, handle)


def read(query: type, answer: UseCase) -> Callable[..., Any]:
    """RPC door of a query: one transaction that nothing is written in."""

    def handle(database: Database, envelope: Envelope) -> Answer:
        return run_query(database, envelope, answer)

    return _rpc(query, handle)


def _rpc(message: type, handle: Callable[[Database, Envelope], Answer]) -> Callable[..., Any]:
    declared = type_of(message)

    def door(self: Service, envelope: dict[str, Any]) -> dict[str, Any]:
        asked = Envelope.from_dict(envelope)
        with answering(asked):
            answer = _answered(declared.name, lambda: handle(self.database, asked))
        return {
            "body": answer.body, "replayed": answer.replayed,
            "error": answer.error.to_dict() if answer.error else None,
        }

    return RpcDoor.decorator(door)


def _answered(name: str, work: Callable[[], Answer]) -> Answer:
    started = time.perf_counter()
    try:
        answer = work()
    except DomainError as refusal:
        answer = Answer(error=refusal)
    except Exception as error:
        unavailable = as_refusal(error)
        if unavailable is None:
            HANDLED.labels(name, "fault").inc()
            log.exception("fault", type=name)
            raise
        log.warning("database trouble", type=name, error=repr(error))
        answer = Answer(error=unavailable)
    HANDLING.labels(name).observe(time.perf_counter() - started)
    HANDLED.labels(name, answer.error.code if answer.error else "ok").inc()
    return answer


def ping() -> Callable[..., Any]:
    """RPC door that does nothing: is the service there, and how fast is the way to it."""
    return RpcDoor.decorator(lambda self: "pong")


def on(
    message: type, use_case: UseCase, concerns: Callable[[dict[str, Any]], bool] | None = None
) -> Callable[..., Any]:
    """Bus door of one event or bus command: once per message.

    `concerns` looks at the plain body first: what is of no concern is let go at once, for facts
    of which most are meant for others.
    """
    declared = type_of(message)

    def door(self: Service, body: dict[str, Any]) -> None:
        envelope = Envelope.from_dict(body)
        with consuming([envelope]):
            consume_once(self.database, declared.queue(self.name), envelope, use_case)
        HANDLED.labels(declared.name, "ok").inc()

    return BusDoor.decorator(message, concerns=concerns)(door)


def on_many(message: type, use_case: UseCase) -> Callable[..., Any]:
    """Bus door of a stream of facts: what has arrived is handled in one transaction, once per
    message. The use case is given a list; when it fails, each message is tried alone."""
    declared = type_of(message)

    def door(self: Service, bodies: list[dict[str, Any]]) -> None:
        envelopes = [Envelope.from_dict(body) for body in bodies]
        with consuming(envelopes):
            consume_many(self.database, declared.queue(self.name), envelopes, use_case)
        HANDLED.labels(declared.name, "ok").inc(len(bodies))

    return BatchDoor.decorator(message)(door)


def every(seconds: float, use_case: Callable[[Any], Any]) -> Callable[..., Any]:
    """A timer. The use case does one bounded batch and answers how much it did; it is called
    again at once while there is more."""

    def door(self: Service) -> None:
        more = True
        while more:
            try:
                with self.database.transaction(system(self.name)) as uow:
                    more = bool(use_case(uow))
            except Exception as error:
                log.warning("timer failed, next round tries again", error=repr(error))
                return

    return Timer.decorator(seconds)(door)
