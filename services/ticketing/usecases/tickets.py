"""What a paid order brings into the world: tickets with their places, and loads for wallets."""

from sqlalchemy import select

from contracts.money import Money
from contracts.ticketing import LineKind
from contracts.wallet import CreditForOrder
from services.chassis.unit_of_work import UnitOfWork
from services.ticketing.models import Line, Order, Ticket, TicketType, save


def issue_tickets(uow: UnitOfWork, order: Order) -> list[Ticket]:
    """One ticket per place and per pass; each is said, so that its wallet can be opened."""
    tickets = []
    types = _ticket_types(uow, order.lines)
    for line in order.lines:
        for _ in range(line.quantity):
            if line.kind == LineKind.SCREENING:
                tickets.append(Ticket.single(order, line))
            elif line.kind == LineKind.PASS:
                tickets.append(Ticket.of_type(order, line, types[line.ticket_type_id]))
    for ticket in tickets:
        save(uow, ticket, *ticket.windows, *ticket.bookings)
        uow.emit(ticket.fact())
    return tickets


def send_loads(uow: UnitOfWork, order: Order) -> None:
    """The wallet never refuses a load: its money has been taken."""
    loads = [line for line in order.lines if line.kind == LineKind.WALLET_LOAD]
    if not loads:
        return
    codes = dict(uow.session.execute(
        select(Ticket.id, Ticket.code)
        .where(Ticket.id.in_([line.loaded_ticket_id for line in loads]))
    ).all())
    for line in loads:
        uow.emit(CreditForOrder(
            code=codes[line.loaded_ticket_id], ticket_id=line.loaded_ticket_id,
            amount=Money(line.gross, order.currency), order_id=order.id, line_id=line.id,
            sale_point_id=order.sale_point_id,
        ))


def _ticket_types(uow: UnitOfWork, lines: list[Line]) -> dict[object, TicketType]:
    wanted = {line.ticket_type_id for line in lines} - {None}
    if not wanted:
        return {}
    rows = uow.session.scalars(select(TicketType).where(TicketType.id.in_(wanted)))
    return {row.id: row for row in rows}
