"""Orders, one or many."""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, exists, or_, select

from contracts.errors import Code, DomainError
from contracts.roles import Principal, Role
from contracts.ticketing import (
    CreditNoteList,
    GetOrder,
    ListMails,
    ListOrders,
    ListRefunds,
    MailList,
    OrderPage,
    OrderState,
    OrderView,
    PaymentState,
)
from services.chassis.unit_of_work import UnitOfWork
from services.ticketing.models import Line, Mail, Order, Payment, Refund, Ticket, find_order

# How long an order may wait for these before somebody must look at it.
ANSWER_WITHIN = timedelta(minutes=1)
RELEASE_WITHIN = timedelta(minutes=1)
REST_WITHIN = timedelta(hours=1)


def get_order(uow: UnitOfWork, query: GetOrder) -> OrderView:
    order = find_order(uow.session, query.order_id, uow.actor)
    tickets = uow.session.scalars(
        select(Ticket).where(Ticket.order_id == order.id).order_by(Ticket.number)
    )
    return order.view(tuple(ticket.in_order() for ticket in tickets))


def list_refunds(uow: UnitOfWork, query: ListRefunds) -> CreditNoteList:
    order = find_order(uow.session, query.order_id, uow.actor)
    found = uow.session.scalars(
        select(Refund).where(Refund.order_id == order.id).order_by(Refund.number)
    )
    return CreditNoteList(items=tuple(refund.view() for refund in found))


def list_mails(uow: UnitOfWork, query: ListMails) -> MailList:
    order = find_order(uow.session, query.order_id, uow.actor)
    found = uow.session.scalars(
        select(Mail).where(Mail.order_id == order.id).order_by(Mail.written_at, Mail.id)
    )
    return MailList(items=tuple(mail.view() for mail in found))


def list_orders(uow: UnitOfWork, query: ListOrders) -> OrderPage:
    """Newest first; the cursor is the number of the last order seen."""
    statement = select(Order).where(*_mine(uow), *_wanted(query, uow.now))
    if query.cursor is not None:
        statement = statement.where(Order.number < number_of(query.cursor))
    found = uow.session.scalars(
        statement.order_by(Order.number.desc()).limit(query.limit + 1)
    ).all()
    page = found[: query.limit]
    return OrderPage(
        items=tuple(order.item() for order in page),
        next_cursor=str(page[-1].number) if len(found) > query.limit else None,
    )


def number_of(cursor: str) -> int:
    if not cursor.isascii() or not cursor.isdigit() or len(cursor) > 18:
        raise DomainError(Code.VALIDATION_FAILED, "This cursor is not one of ours.",
                          {"cursor": ["Not a cursor."]})
    return int(cursor)


def _mine(uow: UnitOfWork) -> list:
    """The same rules as `find_order`, for many."""
    if uow.actor.kind is Principal.HOLDER:
        return [Order.holder_id == uow.actor.id]
    if uow.actor.kind is Principal.SYSTEM or uow.actor.may(Role.ADMIN, Role.ACCOUNTING):
        return []
    return [Order.sale_point_id.in_(uow.actor.sale_points)]


def _wanted(query: ListOrders, now: datetime) -> list:
    wanted = [
        getattr(Order, name) == getattr(query, name)
        for name in ("state", "sale_point_id", "register_session_id")
        if getattr(query, name) is not None
    ]
    if query.screening_id is not None:
        wanted.append(exists().where(
            Line.order_id == Order.id, Line.screening_id == query.screening_id
        ))
    waiting = exists().where(
        Payment.order_id == Order.id, Payment.state == PaymentState.TO_REFUND
    )
    if query.to_refund is not None:
        wanted.append(waiting if query.to_refund else ~waiting)
    if query.stuck is not None:
        stuck = or_(waiting, _too_long(now))
        wanted.append(stuck if query.stuck else ~stuck)
    return wanted


def _too_long(now: datetime) -> ColumnElement[bool]:
    """Whose wallet does not answer, whose hold is not released, or whose rest is not paid."""
    asked = exists().where(
        Payment.order_id == Order.id, Payment.state == PaymentState.REQUESTED,
        Payment.requested_at < now - ANSWER_WITHIN,
    )
    return or_(
        and_(Order.state == OrderState.PAYING, asked),
        and_(Order.state == OrderState.HELD, Order.hold_expires_at < now - RELEASE_WITHIN),
        and_(Order.state == OrderState.HELD, Order.hold_expires_at.is_(None),
             Order.created_at < now - REST_WITHIN),
    )
