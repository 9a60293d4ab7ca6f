"""What was: statements, balances at an instant, liability; and what a manager looks at."""

import base64
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from sqlalchemy import text
from sqlalchemy.dialects import postgresql

from contracts.errors import Code
from contracts.money import Money
from contracts.roles import Actor, Principal
from contracts.wallet import (
    GetBalanceAt,
    GetLiability,
    GetStatement,
    GetVendorSettlement,
    GetVendorSettlementDocument,
    ListAnomalies,
)
from services.chassis.testing import Harness
from services.wallet.models import find_wallet
from services.wallet.queries import ledger, manager, settlement, wallets
from tests.wallet.purse import (
    BAR,
    CASHIER,
    debit,
    load,
    open_wallet,
    refused,
    reverse,
)

DAY = timedelta(days=1)


def now() -> datetime:
    return datetime.now(UTC)


def test_a_statement_opens_where_the_one_before_closed(wallet: Harness) -> None:
    code = open_wallet(wallet, paid=1000, gifted=200)
    noon = now()
    sold = debit(wallet, code, 300)
    load(wallet, code, 50)
    evening = now()
    reverse(wallet, sold)

    def statement(since: datetime, until: datetime, **more):
        return wallet.ask(wallets.get_statement, GetStatement(
            code=code, since=since, until=until, **more), CASHIER)

    day = statement(noon, evening)
    assert (day.opening, day.received, day.spent, day.closing) == (
        Money(1200), Money(50), Money(-300), Money(950))
    assert [item.amount.amount for item in day.items] == [50, -300]
    night = statement(evening, now())
    assert (night.opening, night.closing) == (day.closing, Money(1250))
    first = statement(noon, now(), limit=2)
    rest = statement(noon, now(), limit=2, cursor=first.next_cursor)
    assert [item.number for item in first.items + rest.items] == [5, 4, 3]
    assert first.closing == rest.closing and rest.next_cursor is None
    refused(Code.PERIOD_INVALID, lambda: statement(evening, noon))
    holder = Actor(Principal.HOLDER, "someone else")
    refused(Code.WALLET_NOT_FOUND, lambda: wallet.ask(wallets.get_statement, GetStatement(
        code=code, since=noon, until=evening), holder))


def test_the_balance_of_any_instant(wallet: Harness) -> None:
    code = open_wallet(wallet, paid=1000, gifted=200)
    instants = [(now(), (1000, 200))]
    for cents, left in ((150, (1000, 50)), (150, (900, 0)), (900, (0, 0))):
        debit(wallet, code, cents)
        instants.append((now(), left))
    for at, left in [(now() - DAY, (0, 0)), *instants]:
        found = wallet.ask(wallets.get_balance_at, GetBalanceAt(code=code, at=at), CASHIER)
        assert (found.paid.amount, found.gifted.amount) == left


def test_what_is_owed_equals_the_ledger_at_every_instant(wallet: Harness) -> None:
    instants = []
    for _ in range(3):
        code = open_wallet(wallet, paid=1000, gifted=100)
        debit(wallet, code, 400)
        instants.append(now())
    for count, at in enumerate([*instants, None], start=1):
        found = wallet.ask(ledger.get_liability, GetLiability(at=at), CASHIER)
        count = min(count, 3)
        assert found.agrees and found.wallets == count
        assert found.liability == found.ledger == Money(700 * count)
    before = wallet.ask(ledger.get_liability, GetLiability(at=instants[0] - DAY), CASHIER)
    assert before.agrees and before.liability == Money(0)


def test_the_first_page_of_a_long_wallet_reads_the_page_only(wallet: Harness) -> None:
    """The plan, not the time: backwards along the index, 51 rows of 10 000, nothing sorted."""
    code = open_wallet(wallet)
    with wallet.uow() as uow:
        owner = find_wallet(uow.session, code)
        uow.session.execute(text("""
            INSERT INTO movements (id, wallet_id, number, kind, at, paid, gifted, balance, label,
                                   lines, actor_id, actor_name, previous, hash)
            SELECT gen_random_uuid(), :wallet, n, 'load', now(), 1, 0, n, '', '[]', 'u', 'U', '', ''
            FROM generate_series(1, 10000) AS n"""), {"wallet": owner.id})
    with wallet.uow() as uow:
        uow.session.execute(text("ANALYZE movements"))
        query = wallets.movements_of(owner.id).limit(51).compile(
            dialect=postgresql.dialect(), compile_kwargs={"literal_binds": True})
        (plan,) = uow.session.execute(
            text(f"EXPLAIN (ANALYZE, FORMAT JSON) {query}")).scalar_one()
    scan = plan["Plan"]["Plans"][0]
    assert (scan["Node Type"], scan["Scan Direction"], scan["Actual Rows"]) == (
        "Index Scan", "Backward", 51)
    assert "Sort" not in str(plan)


def test_a_vendor_is_paid_what_was_debited_less_what_was_given_back(wallet: Harness) -> None:
    code = open_wallet(wallet, paid=5000)
    since = now() - DAY
    sold = debit(wallet, code, 1200)
    debit(wallet, code, 800)
    reverse(wallet, sold)
    found = wallet.ask(settlement.get_vendor_settlement, GetVendorSettlement(
        sale_point_id=BAR, since=since, until=now() + DAY), CASHIER)
    assert (found.debits, found.debited, found.reversals, found.reversed, found.net) == (
        2, Money(2000), 1, Money(-1200), Money(800))
    (row,) = found.rows
    assert row.net == Money(800) and row.day.startswith("20")
    nothing = wallet.ask(settlement.get_vendor_settlement, GetVendorSettlement(
        sale_point_id=uuid4(), since=since, until=now()), CASHIER)
    assert nothing.net == Money(0) and not nothing.rows
    page = wallet.ask(settlement.get_vendor_settlement_document, GetVendorSettlementDocument(
        sale_point_id=BAR, since=since, until=now() + DAY), CASHIER)
    shown = base64.b64decode(page.content).decode()
    assert "CHF 8.00" in shown and str(BAR) in shown


def test_what_deserves_a_look(wallet: Harness) -> None:
    calm, fast = open_wallet(wallet, paid=5000), open_wallet(wallet, paid=5000)
    debit(wallet, calm, 100)
    for sold in [debit(wallet, fast, 100) for _ in range(6)][:5]:
        reverse(wallet, sold)
    with wallet.uow() as uow:
        uow.session.execute(text("UPDATE wallets SET pin_failures = 4 WHERE code = :code"),
                            {"code": calm})
    found = wallet.ask(manager.list_anomalies, ListAnomalies(since=now() - DAY), CASHIER).items
    assert [(item.kind, item.count, item.amount) for item in found] == [
        ("fast_debits", 6, Money(600)), ("many_reversals", 5, Money(500)),
        ("pin_failures", 4, Money(0))]
    assert found[1].actor_name == "Lea"
