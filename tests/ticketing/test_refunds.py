"""Money and places given back: by line, capped, each way, and never twice."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from contracts.accounting import RegisterSessionClosing
from contracts.errors import DomainError
from contracts.money import Money
from contracts.roles import Role
from contracts.ticketing import (
    OrderRefunded,
    PaymentMethod,
    RefundLine,
    RefundOrder,
    RefundTo,
    RegisterSessionTotals,
)
from contracts.wallet import CreditForOrder
from services.ticketing.usecases import refunds, register_sessions
from tests.ticketing.programme import CASHIER, BoxOffice, contingent, passes, places, tariff, user
from tests.ticketing.test_orders import counts
from tests.ticketing.test_races import together

REFUNDER = user(Role.POS, Role.REFUND)  # Lea, with the right to refund
CARD = PaymentMethod.CARD


def refund(
    office: BoxOffice, order: dict, tickets: tuple[str, ...] = (), amount: int | None = None,
    **fields: Any,
) -> dict:
    fields.setdefault("register_session_id", office.session_id)
    line = RefundLine(
        line_id=UUID(order["lines"][0]["line_id"]), ticket_ids=tuple(map(UUID, tickets)),
        amount=None if amount is None else Money(amount),
    )
    return office.ticketing.call(refunds.refund_order, RefundOrder(
        order_id=UUID(order["order_id"]), lines=(line,), reason="Ill", **fields
    ), REFUNDER)


def untouched(office: BoxOffice) -> bool:
    with office.ticketing.uow() as uow:
        written = uow.session.scalar(text("SELECT count(*) FROM refunds"))
        void = uow.session.scalar(text("SELECT count(*) FROM tickets WHERE state = 'void'"))
    return not (written or void or office.ticketing.said(OrderRefunded))


def test_a_refunded_ticket_gives_place_and_money_back_and_is_refused_at_the_door(
    office: BoxOffice
) -> None:
    show = office.offer()
    order = office.sell(places(show, 3))
    one = order["tickets"][0]
    note = refund(office, order, (one["ticket_id"],))
    assert (note["credit_note"], note["amount"]["amount"]) == (1, 1500)
    assert [(item["method"], item["amount"]["amount"]) for item in note["payments"]] == [
        ("cash", 1500)
    ]
    assert counts(office, show) == {"Public": (0, 2)}
    assert office.scan(one["code"], show)["reason"] == "void"
    assert office.scan(order["tickets"][1]["code"], show)["result"] == "admitted"
    (said,) = office.ticketing.said(OrderRefunded)
    assert (said.lines[0].quantity, said.lines[0].gross, said.lines[0].vat) == (
        1, Money(1500), Money(38)
    )
    assert said.register_session_id == office.session_id


def test_all_refunds_of_a_line_together_give_back_exactly_its_gross_and_vat(
    office: BoxOffice
) -> None:
    order = office.sell(places(office.offer(tariffs=(tariff("full", 1505),)), 3))
    for ticket in order["tickets"]:
        refund(office, order, (ticket["ticket_id"],))
    said = office.ticketing.said(OrderRefunded)
    assert [note.credit_note for note in said] == [1, 2, 3]
    line = order["lines"][0]
    assert sum(note.lines[0].gross.amount for note in said) == line["gross"]["amount"]
    assert sum(note.lines[0].vat.amount for note in said) == line["vat"]["amount"]
    with pytest.raises(DomainError, match="REFUND_REFUSED"):
        refund(office, order)


def test_coins_are_rounded_as_a_line_of_their_own(office: BoxOffice) -> None:
    order = office.sell(places(office.offer(tariffs=(tariff("full", 1503),))))
    note = refund(office, order)
    assert (note["amount"]["amount"], note["lines"][1]["gross"]["amount"]) == (1505, 2)
    assert sum(line["gross"]["amount"] for line in note["lines"]) == 1505


def test_coins_are_rounded_down_where_more_would_be_more_than_was_paid(
    office: BoxOffice
) -> None:
    order = office.order(places(office.offer(tariffs=(tariff("full", 1503),))))
    office.pay(order, CARD, reference="T-1")
    assert refund(office, order, to=RefundTo.CASH)["amount"]["amount"] == 1500


def test_money_without_cancelling_and_cancelling_without_money(office: BoxOffice) -> None:
    show = office.offer()
    order = office.sell(places(show, 2))
    with pytest.raises(DomainError, match="REFUND_REFUSED"):
        refund(office, order, cancel=False)
    assert untouched(office)
    refund(office, order, amount=500, cancel=False)
    assert counts(office, show) == {"Public": (0, 2)}
    free = refund(office, order, (order["tickets"][0]["ticket_id"],), amount=0)
    assert free["payments"] == [] and counts(office, show) == {"Public": (0, 1)}


def test_never_more_than_was_paid(office: BoxOffice) -> None:
    order = office.sell(places(office.offer(), 2))
    with pytest.raises(DomainError, match="REFUND_REFUSED"):
        refund(office, order, amount=3001, cancel=False)
    assert untouched(office)
    refund(office, order, amount=2000, cancel=False)
    with pytest.raises(DomainError, match="REFUND_REFUSED"):
        refund(office, order, amount=1001, cancel=False)


def test_eight_refunds_of_one_order_at_once_give_back_what_was_paid_once(
    office: BoxOffice
) -> None:
    order = office.sell(places(office.offer()))
    outcomes = together([lambda: refund(office, order, amount=1000, cancel=False)] * 8)
    assert outcomes == {"ok": 1, "REFUND_REFUSED": 7}


def test_the_way_it_was_paid_cards_first_then_coins(office: BoxOffice) -> None:
    order = office.order(places(office.offer(), 2))
    office.pay(order, CARD, 2000, reference="T-1")
    office.pay(order, PaymentMethod.CASH, 1000)
    note = refund(office, order)
    assert [(item["method"], item["amount"]["amount"], item["reference"])
            for item in note["payments"]] == [("card", 2000, "T-1"), ("cash", 1000, None)]


def test_a_card_cannot_be_given_back_twice(office: BoxOffice) -> None:
    order = office.order(places(office.offer(), 2))
    office.pay(order, CARD, reference="T-1")
    refund(office, order, amount=2000, cancel=False, register_session_id=None)
    with pytest.raises(DomainError, match="REFUND_REFUSED"):
        refund(office, order, amount=1500, cancel=False)


def test_to_a_wallet_the_money_is_sent_as_a_credit(office: BoxOffice) -> None:
    ticket = office.sell(passes(office.offer_pass()))["tickets"][0]
    order = office.sell(places(office.offer()))
    note = refund(office, order, to=RefundTo.WALLET, wallet_ticket_id=UUID(ticket["ticket_id"]))
    (credit,) = office.ticketing.said(CreditForOrder)
    assert (credit.code, credit.amount) == (ticket["code"], Money(1500))
    assert note["payments"][0]["method"] == "wallet"


def test_coins_need_an_open_drawer_of_ones_own(office: BoxOffice) -> None:
    order = office.sell(places(office.offer()))
    with pytest.raises(DomainError, match="REGISTER_SESSION_NOT_OPEN"):
        refund(office, order, register_session_id=None)
    assert untouched(office)


def test_a_ticket_used_at_the_door_is_not_taken_back(office: BoxOffice) -> None:
    show = office.offer()
    order = office.sell(places(show))
    office.scan(order["tickets"][0]["code"], show)
    with pytest.raises(DomainError, match="used at the door"):
        refund(office, order)
    assert untouched(office) and counts(office, show) == {"Public": (0, 1)}


def test_a_borrowed_place_goes_back_to_its_lender(office: BoxOffice) -> None:
    lender = contingent("Guests", 2, stash=True)
    show = office.offer(contingent("Public", 1, steal_from=(lender.contingent_id,)), lender)
    office.sell(places(show))
    order = office.sell(places(show))
    assert counts(office, show) == {"Public": (0, 1), "Guests": (0, 1)}
    refund(office, order)
    assert counts(office, show) == {"Public": (0, 1), "Guests": (0, 0)}


def test_a_refunded_pass_gives_back_the_places_booked_on_it(office: BoxOffice) -> None:
    show = office.offer()
    order = office.sell(passes(office.offer_pass()))
    office.book(order["tickets"][0]["ticket_id"], show)
    refund(office, order)
    assert counts(office, show) == {"Public": (0, 0)}


def test_an_unpaid_order_has_nothing_to_give_back(office: BoxOffice) -> None:
    order = office.order(places(office.offer()), actor=CASHIER)
    with pytest.raises(DomainError, match="ORDER_STATE"):
        refund(office, order)


def test_the_drawer_is_told_what_left_it(office: BoxOffice) -> None:
    order = office.sell(places(office.offer(), 2))
    refund(office, order, (order["tickets"][0]["ticket_id"],))
    office.hear(register_sessions.close_session,
                RegisterSessionClosing(register_session_id=office.session_id))
    (totals,) = office.ticketing.said(RegisterSessionTotals)
    assert [(item.amount, item.count) for item in totals.totals] == [(Money(1500), 2)]
