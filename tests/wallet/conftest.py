"""One stand a test file: its terminals share a door, as in a bar."""

from collections.abc import Callable, Iterator

import pytest

from services.chassis.testing import Harness
from tests.running import Servers
from tests.wallet.stand import Stand


@pytest.fixture(scope="module")
def stand(
    servers: Servers, template: Callable[[str], str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stand]:
    name = servers.create_database("wal_stand", template("wallet"))
    ledger = Harness("wallet", servers.database_url(name))
    made = Stand(ledger, tmp_path_factory.mktemp("stand"))
    yield made
    made.close()
    ledger.close()
    servers.drop_database(name)
