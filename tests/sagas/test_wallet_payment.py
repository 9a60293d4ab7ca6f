"""Ticketing's half of paying an order with a wallet (HOUSE §6), step by step."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from contracts.accounting import RegisterSessionClosing
from contracts.errors import DomainError
from contracts.money import Money
from contracts.ticketing import (
    CancelOrder,
    ExtendHold,
    OrderPaid,
    PaymentMethod,
    RegisterSessionTotals,
)
from contracts.wallet import DebitForOrder, WalletDebitDeclined, WalletDebited
from services.chassis.testing import Harness
from services.ticketing.usecases import orders, payments, register_sessions
from tests.ticketing.programme import ANNA, CASHIER, NOW, SHOP, BoxOffice, places
from tests.ticketing.test_orders import availability, counts, let_time_pass
from tests.ticketing.test_payments import online, seen, webhook
from tests.ticketing.test_races import together

pytestmark = pytest.mark.core

CODE = "7K3QMXW04T"


@pytest.fixture
def office(ticketing: Harness) -> BoxOffice:
    return BoxOffice(ticketing).open()


def ask_wallet(office: BoxOffice, order: dict, **fields: Any) -> dict:
    return office.pay(order, PaymentMethod.WALLET, wallet_code=CODE, **fields)


def debited(office: BoxOffice) -> WalletDebited:
    asked = office.ticketing.said(DebitForOrder)[-1]
    return WalletDebited(
        movement_id=uuid4(), wallet_id=uuid4(), ticket_id=uuid4(), amount=asked.amount,
        paid=asked.amount, gifted=Money(0), balance=Money(0), debited_at=NOW,
        order_id=asked.order_id, payment_id=asked.payment_id,
    )


def declined(office: BoxOffice) -> WalletDebitDeclined:
    asked = office.ticketing.said(DebitForOrder)[-1]
    return WalletDebitDeclined(
        order_id=asked.order_id, payment_id=asked.payment_id, code="INSUFFICIENT_FUNDS",
        detail="Not enough on the wallet: CHF 3.00 left.",
    )


def test_t1_asks_the_wallet_and_waits(office: BoxOffice) -> None:
    show = office.offer()
    asked = ask_wallet(office, office.order(places(show, 2)))
    assert asked["state"] == "paying" and asked["hold_expires_at"] is None
    assert asked["payments"][0]["state"] == "requested" and asked["due"]["amount"] == 3000
    (debit,) = office.ticketing.said(DebitForOrder)
    assert (debit.code, debit.amount) == (CODE, Money(3000))
    assert not office.ticketing.said(OrderPaid)
    assert availability(office, show).unconfirmed == 2 and availability(office, show).held == 0
    assert office.ticketing.tick(orders.release_expired_holds) == 0


def test_while_it_waits_the_order_is_busy(office: BoxOffice) -> None:
    order = ask_wallet(office, office.order(places(office.offer())))
    order_id = UUID(order["order_id"])
    for use_case, command in (
        (orders.cancel_order, CancelOrder(order_id=order_id)),
        (orders.extend_hold, ExtendHold(order_id=order_id)),
    ):
        with pytest.raises(DomainError, match="ORDER_BUSY"):
            office.ticketing.call(use_case, command, CASHIER)
    with pytest.raises(DomainError, match="ORDER_BUSY"):
        office.pay(order)
    assert len(seen(office, order).payments) == 1


def test_t3a_the_debit_finishes_the_order_once(office: BoxOffice) -> None:
    show = office.offer()
    order = ask_wallet(office, office.order(places(show, 2)))
    event, message_id = debited(office), str(uuid4())
    for _ in range(5):
        office.ticketing.react(payments.capture_wallet, event, id=message_id)
    office.ticketing.react(payments.capture_wallet, event)  # and under another id
    paid = seen(office, order)
    assert paid.state == "paid" and len(paid.tickets) == 2 and paid.receipt_number == 1
    (said,) = office.ticketing.said(OrderPaid)
    assert said.payments[0].method == "wallet" and said.cashier_name == "Lea"
    assert counts(office, show) == {"Public": (0, 2)}


def test_t3b_a_decline_keeps_the_places_for_another_method(office: BoxOffice) -> None:
    show = office.offer()
    order = ask_wallet(office, office.order(places(show)))
    office.hear(payments.decline_wallet, declined(office))
    held = seen(office, order)
    assert held.state == "held" and held.hold_expires_at and held.due == Money(1500)
    assert held.payments[0].declined_code == "INSUFFICIENT_FUNDS"
    assert office.pay(order)["state"] == "paid"
    assert counts(office, show) == {"Public": (0, 1)}


def test_a_declined_order_expires_as_any_other(office: BoxOffice) -> None:
    show = office.offer()
    ask_wallet(office, office.order(places(show)))
    office.hear(payments.decline_wallet, declined(office))
    let_time_pass(office)
    assert office.ticketing.tick(orders.release_expired_holds) == 1
    assert counts(office, show) == {"Public": (0, 0)}


def test_the_wallet_comes_last_and_pays_what_is_left(office: BoxOffice) -> None:
    order = office.order(places(office.offer()))
    with pytest.raises(DomainError, match="PAYMENT_AMOUNT"):
        ask_wallet(office, order, amount=500)
    part = office.pay(order, amount=500)
    ask_wallet(office, part)
    office.hear(payments.capture_wallet, debited(office))
    paid = seen(office, order)
    assert [(item.method, item.amount.amount) for item in paid.payments] == [
        ("cash", 500), ("wallet", 1000)
    ]


def test_a_decline_after_a_part_payment_does_not_let_it_expire(office: BoxOffice) -> None:
    part = office.pay(office.order(places(office.offer())), amount=500)
    ask_wallet(office, part)
    office.hear(payments.decline_wallet, declined(office))
    assert seen(office, part).hold_expires_at is None


def test_a_holder_pays_with_a_wallet_from_the_mobile_app(office: BoxOffice) -> None:
    order = office.order(places(office.offer()), actor=ANNA)
    ask_wallet(office, order, actor=ANNA)
    office.hear(payments.capture_wallet, debited(office))
    (said,) = office.ticketing.said(OrderPaid)
    assert (said.channel, said.cashier_id, said.receipt_number) == ("mobile", None, None)


def test_a_missing_wallet_code_changes_nothing(office: BoxOffice) -> None:
    order = office.order(places(office.offer()))
    with pytest.raises(DomainError, match="VALIDATION_FAILED"):
        office.pay(order, PaymentMethod.WALLET)
    assert seen(office, order).state == "held" and not office.ticketing.said(DebitForOrder)


def test_a_debit_at_a_bar_is_none_of_our_business(office: BoxOffice) -> None:
    event = WalletDebited(
        movement_id=uuid4(), wallet_id=uuid4(), ticket_id=uuid4(), amount=Money(5),
        paid=Money(5), gifted=Money(0), balance=Money(0), debited_at=NOW,
    )
    office.hear(payments.capture_wallet, event)
    assert not office.ticketing.said(OrderPaid)


def test_an_answer_after_the_session_has_closed_concerns_no_drawer(office: BoxOffice) -> None:
    order = ask_wallet(office, office.order(places(office.offer())))
    office.hear(register_sessions.close_session, RegisterSessionClosing(
        register_session_id=office.session_id
    ))
    office.hear(payments.capture_wallet, debited(office))
    (said,) = office.ticketing.said(OrderPaid)
    assert (said.register_session_id, said.receipt_number) == (None, None)
    assert office.ticketing.said(RegisterSessionTotals)[0].orders == 0
    assert seen(office, order).state == "paid"


def test_a_webhook_waits_for_the_wallets_answer(office: BoxOffice) -> None:
    order = online(office, places(office.offer()))
    ask_wallet(office, order, actor=SHOP)
    with pytest.raises(DomainError, match="ORDER_BUSY"):
        webhook(office, order)
    office.hear(payments.capture_wallet, debited(office))
    assert webhook(office, order)["state"] == "to_refund"


def test_of_wallet_and_cash_at_once_one_pays(office: BoxOffice) -> None:
    for _ in range(5):
        order = office.order(places(office.offer()))
        outcomes = together([
            lambda order=order: ask_wallet(office, order), lambda order=order: office.pay(order)
        ])
        assert outcomes["ok"] == 1 and outcomes["ORDER_BUSY"] + outcomes["ORDER_STATE"] == 1
    with office.ticketing.uow() as uow:
        captured = uow.session.execute(text(
            "SELECT count(*) FROM payments GROUP BY order_id HAVING count(*) <> 1"
        )).all()
    assert not captured
