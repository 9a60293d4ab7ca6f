"""Orders that were paid: sales, their entries, and what they add to sessions and statistics."""

from uuid import UUID

from contracts.accounting import RegisterSessionState
from contracts.ticketing import LineKind, OrderPaid, PaidLine, PaymentMethod
from services.accounting.models import Books, Entry, RegisterSession, post
from services.accounting.models.registers import lock_registers
from services.accounting.models.sessions import lock_sessions
from services.accounting.usecases.sales import SaleRecord, record
from services.accounting.usecases.session_totals import add_to_sessions
from services.accounting.usecases.statistics import count_sales
from services.chassis.unit_of_work import UnitOfWork

ORDER_PAID = "ticketing.order_paid.v1"
TENDER_ACCOUNTS = {
    PaymentMethod.CARD: Books.CARD,
    PaymentMethod.ONLINE: Books.ONLINE,
    PaymentMethod.WALLET: Books.WALLET_PAYMENT,
    PaymentMethod.FREE: Books.INVITATIONS,
}
LINE_ACCOUNTS = {
    LineKind.SCREENING: Books.ADMISSIONS,
    LineKind.PASS: Books.PASSES,
    LineKind.WALLET_LOAD: Books.WALLET_LOAD,
    LineKind.ROUNDING: Books.ROUNDING,
}
Sessions = dict[UUID, RegisterSession]


def book_orders(uow: UnitOfWork, events: list[OrderPaid]) -> None:
    """Each order once, by its own id. When its session has been closed meanwhile it is booked
    all the same, and marked late (c-6)."""
    sessions = lock_sessions(uow.session, {
        event.register_session_id for event in events if event.register_session_id is not None
    })
    registers = lock_registers(uow.session, {item.register_id for item in sessions.values()})
    waiting = list({event.order_id: event for event in events}.values())
    while waiting:
        now = _until_complete(waiting, sessions)
        waiting = waiting[len(now):]
        new = record(uow, [sale_of(event, session_of(event, sessions)) for event in now])
        now = [event for event in now if event.order_id in new]
        post(uow.session, [_entry(event, session_of(event, sessions)) for event in now])
        count_sales(uow, now)
        add_to_sessions(uow, sessions, registers, now)


def _until_complete(events: list[OrderPaid], sessions: Sessions) -> list[OrderPaid]:
    """Those up to the one that may complete a session's totals: what comes after it is late."""
    missing = {id: session.missing_orders for id, session in sessions.items()}
    for place, event in enumerate(events, start=1):
        left = missing.get(event.register_session_id) if event.register_session_id else None
        if left is not None and event.register_session_id is not None:
            missing[event.register_session_id] = left - 1
            if left == 1:
                return events[:place]
    return events


def session_of(event: OrderPaid, sessions: Sessions) -> RegisterSession | None:
    return sessions[event.register_session_id] if event.register_session_id else None


def sale_of(event: OrderPaid, session: RegisterSession | None) -> SaleRecord:
    sale = SaleRecord(
        id=event.order_id, sold_at=event.paid_at, channel=event.channel,
        sale_point_id=event.sale_point_id, cashier_id=event.cashier_id,
        cashier_name=event.cashier_name, order_number=event.order_number,
        receipt_number=event.receipt_number, register_session_id=event.register_session_id,
        register_id=session.register_id if session else None,
        late=session is not None and session.state == RegisterSessionState.CLOSED,
    )
    for line in event.lines:
        sale.add_line(
            line.kind, line.label, line.quantity, line.unit_price.amount, line.gross.amount,
            line.vat.amount, line.vat_code, line.vat_rate_bp, screening_id=line.screening_id,
            contingent=line.contingent, overbooked=line.overbooked, tariff=line.tariff,
            tariff_name=line.tariff_name, ticket_ids=line.ticket_ids,
        )
    for payment in event.payments:
        sale.add_payment(payment.payment_id, payment.method, payment.amount.amount,
                         payment.paid_at, payment.reference)
    return sale


def _entry(event: OrderPaid, session: RegisterSession | None) -> Entry:
    """Tenders on the debit side; revenue and its VAT, loads and rounding on the other."""
    entry = Entry(
        ORDER_PAID, event.order_id, event.paid_at, f"order {event.order_number}",
        f"Sale {event.channel}", sale_point_id=event.sale_point_id,
    )
    for payment in event.payments:
        debit_tender(entry, payment.method, payment.amount.amount, session)
    for line in event.lines:
        credit_line(entry, line)
    return entry


def debit_tender(
    entry: Entry, method: PaymentMethod, amount: int, session: RegisterSession | None
) -> None:
    if method is not PaymentMethod.CASH:
        entry.debit(TENDER_ACCOUNTS[method], amount)
    elif session is not None:
        entry.debit(Books.DRAWER, amount, register_id=session.register_id)
    else:
        entry.debit(Books.DESK_CASH, amount)


def credit_line(entry: Entry, line: PaidLine) -> None:
    vat = line.vat.amount
    entry.credit(LINE_ACCOUNTS[line.kind], line.gross.amount - vat, line.vat_code)
    entry.credit(Books.VAT, vat, line.vat_code)
