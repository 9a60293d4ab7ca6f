"""The broker gone, the database gone, the service gone: nothing is lost, nothing needs a restart.

On a private pair of servers with the real wallet service. The broker stays away for ten seconds
where the promise says a minute: long enough for every pause between attempts to be reached.
"""

import signal
import threading
import time
from collections import Counter
from uuid import uuid4

import pytest

from contracts import ticket_code
from contracts.envelope import Envelope
from contracts.errors import Code
from contracts.money import Money
from contracts.roles import system
from contracts.ticketing import TicketIssued
from contracts.wallet import CreditWallet, DebitWallet, GetLedger, LoadMethod
from services.chassis.outbox import RELAY_LOCK
from tests.chassis.conftest import Drill
from tests.running import wait_until
from tests.wallet.door import Door

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]
AWAY_S = 10
BOOKS = "accounting.wallet.debited.v1"


def open_wallet(drill: Drill, cents: int) -> str:
    """A wallet made as in life: a ticket is issued, then loaded at a desk."""
    code = ticket_code.new_code()
    issued = TicketIssued(ticket_id=uuid4(), code=code, wallet_allowed=True)
    drill.bus.publish(Envelope.of(issued, system("ticketing")))
    wait_until(lambda: drill.rows.all("SELECT 1 FROM wallets WHERE code = :code", code=code))
    load = CreditWallet(code=code, amount=Money(cents), method=LoadMethod.CASH, reason="desk")
    assert drill.bus.try_call(load) == "ok"
    return code


def debit(code: str) -> DebitWallet:
    return DebitWallet(code=code, amount=Money(100))


def balance(drill: Drill, code: str) -> int:
    return int(drill.rows.one("SELECT paid FROM wallets WHERE code = :code", code=code))


def booked(drill: Drill) -> int:
    """Debits that the books can see: different messages in accounting's queue."""
    return len(drill.bus.ids(BOOKS))


class Load(threading.Thread):
    """A terminal that debits again and again, each with a key of its own, and counts answers."""

    def __init__(self, drill: Drill, code: str) -> None:
        super().__init__(daemon=True)
        self.drill = drill
        self.code = code
        self.answers: Counter[str] = Counter()
        self.last: list[str] = []
        self.stopping = False

    def ask(self) -> str:
        return self.drill.bus.try_call(debit(self.code), id=str(uuid4()), timeout=3)

    def run(self) -> None:
        while not self.stopping:
            answer = self.ask()
            self.answers[answer] += 1
            self.last = [*self.last[-4:], answer]
            time.sleep(0.01)

    def finish(self) -> Counter[str]:
        self.stopping = True
        self.join(20)
        return self.answers

    def works_again(self) -> bool:
        return self.last == ["ok"] * 5


class DoorLoad(Load):
    """The same at the terminal door."""

    def __init__(self, drill: Drill, code: str, door: Door) -> None:
        super().__init__(drill, code)
        self.door = door

    def ask(self) -> str:
        answer = self.door.debit(self.code, 100)
        if answer.status_code == 201:
            return "ok"
        assert answer.headers["Content-Type"] == "application/problem+json"
        return str(answer.json()["code"]) if answer.status_code == 503 else answer.text


def test_killed_between_commit_and_publish_the_wallet_publishes_after_a_restart(
    drill: Drill
) -> None:
    code = open_wallet(drill, 1000)
    wait_until(lambda: drill.rows.waiting() == 0)
    before = booked(drill)
    with drill.rows.relay_held(RELAY_LOCK):
        assert drill.bus.try_call(debit(code)) == "ok"
        drill.kill()
    assert (booked(drill), drill.rows.waiting()) == (before, 1)
    drill.start()
    wait_until(lambda: booked(drill) == before + 1)
    assert drill.rows.waiting() == 0


def test_without_a_broker_nothing_is_lost_and_everything_catches_up(drill: Drill) -> None:
    code = open_wallet(drill, 10_000)
    before = booked(drill)
    load = Load(drill, code)
    load.start()
    wait_until(lambda: load.answers["ok"] >= 10)
    drill.pair.rabbitmq.stop()
    time.sleep(AWAY_S)
    assert load.last[-1] == Code.SERVICE_UNAVAILABLE  # said, not hung
    drill.pair.rabbitmq.start()
    wait_until(load.works_again, 30, lambda: f"{load.answers}\n{drill.processes.log('wallet')}")
    answers = load.finish()
    assert answers[Code.SERVICE_TIMEOUT] == 0, "an answer was lost on a dead connection"

    wait_until(lambda: drill.rows.waiting() == 0, 30, lambda: drill.processes.log("wallet"))
    taken = drill.rows.one("SELECT count(*) FROM movements WHERE kind = 'debit'")
    wait_until(lambda: booked(drill) - before == taken, 10,
               lambda: f"{booked(drill) - before} in the books of {taken}")
    assert balance(drill, code) == 10_000 - 100 * taken
    assert taken >= answers["ok"]  # an answer may be lost, an effect is not
    assert set(answers) - {Code.SERVICE_TIMEOUT} == {"ok", Code.SERVICE_UNAVAILABLE}
    assert drill.processes.running["wallet"].poll() is None
    open_wallet(drill, 100)  # its consumers are back as well


def test_what_was_committed_without_a_broker_is_told_when_it_returns(drill: Drill) -> None:
    """The terminal door needs no broker: bars go on selling, and the books hear of it later."""
    code = open_wallet(drill, 1000)
    wait_until(lambda: drill.rows.waiting() == 0)
    before = booked(drill)
    drill.pair.rabbitmq.stop()
    door = drill.terminal()
    for _ in range(3):
        assert door.debit(code, 100).status_code == 201
    assert drill.rows.waiting() == 3
    drill.pair.rabbitmq.start()
    wait_until(lambda: drill.rows.waiting() == 0, 30, lambda: drill.processes.log("wallet"))
    assert booked(drill) == before + 3


def test_a_service_starts_before_its_broker_and_can_be_stopped_again(drill: Drill) -> None:
    drill.processes.end("wallet")
    drill.pair.rabbitmq.stop()
    drill.processes.start("wallet", "-m", "services.chassis.run", "wallet", wait=False)
    time.sleep(3)
    assert drill.processes.running["wallet"].poll() is None
    drill.pair.rabbitmq.start()
    drill.processes.wait_log("wallet", "] ready ")
    assert drill.bus.call(GetLedger())["error"] is None
    drill.pair.rabbitmq.stop()
    time.sleep(1)
    started = time.monotonic()
    assert drill.processes.end("wallet", signal.SIGTERM) == 0
    assert time.monotonic() - started < 15


@pytest.mark.parametrize("how", ["stop", "kill"])
def test_the_database_restarts_under_load(drill: Drill, how: str) -> None:
    code = open_wallet(drill, 1_000_000)
    door = drill.terminal()
    assert door.debit(code, 1).status_code == 201
    loads = [Load(drill, code), Load(drill, code), DoorLoad(drill, code, door)]
    for load in loads:
        load.start()
    wait_until(lambda: all(load.answers["ok"] >= 10 for load in loads))
    getattr(drill.pair.postgres, how)()
    wait_until(lambda: all(load.answers.keys() - {"ok"} for load in loads), 20)
    drill.pair.postgres.start()
    wait_until(lambda: all(load.works_again() for load in loads), 40,
               lambda: f"{[load.answers for load in loads]}\n{drill.processes.log('wallet')}")
    answers = [load.finish() for load in loads]
    for counted in answers:
        assert counted[Code.SERVICE_UNAVAILABLE] > 0, counted
        assert set(counted) <= {"ok", Code.SERVICE_UNAVAILABLE}, counted
    assert all(drill.processes.running[name].poll() is None for name in ("wallet", "terminal"))
    wait_until(lambda: drill.rows.waiting() == 0, 30, lambda: drill.processes.log("wallet"))
    assert drill.rows.one("SELECT sum(amount) FROM postings") == 0


def test_messages_wait_for_the_database_and_are_not_parked(drill: Drill) -> None:
    code = ticket_code.new_code()
    issued = TicketIssued(ticket_id=uuid4(), code=code, wallet_allowed=True)
    drill.pair.postgres.stop()
    drill.bus.publish(Envelope.of(issued, system("ticketing")))
    time.sleep(AWAY_S)  # longer than all the pauses after which a message is parked
    drill.pair.postgres.start()
    wait_until(lambda: drill.rows.all("SELECT 1 FROM wallets WHERE code = :code", code=code), 20)
    assert drill.bus.depth("wallet.dead-letters") == 0
