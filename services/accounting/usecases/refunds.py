"""Credit notes: a sale once more, as far as it is given back, with every amount negative."""

from dataclasses import replace

from contracts.ticketing import OrderPaid, OrderRefunded, PaymentMethod
from services.accounting.models import Books, Entry, RegisterSession, post
from services.accounting.models.registers import lock_registers
from services.accounting.models.sessions import lock_sessions
from services.accounting.usecases.orders import credit_line, debit_tender, sale_of, session_of
from services.accounting.usecases.sales import SaleRecord, record
from services.accounting.usecases.session_totals import add_to_sessions
from services.accounting.usecases.statistics import count_sales
from services.chassis.unit_of_work import UnitOfWork

REFUNDED = "ticketing.order_refunded.v1"


def book_refunds(uow: UnitOfWork, events: list[OrderRefunded]) -> None:
    """Each once, by its own id; coins leave the drawer of the session that gave them."""
    sessions = lock_sessions(uow.session, {
        event.register_session_id for event in events if event.register_session_id is not None
    })
    registers = lock_registers(uow.session, {item.register_id for item in sessions.values()})
    notes = {event.refund_id: event for event in events}
    sales = {note.refund_id: _negative(note) for note in notes.values()}
    new = record(uow, [
        _sale(note, sales[id], session_of(sales[id], sessions)) for id, note in notes.items()
    ])
    booked = [sales[id] for id in notes if id in new]
    post(uow.session, [
        _entry(notes[sale.order_id], sale, session_of(sale, sessions)) for sale in booked
    ])
    count_sales(uow, booked)
    add_to_sessions(uow, sessions, registers, booked, orders=False)


def _negative(note: OrderRefunded) -> OrderPaid:
    """What would have to be sold to come to the same."""
    return OrderPaid(
        order_id=note.refund_id, order_number=note.order_number, channel=note.channel,
        sale_point_id=note.sale_point_id, paid_at=note.refunded_at, currency=note.currency,
        lines=tuple(
            replace(line, quantity=-line.quantity, gross=-line.gross, vat=-line.vat)
            for line in note.lines
        ),
        payments=tuple(replace(item, amount=-item.amount) for item in note.payments),
        register_session_id=note.register_session_id, cashier_id=note.cashier_id,
        cashier_name=note.cashier_name,
    )


def _sale(note: OrderRefunded, sale: OrderPaid, session: RegisterSession | None) -> SaleRecord:
    written = sale_of(sale, session)
    written.refund_of = note.order_id
    return written


def _entry(note: OrderRefunded, sale: OrderPaid, session: RegisterSession | None) -> Entry:
    """What goes to a wallet is on its way there until the wallet says that it has come."""
    entry = Entry(
        REFUNDED, note.refund_id, note.refunded_at, f"credit note {note.credit_note}",
        f"Refund of order {note.order_number}: {note.reason}", sale_point_id=note.sale_point_id,
    )
    for payment in sale.payments:
        if payment.method is PaymentMethod.WALLET:
            entry.debit(Books.WALLET_LOAD, payment.amount.amount)
        else:
            debit_tender(entry, payment.method, payment.amount.amount, session)
    for line in sale.lines:
        credit_line(entry, line)
    return entry
