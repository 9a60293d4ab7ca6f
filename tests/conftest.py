"""Real servers for every test that needs one, and the whole system for those that walk through
its front door.

    wallet, ticketing, …   a Harness on a fresh, migrated database of that service
    festival               all processes running, with URLs and an administrator's token
"""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from deploy.local.instances import Instances
from deploy.local.ports import TEST_PORTS
from services.chassis.database import Database
from services.chassis.prepare import load_contracts, migrate, seed_of
from services.chassis.testing import Harness
from tests.running import Festival, Servers

ROOT = Path(__file__).resolve().parents[1]
PASSWORDS = {
    f"{name}_PASSWORD": f"test-{name.lower()}-password"
    for name in ("ADMIN", "CASHIER", "BAR", "ACCOUNTANT", "DOOR")
}
SECRETS = {"PAYMENT_WEBHOOK_SECRET": "test-webhook-secret"}

load_contracts()
STANDING: list[Festival] = []  # the session's festival, once it runs


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """`make test-fast` is for one's loop: of the tests that need a server it runs those marked
    `core`, which try the heart of the promises."""
    for item in items:
        needs_server = "servers" in getattr(item, "fixturenames", ())
        if needs_server and not item.get_closest_marker("core"):
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session", autouse=True)
def secrets() -> None:
    """What the launcher would have generated."""
    os.environ.update(PASSWORDS | SECRETS)


@pytest.fixture(scope="session")
def servers() -> Iterator[Servers]:
    """A PostgreSQL and a RabbitMQ: private ones, or those of DATABASE_URL and AMQP_URL."""
    pair = Instances(ROOT / ".local" / "test", TEST_PORTS, durable=False, existing=True)
    with pair.running():
        yield Servers(pair)


@pytest.fixture(scope="session")
def template(servers: Servers) -> Iterator[Callable[[str], str]]:
    """The name of a migrated and prepared database of a service, made once, copied by tests."""
    made: dict[str, str] = {}

    def of(service: str) -> str:
        if service not in made:
            name = servers.create_database(f"t_{service}")
            migrate(service, servers.database_url(name))
            database = Database(servers.database_url(name), "template", pool_size=2)
            seed_of(service).prepare(database)
            database.close()
            made[service] = name
        return made[service]

    yield of
    for name in made.values():
        servers.drop_database(name)


@pytest.fixture
def harness(
    servers: Servers, template: Callable[[str], str]
) -> Iterator[Callable[[str], Harness]]:
    """`harness("wallet")`: that service on a fresh copy of its template."""
    made: list[tuple[Harness, str]] = []

    def of(service: str) -> Harness:
        name = servers.create_database(f"c_{service}", template(service))
        made.append((Harness(service, servers.database_url(name)), name))
        return made[-1][0]

    yield of
    for item, name in made:
        item.close()
        servers.drop_database(name)


@pytest.fixture
def identity(harness: Callable[[str], Harness]) -> Harness:
    return harness("identity")


@pytest.fixture
def catalog(harness: Callable[[str], Harness]) -> Harness:
    return harness("catalog")


@pytest.fixture
def ticketing(harness: Callable[[str], Harness]) -> Harness:
    return harness("ticketing")


@pytest.fixture
def wallet(harness: Callable[[str], Harness]) -> Harness:
    return harness("wallet")


@pytest.fixture
def accounting(harness: Callable[[str], Harness]) -> Harness:
    return harness("accounting")


@pytest.fixture(scope="session")
def festival(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Festival]:
    """Every process of the system, on databases of its own, as `make up` would start them."""
    running = Festival(servers, tmp_path_factory.mktemp("festival"), PASSWORDS | SECRETS)
    try:
        running.start()
        STANDING.append(running)
        yield running
    finally:
        STANDING.clear()
        running.stop()


@pytest.fixture
def broker_to_itself() -> Iterator[None]:
    """For tests with processes of their own: the festival, if it stands, pauses meanwhile."""
    for festival in STANDING:
        festival.pause()
    yield
    for festival in STANDING:
        festival.resume()


