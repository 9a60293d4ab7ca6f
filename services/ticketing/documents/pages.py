"""From tickets as they are stored to the pages that are printed."""

from contracts.money import Money
from services.chassis.settings import Settings
from services.ticketing.documents.document import TicketDocument
from services.ticketing.documents.render import ticket_pdf
from services.ticketing.documents.texts import Language, vat_text
from services.ticketing.models import LANGUAGE, text_in
from services.ticketing.queries.documents import Printable


def pages_of(printables: list[Printable], language: Language | None) -> bytes:
    """A PDF with a page for each, in the language asked for or the first holder's."""
    chosen = language or printables[0].ticket.language or LANGUAGE
    return ticket_pdf([document_of(item, chosen) for item in printables], chosen)


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
