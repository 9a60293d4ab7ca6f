"""What is printed: tickets with everything their page says, for callers who may print them."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import and_, select

from contracts.errors import Code, DomainError
from contracts.ticketing import BookingState, TicketState
from services.chassis.unit_of_work import UnitOfWork
from services.ticketing.models import (
    Booking,
    Line,
    Order,
    SalePoint,
    Screening,
    Ticket,
    find_order,
    find_ticket,
    keys_of,
)

USELESS = frozenset({TicketState.VOID, TicketState.BLOCKED})


@dataclass(frozen=True, slots=True)
class Printable:
    """One ticket; `screening` is None for a pass."""

    ticket: Ticket
    line: Line
    order: Order
    sale_point: SalePoint
    screening: Screening | None
    qr_text: str


def tickets_of_order(uow: UnitOfWork, order_id: UUID) -> list[Printable]:
    order = find_order(uow.session, order_id, uow.actor)
    found = _load(uow, [Ticket.order_id == order.id])
    if not found:
        raise DomainError(Code.ORDER_STATE, "This order has no tickets: it is not paid.")
    return found


def tickets_by_ids(uow: UnitOfWork, ticket_ids: Sequence[UUID]) -> list[Printable]:
    """In the order asked for. Every order they are of must be the caller's."""
    found = {item.ticket.id: item for item in _load(uow, [Ticket.id.in_(ticket_ids)])}
    if set(ticket_ids) - found.keys():
        raise DomainError(Code.TICKET_NOT_FOUND, "One of these tickets does not exist.")
    for order_id in {item.order.id for item in found.values()}:
        find_order(uow.session, order_id, uow.actor)
    return [found[ticket_id] for ticket_id in ticket_ids]


def qr_text_of(uow: UnitOfWork, ticket_id: UUID) -> str:
    ticket = find_ticket(uow.session, ticket_id, uow.actor)
    find_order(uow.session, ticket.order_id, uow.actor)
    return _qr_text(uow, ticket)


def _load(uow: UnitOfWork, wanted: list) -> list[Printable]:
    rows = uow.session.execute(
        select(Ticket, Line, Order, SalePoint, Screening)
        .join(Line, Line.id == Ticket.line_id)
        .join(Order, Order.id == Ticket.order_id)
        .join(SalePoint, SalePoint.id == Order.sale_point_id)
        .outerjoin(Booking, and_(Booking.ticket_id == Ticket.id,
                                 Booking.screening_id == Line.screening_id,
                                 Booking.state == BookingState.ACTIVE))
        .outerjoin(Screening, Screening.id == Booking.screening_id)
        .where(*wanted, Ticket.state.not_in(USELESS))
        .order_by(Ticket.number)
    )
    return [Printable(*row, qr_text=_qr_text(uow, row.Ticket)) for row in rows]


def _qr_text(uow: UnitOfWork, ticket: Ticket) -> str:
    return keys_of(uow.session).sign(uow.session, ticket.code, ticket.revision)
