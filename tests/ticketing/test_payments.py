"""Money: who may take it how, what it becomes, and what happens when it comes late or twice."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from contracts import payment_webhook
from contracts.errors import DomainError
from contracts.money import Money
from contracts.payment_webhook import Outcome, PaymentNotice
from contracts.roles import Actor, Principal, anonymous
from contracts.ticketing import (
    CancelOrder,
    GetOrder,
    HandlePaymentWebhook,
    ListOrders,
    OrderPaid,
    PaymentMethod,
    TicketIssued,
)
from contracts.wallet import CreditForOrder
from services.ticketing.queries.orders import get_order, list_orders
from services.ticketing.usecases import orders, payments
from tests.ticketing.programme import (
    ANNA,
    CASHIER,
    COLLEAGUE,
    SHOP,
    BoxOffice,
    contingent,
    load,
    passes,
    places,
    tariff,
)
from tests.ticketing.test_orders import counts, let_time_pass

PROVIDER = anonymous("192.0.2.1")
CASH, CARD, ONLINE = PaymentMethod.CASH, PaymentMethod.CARD, PaymentMethod.ONLINE
FREE = PaymentMethod.FREE


def seen(office: BoxOffice, order: dict) -> Any:
    query = GetOrder(order_id=UUID(order["order_id"]))
    return office.ticketing.ask(get_order, query, Actor(Principal.SYSTEM, "test"))


def unpaid(office: BoxOffice, order: dict) -> bool:
    """Still held, nothing captured, no ticket, nothing said."""
    now = seen(office, order)
    return now.state == "held" and now.due == now.total and not (
        now.tickets or office.ticketing.said(OrderPaid) or office.ticketing.said(TicketIssued)
    )


def webhook(
    office: BoxOffice, order: dict, outcome: Outcome = Outcome.SUCCEEDED,
    amount: int | None = None, **forged: Any,
) -> dict:
    payment = order["payments"][-1]
    notice = PaymentNotice(
        reference=forged.get("reference", payment["reference"]), outcome=outcome,
        amount=Money(payment["amount"]["amount"] if amount is None else amount),
    )
    body, signature = payment_webhook.sign(
        notice, forged.get("secret", "test-webhook-secret"),
        datetime.now(UTC) - forged.get("late", timedelta()),
    )
    command = HandlePaymentWebhook(
        body=forged.get("body", body), signature=forged.get("signature", signature)
    )
    return office.ticketing.call(payments.handle_webhook, command, PROVIDER, id=str(uuid4()))


# ------------------------------------------------------------------ at the desk


def test_a_cash_sale_issues_tickets_and_says_everything(office: BoxOffice) -> None:
    show = office.offer()
    paid = office.pay(office.order(places(show, 2)))
    assert (paid["state"], paid["due"]["amount"], paid["receipt_number"]) == ("paid", 0, 1)
    assert len({ticket["code"] for ticket in paid["tickets"]}) == 2
    assert counts(office, show) == {"Public": (0, 2)}
    (said,) = office.ticketing.said(OrderPaid)
    assert said.register_session_id == office.session_id and said.cashier_name == "Lea"
    assert [str(ticket_id) for ticket_id in said.lines[0].ticket_ids] == [
        ticket["ticket_id"] for ticket in paid["tickets"]
    ]
    assert sum(line.gross.amount for line in said.lines) == said.payments[0].amount.amount == 3000
    issued = office.ticketing.said(TicketIssued)
    assert [item.code for item in issued] == [item["code"] for item in paid["tickets"]]
    assert all(item.wallet_allowed for item in issued)


@pytest.mark.parametrize(("price", "coins", "rounding"), [
    (1501, 1500, -1), (1502, 1500, -2), (1503, 1505, 2), (1504, 1505, 1), (1505, 1505, 0),
    (1507, 1505, -2), (1508, 1510, 2),
])
def test_a_cash_total_is_rounded_to_coins_as_its_own_line(
    office: BoxOffice, price: int, coins: int, rounding: int
) -> None:
    show = office.offer(tariffs=(tariff("full", price),))
    order = office.order(places(show))
    assert (order["due"]["amount"], order["due_cash"]["amount"]) == (price, coins)
    paid = office.pay(order)
    extra = [line["gross"]["amount"] for line in paid["lines"] if line["kind"] == "rounding"]
    assert extra == ([rounding] if rounding else []) and paid["total"]["amount"] == coins
    (said,) = office.ticketing.said(OrderPaid)
    assert sum(line.gross.amount for line in said.lines) == said.payments[0].amount.amount == coins


def test_a_card_pays_to_the_centime_and_its_transaction_once(office: BoxOffice) -> None:
    show = office.offer(tariffs=(tariff("full", 1502),))
    first, second = office.order(places(show)), office.order(places(show))
    assert office.pay(first, CARD, reference="T-1")["total"]["amount"] == 1502
    with pytest.raises(DomainError, match="PAYMENT_METHOD"):
        office.pay(second, CARD, reference="T-1")
    with pytest.raises(DomainError, match="VALIDATION_FAILED"):
        office.pay(second, CARD)
    assert seen(office, second).due == Money(1502)


def test_several_methods_round_only_the_cash_remainder(office: BoxOffice) -> None:
    show = office.offer(tariffs=(tariff("full", 1503),))
    order = office.order(places(show, 2))
    part = office.pay(order, CARD, 1001, reference="T-1")
    assert part["state"] == "held" and part["hold_expires_at"] is None
    assert (part["due"]["amount"], part["due_cash"]["amount"]) == (2005, 2005)
    part = office.pay(part, CASH, 1000)
    paid = office.pay(part, CARD, 1005, reference="T-2")
    assert paid["total"]["amount"] == 3006
    other = office.order(places(show))
    other = office.pay(other, CARD, 1, reference="T-3")
    paid = office.pay(other, CASH)
    assert paid["total"]["amount"] == 1501 and paid["payments"][-1]["amount"]["amount"] == 1500


@pytest.mark.parametrize(("method", "amount"), [
    (CASH, 1600), (CASH, 1499), (CASH, 0), (CARD, 1501), (CARD, 0), (ONLINE, 1501), (FREE, 0),
])
def test_wrong_amounts_change_nothing(
    office: BoxOffice, method: PaymentMethod, amount: int
) -> None:
    order = office.order(places(office.offer()))
    with pytest.raises(DomainError, match="PAYMENT_AMOUNT"):
        office.pay(order, method, amount, reference="T-1")
    assert unpaid(office, order)


def test_another_currency_is_refused(office: BoxOffice) -> None:
    order = office.order(places(office.offer()))
    with pytest.raises(DomainError, match="CURRENCY_MISMATCH"):
        office.ticketing.call(payments.pay_order, payments.PayOrder(
            order_id=UUID(order["order_id"]), method=CASH, amount=Money(1500, "EUR")
        ), CASHIER)
    assert unpaid(office, order)


def test_what_costs_nothing_is_paid_with_nothing(office: BoxOffice) -> None:
    show = office.offer(tariffs=(tariff("guest", 0),))
    paid = office.pay(office.order(places(show, 1, "guest")), FREE)
    assert paid["state"] == "paid" and len(paid["tickets"]) == 1


def test_cash_needs_an_open_session_of_the_cashier(office: BoxOffice) -> None:
    show = office.offer()
    order = office.order(places(show), register_session_id=None)
    for actor, session in ((CASHIER, None), (COLLEAGUE, office.session_id), (CASHIER, uuid4())):
        with pytest.raises(DomainError, match="REGISTER_SESSION_NOT_OPEN"):
            office.pay(order, actor=actor, register_session_id=session)
    with pytest.raises(DomainError, match="PAYMENT_METHOD"):
        office.pay(office.order(places(show), actor=SHOP), actor=SHOP)
    assert unpaid(office, order)
    assert office.pay(order, register_session_id=office.session_id)["receipt_number"] == 1


def test_a_paid_order_is_finished(office: BoxOffice) -> None:
    paid = office.sell(places(office.offer()))
    with pytest.raises(DomainError, match="ORDER_STATE"):
        office.pay(paid, CASH, 1500)
    with pytest.raises(DomainError, match="ORDER_STATE"):
        office.ticketing.call(
            orders.cancel_order, CancelOrder(order_id=UUID(paid["order_id"])), CASHIER
        )


def test_part_paid_orders_do_not_expire_and_cancelling_gives_the_money_back(
    office: BoxOffice,
) -> None:
    show = office.offer()
    order = office.order(places(show))
    office.pay(order, CASH, 500)
    office.pay(order, CARD, 300, reference="T-1")
    assert office.ticketing.tick(orders.release_expired_holds) == 0
    cancelled = office.ticketing.call(
        orders.cancel_order, CancelOrder(order_id=UUID(order["order_id"])), CASHIER
    )
    assert [payment["state"] for payment in cancelled["payments"]] == ["cancelled", "to_refund"]
    assert counts(office, show) == {"Public": (0, 0)}
    found = office.ticketing.ask(list_orders, ListOrders(to_refund=True), CASHIER)
    assert [str(item.order_id) for item in found.items] == [order["order_id"]]


def test_a_load_line_is_sent_to_the_wallet_when_it_is_paid(office: BoxOffice) -> None:
    ticket = office.sell(places(office.offer()))["tickets"][0]
    order = office.order(load(ticket["ticket_id"], 5000))
    assert order["lines"][0]["vat_code"] is None
    assert not office.ticketing.said(CreditForOrder)
    office.pay(order)
    (credit,) = office.ticketing.said(CreditForOrder)
    assert (credit.amount, credit.code) == (Money(5000), ticket["code"])
    assert str(credit.line_id) == order["lines"][0]["line_id"]


def test_only_tickets_that_may_carry_money_are_loaded(office: BoxOffice) -> None:
    member = office.offer_pass(wallet_allowed=False)
    ticket = office.sell(passes(member))["tickets"][0]
    with pytest.raises(DomainError, match="NOT_ON_SALE"):
        office.order(load(ticket["ticket_id"], 5000))
    with pytest.raises(DomainError, match="TICKET_NOT_FOUND"):
        office.order(load(ticket["ticket_id"], 5000), actor=ANNA)
    with pytest.raises(DomainError, match="TICKET_NOT_FOUND"):
        office.order(load(str(uuid4()), 5000))


# ------------------------------------------------------------------ online


def online(office: BoxOffice, *lines: Any) -> dict:
    return office.pay(office.order(*lines, actor=SHOP), ONLINE, actor=SHOP)


def test_an_online_payment_is_confirmed_by_the_providers_signed_webhook(
    office: BoxOffice,
) -> None:
    show = office.offer()
    order = online(office, places(show))
    assert order["state"] == "held" and order["payments"][0]["redirect_url"]
    assert webhook(office, order)["state"] == "captured"
    assert webhook(office, order)["state"] == "captured"
    paid = seen(office, order)
    assert paid.state == "paid" and len(paid.tickets) == 1 and paid.receipt_number is None
    assert len(office.ticketing.said(OrderPaid)) == 1


def test_the_providers_no_keeps_the_places(office: BoxOffice) -> None:
    order = online(office, places(office.offer()))
    assert webhook(office, order, Outcome.FAILED)["state"] == "declined"
    assert unpaid(office, order)
    again = office.pay(order, ONLINE, actor=SHOP)
    assert webhook(office, again)["state"] == "captured"
    assert webhook(office, again, Outcome.FAILED)["state"] == "captured"


@pytest.mark.parametrize("forged", [
    {"secret": "guess"}, {"signature": "nonsense"}, {"body": '{"amount": 1}'},
    {"late": timedelta(minutes=6)}, {"late": timedelta(minutes=-6)},
])
def test_a_webhook_that_is_not_genuine_changes_nothing(office: BoxOffice, forged: dict) -> None:
    order = online(office, places(office.offer()))
    with pytest.raises(DomainError, match="WEBHOOK_SIGNATURE"):
        webhook(office, order, **forged)
    assert unpaid(office, order)


def test_a_webhook_of_an_unknown_payment(office: BoxOffice) -> None:
    order = online(office, places(office.offer()))
    with pytest.raises(DomainError, match="PAYMENT_NOT_FOUND"):
        webhook(office, order, reference="SIM-other")


def test_money_that_comes_late_gets_the_places_if_they_are_free(office: BoxOffice) -> None:
    show = office.offer(contingent(capacity=2))
    order = online(office, places(show, 2))
    let_time_pass(office)
    office.ticketing.tick(orders.release_expired_holds)
    assert webhook(office, order)["state"] == "captured"
    assert seen(office, order).state == "paid" and counts(office, show) == {"Public": (0, 2)}


def test_money_that_comes_too_late_is_to_be_refunded(office: BoxOffice) -> None:
    show = office.offer(contingent(capacity=2))
    order = online(office, places(show, 2))
    let_time_pass(office)
    office.ticketing.tick(orders.release_expired_holds)
    office.sell(places(show))
    assert webhook(office, order)["state"] == "to_refund"
    assert seen(office, order).state == "expired" and counts(office, show) == {"Public": (0, 1)}


def test_money_for_a_cancelled_twice_paid_or_differing_order_is_to_be_refunded(
    office: BoxOffice,
) -> None:
    show = office.offer()
    cancelled = online(office, places(show))
    command = CancelOrder(order_id=UUID(cancelled["order_id"]))
    office.ticketing.call(orders.cancel_order, command, SHOP)
    assert webhook(office, cancelled)["state"] == "to_refund"
    first = online(office, places(show))
    second = office.pay(first, ONLINE, actor=SHOP)
    assert webhook(office, first)["state"] == "captured"
    assert webhook(office, second)["state"] == "to_refund"
    differing = online(office, places(show))
    answer = webhook(office, differing, amount=1)
    assert (answer["state"], answer["amount"]["amount"]) == ("to_refund", 1)
    assert seen(office, differing).state == "held"


def test_an_online_payment_keeps_the_places_as_long_as_its_page(office: BoxOffice) -> None:
    order = office.order(places(office.offer()), actor=SHOP)
    with office.ticketing.uow() as uow:
        uow.session.execute(text("UPDATE orders SET hold_expires_at = now() + interval '9 s'"))
    asked = office.pay(order, ONLINE, actor=SHOP)
    assert asked["hold_expires_at"] == asked["payments"][0]["expires_at"]
