"""The process that prints: PDF and QR codes, apart from sales because drawing pages is slow.

It reads ticketing's database and writes nothing.
"""

import base64

from contracts import ticketing as say
from contracts.money import Money
from contracts.ticketing import DocumentView
from services.chassis.entrypoints import Service, ping, read
from services.chassis.settings import Settings
from services.chassis.unit_of_work import UnitOfWork
from services.ticketing.documents.document import TicketDocument
from services.ticketing.documents.qr import qr_png, qr_svg
from services.ticketing.documents.render import ticket_pdf
from services.ticketing.documents.texts import Language, vat_text
from services.ticketing.documents.ticket_list import ticket_list
from services.ticketing.models import LANGUAGE, find_screening, text_in
from services.ticketing.queries.documents import (
    Printable,
    qr_text_of,
    tickets_by_ids,
    tickets_of_order,
)


def tickets_pdf(uow: UnitOfWork, query: say.TicketsPdf) -> DocumentView:
    printables = tickets_of_order(uow, query.order_id)
    return _pdf(printables, query.language, f"tickets-{printables[0].order.number}.pdf")


def tickets_pdf_by_ids(uow: UnitOfWork, query: say.TicketsPdfByIds) -> DocumentView:
    return _pdf(tickets_by_ids(uow, query.ticket_ids), query.language, "tickets.pdf")


def tickets_csv(uow: UnitOfWork, query: say.TicketsCsv) -> DocumentView:
    screening = find_screening(uow.session, query.screening_id)
    name = f"tickets-{screening.starts_at:%Y-%m-%d}-{str(screening.id)[:8]}.csv"
    return _file("text/csv", name, ticket_list(uow.session, query))


def ticket_qr(uow: UnitOfWork, query: say.TicketQr) -> DocumentView:
    text = qr_text_of(uow, query.ticket_id)
    if query.format is say.QrFormat.PNG:
        return _file("image/png", f"{query.ticket_id}.png", qr_png(text))
    return _file("image/svg+xml", f"{query.ticket_id}.svg", qr_svg(text).encode())


def document_of(item: Printable, language: Language) -> TicketDocument:
    """A ticket's page in one language."""
    ticket, line, screening = item.ticket, item.line, item.screening
    currency = item.order.currency
    return TicketDocument(
        kind="single" if ticket.is_single else "pass",
        title=text_in(screening.title, language) if screening else ticket.label,
        productions=tuple(screening.productions) if screening and
        len(screening.productions) > 1 else (),
        starts_at=screening.starts_at if screening else None,
        zone=screening.time_zone if screening else "Europe/Zurich",
        venue=screening.venue if screening else None, room=screening.room if screening else None,
        tariff=ticket.tariff_name, price=Money(line.unit_price, currency),
        vat=vat_text(line.vat_rate_bp, Money(line.vat // line.quantity, currency), language),
        order_number=str(item.order.number), code=ticket.code, qr_text=item.qr_text,
        holder=ticket.holder_name, sale_point=item.sale_point.name,
        organiser=Settings.from_env("ticketing").festival_name,
    )


def _pdf(printables: list[Printable], language: Language | None, filename: str) -> DocumentView:
    chosen = language or printables[0].ticket.language or LANGUAGE
    pages = [document_of(item, chosen) for item in printables]
    return _file("application/pdf", filename, ticket_pdf(pages, chosen))


def _file(content_type: str, filename: str, content: bytes) -> DocumentView:
    return DocumentView(
        content_type=content_type, filename=filename, content=base64.b64encode(content).decode()
    )


class TicketingDocumentsService(Service):
    name = "ticketing_documents"
    publishes = False
    ping = ping()

    tickets_pdf = read(say.TicketsPdf, tickets_pdf)
    tickets_pdf_by_ids = read(say.TicketsPdfByIds, tickets_pdf_by_ids)
    tickets_csv = read(say.TicketsCsv, tickets_csv)
    ticket_qr = read(say.TicketQr, ticket_qr)
