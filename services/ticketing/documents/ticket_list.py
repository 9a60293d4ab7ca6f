"""The list of those who have a place in a screening, as CSV: UTF-8 with BOM, semicolons."""

import csv
import io
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from contracts.ticketing import TicketsCsv
from services.ticketing.models import Booking as Place
from services.ticketing.models import Order, Screening, Ticket
from services.ticketing.queries.tickets import of_screening

HEADER = (
    "number", "code", "state", "label", "tariff", "contingent", "holder", "order",
    "booked at", "came in at", "inside",
)
_FORMULA = frozenset("=+-@\t\r\n＝＋－＠")  # what a spreadsheet would run


def ticket_list(session: Session, query: TicketsCsv) -> bytes:
    rows = session.execute(
        of_screening(query).join(Order, Order.id == Ticket.order_id)
        .add_columns(Order.number.label("order_number")).order_by(Ticket.number)
        .execution_options(yield_per=1_000)
    )
    text = io.StringIO()
    file = csv.writer(text, delimiter=";", lineterminator="\r\n")
    file.writerow(HEADER)
    for ticket, place, screening, order_number in rows:
        file.writerow(_cells(ticket, place, screening, order_number))
    return text.getvalue().encode("utf-8-sig")


def _cells(ticket: Ticket, place: Place, screening: Screening, order_number: int) -> tuple:
    return (
        ticket.number, ticket.code, ticket.state, _harmless(ticket.label),
        _harmless(ticket.tariff_name), _harmless(place.contingent),
        _harmless(ticket.holder_name or ""), order_number,
        _local(place.booked_at, screening.time_zone),
        _local(place.first_entry_at, screening.time_zone), "yes" if place.inside else "no",
    )


def _local(at: datetime | None, zone: str) -> str:
    return at.astimezone(ZoneInfo(zone)).isoformat(timespec="seconds") if at else ""


def _harmless(text: str) -> str:
    return f"'{text}" if text.lstrip(" ")[:1] in _FORMULA else text
