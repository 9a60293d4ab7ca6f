"""Tickets, one or many, and what may be booked on them."""

from sqlalchemy import Select, and_, select

from contracts.errors import Code, DomainError
from contracts.roles import Principal, Role
from contracts.ticketing import (
    BookabilityView,
    BookingState,
    GetBookability,
    GetTicket,
    ListTickets,
    TicketPage,
    TicketsCsv,
    TicketView,
)
from services.chassis.unit_of_work import UnitOfWork
from services.ticketing.models import (
    SINGLE,
    Booking,
    Contingent,
    Screening,
    Seller,
    Ticket,
    find_screening,
    find_ticket,
    keys_of,
    plain_code,
    plan_booking,
)
from services.ticketing.queries.orders import number_of


def get_ticket(uow: UnitOfWork, query: GetTicket) -> TicketView:
    ticket = find_ticket(uow.session, query.ticket_id, uow.actor)
    screenings = uow.session.scalars(
        select(Screening).where(Screening.id.in_({item.screening_id for item in ticket.bookings}))
    )
    qr_text = None
    if uow.actor.may(Role.POS, Principal.ESHOP, Principal.HOLDER):
        qr_text = keys_of(uow.session).sign(uow.session, ticket.code, ticket.revision)
    return ticket.view(qr_text, {row.id: row for row in screenings})


def list_tickets(uow: UnitOfWork, query: ListTickets) -> TicketPage:
    """In the order of issue, with the booking of the screening asked for; the cursor is the
    number of the last ticket seen."""
    statement = of_screening(query) if query.screening_id is not None else select(Ticket)
    statement = statement.where(*_wanted(uow, query))
    if query.cursor is not None:
        statement = statement.where(Ticket.number > number_of(query.cursor))
    found = uow.session.execute(
        statement.order_by(Ticket.number).limit(query.limit + 1)
    ).all()
    page = found[: query.limit]
    return TicketPage(
        items=tuple(
            row[0].item(row[1].view(row[2]) if query.screening_id else None) for row in page
        ),
        next_cursor=str(page[-1][0].number) if len(found) > query.limit else None,
    )


def of_screening(query: ListTickets | TicketsCsv) -> Select:
    """Tickets with their place in one screening, as filtered."""
    chosen = [
        column == wanted for column, wanted in (
            (Ticket.state, query.state), (Ticket.tariff, query.tariff),
            (Booking.contingent_id, query.contingent_id),
            (Booking.first_entry_at.is_not(None), query.scanned),
            (Ticket.type_key == SINGLE, query.single),
        ) if wanted is not None
    ]
    return (
        select(Ticket, Booking, Screening)
        .join(Booking, and_(Booking.ticket_id == Ticket.id,
                            Booking.state == BookingState.ACTIVE,
                            Booking.screening_id == query.screening_id))
        .join(Screening, Screening.id == Booking.screening_id)
        .where(*chosen)
    )


def get_bookability(uow: UnitOfWork, query: GetBookability) -> BookabilityView:
    ticket = find_ticket(uow.session, query.ticket_id, uow.actor)
    screening = find_screening(uow.session, query.screening_id)
    contingents = uow.session.scalars(
        select(Contingent).where(Contingent.screening_id == screening.id)
    ).all()
    plan = plan_booking(
        uow.session, ticket, screening, list(contingents), Seller.of(uow.actor), uow.now
    )
    return BookabilityView(
        ticket_id=ticket.id, screening_id=screening.id, bookable=not plan.rules,
        rules=tuple(plan.rules),
    )


def _wanted(uow: UnitOfWork, query: ListTickets) -> list:
    wanted = []
    if uow.actor.kind is Principal.HOLDER:
        wanted.append(Ticket.holder_id == uow.actor.id)
    elif not (query.screening_id or query.order_id or query.code):
        raise DomainError(
            Code.VALIDATION_FAILED, "Name a screening, an order or a code.",
            {"screening_id": ["One of screening_id, order_id and code is needed."]},
        )
    if query.order_id is not None:
        wanted.append(Ticket.order_id == query.order_id)
    if query.code is not None:
        wanted.append(Ticket.code == plain_code(uow.session, query.code)[0])
    if query.state is not None:
        wanted.append(Ticket.state == query.state)
    of_places = (query.contingent_id, query.scanned, query.single, query.tariff)
    if query.screening_id is None and any(item is not None for item in of_places):
        raise DomainError(
            Code.VALIDATION_FAILED, "These filters choose among the places of a screening.",
            {"screening_id": ["Missing data for required field."]},
        )
    return wanted
