"""Every lock, with real threads that all want the same thing at once."""

import threading
from collections import Counter
from collections.abc import Callable, Iterable
from uuid import UUID, uuid4

from sqlalchemy import text

from contracts.accounting import RegisterSessionClosing
from contracts.errors import DomainError
from contracts.ticketing import (
    CancelOrder,
    CheckedIn,
    OrderPaid,
    PaymentMethod,
    RegisterSessionTotals,
    TicketIssued,
)
from services.ticketing.usecases import orders, register_sessions
from tests.ticketing.programme import CASHIER, SHOP, BoxOffice, contingent, passes, places
from tests.ticketing.test_orders import counts, let_time_pass
from tests.ticketing.test_payments import online, webhook


def together(actions: Iterable[Callable[[], object]]) -> Counter[str]:
    """How often each outcome happened: the code of a refusal, or `ok`."""
    waiting = list(actions)
    start, outcomes = threading.Barrier(len(waiting)), []

    def run(action: Callable[[], object]) -> None:
        start.wait()
        try:
            action()
            outcomes.append("ok")
        except DomainError as refusal:
            outcomes.append(refusal.code.value)

    threads = [threading.Thread(target=run, args=(action,)) for action in waiting]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(outcomes) == len(waiting)  # none died of anything else
    return Counter(outcomes)


def receipts(office: BoxOffice) -> list[int]:
    return sorted(sale.receipt_number for sale in office.ticketing.said(OrderPaid))


def test_thirty_buyers_of_the_last_ten_places(office: BoxOffice) -> None:
    lender = contingent("Guests", 4, stash=True, floor=1)
    show = office.offer(
        contingent("A", 3, steal_from=(lender.contingent_id,)), contingent("B", 4), lender
    )
    outcomes = together([lambda: office.sell(places(show))] * 30)
    assert outcomes == {"ok": 10, "SOLD_OUT": 20}
    assert counts(office, show) == {"A": (0, 3), "B": (0, 4), "Guests": (0, 3)}
    assert len(office.ticketing.said(TicketIssued)) == 10
    assert receipts(office) == list(range(1, 11))


def test_orders_of_two_screenings_do_not_lock_each_other_out(office: BoxOffice) -> None:
    one, two = office.offer(contingent(capacity=20)), office.offer(contingent(capacity=20))
    outcomes = together(
        [lambda: office.order(places(one), places(two))] * 8
        + [lambda: office.order(places(two), places(one))] * 8
    )
    assert outcomes == {"ok": 16}
    assert counts(office, one) == counts(office, two) == {"Public": (16, 0)}


def test_one_order_is_paid_once(office: BoxOffice) -> None:
    show = office.offer()
    order = office.order(places(show))
    numbers = iter(range(8))
    outcomes = together([
        lambda: office.pay(order, PaymentMethod.CARD, reference=f"T-{next(numbers)}")
    ] * 8)
    assert outcomes == {"ok": 1, "ORDER_STATE": 7}
    assert len(office.ticketing.said(OrderPaid)) == 1 and counts(office, show) == {
        "Public": (0, 1)
    }


def test_one_terminal_transaction_pays_one_order(office: BoxOffice) -> None:
    show = office.offer()
    made = iter([office.order(places(show)) for _ in range(6)])
    outcomes = together([
        lambda: office.pay(next(made), PaymentMethod.CARD, reference="T-1")
    ] * 6)
    assert outcomes == {"ok": 1, "PAYMENT_METHOD": 5}


def test_a_payment_and_a_cancellation(office: BoxOffice) -> None:
    for _ in range(5):
        show = office.offer()
        order = office.order(places(show))
        command = CancelOrder(order_id=UUID(order["order_id"]))
        outcomes = together([
            lambda order=order: office.pay(order),
            lambda command=command: office.ticketing.call(orders.cancel_order, command, CASHIER),
        ])
        assert outcomes == {"ok": 1, "ORDER_STATE": 1}
        assert counts(office, show) in ({"Public": (0, 1)}, {"Public": (0, 0)})


def test_paying_while_the_session_closes(office: BoxOffice) -> None:
    show = office.offer(contingent(capacity=50))
    held = iter([office.order(places(show)) for _ in range(12)])
    closing = RegisterSessionClosing(register_session_id=office.session_id)
    outcomes = together(
        [lambda: office.pay(next(held))] * 12
        + [lambda: office.hear(register_sessions.close_session, closing)]
    )
    paid = outcomes["ok"] - 1
    assert outcomes["REGISTER_SESSION_NOT_OPEN"] == 12 - paid
    (totals,) = office.ticketing.said(RegisterSessionTotals)
    assert totals.orders == paid == len(office.ticketing.said(OrderPaid))
    assert sum(total.amount.amount for total in totals.totals) == paid * 1500
    assert receipts(office) == list(range(1, paid + 1))
    assert counts(office, show) == {"Public": (12 - paid, paid)}


def test_two_timers_release_an_expired_hold_once(office: BoxOffice) -> None:
    show = office.offer(contingent(capacity=20))
    for _ in range(10):
        office.order(places(show))
    let_time_pass(office)
    together([lambda: office.ticketing.tick(orders.release_expired_holds)] * 4)
    assert counts(office, show) == {"Public": (0, 0)}


def test_the_same_webhook_five_times_at_once(office: BoxOffice) -> None:
    order = online(office, places(office.offer()))
    assert together([lambda: webhook(office, order)] * 5) == {"ok": 5}
    assert len(office.ticketing.said(OrderPaid)) == 1


def test_late_money_and_a_new_buyer_want_the_same_place(office: BoxOffice) -> None:
    show = office.offer(contingent(capacity=1))
    order = online(office, places(show))
    let_time_pass(office)
    office.ticketing.tick(orders.release_expired_holds)
    outcomes = together([
        lambda: webhook(office, order), lambda: office.order(places(show), actor=SHOP)
    ])
    with office.ticketing.uow() as uow:
        state = uow.session.scalar(text("SELECT state FROM payments"))
    assert (outcomes["SOLD_OUT"], state) in {(1, "captured"), (0, "to_refund")}


def test_a_pass_with_one_booking_left_books_once(office: BoxOffice) -> None:
    ticket = office.sell(passes(office.offer_pass(bookings=1)))["tickets"][0]
    shows = [office.offer() for _ in range(6)]
    todo = iter(shows)
    outcomes = together([lambda: office.book(ticket["ticket_id"], next(todo))] * 6)
    assert outcomes == {"ok": 1, "BOOKING_REFUSED": 5}
    assert sum(counts(office, show)["Public"][1] for show in shows) == 1


def test_of_two_doors_one_admits(office: BoxOffice) -> None:
    show = office.offer()
    code = office.sell(places(show))["tickets"][0]["code"]
    answers: list[dict] = []
    together([
        lambda: answers.append(office.scan(code, show, nonce=str(uuid4())))
    ] * 8)
    assert Counter(answer["result"] for answer in answers) == {"admitted": 1, "refused": 7}
    assert len(office.ticketing.said(CheckedIn)) == 1
