"""The process that prints and mails: apart from sales, because drawing pages and waiting for mail
servers is slow.

It reads ticketing's database and writes nothing there but what became of a mail.
"""

import base64

from contracts import ticketing as say
from contracts.ticketing import DocumentView
from services.chassis.entrypoints import Service, every, ping, read
from services.chassis.unit_of_work import UnitOfWork
from services.ticketing.documents.mails import send_mails
from services.ticketing.documents.pages import pages_of
from services.ticketing.documents.qr import qr_png, qr_svg
from services.ticketing.documents.texts import Language
from services.ticketing.documents.ticket_list import ticket_list
from services.ticketing.models import find_screening
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


def _pdf(printables: list[Printable], language: Language | None, filename: str) -> DocumentView:
    return _file("application/pdf", filename, pages_of(printables, language))


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

    send_mails = every(2, send_mails)
