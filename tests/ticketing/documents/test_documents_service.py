"""What the printing process answers: the right tickets, to those who may print them."""

import base64
import io
from typing import Any
from uuid import UUID

import pytest
from pypdf import PdfReader

from contracts.errors import DomainError
from contracts.money import Money
from contracts.ticketing import (
    GetTicket,
    PaymentMethod,
    QrFormat,
    TicketHolder,
    TicketQr,
    TicketsPdf,
    TicketsPdfByIds,
)
from services.chassis.testing import Harness
from services.ticketing.documents import service
from services.ticketing.documents.pages import document_of
from services.ticketing.queries.documents import tickets_of_order
from services.ticketing.queries.tickets import get_ticket
from tests.ticketing.programme import (
    ANNA,
    BEN,
    CASHIER,
    SHOP,
    STRANGER,
    BoxOffice,
    passes,
    places,
    tariff,
)


@pytest.fixture
def office(ticketing: Harness) -> BoxOffice:
    return BoxOffice(ticketing).open()


def pages(document: Any) -> list[str]:
    content = base64.b64decode(document.content)
    return [page.extract_text() for page in PdfReader(io.BytesIO(content)).pages]


def test_the_tickets_of_an_order_a_page_each(office: BoxOffice) -> None:
    show, card = office.offer(), office.offer_pass()
    holder = TicketHolder(name="Rosa Luz", language="de")
    paid = office.sell(places(show, 2), passes(card), holder=holder)
    query = TicketsPdf(order_id=UUID(paid["order_id"]))
    document = office.ticketing.ask(service.tickets_pdf, query, CASHIER)
    assert document.content_type == "application/pdf"
    assert document.filename == f"tickets-{paid['order_number']}.pdf"
    found = pages(document)
    assert len(found) == 3
    assert "Rosa Luz" in found[0] and "inkl. 2.6" in found[0] and "0.38" in found[0]
    for page, ticket in zip(found, paid["tickets"], strict=True):
        assert ticket["code"][:5] in page


def test_a_row_becomes_a_page(office: BoxOffice) -> None:
    paid = office.sell(places(office.offer()))
    with office.ticketing.uow(CASHIER) as uow:
        (item,) = tickets_of_order(uow, UUID(paid["order_id"]))
        page = document_of(item, "en")
    assert (page.kind, page.title, page.venue, page.room) == (
        "single", "The Ball", "Rex", "Rex 1"
    )
    assert page.price == Money(1500) and page.zone == "Europe/Zurich"
    ticket_id = UUID(paid["tickets"][0]["ticket_id"])
    ticket = office.ticketing.ask(get_ticket, GetTicket(ticket_id=ticket_id), CASHIER)
    assert page.qr_text == ticket.qr_text


def test_any_tickets_in_the_order_asked_for(office: BoxOffice) -> None:
    show = office.offer()
    sold = [office.sell(places(show))["tickets"][0] for _ in range(3)][::-1]
    query = TicketsPdfByIds(ticket_ids=tuple(UUID(item["ticket_id"]) for item in sold))
    found = pages(office.ticketing.ask(service.tickets_pdf_by_ids, query, CASHIER))
    assert [item["code"][:5] in page for item, page in zip(sold, found, strict=True)] == [True] * 3
    with pytest.raises(DomainError, match="SALE_POINT_NOT_YOURS"):
        office.ticketing.ask(service.tickets_pdf_by_ids, query, STRANGER)
    with pytest.raises(DomainError, match="ORDER_NOT_FOUND"):
        office.ticketing.ask(service.tickets_pdf_by_ids, query, SHOP)


def test_a_holder_prints_their_own(office: BoxOffice) -> None:
    show = office.offer(tariffs=(tariff("full", 0),))
    order = office.order(places(show), actor=ANNA)
    with pytest.raises(DomainError, match="ORDER_STATE"):
        office.ticketing.ask(
            service.tickets_pdf, TicketsPdf(order_id=UUID(order["order_id"])), ANNA
        )
    paid = office.pay(order, PaymentMethod.FREE, actor=ANNA)
    query = TicketsPdf(order_id=UUID(paid["order_id"]))
    assert len(pages(office.ticketing.ask(service.tickets_pdf, query, ANNA))) == 1
    with pytest.raises(DomainError, match="ORDER_NOT_FOUND"):
        office.ticketing.ask(service.tickets_pdf, query, BEN)


@pytest.mark.parametrize(("format", "content_type", "start"), [
    (QrFormat.SVG, "image/svg+xml", b"<svg"), (QrFormat.PNG, "image/png", b"\x89PNG"),
])
def test_the_code_alone(
    office: BoxOffice, format: QrFormat, content_type: str, start: bytes
) -> None:
    ticket_id = UUID(office.sell(places(office.offer()))["tickets"][0]["ticket_id"])
    query = TicketQr(ticket_id=ticket_id, format=format)
    document = office.ticketing.ask(service.ticket_qr, query, CASHIER)
    assert document.content_type == content_type
    assert base64.b64decode(document.content).startswith(start)
    with pytest.raises(DomainError, match="SALE_POINT_NOT_YOURS"):
        office.ticketing.ask(service.ticket_qr, query, STRANGER)
