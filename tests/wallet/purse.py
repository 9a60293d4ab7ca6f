"""What the tests of the wallet share: a cashier, wallets with money, and how to look at them."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import pytest

from contracts import ticket_code
from contracts.errors import Code, DomainError
from contracts.money import Money
from contracts.roles import Actor, Principal, Role
from contracts.ticketing import TicketIssued
from contracts.wallet import (
    ArticleLine,
    CreditWallet,
    DebitWallet,
    GetLedger,
    GetWallet,
    GiftWallet,
    LoadMethod,
    ReversedLine,
    ReverseMovement,
    WalletDebited,
)
from services.chassis.testing import Harness
from services.wallet.queries import ledger, wallets
from services.wallet.usecases import credits, debits, facts

BAR = uuid4()
CASHIER = Actor(
    Principal.USER, "u1", "Lea", frozenset({Role.WALLET_CASHIER, Role.WALLET_MANAGER}),
    frozenset({BAR}),
)
BEER = ArticleLine(label="Bière", quantity=3, unit_price=Money(500), vat_code="normal")
CRISPS = ArticleLine(label="Chips", quantity=1, unit_price=Money(300), vat_code="reduced")


def open_wallet(
    wallet: Harness, paid: int = 0, gifted: int = 0, holder: str = "h1", name: str | None = None
) -> str:
    """A wallet's code, with paid and gifted credit on it."""
    code = ticket_code.new_code()
    wallet.react(facts.open_wallet, TicketIssued(
        ticket_id=uuid4(), code=code, wallet_allowed=True, holder_id=holder, holder_name=name,
    ))
    if paid:
        load(wallet, code, paid)
    if gifted:
        gift(wallet, code, gifted)
    return code


def load(wallet: Harness, code: str, cents: int, method: LoadMethod = LoadMethod.CASH) -> dict:
    return wallet.call(credits.credit, CreditWallet(
        code=code, amount=Money(cents), method=method, reason="desk"), CASHIER)


def gift(wallet: Harness, code: str, cents: int, expires_at: datetime | None = None) -> dict:
    return wallet.call(credits.gift, GiftWallet(
        code=code, amount=Money(cents), reason="volunteer", expires_at=expires_at), CASHIER)


def debit(wallet: Harness, code: str, cents: int, id: str = "", **more: Any) -> dict:
    return wallet.call(
        debits.debit, DebitWallet(code=code, amount=Money(cents), **more), CASHIER, id
    )


def reverse(wallet: Harness, movement: dict, *lines: ReversedLine) -> dict:
    return wallet.call(debits.reverse, ReverseMovement(
        movement_id=UUID(movement["movement_id"]), reason="wrong drink", lines=lines), CASHIER)


def balance(wallet: Harness, code: str) -> tuple[int, int]:
    """Paid and gifted, in centimes."""
    found = wallet.ask(wallets.get_wallet, GetWallet(code=code), CASHIER)
    return found.paid.amount, found.gifted.amount


def available(wallet: Harness, code: str) -> int:
    return wallet.ask(wallets.get_wallet, GetWallet(code=code), CASHIER).available.amount


def accounts(wallet: Harness) -> dict[str, int]:
    """The ledger, without what is zero; it always sums to nothing."""
    found = wallet.ask(ledger.get_ledger, GetLedger(), CASHIER)
    assert found.total == 0
    return {account: cents for account, cents in found.accounts.items() if cents}


def faults(wallet: Harness) -> list[str]:
    with wallet.uow() as uow:
        return list(ledger.broken_links(uow))


def refused(expected: Code, act: Callable[[], Any]) -> DomainError:
    with pytest.raises(DomainError) as refusal:
        act()
    assert refusal.value.code is expected
    return refusal.value


def assert_refused(
    wallet: Harness, code: str, expected: Code, act: Callable[[], Any]
) -> DomainError:
    """`act` is refused with `expected`, and nothing of the wallet has changed."""
    before = balance(wallet, code), len(wallet.said(WalletDebited))
    refusal = refused(expected, act)
    assert (balance(wallet, code), len(wallet.said(WalletDebited))) == before
    assert not faults(wallet)
    return refusal
