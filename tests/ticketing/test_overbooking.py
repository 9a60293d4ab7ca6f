"""Beyond the capacity: by who may, for a reason, and never beyond the law (c-11)."""

from typing import Any
from uuid import UUID

import pytest

from contracts.catalog import ScreeningPublished
from contracts.errors import DomainError
from contracts.roles import Role
from contracts.ticketing import CancelOrder, LineKind, OrderLine, OrderPaid
from services.ticketing.usecases import orders
from tests.ticketing.programme import CASHIER, BoxOffice, contingent, places, user
from tests.ticketing.test_orders import availability, counts
from tests.ticketing.test_races import together

OVERBOOKER = user(Role.POS, Role.OVERBOOKER)


def beyond(show: ScreeningPublished, quantity: int = 1) -> OrderLine:
    return OrderLine(
        kind=LineKind.SCREENING, screening_id=show.screening_id, tariff="full",
        quantity=quantity, overbook_reason="The director's family",
    )


def full(office: BoxOffice, ceiling: int = 4, **rules: Any) -> ScreeningPublished:
    show = office.offer(contingent(capacity=2, **rules), legal_ceiling=ceiling)
    office.sell(places(show, 2))
    return show


def test_an_overbooked_place_is_sold_and_shows(office: BoxOffice) -> None:
    show = full(office)
    order = office.order(beyond(show), actor=OVERBOOKER)
    paid = office.pay(order, actor=OVERBOOKER, register_session_id=office.session_id)
    assert paid["lines"][0]["overbooked"] and counts(office, show) == {"Public": (0, 3)}
    seen = availability(office, show)
    assert (seen.capacity, seen.overbooked, seen.available) == (2, 1, 0)
    assert office.ticketing.said(OrderPaid)[-1].lines[0].overbooked
    assert office.scan(paid["tickets"][0]["code"], show)["result"] == "admitted"


def test_what_is_free_is_sold_as_usual(office: BoxOffice) -> None:
    show = office.offer(contingent(capacity=2), legal_ceiling=4)
    order = office.order(beyond(show), actor=OVERBOOKER)
    assert not order["lines"][0]["overbooked"]


def test_never_beyond_the_legal_ceiling(office: BoxOffice) -> None:
    show = full(office, ceiling=3)
    with pytest.raises(DomainError, match="The law allows 1 more"):
        office.order(beyond(show, 2), actor=OVERBOOKER)
    assert counts(office, show) == {"Public": (0, 2)}
    outcomes = together([lambda: office.order(beyond(show), actor=OVERBOOKER)] * 8)
    assert outcomes == {"ok": 1, "SOLD_OUT": 7}
    assert counts(office, show) == {"Public": (1, 2)}


def test_only_by_an_overbooker_and_only_for_a_reason(office: BoxOffice) -> None:
    show = full(office)
    with pytest.raises(DomainError, match="ROLE_MISSING"):
        office.order(beyond(show), actor=CASHIER)
    with pytest.raises(DomainError, match="ROLE_MISSING"):
        office.order(beyond(show), actor=user(Role.OVERBOOKER))
    with pytest.raises(DomainError, match="SOLD_OUT"):
        office.order(places(show), actor=OVERBOOKER)
    assert counts(office, show) == {"Public": (0, 2)}


def test_other_rules_of_the_contingent_still_hold(office: BoxOffice) -> None:
    show = office.offer(contingent(capacity=1, roles=("partner",)), legal_ceiling=4)
    with pytest.raises(DomainError, match="NOT_ON_SALE"):
        office.order(beyond(show), actor=OVERBOOKER)


def test_what_comes_back_makes_the_room_smaller_again(office: BoxOffice) -> None:
    show = full(office)
    order = office.order(beyond(show, 2), actor=OVERBOOKER)
    assert availability(office, show).overbooked == 2
    command = CancelOrder(order_id=UUID(order["order_id"]))
    office.ticketing.call(orders.cancel_order, command, OVERBOOKER)
    assert availability(office, show).overbooked == 0
