"""One buyer may have so many places of a screening, however many orders they make."""

from uuid import UUID

import pytest

from contracts.errors import DomainError
from contracts.ticketing import CancelOrder, TicketHolder
from services.ticketing.usecases import orders
from tests.ticketing.programme import ANNA, SHOP, BoxOffice, places
from tests.ticketing.test_orders import counts
from tests.ticketing.test_races import together

ZOE = TicketHolder(email="Zoe@Example.org")
ZOE_AGAIN = TicketHolder(email="zoe@example.org")


@pytest.fixture(autouse=True)
def four_places(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLACES_PER_BUYER", "4")


def test_by_address_however_it_is_written(office: BoxOffice) -> None:
    show, other = office.offer(), office.offer()
    office.order(places(show, 3), actor=SHOP, holder=ZOE)
    with pytest.raises(DomainError, match="NOT_ON_SALE") as refusal:
        office.order(places(show, 2), actor=SHOP, holder=ZOE_AGAIN)
    assert [rule["rule"] for rule in refusal.value.errors["rules"]] == ["purchase_limit"]
    assert counts(office, show) == {"Public": (3, 0)}
    office.order(places(show), actor=SHOP, holder=ZOE_AGAIN)
    office.order(places(other, 4), actor=SHOP, holder=ZOE)


def test_by_customer_in_one_order_and_in_many_at_once(office: BoxOffice) -> None:
    show = office.offer()
    with pytest.raises(DomainError, match="NOT_ON_SALE"):
        office.order(places(show, 3), places(show, 2), actor=ANNA)
    outcomes = together([lambda: office.order(places(show), actor=ANNA)] * 8)
    assert outcomes == {"ok": 4, "NOT_ON_SALE": 4}


def test_what_is_given_up_counts_no_more(office: BoxOffice) -> None:
    show = office.offer()
    order = office.order(places(show, 4), actor=ANNA)
    command = CancelOrder(order_id=UUID(order["order_id"]))
    office.ticketing.call(orders.cancel_order, command, ANNA)
    office.order(places(show, 4), actor=ANNA)


def test_a_desk_decides_itself(office: BoxOffice) -> None:
    office.sell(places(office.offer(), 6), holder=ZOE)
