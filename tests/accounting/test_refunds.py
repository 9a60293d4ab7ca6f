"""Credit notes in the books: the sale's entry backwards, drawers, totals and figures with it."""

from typing import Any
from uuid import UUID, uuid4

from contracts.money import Money
from contracts.ticketing import (
    LineKind,
    OrderPaid,
    OrderRefunded,
    PaidPayment,
    PaymentMethod,
    RegisterSessionTotals,
    TenderTotal,
)
from services.accounting.models import Books
from services.accounting.usecases import refunds, sessions
from services.accounting.usecases.wallets import book_credits
from services.chassis.testing import Harness
from tests.accounting.books import (
    CASHIER,
    balances,
    closing,
    hear_totals,
    look,
    make_register,
    open_session,
    order,
    place,
    plain_line,
    sell,
)
from tests.accounting.test_booking import agree, credited


def give_back(
    ledger: Harness, sale: OrderPaid, method: PaymentMethod, amount: int, *extra: Any,
    session: UUID | None = None,
) -> OrderRefunded:
    """One place of the sale's first line."""
    line = place(amount - sum(item.gross.amount for item in extra))
    note = OrderRefunded(
        refund_id=uuid4(), credit_note=1, order_id=sale.order_id, order_number=sale.order_number,
        channel=sale.channel, sale_point_id=sale.sale_point_id, refunded_at=sale.paid_at,
        reason="Ill", lines=(line, *extra), currency="CHF", register_session_id=session,
        payments=(PaidPayment(payment_id=uuid4(), method=method, amount=Money(amount),
                              paid_at=sale.paid_at),),
    )
    ledger.react_many(refunds.book_refunds, note)
    return note


def test_coins_leave_the_drawer_and_the_vat_is_owed_no_more(ledger: Harness) -> None:
    session = open_session(ledger, make_register(ledger))
    sale = order((place(1500, 2),), {PaymentMethod.CASH: 3000}, session)
    sell(ledger, sale)
    give_back(ledger, sale, PaymentMethod.CASH, 1500, session=session)
    assert balances(ledger) == {Books.DRAWER: 1500, Books.ADMISSIONS: -1462, Books.VAT: -38}
    assert agree(ledger).registers[0].drawer == Money(1500)


def test_cards_and_rounding_go_back_to_their_accounts(ledger: Harness) -> None:
    session = open_session(ledger, make_register(ledger))
    sale = order((place(1503),), {PaymentMethod.CARD: 1503}, session)
    sell(ledger, sale)
    give_back(ledger, sale, PaymentMethod.CARD, 1503)
    give_back(ledger, sale, PaymentMethod.CASH, 1505, plain_line(LineKind.ROUNDING, 2),
              session=session)
    found = balances(ledger)
    assert (found[Books.CARD], found[Books.DRAWER], found[Books.ROUNDING]) == (0, -1505, 2)


def test_to_a_wallet_it_is_on_its_way_until_the_wallet_has_it(ledger: Harness) -> None:
    session = open_session(ledger, make_register(ledger))
    sale = order((place(1500),), {PaymentMethod.CARD: 1500}, session)
    sell(ledger, sale)
    give_back(ledger, sale, PaymentMethod.WALLET, 1500)
    assert balances(ledger)[Books.WALLET_LOAD] == -1500
    ledger.react_many(book_credits, credited(1500))
    found = balances(ledger)
    assert (found[Books.WALLET_LOAD], found[Books.WALLET_PAID]) == (0, -1500)
    agree(ledger)


def test_the_same_credit_note_twice_is_booked_once(ledger: Harness) -> None:
    session = open_session(ledger, make_register(ledger))
    sale = order((place(1500),), {PaymentMethod.CASH: 1500}, session)
    sell(ledger, sale)
    note = give_back(ledger, sale, PaymentMethod.CASH, 1500, session=session)
    ledger.react_many(refunds.book_refunds, note)
    assert balances(ledger)[Books.DRAWER] == 0


def test_a_closing_session_waits_for_its_refunds(ledger: Harness) -> None:
    session = open_session(ledger, make_register(ledger, tolerance=1500))
    sale = order((place(1500, 2),), {PaymentMethod.CASH: 3000}, session)
    sell(ledger, sale)
    ledger.call(sessions.close_session, closing(session, 1500), CASHIER)
    hear_totals(ledger, RegisterSessionTotals(
        register_session_id=session, orders=1, first_receipt=1, last_receipt=1,
        totals=(TenderTotal(method=PaymentMethod.CASH, amount=Money(1500), count=2),),
    ))
    assert look(ledger, session).state == "closing"
    give_back(ledger, sale, PaymentMethod.CASH, 1500, session=session)
    assert look(ledger, session).state == "closed"
    agree(ledger)
