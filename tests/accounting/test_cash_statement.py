"""Past sessions: who sold what, how it was paid, and what was missing."""

from contracts.accounting import ForceCloseRegisterSession, GetCashStatement
from contracts.money import Money
from contracts.ticketing import PaymentMethod
from services.accounting.queries.cash import get_cash_statement
from services.accounting.usecases import sessions
from services.chassis.testing import Harness
from tests.accounting.books import (
    ACCOUNTANT,
    ADMIN,
    CASHIER,
    OTHER,
    hear_totals,
    make_register,
    open_session,
    order,
    place,
    run_session,
    sell,
    totals,
)


def test_sessions_with_their_articles_cashiers_and_tenders(ledger: Harness) -> None:
    first = run_session(ledger, make_register(ledger), 1500, 900)
    second = open_session(ledger, make_register(ledger, "Desk 2"), OTHER)
    sold = order((place(1000, 3, "excluded"),), {PaymentMethod.CARD: 3000}, second, 7)
    sell(ledger, sold)
    ledger.call(sessions.force_close, ForceCloseRegisterSession(
        register_session_id=second, reason="ill"), ADMIN)
    hear_totals(ledger, totals(second, sold))

    said = ledger.ask(get_cash_statement, GetCashStatement(limit=1), ACCOUNTANT)
    newest, = said.items
    assert (newest.register_session_id, newest.counted, newest.orders) == (second, False, 1)
    assert [(line.label, line.quantity, line.gross) for line in newest.lines] == [
        ("Home", 3, Money(3000))]
    assert [(item.cashier, item.sessions, item.orders, item.gross.amount)
            for item in said.by_cashier] == [("Lea", 1, 2, 2400), ("Tim", 1, 1, 3000)]
    assert {item.tender: item.sold.amount for item in said.by_tender} == {
        PaymentMethod.CASH: 2400, PaymentMethod.CARD: 3000}
    rest = ledger.ask(get_cash_statement, GetCashStatement(cursor=said.next_cursor), ACCOUNTANT)
    assert [item.register_session_id for item in rest.items] == [first]
    assert rest.next_cursor is None and rest.by_cashier == ()


def test_a_cashier_sees_their_own(ledger: Harness) -> None:
    run_session(ledger, make_register(ledger), 1500)
    assert len(ledger.ask(get_cash_statement, GetCashStatement(), CASHIER).items) == 1
    assert ledger.ask(get_cash_statement, GetCashStatement(), OTHER).items == ()
