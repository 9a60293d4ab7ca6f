"""Broker, gateway, identity and all others stopped: bars go on selling; when they return, every
debit is booked once."""

import signal
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from contracts.catalog import VatCodeChanged, VatRate
from contracts.wallet import GetLedger
from services.accounting.models import Books
from services.accounting.usecases import programme
from services.chassis.broker import declare
from services.chassis.testing import Harness
from services.wallet.queries import ledger
from tests.chassis.support import Processes, Rows
from tests.running import Servers, wait_until
from tests.wallet.purse import CASHIER, faults, open_wallet
from tests.wallet.stand import Stand

DEBITS, PRICE = 120, 150
BOOKED = "SELECT count(*) FROM journal_entries WHERE source = 'wallet.debited.v1'"


@pytest.fixture
def books(
    servers: Servers, accounting: Harness, tmp_path: Path, broker_to_itself: None
) -> Iterator[tuple[Rows, Processes]]:
    """Accounting's database, and its process and the wallet's, not started yet."""
    accounting.react(programme.keep_vat_code, VatCodeChanged(
        key="normal", version=1, label={"fr": "normal"},
        rates=(VatRate(valid_from=date(2024, 1, 1), rate_bp=810),)))
    rows = Rows(accounting.url)
    processes = Processes(tmp_path, {
        "AMQP_URL": servers.amqp_url,
        "ACCOUNTING_DATABASE_URL": rows.url.replace("+psycopg", "")})
    yield rows, processes
    processes.stop_all()
    rows.engine.dispose()


@pytest.mark.slow
def test_bars_sell_alone_and_the_books_catch_up(
    servers: Servers, wallet: Harness, tmp_path: Path, books: tuple[Rows, Processes]
) -> None:
    rows, processes = books
    stand = Stand(wallet, tmp_path)  # its door knows of no broker
    codes = [open_wallet(wallet, paid=10_000) for _ in range(4)]
    bars = [stand.terminal(f"Bar {number}") for number in range(3)]
    for turn in range(DEBITS):
        said = bars[turn % 3].debit(codes[turn % 4], PRICE)
        assert said["amount"]["amount"] == -PRICE
    assert stand.rows.waiting() >= DEBITS

    servers.delete_queues()
    for service in ("wallet", "accounting"):
        declare(servers.amqp_url, service)
    url = wallet.url.replace("+psycopg", "")
    processes.start("accounting", "-m", "services.chassis.run", "accounting")
    for _ in range(2):  # the wallet dies while it publishes
        processes.start("wallet", "-m", "services.chassis.run", "wallet", WALLET_DATABASE_URL=url)
        processes.end("wallet", signal.SIGKILL)
    processes.start("wallet", "-m", "services.chassis.run", "wallet", WALLET_DATABASE_URL=url)
    bars[0].debit(codes[0], PRICE)
    wait_until(lambda: rows.one(BOOKED) == DEBITS + 1 and not stand.rows.waiting(), 60,
               lambda: processes.log("accounting"))

    owed = wallet.ask(ledger.get_ledger, GetLedger(), CASHIER).liability.amount
    assert owed == 4 * 10_000 - (DEBITS + 1) * PRICE
    assert rows.one("SELECT -sum(amount) FROM journal_lines WHERE account = :paid",
                    paid=Books.WALLET_PAID) == owed
    assert rows.one("SELECT sum(amount) FROM journal_lines") == 0
    assert not faults(wallet)
    stand.close()
