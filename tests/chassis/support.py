"""Processes of our own for the tests of the chassis, and a look at rows and queues."""

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import amqp
import requests
from kombu import Connection
from sqlalchemy import create_engine, text

from contracts.envelope import Envelope
from contracts.errors import DomainError
from contracts.message import REGISTRY, type_of
from contracts.roles import Actor, Principal, Role
from deploy.local.processes import python
from gateway.rpc import RpcClient
from services.chassis.broker import Publisher, to_bytes
from tests.running import ROOT, wait_until

CASHIER = Actor(
    Principal.USER, "u1", "Lea", frozenset({Role.WALLET_CASHIER, Role.WALLET_MANAGER})
)


class Processes:
    """Processes with the same settings, each with a log; `stop_all` leaves none behind."""

    def __init__(self, directory: Path, settings: dict[str, str]) -> None:
        self.directory = directory
        self.settings = settings
        self.running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, name: str, *command: str, wait: bool = True, **settings: str) -> None:
        """`python <command>`; for a nameko process returns when it says that it is ready."""
        kept = {key: os.environ[key] for key in ("PATH", "HOME", "LANG") if key in os.environ}
        path = self.directory / f"{name}.log"
        path.write_bytes(b"")
        with path.open("ab") as log:
            self.running[name] = subprocess.Popen(
                [python(), *command], cwd=ROOT, stdout=log, stderr=subprocess.STDOUT,
                env=kept | {"PYTHONUNBUFFERED": "1"} | self.settings | settings,
            )
        if wait:
            self.wait_log(name, "] ready ")

    def wait_log(self, name: str, words: str, seconds: float = 30) -> None:
        wait_until(
            lambda: words in self.log(name) or self.running[name].poll() is not None,
            seconds, lambda: self.log(name),
        )
        assert words in self.log(name), self.log(name)

    def send(self, name: str, number: int) -> None:
        self.running[name].send_signal(number)

    def end(self, name: str, number: int = signal.SIGTERM) -> int:
        """Send a signal and wait; the exit status."""
        popen = self.running.pop(name)
        popen.send_signal(number)
        try:
            return popen.wait(30)
        except subprocess.TimeoutExpired:
            popen.kill()
            raise AssertionError(f"{name} did not end:\n{self.log(name)}") from None

    def log(self, name: str) -> str:
        return (self.directory / f"{name}.log").read_text()[-20_000:]

    def stop_all(self) -> None:
        for popen in self.running.values():
            popen.kill()
            popen.wait()
        self.running.clear()


class Rows:
    """One database, looked at from outside of every service."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.engine = create_engine(url, pool_pre_ping=True, isolation_level="AUTOCOMMIT")

    def run(self, statement: str, **values: Any) -> None:
        with self.engine.connect() as connection:
            connection.execute(text(statement), values)

    def all(self, statement: str, **values: Any) -> list[Any]:
        with self.engine.connect() as connection:
            return list(connection.execute(text(statement), values).scalars())

    def one(self, statement: str, **values: Any) -> Any:
        (value,) = self.all(statement, **values)
        return value

    def waiting(self) -> int:
        return int(self.one("SELECT count(*) FROM outbox WHERE published_at IS NULL"))

    @contextmanager
    def relay_held(self, lock: int) -> Iterator[None]:
        """While inside, no relay publishes: the moment between commit and publish, made long."""
        with self.engine.connect() as connection:
            connection.execute(text(f"SELECT pg_advisory_lock({lock})"))
            try:
                yield
            finally:
                connection.execute(text(f"SELECT pg_advisory_unlock({lock})"))


class Bus:
    """The broker, seen by a client and by an operator."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.rpc = RpcClient(url)

    def call(self, message: Any, actor: Actor = CASHIER, id: str = "", timeout: float = 10) -> Any:
        """A command's or query's whole answer: `body`, `error`, `replayed`."""
        declared = type_of(type(message))
        envelope = Envelope.of(message, actor, id=id)
        return self.rpc.call(
            declared.owner, declared.method, envelope.to_dict(), timeout=timeout
        )

    def try_call(self, message: Any, id: str = "", timeout: float = 3) -> str:
        """ok, or the code of the refusal."""
        try:
            error = self.call(message, id=id, timeout=timeout)["error"]
        except DomainError as refusal:
            return refusal.code.value
        return error["code"] if error else "ok"

    def publish(self, envelope: Envelope, times: int = 1) -> None:
        declared = REGISTRY[envelope.type]
        publisher = Publisher(self.url)
        for _ in range(times):
            assert publisher.publish(
                [(envelope.id, declared.exchange, declared.name, to_bytes(envelope.to_dict()))]
            )
        publisher.close()

    def depth(self, queue: str) -> int:
        """Messages ready in a queue; 0 when there is no such queue."""
        with Connection(self.url) as connection:
            try:
                return int(connection.channel().queue_declare(queue, passive=True).message_count)
            except amqp.exceptions.NotFound:
                return 0

    def ids(self, queue: str) -> list[str]:
        """Of the messages that lie in a queue, once each, and stay there."""
        with Connection(self.url) as connection:
            channel = connection.channel()
            bodies = []
            while (message := channel.basic_get(queue)) is not None:
                bodies.append(json.loads(message.body))
        return list(dict.fromkeys(body["id"] for body in bodies))

    def take(self, queue: str) -> list[bytes]:
        """Empty a queue; its bodies in order."""
        found = []
        with Connection(self.url) as connection:
            channel = connection.channel()
            while (message := channel.basic_get(queue, no_ack=True)) is not None:
                body = message.body
                found.append(body if isinstance(body, bytes) else body.encode())
        return found

    def delete(self, *queues: str) -> None:
        with Connection(self.url) as connection:
            for queue in queues:
                connection.channel().queue_delete(queue)

    def close(self) -> None:
        self.rpc.close()


def http_ok(url: str) -> bool:
    try:
        return requests.get(url, timeout=5).status_code == 200
    except requests.ConnectionError:
        return False
