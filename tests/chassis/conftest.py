"""A tiny service on the shared servers, and a private pair of servers that may be stopped."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local.instances import Instances
from deploy.local.ports import Ports
from services.chassis.broker import declare
from services.chassis.prepare import migrate
from services.chassis.testing import Harness
from tests.chassis import probe as parts
from tests.chassis.support import Bus, Processes, Rows
from tests.running import Servers
from tests.wallet.door import Door, TokenMaker

DRILL_PORTS = Ports(postgres=21810, amqp=21811, distribution=21812, epmd=21813)
QUEUE = "probe.probe.worked.v1"
STREAM = "probe.probe.counted.v1"
DEAD_LETTERS = "probe.dead-letters"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What starts processes is slow."""
    for item in items:
        if "tests.chassis" in item.module.__name__ and "running" in item.fixturenames:
            item.add_marker(pytest.mark.slow)


class Probe(Harness):
    """The probe's database, its queues, and its process when a test starts it."""

    def __init__(self, servers: Servers, name: str, directory: Path) -> None:
        super().__init__("probe", servers.database_url(name))
        self.rows = Rows(self.url)
        self.bus = Bus(servers.amqp_url)
        plain = self.url.replace("+psycopg", "")
        self.processes = Processes(
            directory, {"PROBE_DATABASE_URL": plain, "AMQP_URL": servers.amqp_url}
        )

    def start(self, name: str = "probe", **settings: str) -> None:
        self.processes.start(name, "-m", "tests.chassis.run_probe", **settings)

    def notes(self, text: str) -> list[int]:
        """The numbers of the messages about `text` that had their effect, in that order."""
        return self.rows.all("SELECT number FROM notes WHERE text = :text ORDER BY id", text=text)

    def effects(self, text: str) -> int:
        return int(self.rows.one("SELECT count(*) FROM effects WHERE text = :text", text=text))


@pytest.fixture
def probe(servers: Servers, tmp_path: Path) -> Iterator[Probe]:
    """Fresh tables and empty queues; no process yet."""
    name = servers.create_database("cha_probe")
    made = Probe(servers, name, tmp_path)
    parts.metadata.create_all(made.database.engine)
    made.bus.delete(QUEUE, STREAM, DEAD_LETTERS)
    declare(servers.amqp_url, "probe")
    yield made
    made.processes.stop_all()
    made.bus.delete(QUEUE, STREAM, DEAD_LETTERS)
    made.bus.close()
    made.rows.engine.dispose()
    made.close()
    servers.drop_database(name)


@pytest.fixture
def running(probe: Probe) -> Probe:
    """The same, with its process."""
    probe.start()
    return probe


class Drill:
    """The wallet service and its terminal door on servers of their own, which may be stopped."""

    def __init__(self, pair: Instances, directory: Path) -> None:
        self.pair = pair
        self.servers = Servers(pair)
        self.url = self.servers.database_url(self.servers.create_database("cha_wallet"))
        self.rows = Rows(self.url)
        self.bus = Bus(pair.rabbitmq.url)
        plain = self.url.replace("+psycopg", "")
        self.processes = Processes(
            directory, {"WALLET_DATABASE_URL": plain, "AMQP_URL": pair.rabbitmq.url}
        )
        migrate("wallet", self.url)
        declare(pair.rabbitmq.url, "wallet")
        self.start()

    def start(self) -> None:
        self.processes.start("wallet", "-m", "services.chassis.run", "wallet")

    def kill(self) -> None:
        self.processes.end("wallet", signal.SIGKILL)

    def terminal(self) -> Door:
        tokens = TokenMaker()
        tokens.publish(self.rows)
        return Door(self.processes, tokens)

    def stop(self) -> None:
        self.processes.stop_all()
        self.bus.close()
        self.rows.engine.dispose()


@pytest.fixture(scope="session")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instances]:
    instances = Instances(tmp_path_factory.mktemp("drill"), DRILL_PORTS, durable=False)
    with instances.running():
        yield instances
    instances.remove()


@pytest.fixture
def drill(pair: Instances, tmp_path: Path) -> Iterator[Drill]:
    pair.start()
    made = Drill(pair, tmp_path)
    yield made
    made.stop()
