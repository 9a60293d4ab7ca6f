"""Credit notes: places taken back, money given back, never more than was paid.

The order's row is locked all the while, so that two refunds of one order see each other.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID, uuid4

from sqlalchemy import func, select
from sqlalchemy.orm import selectinload

from contracts.errors import Code, DomainError
from contracts.money import CASH_STEP, Money, cash_rounding, vat_included
from contracts.ticketing import (
    BookingState,
    CreditNoteView,
    LineKind,
    OrderState,
    PaymentMethod,
    RefundOrder,
    RefundTo,
    TicketState,
)
from contracts.ticketing import RefundLine as Wish
from contracts.wallet import CreditForOrder
from services.chassis.unit_of_work import UnitOfWork
from services.ticketing.models import (
    LOCK,
    Line,
    Order,
    Refund,
    RefundedLine,
    RefundedPayment,
    RegisterSession,
    Ticket,
    find_order,
    find_ticket,
    not_open,
)
from services.ticketing.usecases.bookings import give_places_back
from services.ticketing.usecases.mails import tell_refund

REFUNDABLE = frozenset({LineKind.SCREENING, LineKind.PASS})


@dataclass(frozen=True, slots=True)
class Given:
    """What earlier credit notes of an order have given back."""

    lines: list[RefundedLine]
    payments: list[RefundedPayment]

    def of_line(self, line: Line) -> tuple[int, int]:
        """Gross and VAT, in centimes."""
        mine = [item for item in self.lines if item.line_id == line.id]
        return sum(item.gross for item in mine), sum(item.vat for item in mine)

    def of_payment(self, payment_id: UUID) -> int:
        return sum(item.amount for item in self.payments if item.payment_id == payment_id)


def refund_order(uow: UnitOfWork, command: RefundOrder) -> CreditNoteView:
    order = find_order(uow.session, command.order_id, uow.actor, lock=True)
    if order.state != OrderState.PAID:
        raise DomainError(Code.ORDER_STATE, "Only a paid order can be refunded.")
    if len({wish.line_id for wish in command.lines}) < len(command.lines):
        raise _refused("A line is named twice.")
    given = _given(uow, order)
    taken_back = _take_back(uow, order, command) if command.cancel else {}
    lines = [
        _line(order, wish, taken_back.get(wish.line_id, []), given) for wish in command.lines
    ]
    due = Money(sum(line.gross for line in lines), order.currency)
    left = order.captured - Money(sum(item.amount for item in given.payments), order.currency)
    payments = list(_payments(order, command, given, due, left))
    rounding = sum(item.amount for item in payments) - due.amount
    if rounding:
        lines.append(RefundedLine(quantity=0, gross=rounding, vat=0, ticket_ids=[]))
    if left.amount < sum(item.amount for item in payments):
        raise _refused(f"At most {left} of this order can be given back.")
    session = _session(uow, order, command, payments)
    refund = Refund(
        id=uuid4(), order_id=order.id, number=_next_number(uow), amount=due.amount + rounding,
        currency=order.currency, reason=command.reason, refunded_at=uow.now,
        register_session_id=session.id if session else None, cashier_id=uow.actor.id,
        cashier_name=uow.actor.name, lines=lines, payments=payments,
    )
    uow.session.add(refund)
    uow.session.flush()
    _fill_wallet(uow, order, command, refund)
    tell_refund(uow, order, refund)
    uow.emit(refund.fact(order))
    return refund.view()


# ------------------------------------------------------------------ what is taken back


def _line(order: Order, wish: Wish, tickets: list[Ticket], given: Given) -> RefundedLine:
    line = next((item for item in order.lines if item.id == wish.line_id), None)
    if line is None or line.kind not in REFUNDABLE:
        raise _refused("This is not a line of the order that can be given back.")
    if wish.amount is None and not tickets:
        raise _refused("Say how much is given back when the tickets stay good.")
    price = Money(line.unit_price * len(tickets), order.currency)
    amount = price if wish.amount is None else wish.amount
    gross, vat = given.of_line(line)
    if amount.currency != order.currency or not 0 <= amount.amount <= line.gross - gross:
        left = Money(line.gross - gross, order.currency)
        raise _refused(f"At most {left} can be given back for {line.label}.")
    all_of_it = amount.amount == line.gross - gross
    return RefundedLine(
        id=uuid4(), line=line, line_id=line.id, quantity=len(tickets), gross=amount.amount,
        vat=line.vat - vat if all_of_it else vat_included(amount, line.vat_rate_bp).amount,
        ticket_ids=[str(ticket.id) for ticket in tickets],
    )


def _take_back(
    uow: UnitOfWork, order: Order, command: RefundOrder
) -> dict[UUID, list[Ticket]]:
    """By line. The tickets become void, the places booked on them free."""
    good = uow.session.scalars(
        select(Ticket)
        .where(Ticket.order_id == order.id, Ticket.state != TicketState.VOID)
        .order_by(Ticket.id).options(selectinload(Ticket.bookings)).with_for_update(**LOCK)
    ).all()
    taken = {
        wish.line_id: [
            ticket for ticket in good if ticket.line_id == wish.line_id
            and (not wish.ticket_ids or ticket.id in wish.ticket_ids)
        ]
        for wish in command.lines
    }
    for wish in command.lines:
        if len(taken[wish.line_id]) < max(1, len(set(wish.ticket_ids))):
            raise _refused("Tickets of this order are missing, or were taken back before.")
    tickets = [ticket for tickets in taken.values() for ticket in tickets]
    give_places_back(uow, [
        booking for ticket in tickets for booking in ticket.bookings
        if booking.state == BookingState.ACTIVE
    ])
    for ticket in tickets:
        ticket.void()
    return taken


# ------------------------------------------------------------------ how the money goes back


def _payments(
    order: Order, command: RefundOrder, given: Given, due: Money, left: Money
) -> Iterator[RefundedPayment]:
    """Cash is given in coins, rounded down where more would be more than is `left` of what was
    paid; whatever else, to the centime."""
    if not due:
        return
    if command.to is RefundTo.WALLET:
        yield RefundedPayment(id=uuid4(), method=PaymentMethod.WALLET, amount=due.amount)
        return
    cash = due
    if command.to is RefundTo.ORIGINAL:
        captured = [item for item in order.payments if item.captured]
        for payment in captured:
            share = min(cash.amount, payment.amount - given.of_payment(payment.id))
            if payment.method == PaymentMethod.CASH or share <= 0:
                continue
            cash, left = cash - Money(share, order.currency), left - Money(share, order.currency)
            yield RefundedPayment(
                id=uuid4(), payment_id=payment.id, method=payment.method, amount=share,
                reference=payment.reference,
            )
        if cash and not any(item.method == PaymentMethod.CASH for item in captured):
            raise _refused("More than was paid this way, and not given back yet.")
    coins = cash + cash_rounding(cash)
    if left < coins:
        coins -= Money(CASH_STEP, order.currency)
    if coins.amount > 0:
        yield RefundedPayment(id=uuid4(), method=PaymentMethod.CASH, amount=coins.amount)


def _session(
    uow: UnitOfWork, order: Order, command: RefundOrder, payments: list[RefundedPayment]
) -> RegisterSession | None:
    """Whose drawer the coins leave. Locked: it must not close in between."""
    if not any(item.method == PaymentMethod.CASH for item in payments):
        return None
    session = command.register_session_id and uow.session.get(
        RegisterSession, command.register_session_id, with_for_update=LOCK,
        populate_existing=True,
    )
    if not session or not session.sells(order.sale_point_id, uow.actor):
        raise not_open()
    return session


def _fill_wallet(
    uow: UnitOfWork, order: Order, command: RefundOrder, refund: Refund
) -> None:
    """To the wallet that is named, or that of the ticket which paid: the wallet never refuses."""
    filling = [item for item in refund.payments if item.method == PaymentMethod.WALLET]
    if not filling:
        return
    if command.wallet_ticket_id is None:
        raise DomainError(
            Code.VALIDATION_FAILED, "Say on which ticket's wallet the money goes.",
            {"wallet_ticket_id": ["Missing data for required field."]},
        )
    ticket = find_ticket(uow.session, command.wallet_ticket_id, uow.actor)
    if not ticket.wallet_allowed:
        raise _refused("This ticket cannot carry money.")
    for item in filling:
        uow.emit(CreditForOrder(
            code=ticket.code, ticket_id=ticket.id, amount=Money(item.amount, refund.currency),
            order_id=order.id, line_id=item.id, sale_point_id=order.sale_point_id,
        ))


def _given(uow: UnitOfWork, order: Order) -> Given:
    refunds = uow.session.scalars(select(Refund).where(Refund.order_id == order.id)).all()
    return Given(
        [line for refund in refunds for line in refund.lines],
        [item for refund in refunds for item in refund.payments],
    )


def _next_number(uow: UnitOfWork) -> int:
    """Credit notes are numbered without a gap: one is written at a time."""
    uow.session.execute(select(func.pg_advisory_xact_lock(func.hashtext("credit notes"))))
    return (uow.session.scalar(select(func.max(Refund.number))) or 0) + 1


def _refused(detail: str) -> DomainError:
    return DomainError(Code.REFUND_REFUSED, detail)
