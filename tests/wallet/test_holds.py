"""Two phases: hold, then capture or void; and what ends by itself."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from contracts.errors import Code, DomainError
from contracts.money import Money
from contracts.roles import Actor, Principal, Role
from contracts.wallet import (
    CaptureHold,
    CashOut,
    GetHold,
    GetWallet,
    HoldState,
    LoadMethod,
    MoveBalance,
    PlaceHold,
    VoidHold,
    WalletDebited,
)
from services.chassis.testing import Harness
from services.wallet.queries import wallets
from services.wallet.usecases import holds, payouts
from tests.wallet.purse import (
    BEER,
    CASHIER,
    assert_refused,
    available,
    balance,
    debit,
    faults,
    gift,
    open_wallet,
    refused,
    reverse,
)


def hold(wallet: Harness, code: str, cents: int, **more) -> dict:
    return wallet.call(
        holds.place_hold, PlaceHold(code=code, amount=Money(cents), label="tab", **more), CASHIER)


def capture(wallet: Harness, held: dict, cents: int | None = None, **more) -> dict:
    return wallet.call(holds.capture_hold, CaptureHold(
        hold_id=UUID(held["hold_id"]), amount=None if cents is None else Money(cents), **more,
    ), CASHIER)


def void(wallet: Harness, held: dict) -> dict:
    return wallet.call(holds.void_hold, VoidHold(hold_id=UUID(held["hold_id"])), CASHIER)


def state(wallet: Harness, held: dict) -> HoldState:
    return wallet.ask(wallets.get_hold, GetHold(hold_id=UUID(held["hold_id"])), CASHIER).state


def time_passes(wallet: Harness) -> None:
    with wallet.uow() as uow:
        uow.session.execute(text("UPDATE holds SET expires_at = now() - interval '1 second'"))


def test_what_is_held_cannot_be_spent_and_is_no_debit_yet(wallet: Harness) -> None:
    code = open_wallet(wallet, paid=1000)
    held = hold(wallet, code, 700)
    assert held["available"] == {"amount": 300, "currency": "CHF"}
    found = wallet.ask(wallets.get_wallet, GetWallet(code=code), CASHIER)
    assert (found.balance, found.held, found.available) == (Money(1000), Money(700), Money(300))
    assert_refused(wallet, code, Code.INSUFFICIENT_FUNDS, lambda: debit(wallet, code, 301))
    assert_refused(wallet, code, Code.INSUFFICIENT_FUNDS, lambda: hold(wallet, code, 301))
    assert_refused(wallet, code, Code.INSUFFICIENT_FUNDS, lambda: wallet.call(
        payouts.cash_out, CashOut(code=code, method=LoadMethod.CASH, reason="x",
                                  amount=Money(301)), CASHIER))
    assert_refused(wallet, code, Code.WALLET_HAS_HOLDS, lambda: wallet.call(
        payouts.move_balance, MoveBalance(code=code, to_code=open_wallet(wallet), reason="x"),
        CASHIER))
    assert not wallet.said(WalletDebited) and not faults(wallet)


def test_captured_whole(wallet: Harness) -> None:
    code = open_wallet(wallet, paid=1000, gifted=100)
    held = hold(wallet, code, 700)
    taken = capture(wallet, held)
    assert taken["hold_id"] == held["hold_id"] and balance(wallet, code) == (400, 0)
    assert (state(wallet, held), available(wallet, code)) == (HoldState.CAPTURED, 400)
    reverse(wallet, taken)
    assert balance(wallet, code) == (1000, 100) and not faults(wallet)


def test_captured_for_less_the_rest_is_free(wallet: Harness) -> None:
    code = open_wallet(wallet, paid=2000)
    held = hold(wallet, code, 1800)
    assert_refused(wallet, code, Code.HOLD_STATE, lambda: capture(wallet, held, 1801))
    assert_refused(wallet, code, Code.VALIDATION_FAILED,
                   lambda: capture(wallet, held, 1600, lines=(BEER,)))
    capture(wallet, held, 1500, lines=(BEER,))
    assert (balance(wallet, code), available(wallet, code)) == ((500, 0), 500)
    assert_refused(wallet, code, Code.HOLD_STATE, lambda: capture(wallet, held, 100))
    assert_refused(wallet, code, Code.HOLD_STATE, lambda: void(wallet, held))


def test_let_go_by_hand_or_by_time(wallet: Harness) -> None:
    code = open_wallet(wallet, paid=1000)
    given_up, forgotten = hold(wallet, code, 300), hold(wallet, code, 600)
    void(wallet, given_up)
    assert available(wallet, code) == 400
    time_passes(wallet)
    assert_refused(wallet, code, Code.HOLD_STATE, lambda: capture(wallet, forgotten))
    assert wallet.tick(holds.expire_holds) == 1 and wallet.tick(holds.expire_holds) == 0
    assert available(wallet, code) == 1000 and state(wallet, forgotten) is HoldState.EXPIRED
    assert not faults(wallet)


def test_a_gift_that_is_held_does_not_end(wallet: Harness) -> None:
    code = open_wallet(wallet, paid=100)
    gift(wallet, code, 300, datetime.now(UTC) + timedelta(seconds=1))
    held = hold(wallet, code, 350)
    time.sleep(1.1)
    assert wallet.tick(payouts.expire_gifts) == 1 and wallet.tick(payouts.expire_gifts) == 0
    assert balance(wallet, code) == (100, 250)
    capture(wallet, held)
    assert balance(wallet, code) == (0, 0) and not faults(wallet)


def test_another_bar_cannot_settle_it(wallet: Harness) -> None:
    code = open_wallet(wallet, paid=1000)
    held = hold(wallet, code, 700)
    other = Actor(Principal.USER, "u2", "Max", frozenset({Role.WALLET_CASHIER}),
                  frozenset({uuid4()}))
    refused(Code.SALE_POINT_NOT_YOURS, lambda: wallet.call(
        holds.void_hold, VoidHold(hold_id=UUID(held["hold_id"])), other))
    refused(Code.HOLD_NOT_FOUND, lambda: wallet.call(
        holds.void_hold, VoidHold(hold_id=uuid4()), CASHIER))


def test_the_database_holds_no_more_than_there_is(wallet: Harness) -> None:
    open_wallet(wallet, paid=1000)
    with pytest.raises(DBAPIError), wallet.uow() as uow:
        uow.session.execute(text("UPDATE wallets SET held = 1001"))


def test_capture_void_and_time_race_for_one_hold(wallet: Harness) -> None:
    """Whatever wins, the amount is taken or free, once."""
    code = open_wallet(wallet, paid=10_000)
    for _ in range(6):
        held = hold(wallet, code, 100)

        def attempt(act, held=held) -> bool:
            try:
                return bool(act(wallet, held))
            except DomainError as refusal:
                assert refusal.code is Code.HOLD_STATE
                return False

        with ThreadPoolExecutor(6) as pool:
            assert sum(pool.map(attempt, [capture, void] * 3)) == 1
    assert available(wallet, code) == sum(balance(wallet, code))
    assert not faults(wallet)
