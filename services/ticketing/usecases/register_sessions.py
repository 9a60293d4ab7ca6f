"""Our half of the two handshakes that open and close a register session (HOUSE §7)."""

from sqlalchemy import func, select, union_all

from contracts.accounting import (
    RegisterSessionClosed,
    RegisterSessionClosing,
    RegisterSessionOpening,
)
from contracts.errors import Code, DomainError
from contracts.money import CURRENCY, Money
from contracts.ticketing import (
    OrderState,
    PaymentMethod,
    PaymentState,
    RegisterSessionAccepted,
    RegisterSessionTotals,
    TenderTotal,
)
from services.chassis.unit_of_work import UnitOfWork
from services.ticketing.models import (
    LOCK,
    Order,
    Payment,
    Refund,
    RefundedPayment,
    RegisterSession,
)


def open_session(uow: UnitOfWork, event: RegisterSessionOpening) -> None:
    """Sell on it from now on; receipts go on where the register's last session ended."""
    last_receipt = uow.session.scalar(
        select(func.max(RegisterSession.receipts_before + RegisterSession.receipts))
        .where(RegisterSession.register_id == event.register_id)
    )
    uow.session.add(RegisterSession.open(event, last_receipt or 0))
    uow.emit(RegisterSessionAccepted(register_session_id=event.register_session_id))


def close_session(uow: UnitOfWork, event: RegisterSessionClosing) -> None:
    """Stop selling, and say everything that was sold.

    Payments take the session's row before they commit: those that came first are counted, those
    that come later find it not open.
    """
    session = _locked(uow, event.register_session_id)
    session.stop(uow.now)
    orders = uow.session.scalar(
        select(func.count()).where(*_paid_on(session))
    )
    uow.emit(RegisterSessionTotals(
        register_session_id=session.id, orders=orders, totals=_totals(uow, session),
        first_receipt=session.first_receipt, last_receipt=session.last_receipt,
    ))


def seal_session(uow: UnitOfWork, event: RegisterSessionClosed) -> None:
    _locked(uow, event.register_session_id).seal(event.z_number)


# ------------------------------------------------------------------ parts


def _locked(uow: UnitOfWork, session_id: object) -> RegisterSession:
    session = uow.session.get(RegisterSession, session_id, with_for_update=LOCK)
    if session is None:  # its opening is still on its way: the message is tried again
        raise DomainError(Code.REGISTER_SESSION_NOT_FOUND, "No such register session is known.")
    return session


def _paid_on(session: RegisterSession) -> tuple:
    return Order.register_session_id == session.id, Order.state == OrderState.PAID


def _totals(uow: UnitOfWork, session: RegisterSession) -> tuple[TenderTotal, ...]:
    taken = (
        select(Payment.method, Payment.amount)
        .join(Order, Order.id == Payment.order_id)
        .where(*_paid_on(session), Payment.state == PaymentState.CAPTURED)
    )
    given = (
        select(RefundedPayment.method, -RefundedPayment.amount)
        .join(Refund, Refund.id == RefundedPayment.refund_id)
        .where(Refund.register_session_id == session.id)
    )
    every = union_all(taken, given).subquery()
    rows = uow.session.execute(
        select(every.c.method, func.sum(every.c.amount), func.count())
        .group_by(every.c.method).order_by(every.c.method)
    )
    return tuple(
        TenderTotal(method=PaymentMethod(method), amount=Money(int(amount), CURRENCY), count=count)
        for method, amount, count in rows
    )
