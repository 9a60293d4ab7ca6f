"""10 000 debits by 8 terminals that retry lost answers, while the process that serves them is
killed again and again: each debit counts once. Without the inbox the same test must notice."""

import http.client
import json
import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import pytest

from contracts.wallet import GetLedger, WalletDebited
from services.chassis.testing import Harness
from services.wallet.queries import ledger
from tests.acceptance.terminal_client import TerminalClient
from tests.chassis.support import http_ok
from tests.running import wait_until
from tests.wallet.door import money
from tests.wallet.purse import CASHIER, faults, open_wallet
from tests.wallet.stand import Stand

TERMINALS, WALLETS = 8, 40
LOST = 0.01  # of the answers the terminal never reads
PRICE = 3


class Till(threading.Thread):
    """One terminal: debits one wallet after the other, each until it has its answer."""

    def __init__(self, client: TerminalClient, codes: list[str], debits: int) -> None:
        super().__init__(daemon=True)
        self.client, self.codes, self.debits = client, codes, debits
        self.random = random.Random(client.id)
        self.address = urlsplit(client.url).netloc
        self.wire = http.client.HTTPConnection(self.address, timeout=10)
        self.movements: list[str] = []
        self.retries = 0
        self.trouble = ""

    def run(self) -> None:
        try:
            for _ in range(self.debits):
                self.movements.append(self.one(self.random.choice(self.codes)))
        except Exception as error:
            self.trouble = repr(error)

    def one(self, code: str) -> str:
        """The movement that the door says it has made, in the end."""
        key, body = str(uuid4()), json.dumps({"code": code, "amount": money(PRICE)})
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            status, said = self.attempt(key, body)
            if status == 201:
                return str(said["movement_id"])
            assert status in (0, 503) or said["code"] == "IDEMPOTENCY_KEY_RUNNING", said
            self.retries += 1
            time.sleep(0.02 if status else 0.1)
        raise AssertionError("no answer in 30 s")

    def attempt(self, key: str, body: str) -> tuple[int, dict]:
        """Status 0: no answer was read, whatever has become of the debit."""
        try:
            self.wire.request("POST", "/terminal/v1/debits", body, self.client.headers() | {
                "Idempotency-Key": key, "Content-Type": "application/json"})
            if self.random.random() < LOST:
                time.sleep(0.03)
                self.wire.close()
                return 0, {}
            answer = self.wire.getresponse()
            return answer.status, json.loads(answer.read())
        except (OSError, http.client.HTTPException, ValueError):
            self.wire.close()
            return 0, {}


class Killer(threading.Thread):
    """Kills the door's worker at a random instant of its work, as soon as it works again."""

    def __init__(self, stand: Stand) -> None:
        super().__init__(daemon=True)
        self.stand, self.kills, self.stopping = stand, 0, False

    def run(self) -> None:
        while not self.stopping:
            time.sleep(random.uniform(1.5, 4))
            if not self.stopping and http_ok(f"{self.stand.door.url}/live"):
                for worker in workers(self.stand.processes.running["terminal"].pid):
                    os.kill(worker, signal.SIGKILL)
                self.kills += 1


def workers(master: int) -> list[int]:
    """gunicorn's children, of this gunicorn alone."""
    return [int(pid) for pid in Path(
        f"/proc/{master}/task/{master}/children").read_text().split()]


@pytest.fixture
def busy(
    servers, template, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[tuple[Stand, list[str]]]:
    name = servers.create_database("wal_crash", template("wallet"))
    made = Harness("wallet", servers.database_url(name))
    stand = Stand(made, tmp_path, app=request.param)
    yield stand, [open_wallet(made, paid=1_000_000) for _ in range(WALLETS)]
    stand.close()
    made.close()
    servers.drop_database(name)


def rush(stand: Stand, codes: list[str], debits: int) -> tuple[list[Till], int]:
    """Everybody debits while the door dies; how often it did."""
    tills = [Till(stand.terminal(f"Bar {number}"), codes, debits // TERMINALS)
             for number in range(TERMINALS)]
    killer = Killer(stand)
    for thread in (*tills, killer):
        thread.start()
    for till in tills:
        till.join()
    killer.stopping = True
    killer.join()
    wait_until(lambda: http_ok(f"{stand.door.url}/live"), 20)
    assert not [till.trouble for till in tills if till.trouble]
    return tills, killer.kills


def counted(stand: Stand) -> int:
    return int(stand.rows.one("SELECT count(*) FROM movements WHERE kind = 'debit'"))


@pytest.mark.slow
@pytest.mark.timeout(240)
@pytest.mark.parametrize("busy", ["services.wallet.terminal:app"], indirect=True)
def test_each_debit_counts_once_whenever_the_door_is_killed(
    busy: tuple[Stand, list[str]],
) -> None:
    stand, codes = busy
    tills, kills = rush(stand, codes, 10_000)
    answered = Counter(movement for till in tills for movement in till.movements)
    assert kills >= 5 and sum(till.retries for till in tills) >= 100
    assert len(answered) == sum(answered.values()) == counted(stand) == 10_000
    told = stand.ledger.said(WalletDebited)
    assert {str(item.movement_id) for item in told} == set(answered) and len(told) == 10_000
    left = int(stand.rows.one("SELECT sum(paid) FROM wallets"))
    assert left == WALLETS * 1_000_000 - 10_000 * PRICE
    assert stand.ledger.ask(ledger.get_ledger, GetLedger(), CASHIER).total == 0
    assert faults(stand.ledger) == []


@pytest.mark.slow
@pytest.mark.timeout(120)
@pytest.mark.parametrize("busy", ["tests.wallet.careless:app"], indirect=True)
def test_without_the_inbox_debits_count_twice(busy: tuple[Stand, list[str]]) -> None:
    """The test above can fail: it notices what the inbox prevents."""
    stand, codes = busy
    rush(stand, codes, 1_600)
    assert counted(stand) > 1_600


