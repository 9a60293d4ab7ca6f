"""Calls to the services: nameko's RPC protocol, spoken on kombu by native threads.

A process has one reply queue, read by one thread that hands every reply to the call waiting for
it (by correlation id), and as many publishing connections as calls are under way at once. A
call always ends: with its result, or as a DomainError that says what is missing.
"""

import json
import os
import select
import time
from collections import deque
from collections.abc import Callable
from contextlib import nullcontext, suppress
from queue import Empty, SimpleQueue
from threading import Event, Lock, Thread
from typing import Any
from uuid import uuid4

import structlog
from kombu import Connection, Exchange, Queue

from contracts.errors import Code, DomainError
from contracts.message import MessageType, type_of
from services.chassis.tracing import asking

EXCHANGE = "nameko-rpc"
TIMEOUT_S = 10.0
CONNECT_TIMEOUT_S = 3.0
HEARTBEAT_S = 10
RECONNECT_PAUSE_S = 0.5
# When a waiting call looks whether the broker returned its message as undeliverable.
LOOKS_S = (0.01, 0.03, 0.1, 0.5)
LOST = b""  # handed to waiting calls instead of a reply when the broker is gone
Heard = tuple[MessageType, Callable[[dict[str, Any]], None]]
log = structlog.get_logger("rpc")


class RpcClient:
    """Safe to share between threads; after a fork the child opens connections of its own."""

    def __init__(self, amqp_url: str, exchange: str = EXCHANGE) -> None:
        self._url = amqp_url
        self._exchange = exchange
        self._heard: list[Heard] = []
        self._lock = Lock()
        # By process: what a parent opened is kept, since letting go of it would close its sockets.
        self._links: dict[int, _Link] = {}

    def call(self, service: str, method: str, *args: Any, timeout: float = TIMEOUT_S) -> Any:
        """What `method` of `service` answers.

        Raises DomainError SERVICE_UNAVAILABLE (no such service, or no broker), SERVICE_TIMEOUT
        (no answer within `timeout` seconds) or INTERNAL_ERROR (the service failed).
        """
        with asking(args[0]) if args else nullcontext():
            return self._link().call(service, method, args, timeout)

    def hear(self, event: type, react: Callable[[dict[str, Any]], None]) -> None:
        """From the next connection on `react` is given the body of every such event, in the
        thread that reads the replies. The queue is this process's own and goes with it: what was
        said while it was away is never heard."""
        self._heard.append((type_of(event), react))

    def connected(self) -> bool:
        """Is the broker there."""
        return self._link().replies.wait_until_tried()

    def close(self) -> None:
        link = self._links.pop(os.getpid(), None)
        if link:
            link.close()

    def _link(self) -> "_Link":
        link = self._links.get(os.getpid())
        if link is None:
            with self._lock:
                link = self._links.get(os.getpid()) or _Link(
                    self._url, self._exchange, self._heard
                )
                self._links[os.getpid()] = link
        return link


class _Link:
    """One process's connections to the broker."""

    def __init__(self, url: str, exchange: str, heard: list[Heard]) -> None:
        self._url = url
        self._exchange = exchange
        self._idle: deque[_Publisher] = deque()
        self.replies = _Replies(url, exchange, heard)
        self.replies.start()

    def call(self, service: str, method: str, args: tuple[Any, ...], timeout: float) -> Any:
        deadline = time.monotonic() + timeout
        call_id = str(uuid4())
        inbox = self.replies.expect(call_id)
        try:
            reply_to = self.replies.address()
            body = json.dumps({"args": args, "kwargs": {}}, separators=(",", ":"))
            publisher = self._publish(
                body, f"{service}.{method}", correlation_id=call_id, reply_to=reply_to,
                expiration=str(int(timeout * 1000)), delivery_mode=1,
            )
            reply = self._await(inbox, publisher, call_id, service, deadline)
        finally:
            self.replies.forget(call_id)
        return _result(reply, service, method)

    def _publish(self, body: str, routing_key: str, **properties: Any) -> "_Publisher":
        """Send on an idle connection, or on a new one when the idle ones turn out to be dead."""
        while self._idle:
            try:
                publisher = self._idle.pop()
                publisher.look()
                publisher.send(body, routing_key, properties)
                return publisher
            except IndexError:
                break  # another thread was quicker
            except _TROUBLE:
                publisher.close()
        try:
            publisher = _Publisher(self._url, self._exchange)
            publisher.send(body, routing_key, properties)
        except _TROUBLE:
            raise _unavailable("The broker") from None
        return publisher

    def _await(
        self, inbox: "SimpleQueue[bytes]", publisher: "_Publisher", call_id: str, service: str,
        deadline: float,
    ) -> bytes:
        started = time.monotonic()
        for look in (*LOOKS_S, deadline - started):
            left = min(started + look, deadline) - time.monotonic()
            try:
                reply = inbox.get(timeout=max(left, 0.0))
            except Empty:
                if self._returned(publisher, call_id):
                    self._idle.append(publisher)
                    raise _unavailable(f"The {service} service") from None
            else:
                self._idle.append(publisher)
                return reply
        self._idle.append(publisher)
        raise DomainError(
            Code.SERVICE_TIMEOUT,
            f"The {service} service did not answer in time. It may still finish: repeat the "
            "request with the same Idempotency-Key to learn the result.",
        )

    @staticmethod
    def _returned(publisher: "_Publisher", call_id: str) -> bool:
        try:
            publisher.look()
        except _TROUBLE:
            return False  # the reply comes on another connection, if that is still there
        return call_id in publisher.returned

    def close(self) -> None:
        self.replies.stop()
        while self._idle:
            self._idle.pop().close()


class _Publisher:
    """One connection, used by one thread at a time. Messages that no queue takes come back."""

    def __init__(self, url: str, exchange: str) -> None:
        self._exchange = exchange
        self._connection = _open(url, heartbeat=0)
        self._channel = self._connection.channel()
        self._channel.events["basic_return"].add(self._on_return)
        self._readable = select.poll()
        self._readable.register(self._connection.connection.sock, select.POLLIN)
        self.returned: set[str] = set()

    def send(self, body: str, routing_key: str, properties: dict[str, Any]) -> None:
        self.returned.clear()
        message = self._channel.prepare_message(
            body.encode(), content_type="application/json", content_encoding="utf-8",
            properties=properties,
        )
        self._channel.basic_publish(message, self._exchange, routing_key, mandatory=True)

    def look(self) -> None:
        """Read what the broker has said, without waiting; raises when it has hung up."""
        while self._readable.poll(0):
            self._connection.drain_events(timeout=CONNECT_TIMEOUT_S)

    def close(self) -> None:
        self._connection.release()

    def _on_return(self, _error: Any, _exchange: str, _key: str, message: Any) -> None:
        self.returned.add(message.properties["correlation_id"])


class _Replies(Thread):
    """The reply queue and the one thread that reads it; reconnects for ever.

    The queue is new with every connection, so no reply can come twice. When the connection is
    lost, every waiting call is told at once: `_up` is cleared before they are told, and a call
    registers before it looks at `_up`, so none is missed.
    """

    def __init__(self, url: str, exchange: str, heard: list[Heard]) -> None:
        super().__init__(name="rpc-replies", daemon=True)
        self._url = url
        self._heard = heard
        self._exchange = Exchange(exchange, type="topic", durable=True)
        self._waiting: dict[str, SimpleQueue[bytes]] = {}
        self._address = ""
        self._up = Event()
        self._tried = Event()
        self._stopping = Event()

    def expect(self, call_id: str) -> "SimpleQueue[bytes]":
        inbox = self._waiting[call_id] = SimpleQueue()
        return inbox

    def forget(self, call_id: str) -> None:
        self._waiting.pop(call_id, None)

    def wait_until_tried(self) -> bool:
        """Is the broker there; only the very first calls wait for the answer."""
        self._tried.wait(CONNECT_TIMEOUT_S)
        return self._up.is_set()

    def address(self) -> str:
        """Where replies shall go. Raises DomainError SERVICE_UNAVAILABLE without a broker."""
        if not self.wait_until_tried():
            raise _unavailable("The broker")
        return self._address

    def stop(self) -> None:
        self._stopping.set()
        self.join(CONNECT_TIMEOUT_S)

    def run(self) -> None:
        while not self._stopping.is_set():
            try:
                with _open(self._url, heartbeat=HEARTBEAT_S) as connection:
                    self._consume(connection)
            except Exception as error:  # whatever it is, this thread must not end
                if self._up.is_set() or not self._tried.is_set():
                    log.warning("no broker, trying again until there is", error=repr(error))
            self._up.clear()
            self._tried.set()
            for inbox in list(self._waiting.values()):
                inbox.put(LOST)
            self._stopping.wait(RECONNECT_PAUSE_S)

    def _consume(self, connection: Connection) -> None:
        channel = connection.channel()
        self._address = str(uuid4())
        queue = Queue(
            f"rpc.reply-gateway-{self._address}", self._exchange, routing_key=self._address,
            exclusive=True, auto_delete=True, durable=False,
        )(channel)
        queue.declare()
        channel.basic_consume(queue.name, no_ack=True, callback=self._on_reply)
        for declared, react in self._heard:
            self._listen(channel, declared, react)
        if self._tried.is_set():
            log.info("broker found again")
        self._up.set()
        self._tried.set()
        next_check = 0.0
        while not self._stopping.is_set():
            with suppress(TimeoutError):  # nothing said for a second
                connection.drain_events(timeout=1)
            if time.monotonic() > next_check:
                connection.heartbeat_check()
                next_check = time.monotonic() + HEARTBEAT_S / 4

    @staticmethod
    def _listen(channel: Any, declared: MessageType, react: Callable[..., None]) -> None:
        def on_message(message: Any) -> None:
            try:
                react(json.loads(message.body)["body"])
            except Exception:  # one that cannot be read must not cost the connection
                log.exception("an event could not be read", type=declared.name)

        queue = Queue(
            f"gateway.{declared.name}-{uuid4()}",
            Exchange(declared.exchange, type="topic", durable=True), routing_key=declared.name,
            exclusive=True, auto_delete=True, durable=False,
        )(channel)
        queue.declare()
        channel.basic_consume(queue.name, no_ack=True, callback=on_message)

    def _on_reply(self, message: Any) -> None:
        inbox = self._waiting.get(message.properties.get("correlation_id"))
        if inbox is not None:
            inbox.put(message.body)


def _open(url: str, heartbeat: int) -> Connection:
    connection = Connection(url, connect_timeout=CONNECT_TIMEOUT_S, heartbeat=heartbeat)
    connection.connect()
    return connection


_ANY = Connection("amqp://")
_TROUBLE = (OSError, *_ANY.connection_errors, *_ANY.channel_errors)


def _result(reply: bytes, service: str, method: str) -> Any:
    if reply == LOST:
        raise _unavailable("The broker")
    answer = json.loads(reply)
    if answer["error"] is not None:
        log.error("fault in a service", service=service, method=method, error=answer["error"])
        raise DomainError(
            Code.INTERNAL_ERROR,
            "Something went wrong on our side; quote the request id to support.",
        )
    return answer["result"]


def _unavailable(what: str) -> DomainError:
    return DomainError(
        Code.SERVICE_UNAVAILABLE, f"{what} cannot be reached right now. Please try again."
    )
