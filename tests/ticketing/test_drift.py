"""Counters that are not what their rows say are found, said, and left as they are."""

import pytest
from sqlalchemy import text

from contracts.ticketing import PaymentMethod
from services.ticketing.queries.drift import find_drift
from tests.ticketing.programme import BoxOffice, contingent, passes, places, tariff
from tests.ticketing.test_overbooking import OVERBOOKER, beyond
from tests.ticketing.test_refunds import refund


@pytest.fixture
def busy(office: BoxOffice) -> BoxOffice:
    """A little of everything: held, part paid, sold, booked, borrowed, overbooked, refunded."""
    lender = contingent("Guests", 1, stash=True)
    show = office.offer(contingent("A", 3, steal_from=(lender.contingent_id,)), lender,
                        legal_ceiling=10, tariffs=(tariff("full", 1503),))
    office.order(places(show))
    office.pay(office.order(places(show)), PaymentMethod.CARD, 1000, reference="T-1")
    office.sell(places(show))
    office.sell(places(show))
    refund(office, office.pay(office.order(beyond(show), actor=OVERBOOKER), actor=OVERBOOKER,
                              register_session_id=office.session_id))
    other = office.offer()
    order = office.sell(passes(office.offer_pass(), 2))
    for ticket in order["tickets"]:
        office.book(ticket["ticket_id"], other)
    refund(office, order, (order["tickets"][0]["ticket_id"],))
    return office


def faults(office: BoxOffice) -> list[str]:
    with office.ticketing.uow() as uow:
        return list(find_drift(uow))


def test_what_sells_leaves_no_drift(busy: BoxOffice) -> None:
    assert faults(busy) == []


@pytest.mark.parametrize(("damage", "said"), [
    ("UPDATE contingents SET held = held + 1 WHERE name = 'Public'", "1 held and 1 sold"),
    ("UPDATE contingents SET overbooked = 5 WHERE name = 'A'", "5 overbooked"),
    ("UPDATE windows SET used = 0", "0 bookings are counted, the rows say 1"),
    ("UPDATE register_sessions SET receipts = receipts + 1", "receipts are counted"),
    ("UPDATE orders SET total = total + 1 WHERE state = 'paid'", "its lines sum to"),
    ("UPDATE payments SET state = 'cancelled' WHERE method = 'cash'", "0 was captured"),
])
def test_each_counter_is_compared(busy: BoxOffice, damage: str, said: str) -> None:
    with busy.ticketing.uow() as uow:
        uow.session.execute(text(damage))
    found = faults(busy)
    assert any(said in fault for fault in found), found
    assert faults(busy) == found
