"""Who has a place, with filters and as CSV; and the orders that somebody must look at."""

import base64
import csv
import io
from typing import Any

import pytest
from sqlalchemy import text

from contracts.catalog import ScreeningPublished
from contracts.errors import DomainError
from contracts.ticketing import ListOrders, ListTickets, PaymentMethod, TicketHolder, TicketsCsv
from services.ticketing.documents.service import tickets_csv
from services.ticketing.queries.orders import list_orders
from services.ticketing.queries.tickets import list_tickets
from services.ticketing.usecases import payments
from tests.ticketing.programme import CASHIER, BoxOffice, contingent, load, passes, places
from tests.ticketing.test_orders import let_time_pass
from tests.ticketing.test_payments import online, webhook


@pytest.fixture
def show(office: BoxOffice) -> ScreeningPublished:
    """Two places for Zoe on contingent A, one of which is in; one on a pass on B."""
    show = office.offer(contingent("A", 2), contingent("B", 5))
    held = office.order(places(show, 2), holder=TicketHolder(name="=Zoe;1"))
    office.scan(office.pay(held)["tickets"][0]["code"], show)
    office.book(office.sell(passes(office.offer_pass()))["tickets"][0]["ticket_id"], show)
    return show


def listed(office: BoxOffice, **filters: Any) -> int:
    return len(office.ticketing.ask(list_tickets, ListTickets(**filters), CASHIER).items)


def test_the_places_of_a_screening_by_what_is_asked(
    office: BoxOffice, show: ScreeningPublished
) -> None:
    def count(**filters: Any) -> int:
        return listed(office, screening_id=show.screening_id, **filters)

    assert (count(), count(scanned=True), count(scanned=False)) == (3, 1, 2)
    assert (count(single=True), count(single=False), count(tariff="full")) == (2, 1, 3)
    assert [count(contingent_id=item.contingent_id) for item in show.contingents] == [2, 1]
    with pytest.raises(DomainError, match="VALIDATION_FAILED"):
        listed(office, code="ABCDEFGHIJ", scanned=True)


def test_the_same_as_csv_that_no_spreadsheet_runs(
    office: BoxOffice, show: ScreeningPublished
) -> None:
    query = TicketsCsv(screening_id=show.screening_id)
    document = office.ticketing.ask(tickets_csv, query, CASHIER)
    content = base64.b64decode(document.content).decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(content, newline=""), delimiter=";"))
    assert [row["contingent"] for row in rows] == ["A", "A", "B"]
    assert [row["inside"] for row in rows] == ["yes", "no", "no"]
    assert rows[0]["holder"] == "'=Zoe;1" and rows[0]["came in at"][-6:] in ("+01:00", "+02:00")


# ------------------------------------------------------------------ what is stuck


def stuck(office: BoxOffice) -> list[str]:
    page = office.ticketing.ask(list_orders, ListOrders(stuck=True), CASHIER)
    return [str(item.order_id) for item in page.items]


def age(office: BoxOffice, table: str, column: str, minutes: int) -> None:
    with office.ticketing.uow() as uow:
        uow.session.execute(text(
            f"UPDATE {table} SET {column} = {column} - interval '{minutes} minutes'"
        ))


def test_nothing_is_stuck_in_good_health(office: BoxOffice) -> None:
    show = office.offer()
    office.sell(places(show))
    office.order(places(show))
    assert stuck(office) == []


def test_a_wallet_that_does_not_answer(office: BoxOffice) -> None:
    ticket = office.sell(passes(office.offer_pass()))["tickets"][0]
    order = office.order(load(ticket["ticket_id"], 500))
    office.pay(order, PaymentMethod.WALLET, wallet_code=ticket["code"])
    assert stuck(office) == []
    age(office, "payments", "requested_at", 2)
    assert stuck(office) == [order["order_id"]]


def test_a_hold_that_is_not_released_and_a_rest_that_is_not_paid(office: BoxOffice) -> None:
    show = office.offer()
    order = office.order(places(show))
    age(office, "orders", "hold_expires_at", 20)
    assert stuck(office) == [order["order_id"]]
    part = office.order(places(show, 2))
    office.pay(part, PaymentMethod.CARD, 1000, reference="T-1")
    age(office, "orders", "created_at", 70)
    assert stuck(office) == [part["order_id"], order["order_id"]]


def test_a_provider_that_says_nothing_is_given_up_and_may_still_pay(office: BoxOffice) -> None:
    order = online(office, places(office.offer()))
    assert office.ticketing.tick(payments.decline_expired_payments) == 0
    age(office, "payments", "expires_at", 20)
    assert office.ticketing.tick(payments.decline_expired_payments) == 1
    assert office.ticketing.tick(payments.decline_expired_payments) == 0
    assert webhook(office, order)["state"] == "captured"
    let_time_pass(office)
    assert stuck(office) == []
