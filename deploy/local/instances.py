"""A PostgreSQL and a RabbitMQ for one directory: private ones, or those the environment names.

For tests, benchmarks and failure drills:

    pair = Instances(Path(".local/test"), TEST_PORTS, durable=False)
    with pair.running():
        pair.postgres.url                   # of the superuser
        pair.rabbitmq.url
        pair.rabbitmq.stop(); …; pair.rabbitmq.start()
        pair.postgres.kill(); pair.postgres.start()

`start` returns when the server answers and does nothing when it already runs; `stop` shuts down
cleanly; `kill` is a crash; `remove` stops and deletes. All raise console.Failure.
"""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from deploy.local.console import Failure
from deploy.local.envfile import EnvFile
from deploy.local.ports import Ports
from deploy.local.postgres import PostgreSQL
from deploy.local.rabbitmq import MIN_VERSION, RabbitMQ, amqp_version


@dataclass(frozen=True)
class ExistingServer:
    """A server that someone else runs: never started, stopped or removed from here."""

    name: str
    url: str
    running = True
    died = False
    private = False

    def launch(self) -> None:
        """It runs already."""

    stop = remove = launch

    def start(self) -> None:
        """Make sure that it answers."""
        self.wait()

    def wait(self) -> None:
        """Failure when the broker does not answer or is too old; PostgreSQL's version is checked
        by `databases`, which opens a real connection."""
        if self.name != "RabbitMQ":
            return
        address = urlsplit(self.url)
        found = amqp_version(address.hostname or "", address.port or 5672)
        if not found:
            raise Failure(f"No RabbitMQ answers at {address.hostname}:{address.port or 5672}.")
        if found < MIN_VERSION:
            raise Failure("The RabbitMQ of AMQP_URL is too old: 3.10 or newer is needed.")

    def version(self) -> str:
        return "of another's keeping"


class Instances:
    """`postgres` and `rabbitmq`, kept under `directory`: data, logs/, run/ and secrets.env."""

    def __init__(
        self, directory: Path, ports: Ports, *, durable: bool = True, existing: bool = False
    ) -> None:
        """With `existing`, DATABASE_URL and AMQP_URL each replace a private server."""
        secrets = EnvFile(directory / "secrets.env")
        database_url = os.environ.get("DATABASE_URL") if existing else None
        amqp_url = os.environ.get("AMQP_URL") if existing else None
        self.directory = directory
        self.postgres: PostgreSQL | ExistingServer = (
            ExistingServer("PostgreSQL", database_url)
            if database_url
            else PostgreSQL(directory / "postgresql", ports.postgres, secrets, durable)
        )
        self.rabbitmq: RabbitMQ | ExistingServer = (
            ExistingServer("RabbitMQ", amqp_url)
            if amqp_url
            else RabbitMQ(directory / "rabbitmq", ports, secrets)
        )

    def start(self) -> None:
        """Start both, side by side; on failure neither is left running."""
        try:
            self.rabbitmq.launch()
            self.postgres.launch()
            self.postgres.wait()
            self.rabbitmq.wait()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop the private ones."""
        with ThreadPoolExecutor() as pool:
            list(pool.map(lambda server: server.stop(), (self.rabbitmq, self.postgres)))

    def remove(self) -> None:
        """Stop the private ones and delete what they keep."""
        self.rabbitmq.remove()
        self.postgres.remove()

    @contextmanager
    def running(self) -> Iterator["Instances"]:
        """Both running inside the block; afterwards those that were not running before stop."""
        before = [server for server in (self.rabbitmq, self.postgres) if server.running]
        self.start()
        try:
            yield self
        finally:
            for server in (self.rabbitmq, self.postgres):
                if server not in before:
                    server.stop()
