"""Whatever is done in whatever order: counters equal what is really held and sold."""

from contextlib import suppress
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from contracts.errors import DomainError
from contracts.ticketing import CancelBooking, CancelOrder, GetOrder
from services.chassis.testing import Harness
from services.ticketing.queries.drift import find_drift
from services.ticketing.queries.orders import get_order
from services.ticketing.usecases import bookings, orders
from tests.ticketing.programme import (
    CASHIER,
    SHOP,
    BoxOffice,
    contingent,
    passes,
    places,
    screening,
)
from tests.ticketing.test_orders import let_time_pass
from tests.ticketing.test_overbooking import OVERBOOKER, beyond
from tests.ticketing.test_refunds import refund
from tests.ticketing.test_releases import confirm, grow_old, preview, undo

COUNTED = text("""
    SELECT c.name, c.capacity, c.held, c.sold, c.overbooked,
        (SELECT coalesce(sum(l.quantity), 0) FROM order_lines l JOIN orders o ON o.id = l.order_id
         WHERE o.state IN ('held', 'paying') AND coalesce(l.lender_id, l.contingent_id) = c.id),
        (SELECT count(*) FROM bookings b
         WHERE b.state = 'active' AND coalesce(b.lender_id, b.contingent_id) = c.id)
    FROM contingents c WHERE c.screening_id = :id
""")

STEPS = st.lists(st.tuples(
    st.sampled_from(["order", "order", "overbook", "pay", "pay", "cancel", "refund", "expire",
                     "book", "unbook", "release", "undo", "resize"]),
    st.integers(0, 5),
), min_size=5, max_size=25)


class Play:
    """One screening with a lender, and people who do things to it."""

    def __init__(self, office: BoxOffice) -> None:
        self.office = office
        self.guests = contingent("Guests", 3, stash=True, floor=1)
        self.public = contingent("Public", 4, steal_from=(self.guests.contingent_id,))
        self.show = office.offer(self.public, self.guests, legal_ceiling=12)
        kind = office.offer_pass(bookings=1)
        self.passes = [item["ticket_id"] for item in office.sell(passes(kind, 6))["tickets"]]
        self.orders: list[dict] = []
        self.booked: list[str] = []
        self.tokens: list[str] = []
        self.version = 1

    def order(self, n: int) -> None:
        actor = SHOP if n % 2 else CASHIER
        self.orders.append(self.office.order(places(self.show, n % 3 + 1), actor=actor))

    def pay(self, n: int) -> None:
        if self.orders:
            order = self.orders[n % len(self.orders)]
            self.office.pay(order, register_session_id=self.office.session_id)

    def cancel(self, n: int) -> None:
        if self.orders:
            command = CancelOrder(order_id=UUID(self.orders[n % len(self.orders)]["order_id"]))
            self.office.ticketing.call(orders.cancel_order, command, CASHIER)

    def expire(self, n: int) -> None:
        let_time_pass(self.office)
        self.office.ticketing.tick(orders.release_expired_holds)

    def book(self, n: int) -> None:
        self.booked.append(self.office.book(self.passes[n], self.show)["booking_id"])

    def unbook(self, n: int) -> None:
        if self.booked:
            command = CancelBooking(booking_id=UUID(self.booked[n % len(self.booked)]))
            self.office.ticketing.call(bookings.cancel_booking, command, CASHIER)

    def overbook(self, n: int) -> None:
        self.orders.append(self.office.order(beyond(self.show, n % 3 + 1), actor=OVERBOOKER))

    def refund(self, n: int) -> None:
        if self.orders:
            order = self.orders[n % len(self.orders)]
            asked = GetOrder(order_id=UUID(order["order_id"]))
            tickets = self.office.ticketing.ask(get_order, asked, CASHIER).tickets
            one = tuple(str(item.ticket_id) for item in tickets[:n])
            refund(self.office, order, one, cancel=bool(n % 2), amount=None if n % 2 else 100)

    def release(self, n: int) -> None:
        grow_old(self.office, 16)
        self.tokens.append(preview(self.office, self.show)["token"])
        confirm(self.office, self.show, self.tokens[n % len(self.tokens)])

    def undo(self, n: int) -> None:
        if self.tokens:
            undo(self.office, self.tokens[n % len(self.tokens)])

    def resize(self, n: int) -> None:
        self.version += 1
        changed = SimpleNamespace(**vars(self.public))
        changed.capacity = n
        self.office.publish(screening(
            type(self.public)(**vars(changed)), self.guests, version=self.version,
            screening_id=self.show.screening_id,
            legal_ceiling=12,
        ))


@pytest.mark.slow
@given(steps=STEPS)
@settings(max_examples=25, deadline=None,
          suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_counters_are_what_is_taken(ticketing: Harness, steps: list[Any]) -> None:
    play = Play(BoxOffice(ticketing).open())
    for verb, n in steps:
        with suppress(DomainError):
            getattr(play, verb)(n)
        with ticketing.uow() as uow:
            rows = uow.session.execute(COUNTED, {"id": play.show.screening_id}).all()
            assert list(find_drift(uow)) == [], verb
        for name, capacity, held, sold, overbooked, really_held, really_sold in rows:
            assert (held, sold) == (really_held, really_sold), (name, verb)
            assert overbooked == max(0, held + sold - capacity), (name, verb)
