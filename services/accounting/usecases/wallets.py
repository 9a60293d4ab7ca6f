"""Movements of wallets in the books: credits, debits, and whatever else moves value.

A fact is known by its own id, so that it is booked once even when its message is sent again long
after the inbox has forgotten it.
"""

from uuid import uuid5

from contracts.money import vat_included
from contracts.ticketing import PaymentMethod
from contracts.wallet import (
    ArticleLine,
    LoadMethod,
    MovementKind,
    WalletCredited,
    WalletDebited,
    WalletMoved,
)
from services.accounting.models import Books, Entry, post
from services.accounting.models.programme import VatRates
from services.accounting.usecases.reversals import book_waiting, let_reversals_wait
from services.accounting.usecases.sales import BAR, NORMAL_VAT, SaleRecord, record
from services.chassis.unit_of_work import UnitOfWork

CREDITED = "wallet.credited.v1"
DEBITED = "wallet.debited.v1"
MOVED = "wallet.moved.v1"

PLACES = {  # where money is that is taken or given outside orders
    "order": Books.WALLET_LOAD,
    LoadMethod.CASH: Books.DESK_CASH,
    LoadMethod.CARD: Books.DESK_CARD,
    LoadMethod.TRANSFER: Books.BANK_TRANSFER,
}
PAID_GOES_TO = {  # and gifts go back to where they came from
    MovementKind.MOVE_OUT: Books.WALLET_MOVE,
    MovementKind.MOVE_IN: Books.WALLET_MOVE,
    MovementKind.REFUND: Books.WALLET_REFUNDS,
    MovementKind.BREAKAGE: Books.BREAKAGE,
}


def book_credits(uow: UnitOfWork, events: list[WalletCredited]) -> None:
    """A load is owed to the holder, without any VAT (c-19); a gift is the festival's expense."""
    entries = []
    for event in events:
        entry = Entry(
            CREDITED, event.movement_id, event.credited_at, "wallet",
            event.reason or f"Wallet {event.kind}", wallet_id=event.wallet_id,
            sale_point_id=event.sale_point_id,
        )
        if event.kind is MovementKind.GIFT:
            entry.debit(Books.GIFTS, event.amount.amount)
            entry.credit(Books.WALLET_GIFTED, event.amount.amount)
        else:
            entry.debit(PLACES[event.method], event.amount.amount)
            entry.credit(Books.WALLET_PAID, event.amount.amount)
        entries.append(entry)
    post(uow.session, entries)


def book_debits(uow: UnitOfWork, events: list[WalletDebited]) -> None:
    """Paying an order, a debit meets the order's own booking on the account in passage; at a bar
    it is the sale itself, with its VAT. What an offline sale took beyond the balance is lost."""
    let_reversals_wait(uow)
    rates = VatRates(uow.session)
    entries, sales = {}, {}
    for event in events:
        entry = Entry(
            DEBITED, event.movement_id, event.debited_at, "wallet",
            "Wallet payment" if event.order_id else "Bar", wallet_id=event.wallet_id,
            sale_point_id=event.sale_point_id,
        )
        entry.debit(Books.WALLET_PAID, event.paid.amount)
        entry.debit(Books.WALLET_GIFTED, event.gifted.amount)
        entry.debit(Books.LOSSES, event.lost.amount)
        if event.order_id:
            entry.credit(Books.WALLET_PAYMENT, event.amount.amount)
        else:
            sale = _bar_sale(event, rates)
            for line in sale.lines:
                entry.credit(Books.BAR, line["gross"] - line["vat"], line["vat_code"])
                entry.credit(Books.VAT, line["vat"], line["vat_code"])
            sales[sale.id] = sale
        entries[event.movement_id] = entry
    post(uow.session, list(entries.values()))
    book_waiting(uow, record(uow, list(sales.values())))


def book_moves(uow: UnitOfWork, events: list[WalletMoved]) -> None:
    """Cash given back, balances that go to another ticket or to the bank, gifts that ended, and
    what nobody claimed."""
    entries = []
    for event in events:
        entry = Entry(
            MOVED, event.movement_id, event.moved_at, "wallet",
            event.reason or f"Wallet {event.kind.replace('_', ' ')}", wallet_id=event.wallet_id,
            sale_point_id=event.sale_point_id,
        )
        if event.kind is MovementKind.PAYOUT:
            entry.debit(Books.WALLET_REFUNDS, event.amount.amount)
            entry.credit(Books.BANK_TRANSFER, event.amount.amount)
        entry.credit(Books.WALLET_PAID, event.paid.amount)
        entry.credit(Books.WALLET_GIFTED, event.gifted.amount)
        if event.paid:
            entry.debit(_other_side(event), event.paid.amount)
        moving = event.kind in (MovementKind.MOVE_OUT, MovementKind.MOVE_IN)
        entry.debit(Books.WALLET_MOVE if moving else Books.GIFTS, event.gifted.amount)
        entries.append(entry)
    post(uow.session, entries)


def _other_side(event: WalletMoved) -> Books:
    if event.kind is MovementKind.CASH_OUT:
        return PLACES[event.method or LoadMethod.CASH]
    return PAID_GOES_TO[event.kind]


def _bar_sale(event: WalletDebited, rates: VatRates) -> SaleRecord:
    """What was consumed; one line of the whole amount where the bar typed just that."""
    sale = SaleRecord(
        id=event.movement_id, sold_at=event.debited_at, channel=BAR,
        sale_point_id=event.sale_point_id, cashier_id=event.cashier_id or None,
        cashier_name=event.cashier_name or None,
    )
    for line in event.lines or (ArticleLine(label="Bar", quantity=1, unit_price=event.amount),):
        code = line.vat_code or NORMAL_VAT
        rate = rates.at(code, event.debited_at)
        gross = line.unit_price * line.quantity
        sale.add_article(
            line.label, line.quantity, line.unit_price.amount, gross.amount,
            vat_included(gross, rate).amount, code, rate,
        )
    taken = event.amount - event.lost
    if taken:
        sale.add_payment(event.movement_id, PaymentMethod.WALLET, taken.amount, event.debited_at)
    if event.lost:
        sale.add_payment(
            uuid5(event.movement_id, "lost"), PaymentMethod.FREE, event.lost.amount,
            event.debited_at, f"offline: {event.authorised_by}",
        )
    return sale
