"""Bar debits undone, whole or by article.

The reversals of one debit are booked in the order in which the wallet made them, whatever the
order of arrival: each says what it left of the debit. So the last one gives back exactly the VAT
that is left, however it was rounded before.
"""

from collections import defaultdict
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import delete, func, or_, select

from contracts.message import dump, load
from contracts.money import Money, vat_included
from contracts.ticketing import PaymentMethod
from contracts.wallet import WalletReversed
from services.accounting.models import (
    Books,
    Entry,
    JournalEntry,
    Sale,
    SaleLine,
    WaitingReversal,
    post,
)
from services.accounting.models.rows import insert_new
from services.accounting.usecases.sales import BAR, NORMAL_VAT, SaleRecord, record
from services.chassis.unit_of_work import UnitOfWork

REVERSED = "wallet.reversed.v1"
MEETING = "wallet debits and their reversals"  # name of the lock under which they see one another


@dataclass(slots=True)
class Article:
    """What is left of the same articles of a sale; centimes."""

    label: str
    unit_price: int
    vat_code: str
    vat_rate_bp: int
    quantity: int
    gross: int
    vat: int

    def take(self, quantity: int) -> "Article":
        """So much of it; the last of it with all the VAT that is left."""
        gross = Money(self.unit_price * quantity)
        vat = self.vat
        if quantity < self.quantity:
            vat = vat_included(gross, self.vat_rate_bp).amount
        self.quantity -= quantity
        self.gross -= gross.amount
        self.vat -= vat
        return Article(self.label, self.unit_price, self.vat_code, self.vat_rate_bp, quantity,
                       gross.amount, vat)


Left = dict[tuple[str, int, str], Article]


def let_reversals_wait(uow: UnitOfWork) -> None:
    """Debits may be booked side by side, reversals not beside them: one of the two, arriving
    together, must see the other."""
    uow.session.execute(select(func.pg_advisory_xact_lock_shared(func.hashtext(MEETING))))


def book_reversals(uow: UnitOfWork, events: list[WalletReversed]) -> None:
    """The debit's entry with its sides exchanged, as far as it is undone; what is not there yet
    is waited for."""
    uow.session.execute(select(func.pg_advisory_xact_lock(func.hashtext(MEETING))))
    booked = set(uow.session.scalars(select(JournalEntry.source_id).where(
        JournalEntry.source == REVERSED,
        JournalEntry.source_id.in_([event.movement_id for event in events]),
    )))
    insert_new(uow.session, WaitingReversal, [
        {"id": event.movement_id, "reverses": event.reverses, "body": dump(event)}
        for event in events if event.movement_id not in booked
    ])
    book_waiting(uow, {event.reverses for event in events})


def book_waiting(uow: UnitOfWork, debits: set[UUID]) -> None:
    """The reversals of these debits that can be booked now."""
    if not debits:
        return
    waiting = [load(WalletReversed, body, tolerant=True) for body in uow.session.scalars(
        select(WaitingReversal.body).where(WaitingReversal.reverses.in_(debits))
    )]
    if not waiting:
        return
    sold = _sold(uow, {event.reverses for event in waiting})
    booked, entries, sales = set(), [], []
    for event in sorted(waiting, key=lambda event: event.left.amount, reverse=True):
        original, left = sold.get(event.reverses, (None, {}))
        if original is None or event.amount.amount + event.left.amount != sum(
            article.gross for article in left.values()
        ):
            continue
        articles = _given_back(event, left)
        entries.append(_entry(event, articles))
        sales.append(_sale(event, original, articles))
        booked.add(event.movement_id)
    post(uow.session, entries)
    record(uow, sales)
    uow.session.execute(delete(WaitingReversal).where(WaitingReversal.id.in_(booked)))


def _sold(uow: UnitOfWork, debits: set[UUID]) -> dict[UUID, tuple[Sale, Left]]:
    """The bar's sales, with what reversals have left of them."""
    sales = {sale.id: sale for sale in uow.session.scalars(
        select(Sale).where(Sale.id.in_(debits))
    )}
    found: dict[UUID, Left] = defaultdict(dict)
    for line, sale_id in uow.session.execute(
        select(SaleLine, func.coalesce(Sale.refund_of, Sale.id))
        .join(Sale, Sale.id == SaleLine.sale_id)
        .where(or_(Sale.id.in_(debits), Sale.refund_of.in_(debits)))
        .order_by(Sale.refund_of.nulls_first(), SaleLine.number)
    ):
        code = line.vat_code or ""
        article = found[sale_id].setdefault(
            (line.label, line.unit_price, code),
            Article(line.label, line.unit_price, code, line.vat_rate_bp, 0, 0, 0),
        )
        article.quantity += line.quantity
        article.gross += line.gross
        article.vat += line.vat
    return {id: (sale, found[id]) for id, sale in sales.items()}


def _given_back(event: WalletReversed, left: Left) -> list[Article]:
    """Takes it from what is `left`; everything when the reversal names no article."""
    if not event.lines:
        return [article.take(article.quantity) for article in left.values() if article.quantity]
    return [
        left[line.label, line.unit_price.amount, line.vat_code or NORMAL_VAT].take(line.quantity)
        for line in event.lines
    ]


def _entry(event: WalletReversed, articles: list[Article]) -> Entry:
    entry = Entry(
        REVERSED, event.movement_id, event.reversed_at, "wallet", event.reason,
        wallet_id=event.wallet_id, sale_point_id=event.sale_point_id,
    )
    entry.credit(Books.WALLET_PAID, event.paid.amount)
    entry.credit(Books.WALLET_GIFTED, event.gifted.amount)
    for article in articles:
        entry.debit(Books.BAR, article.gross - article.vat, article.vat_code)
        entry.debit(Books.VAT, article.vat, article.vat_code)
    return entry


def _sale(event: WalletReversed, original: Sale, articles: list[Article]) -> SaleRecord:
    """The bar's sale once more, as far as it is undone, with every amount negative."""
    sale = SaleRecord(
        id=event.movement_id, sold_at=event.reversed_at, channel=BAR,
        sale_point_id=original.sale_point_id, cashier_id=original.cashier_id,
        cashier_name=original.cashier_name, refund_of=original.id,
    )
    for article in articles:
        sale.add_article(article.label, -article.quantity, article.unit_price, -article.gross,
                         -article.vat, article.vat_code, article.vat_rate_bp)
    sale.add_payment(event.movement_id, PaymentMethod.WALLET, -event.amount.amount,
                     event.reversed_at, event.reason)
    return sale
