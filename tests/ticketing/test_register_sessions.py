"""The handshakes with accounting, and receipts without gaps."""

from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from contracts.accounting import RegisterSessionClosed, RegisterSessionClosing
from contracts.errors import DomainError
from contracts.ticketing import (
    OrderPaid,
    PaymentMethod,
    RegisterSessionAccepted,
    RegisterSessionTotals,
)
from services.ticketing.usecases import register_sessions
from tests.ticketing.programme import BoxOffice, places, tariff


def close(office: BoxOffice) -> RegisterSessionTotals:
    office.hear(register_sessions.close_session, RegisterSessionClosing(
        register_session_id=office.session_id
    ))
    return office.ticketing.said(RegisterSessionTotals)[-1]


def test_an_opened_session_is_accepted(office: BoxOffice) -> None:
    (said,) = office.ticketing.said(RegisterSessionAccepted)
    assert said.register_session_id == office.session_id


def test_closing_says_everything_that_was_sold(office: BoxOffice) -> None:
    show = office.offer(tariffs=(tariff("full", 1502),))
    office.sell(places(show))
    office.sell(places(show, 2))
    mixed = office.order(places(show))
    office.pay(mixed, PaymentMethod.CARD, 502, reference="T-1")
    office.pay(mixed, amount=1000)
    office.order(places(show))  # held only
    totals = close(office)
    assert (totals.orders, totals.first_receipt, totals.last_receipt) == (3, 1, 3)
    assert {total.method: (total.amount.amount, total.count) for total in totals.totals} == {
        "card": (502, 1), "cash": (1500 + 3005 + 1000, 3),
    }
    booked: dict[str, int] = {}
    for sale in office.ticketing.said(OrderPaid):
        for payment in sale.payments:
            booked[payment.method] = booked.get(payment.method, 0) + payment.amount.amount
    assert booked == {total.method: total.amount.amount for total in totals.totals}


def test_an_empty_session_has_no_receipts(office: BoxOffice) -> None:
    totals = close(office)
    assert (totals.orders, totals.totals, totals.first_receipt) == (0, (), None)


def test_after_closing_nothing_is_sold_but_what_is_held_is_not_lost(office: BoxOffice) -> None:
    show = office.offer()
    office.sell(places(show))
    held = office.order(places(show))
    close(office)
    with pytest.raises(DomainError, match="REGISTER_SESSION_NOT_OPEN"):
        office.pay(held)
    with pytest.raises(DomainError, match="REGISTER_SESSION_NOT_OPEN"):
        office.order(places(show))
    office.hear(register_sessions.seal_session, RegisterSessionClosed(
        register_session_id=office.session_id, z_number=7
    ))
    next_session = office.open_session(uuid4())
    paid = office.pay(held, register_session_id=next_session)
    assert paid["receipt_number"] == 2 and UUID(paid["register_session_id"]) == next_session
    with office.ticketing.uow() as uow:
        states = uow.session.execute(text(
            "SELECT state, z_number FROM register_sessions ORDER BY receipts_before"
        )).all()
    assert [tuple(row) for row in states] == [("closed", 7), ("open", None)]


def test_a_closing_that_overtakes_its_opening_is_tried_again(office: BoxOffice) -> None:
    with pytest.raises(DomainError, match="REGISTER_SESSION_NOT_FOUND"):
        office.hear(register_sessions.close_session, RegisterSessionClosing(
            register_session_id=uuid4()
        ))
