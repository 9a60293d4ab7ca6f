"""From facts to books: each event becomes one balanced entry, whatever the order of arrival.

A fact is known by its own id (the order, the movement), so that it is booked once even when its
message is sent again long after the inbox has forgotten it.
"""

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert

from contracts.accounting import RegisterSessionState
from contracts.message import dump, load
from contracts.money import vat_included
from contracts.ticketing import LineKind, OrderPaid, PaidLine, PaymentMethod
from contracts.wallet import (
    ArticleLine,
    LoadMethod,
    MovementKind,
    WalletCredited,
    WalletDebited,
    WalletReversed,
)
from services.accounting.models import (
    Books,
    Entry,
    JournalEntry,
    JournalLine,
    RegisterSession,
    WaitingReversal,
)
from services.accounting.models.programme import vat_rate
from services.accounting.models.sessions import find_session
from services.accounting.usecases.sales import (
    ArticleSold,
    record_debit,
    record_order,
    record_reversal,
)
from services.accounting.usecases.session_totals import add_to_session
from services.accounting.usecases.statistics import count_sale
from services.chassis.unit_of_work import UnitOfWork

ORDER_PAID = "ticketing.order_paid.v1"
CREDITED = "wallet.credited.v1"
DEBITED = "wallet.debited.v1"
REVERSED = "wallet.reversed.v1"

NORMAL_VAT = "normal"  # what a bar sells, unless its articles say otherwise

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
LOAD_ACCOUNTS = {
    "order": Books.WALLET_LOAD,
    LoadMethod.CASH: Books.DESK_CASH,
    LoadMethod.CARD: Books.DESK_CARD,
    LoadMethod.TRANSFER: Books.BANK_TRANSFER,
}


def book_order(uow: UnitOfWork, event: OrderPaid) -> None:
    """A sale: tenders on the debit side, revenue and its VAT, loads and rounding on the other.

    When its session has been closed meanwhile it is booked all the same, and marked late (c-6).
    """
    session = None
    if event.register_session_id is not None:
        session = find_session(uow.session, event.register_session_id, lock=True)
    late = session is not None and session.state == RegisterSessionState.CLOSED
    if not record_order(uow, event, session, late):
        return
    entry = Entry(
        ORDER_PAID, event.order_id, event.paid_at, f"order {event.order_number}",
        f"Sale {event.channel}", sale_point_id=event.sale_point_id,
    )
    for payment in event.payments:
        _debit_tender(entry, payment.method, payment.amount.amount, session)
    for line in event.lines:
        _credit_line(entry, line)
    entry.post(uow.session)
    count_sale(uow, event)
    if session is not None:
        add_to_session(uow, session, event)


def book_credit(uow: UnitOfWork, event: WalletCredited) -> None:
    """A load is owed to the holder, without any VAT (c-19); a gift is the festival's expense."""
    entry = Entry(
        CREDITED, event.movement_id, event.credited_at, "wallet",
        event.reason or f"Wallet {event.kind}", wallet_id=event.wallet_id,
        sale_point_id=event.sale_point_id,
    )
    if event.kind is MovementKind.GIFT:
        entry.debit(Books.GIFTS, event.amount.amount)
        entry.credit(Books.WALLET_GIFTED, event.amount.amount)
    else:
        entry.debit(LOAD_ACCOUNTS[event.method], event.amount.amount)
        entry.credit(Books.WALLET_PAID, event.amount.amount)
    entry.post(uow.session)


def book_debit(uow: UnitOfWork, event: WalletDebited) -> None:
    """Paying an order, it meets the order's own booking on the account in passage; at a bar it is
    the sale itself, with its VAT."""
    _one_at_a_time(uow, event.movement_id)
    entry = Entry(
        DEBITED, event.movement_id, event.debited_at, "wallet",
        "Wallet payment" if event.order_id else "Bar", wallet_id=event.wallet_id,
        sale_point_id=event.sale_point_id,
    )
    entry.debit(Books.WALLET_PAID, event.paid.amount)
    entry.debit(Books.WALLET_GIFTED, event.gifted.amount)
    if event.order_id:
        entry.credit(Books.WALLET_PAYMENT, event.amount.amount)
        entry.post(uow.session)
        return
    articles = _articles(uow, event)
    for article in articles:
        _credit_with_vat(entry, Books.BAR, article.gross, article.vat, article.vat_code)
    if entry.post(uow.session):
        record_debit(uow, event, articles)
        _book_waiting_reversal(uow, event)


def book_reversal(uow: UnitOfWork, event: WalletReversed) -> None:
    """The same entry with its sides exchanged; if that is not there yet, this one waits for it."""
    _one_at_a_time(uow, event.reverses)
    original = uow.session.scalar(select(JournalEntry).where(
        JournalEntry.source == DEBITED, JournalEntry.source_id == event.reverses
    ))
    if original is None:
        uow.session.execute(
            insert(WaitingReversal).values(reverses=event.reverses, body=dump(event))
            .on_conflict_do_nothing()
        )
        return
    entry = Entry(
        REVERSED, event.movement_id, event.reversed_at, "wallet", event.reason,
        wallet_id=event.wallet_id, sale_point_id=event.sale_point_id,
    )
    for line in uow.session.scalars(
        select(JournalLine).where(JournalLine.entry_id == original.id)
    ):
        entry.credit(line.account, line.amount, line.vat_code)
    if entry.post(uow.session):
        record_reversal(uow, event)


def _book_waiting_reversal(uow: UnitOfWork, event: WalletDebited) -> None:
    body = uow.session.scalar(
        delete(WaitingReversal).where(WaitingReversal.reverses == event.movement_id)
        .returning(WaitingReversal.body)
    )
    if body is not None:
        book_reversal(uow, load(WalletReversed, body, tolerant=True))


def _one_at_a_time(uow: UnitOfWork, movement_id: object) -> None:
    """A debit and its reversal, arriving together, must see one another."""
    uow.session.execute(select(func.pg_advisory_xact_lock(
        func.hashtextextended(str(movement_id), 0)
    )))


def _debit_tender(
    entry: Entry, method: PaymentMethod, amount: int, session: RegisterSession | None
) -> None:
    if method is not PaymentMethod.CASH:
        entry.debit(TENDER_ACCOUNTS[method], amount)
    elif session is not None:
        entry.debit(Books.DRAWER, amount, register_id=session.register_id)
    else:
        entry.debit(Books.DESK_CASH, amount)


def _credit_line(entry: Entry, line: PaidLine) -> None:
    _credit_with_vat(
        entry, LINE_ACCOUNTS[line.kind], line.gross.amount, line.vat.amount, line.vat_code
    )


def _credit_with_vat(
    entry: Entry, account: Books, gross: int, vat: int, vat_code: str | None
) -> None:
    entry.credit(account, gross - vat, vat_code)
    entry.credit(Books.VAT, vat, vat_code)


def _articles(uow: UnitOfWork, event: WalletDebited) -> list[ArticleSold]:
    """What was consumed; one line of the whole amount where the bar typed just that."""
    lines = event.lines or (ArticleLine(label="Bar", quantity=1, unit_price=event.amount),)
    sold = []
    for line in lines:
        code = line.vat_code or NORMAL_VAT
        rate = vat_rate(uow.session, code, event.debited_at)
        gross = line.unit_price * line.quantity
        sold.append(ArticleSold(
            label=line.label, quantity=line.quantity, unit_price=line.unit_price.amount,
            gross=gross.amount, vat=vat_included(gross, rate).amount, vat_code=code,
            vat_rate_bp=rate,
        ))
    return sold
