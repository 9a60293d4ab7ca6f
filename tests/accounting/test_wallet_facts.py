"""Reversals by article, and every other way in which value leaves a wallet, in the books."""

from itertools import permutations
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select

from contracts.money import Money
from contracts.ticketing import PaymentMethod
from contracts.wallet import (
    ArticleLine,
    MovementKind,
    WalletDebited,
    WalletMoved,
    WalletReversed,
)
from services.accounting.models import Books, SalePayment, WaitingReversal
from services.accounting.usecases import reversals, wallets
from services.chassis.testing import Harness
from tests.accounting.books import BAR, SATURDAY_NIGHT, balances
from tests.accounting.test_booking import agree, debited

BEER = ArticleLine(label="Beer", quantity=3, unit_price=Money(505))  # 8.1 % in 5.05 is 0.38
WATER = ArticleLine(label="Water", quantity=2, unit_price=Money(300), vat_code="opted")


def give_back(
    debit: WalletDebited, left: int, *lines: tuple[ArticleLine, int]
) -> WalletReversed:
    """Articles with their quantities; `left` of the debit after it, in centimes."""
    amount = Money(sum(line.unit_price.amount * quantity for line, quantity in lines))
    return WalletReversed(
        movement_id=uuid4(), reverses=debit.movement_id, wallet_id=debit.wallet_id,
        amount=amount, paid=amount, gifted=Money(0), reversed_at=SATURDAY_NIGHT, reason="spilt",
        sale_point_id=BAR, left=Money(left), lines=tuple(
            ArticleLine(label=line.label, quantity=quantity, unit_price=line.unit_price,
                        vat_code=line.vat_code)
            for line, quantity in lines
        ),
    )


def moved(kind: MovementKind, paid: int = 0, gifted: int = 0, amount: int = 0,
          method: str | None = None) -> WalletMoved:
    return WalletMoved(
        movement_id=uuid4(), wallet_id=uuid4(), ticket_id=uuid4(), kind=kind, paid=Money(paid),
        gifted=Money(gifted), amount=Money(amount or abs(paid + gifted)),
        moved_at=SATURDAY_NIGHT, method=method,
    )


def test_one_article_goes_back_with_its_vat(ledger: Harness) -> None:
    debit = debited(2115, lines=(BEER, WATER))
    ledger.react_many(wallets.book_debits, debit)
    before = balances(ledger)
    ledger.react_many(reversals.book_reversals, give_back(debit, 1815, (WATER, 1)))
    after = balances(ledger)
    assert {key: after[key] - before[key] for key in after if after[key] != before[key]} == {
        Books.WALLET_PAID: -300, Books.BAR: 292, Books.VAT: 8,
    }
    assert agree(ledger).sales == Money(1815)


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_parts_add_up_to_nothing_in_any_order_of_arrival(
    ledger: Harness, order: tuple[int, ...]
) -> None:
    """Three times 0.38 is not the 1.14 … of VAT in 15.15: the last part gives back the rest."""
    debit = debited(2115, lines=(BEER, WATER))
    facts: list[tuple[Any, Any]] = [
        (wallets.book_debits, debit),
        (reversals.book_reversals, give_back(debit, 1310, (BEER, 1), (WATER, 1))),
        (reversals.book_reversals, give_back(debit, 300, (BEER, 2))),
        (reversals.book_reversals, give_back(debit, 0, (WATER, 1))),
    ]
    for place in order:
        ledger.react_many(*facts[place])
    assert set(balances(ledger).values()) == {0}
    assert agree(ledger).sales == Money(0)
    ledger.react_many(*facts[1])  # told once more, it is neither booked nor kept
    with ledger.uow() as uow:
        assert uow.session.scalars(select(WaitingReversal)).all() == []
    assert set(balances(ledger).values()) == {0}


def test_a_reversal_that_never_fits_is_a_fault(ledger: Harness) -> None:
    debit = debited(2115, lines=(BEER, WATER))
    ledger.react_many(reversals.book_reversals, give_back(debit, 0, (BEER, 3)))
    ledger.react_many(wallets.book_debits, debit)
    with pytest.raises(AssertionError, match="1 reversals wait"):
        agree(ledger)


@pytest.mark.parametrize(("event", "booked"), [
    (moved(MovementKind.CASH_OUT, -500, method="cash"),
     {Books.WALLET_PAID: 500, Books.DESK_CASH: -500}),
    (moved(MovementKind.CASH_OUT, -500, method="card"),
     {Books.WALLET_PAID: 500, Books.DESK_CARD: -500}),
    (moved(MovementKind.EXPIRY, gifted=-300), {Books.WALLET_GIFTED: 300, Books.GIFTS: -300}),
    (moved(MovementKind.REFUND, -700), {Books.WALLET_PAID: 700, Books.WALLET_REFUNDS: -700}),
    (moved(MovementKind.PAYOUT, amount=700),
     {Books.WALLET_REFUNDS: 700, Books.BANK_TRANSFER: -700}),
    (moved(MovementKind.BREAKAGE, -400, -100), {
        Books.WALLET_PAID: 400, Books.WALLET_GIFTED: 100, Books.BREAKAGE: -400,
        Books.GIFTS: -100,
    }),
])
def test_what_leaves_a_wallet(
    ledger: Harness, event: WalletMoved, booked: dict[Books, int]
) -> None:
    ledger.react_many(wallets.book_moves, event, event)
    assert balances(ledger) == booked
    assert agree(ledger).agrees


def test_a_balance_that_moves_is_in_passage_until_it_arrives(ledger: Harness) -> None:
    ledger.react_many(wallets.book_moves, moved(MovementKind.MOVE_OUT, -500, -200))
    assert balances(ledger)[Books.WALLET_MOVE] == -700
    assert not agree(ledger).agrees
    ledger.react_many(wallets.book_moves, moved(MovementKind.MOVE_IN, 500, 200))
    assert set(balances(ledger).values()) == {0}
    assert agree(ledger).agrees


def test_what_an_offline_sale_took_beyond_the_balance_is_lost(ledger: Harness) -> None:
    ledger.react_many(wallets.book_debits, WalletDebited(
        movement_id=uuid4(), wallet_id=uuid4(), ticket_id=uuid4(), amount=Money(1081),
        paid=Money(600), gifted=Money(0), lost=Money(481), balance=Money(0),
        debited_at=SATURDAY_NIGHT, authorised_by="Ada", sale_point_id=BAR,
    ))
    assert balances(ledger) == {
        Books.WALLET_PAID: 600, Books.LOSSES: 481, Books.BAR: -1000, Books.VAT: -81,
    }
    agree(ledger)
    with ledger.uow() as uow:
        assert {(row.method, row.amount, row.reference)
                for row in uow.session.scalars(select(SalePayment))} == {
            (PaymentMethod.WALLET, 600, None), (PaymentMethod.FREE, 481, "offline: Ada"),
        }
