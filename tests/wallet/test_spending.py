"""Limits, PIN, reversal by line, gifts with an end, cash-out, moving to another ticket."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from contracts.envelope import Envelope
from contracts.errors import Code, DomainError
from contracts.money import Money
from contracts.wallet import (
    BlockWallet,
    CashOut,
    ChangeRules,
    CreditForOrder,
    DebitForOrder,
    DebitWallet,
    FreezeWallets,
    GetRules,
    GetWallet,
    LoadMethod,
    MoveBalance,
    MovementKind,
    ReversedLine,
    SetPin,
    WalletDebitDeclined,
    WalletMoved,
    WalletReversed,
)
from services.chassis.inbox import run_unrecorded
from services.chassis.testing import Harness
from services.wallet.queries import manager, wallets
from services.wallet.usecases import credits, debits, payouts, pins, rules
from tests.wallet.purse import (
    BAR,
    BEER,
    CASHIER,
    CRISPS,
    accounts,
    assert_refused,
    available,
    balance,
    debit,
    faults,
    gift,
    load,
    open_wallet,
    refused,
    reverse,
)

SOON = timedelta(hours=1)


def now() -> datetime:
    return datetime.now(UTC)


def limit(wallet: Harness, **limits) -> None:
    wallet.call(rules.change_rules, ChangeRules(**limits), CASHIER)


def set_pin(wallet: Harness, code: str, pin: str | None) -> None:
    command = SetPin(code=code, pin=pin)
    answer = run_unrecorded(wallet.database, Envelope.of(command, CASHIER), pins.set_pin)
    assert answer.error is None


# ------------------------------------------------------------------ limits


def test_the_largest_debit_and_the_largest_balance(wallet: Harness) -> None:
    code = open_wallet(wallet, paid=9000)
    limit(wallet, max_debit=Money(2000), max_balance=Money(10_000))
    refusal = assert_refused(wallet, code, Code.WALLET_LIMIT, lambda: debit(wallet, code, 2001))
    assert refusal.errors["limit"] == "max_debit" and "20.00" in refusal.detail
    assert_refused(wallet, code, Code.WALLET_LIMIT, lambda: load(wallet, code, 1001))
    assert_refused(wallet, code, Code.WALLET_LIMIT, lambda: gift(wallet, code, 1001))
    load(wallet, code, 1000)
    debit(wallet, code, 2000)
    assert wallet.ask(manager.get_rules, GetRules(), CASHIER).max_debit == Money(2000)


def test_velocity_counts_what_was_spent_only_and_starts_anew(wallet: Harness) -> None:
    code = open_wallet(wallet, paid=1000)
    limit(wallet, velocity_count=2, velocity_seconds=600)
    debit(wallet, code, 100)
    assert_refused(wallet, code, Code.INSUFFICIENT_FUNDS, lambda: debit(wallet, code, 5000))
    debit(wallet, code, 100)
    assert_refused(wallet, code, Code.WALLET_LIMIT, lambda: debit(wallet, code, 100))
    with wallet.uow() as uow:
        uow.session.execute(text("UPDATE wallets SET window_from = now() - interval '11 min'"))
    debit(wallet, code, 100)
    limit(wallet, velocity_amount=Money(150))
    assert_refused(wallet, code, Code.WALLET_LIMIT, lambda: debit(wallet, code, 100))


def test_a_limit_declines_an_order_too(wallet: Harness) -> None:
    code = open_wallet(wallet, paid=1000)
    limit(wallet, max_debit=Money(500))
    wallet.react(debits.pay_order, DebitForOrder(
        code=code, amount=Money(600), order_id=uuid4(), payment_id=uuid4()))
    (declined,) = wallet.said(WalletDebitDeclined)
    assert declined.code == Code.WALLET_LIMIT and balance(wallet, code) == (1000, 0)


def test_the_history_of_rules_cannot_be_changed(wallet: Harness) -> None:
    limit(wallet, max_debit=Money(500))
    with pytest.raises(DBAPIError), wallet.uow() as uow:
        uow.session.execute(text("UPDATE rules SET max_debit = NULL"))


def test_after_the_freeze_money_is_only_given_back(wallet: Harness) -> None:
    code = open_wallet(wallet, paid=1000)
    spent = debit(wallet, code, 300)
    wallet.call(rules.freeze, FreezeWallets(at=now(), reason="over"), CASHIER)
    for act in (lambda: debit(wallet, code, 100), lambda: load(wallet, code, 100),
                lambda: gift(wallet, code, 100)):
        assert_refused(wallet, code, Code.WALLETS_FROZEN, act)
    reverse(wallet, spent)
    cash_out(wallet, code)
    assert balance(wallet, code) == (0, 0)


# ------------------------------------------------------------------ PIN


def test_above_an_amount_the_pin_is_asked(wallet: Harness) -> None:
    code = open_wallet(wallet, paid=9000)
    limit(wallet, pin_above=Money(1000))
    debit(wallet, code, 1000)
    assert_refused(wallet, code, Code.PIN_REQUIRED, lambda: debit(wallet, code, 1001))
    set_pin(wallet, code, "2580")
    assert_refused(wallet, code, Code.PIN_REQUIRED, lambda: debit(wallet, code, 1001))
    assert_refused(wallet, code, Code.PIN_WRONG, lambda: debit(wallet, code, 1001, pin="0000"))
    debit(wallet, code, 1001, pin="2580")


def test_guessing_a_pin_ends_after_five(wallet: Harness) -> None:
    code = open_wallet(wallet, paid=9000)
    limit(wallet, pin_above=Money(1000))
    set_pin(wallet, code, "2580")
    for guess in range(5):
        assert_refused(wallet, code, Code.PIN_WRONG,
                       lambda guess=guess: debit(wallet, code, 2000, pin=f"000{guess}"))
    assert_refused(wallet, code, Code.PIN_BLOCKED, lambda: debit(wallet, code, 2000, pin="2580"))
    set_pin(wallet, code, "1357")
    debit(wallet, code, 2000, pin="1357")


def test_nothing_stored_depends_on_the_pin(wallet: Harness) -> None:
    """A fingerprint with the PIN in it would tell it in ten thousand guesses."""
    one, other = (
        Envelope.of(DebitWallet(code="AAAAA-AAAAA", amount=Money(1), pin=pin), CASHIER, id="k")
        for pin in ("1111", "2222"))
    assert one.fingerprint() == other.fingerprint() and "1111" not in repr(
        DebitWallet(code="AAAAA-AAAAA", amount=Money(1), pin="1111"))


# ------------------------------------------------------------------ reversal by line


def test_lines_are_given_back_one_by_one_and_never_more_than_were_sold(wallet: Harness) -> None:
    code = open_wallet(wallet, paid=1500, gifted=300)
    sold = debit(wallet, code, 1800, lines=(BEER, CRISPS))
    reverse(wallet, sold, ReversedLine(line=0, quantity=2))
    assert balance(wallet, code) == (1000, 0)
    reverse(wallet, sold, ReversedLine(line=1))
    assert_refused(wallet, code, Code.MOVEMENT_NOT_REVERSIBLE,
                   lambda: reverse(wallet, sold, ReversedLine(line=0, quantity=2)))
    assert_refused(wallet, code, Code.MOVEMENT_NOT_REVERSIBLE,
                   lambda: reverse(wallet, sold, ReversedLine(line=1)))
    assert_refused(wallet, code, Code.VALIDATION_FAILED,
                   lambda: reverse(wallet, sold, ReversedLine(line=2)))
    reverse(wallet, sold)
    assert balance(wallet, code) == (1500, 300)
    assert [(said.amount, said.left) for said in wallet.said(WalletReversed)] == [
        (Money(1000), Money(800)), (Money(300), Money(500)), (Money(500), Money(0))]
    quantities = [line.quantity for said in wallet.said(WalletReversed) for line in said.lines]
    assert quantities == [2, 1, 1]
    assert f"sales:{BAR}" not in accounts(wallet)
    assert not faults(wallet)


def test_the_database_counts_reversed_articles_again(wallet: Harness) -> None:
    code = open_wallet(wallet, paid=1800)
    reverse(wallet, debit(wallet, code, 1800, lines=(BEER, CRISPS)), ReversedLine(line=0))
    with pytest.raises(DBAPIError), wallet.uow() as uow:
        uow.session.execute(text("UPDATE reversed_lines SET quantity = quantity + 1"))


def test_many_tills_reverse_one_debit_once(wallet: Harness) -> None:
    """Fails when the reversal does not lock the wallet."""
    code = open_wallet(wallet, paid=1800)
    sold = debit(wallet, code, 1800, lines=(BEER, CRISPS))

    def attempt(_: int) -> bool:
        try:
            return bool(reverse(wallet, sold, ReversedLine(line=0, quantity=1)))
        except DomainError as refusal:
            assert refusal.code is Code.MOVEMENT_NOT_REVERSIBLE
            return False

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(attempt, range(16))) == 3
    assert balance(wallet, code) == (1500, 0) and not faults(wallet)


# ------------------------------------------------------------------ gifts with an end


def test_what_ends_first_is_spent_first_and_returns_to_its_lot(wallet: Harness) -> None:
    code = open_wallet(wallet, paid=1000)
    gift(wallet, code, 300)
    gift(wallet, code, 200, now() + 2 * SOON)
    gift(wallet, code, 100, now() + SOON)
    sold = debit(wallet, code, 250)
    assert lots(wallet, code) == [50, 300]
    reverse(wallet, sold)
    assert lots(wallet, code) == [100, 200, 300] and not faults(wallet)


def test_a_gift_past_its_end_cannot_be_spent_and_goes_back(wallet: Harness) -> None:
    code = open_wallet(wallet, paid=100, gifted=50)
    gift(wallet, code, 300, now() + timedelta(seconds=1))
    sold = debit(wallet, code, 120)
    time.sleep(1.1)
    assert available(wallet, code) == 150
    assert_refused(wallet, code, Code.INSUFFICIENT_FUNDS, lambda: debit(wallet, code, 151))
    assert wallet.tick(payouts.expire_gifts) == 1 and wallet.tick(payouts.expire_gifts) == 0
    assert balance(wallet, code) == (100, 50)
    (moved,) = wallet.said(WalletMoved)
    assert (moved.kind, moved.gifted, moved.paid) == (
        MovementKind.EXPIRY, Money(-180), Money(0))
    reverse(wallet, sold)
    assert balance(wallet, code) == (100, 170) and available(wallet, code) == 150
    wallet.tick(payouts.expire_gifts)
    assert balance(wallet, code) == (100, 50) and accounts(wallet)["gifts"] == -50


def test_a_gift_must_end_later_than_now(wallet: Harness) -> None:
    code = open_wallet(wallet)
    assert_refused(wallet, code, Code.VALIDATION_FAILED,
                   lambda: gift(wallet, code, 100, now() - SOON))


def lots(wallet: Harness, code: str) -> list[int]:
    return [lot.left.amount
            for lot in wallet.ask(wallets.get_wallet, GetWallet(code=code), CASHIER).gifts]


# ------------------------------------------------------------------ money out


def cash_out(wallet: Harness, code: str, cents: int | None = None, **more) -> dict:
    return wallet.call(payouts.cash_out, CashOut(
        code=code, method=LoadMethod.CASH, reason="going home",
        amount=None if cents is None else Money(cents), **more), CASHIER)


def test_only_paid_credit_is_paid_out(wallet: Harness) -> None:
    code = open_wallet(wallet, paid=1000, gifted=500)
    assert_refused(wallet, code, Code.INSUFFICIENT_FUNDS, lambda: cash_out(wallet, code, 1001))
    cash_out(wallet, code, 400)
    assert_refused(wallet, code, Code.SALE_POINT_NOT_YOURS,
                   lambda: cash_out(wallet, code, 1, sale_point_id=uuid4()))
    answer = cash_out(wallet, code)
    assert answer["paid"]["amount"] == -600 and balance(wallet, code) == (0, 500)
    assert_refused(wallet, code, Code.INSUFFICIENT_FUNDS, lambda: cash_out(wallet, code))
    said = wallet.said(WalletMoved)
    assert [(item.kind, item.amount, item.method, item.sale_point_id) for item in said] == [
        (MovementKind.CASH_OUT, Money(400), "cash", BAR),
        (MovementKind.CASH_OUT, Money(600), "cash", BAR)]
    assert accounts(wallet) == {"holder:gifted": 500, "gifts": -500}


def move(wallet: Harness, source: str, target: str) -> dict:
    return wallet.call(payouts.move_balance, MoveBalance(
        code=source, to_code=target, reason="lost ticket"), CASHIER)


def test_everything_moves_to_another_ticket_with_its_parts_and_dates(wallet: Harness) -> None:
    lost, new = open_wallet(wallet, paid=1000, gifted=50), open_wallet(wallet, paid=100, gifted=5)
    gift(wallet, lost, 70, now() + SOON)
    wallet.call(payouts.block, BlockWallet(code=lost, reason="lost"), CASHIER)
    move(wallet, lost, new)
    assert (balance(wallet, lost), balance(wallet, new)) == ((0, 0), (1100, 125))
    assert lots(wallet, new)[0] == 70 and sorted(lots(wallet, new)) == [5, 50, 70]
    assert "clearing:moves" not in accounts(wallet)
    assert [item.kind for item in wallet.said(WalletMoved)] == [
        MovementKind.MOVE_OUT, MovementKind.MOVE_IN]
    assert_refused(wallet, lost, Code.INSUFFICIENT_FUNDS, lambda: move(wallet, lost, new))
    assert_refused(wallet, new, Code.VALIDATION_FAILED, lambda: move(wallet, new, new))
    assert_refused(wallet, new, Code.WALLET_BLOCKED, lambda: move(wallet, new, lost))


def test_two_wallets_that_move_to_each_other_do_not_deadlock(wallet: Harness) -> None:
    one, two = open_wallet(wallet, paid=1000), open_wallet(wallet, paid=1000)

    def there_and_back(turn: int) -> None:
        try:
            move(wallet, *((one, two) if turn % 2 else (two, one)))
        except DomainError as refusal:
            assert refusal.code is Code.INSUFFICIENT_FUNDS

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(there_and_back, range(24)))
    assert sum(balance(wallet, one)) + sum(balance(wallet, two)) == 2000
    assert not faults(wallet)


OPERATION = st.tuples(
    st.sampled_from(["load", "gift", "dated", "debit", "line", "reverse", "cash_out", "move"]),
    st.integers(1, 900))


@settings(max_examples=12, deadline=None,
          suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(OPERATION, max_size=12))
def test_any_sequence_of_operations_holds_together(wallet: Harness, operations) -> None:
    one, two = open_wallet(wallet), open_wallet(wallet)
    done: list[dict] = []
    acts = {
        "load": lambda cents: load(wallet, one, cents),
        "gift": lambda cents: gift(wallet, one, cents),
        "dated": lambda cents: gift(wallet, one, cents, now() + SOON),
        "debit": lambda cents: done.append(debit(wallet, one, cents)),
        "line": lambda cents: done.append(debit(wallet, one, 1800, lines=(BEER, CRISPS))),
        "reverse": lambda cents: done and reverse(
            wallet, done[-1], ReversedLine(line=0, quantity=1)),
        "cash_out": lambda cents: cash_out(wallet, one, cents),
        "move": lambda cents: move(wallet, *((one, two) if cents % 2 else (two, one))),
    }
    for kind, cents in operations:
        try:
            acts[kind](cents)
        except DomainError as refusal:
            assert refusal.code in (Code.INSUFFICIENT_FUNDS, Code.MOVEMENT_NOT_REVERSIBLE)
    assert not faults(wallet)
    ledger = accounts(wallet)
    with wallet.uow() as uow:
        stored = uow.session.execute(text("SELECT sum(paid + gifted) FROM wallets")).scalar_one()
    assert ledger.get("holder:paid", 0) + ledger.get("holder:gifted", 0) == stored


def test_an_order_load_is_never_refused_whatever_the_rules(wallet: Harness) -> None:
    code = open_wallet(wallet, paid=100)
    limit(wallet, max_balance=Money(100))
    wallet.call(rules.freeze, FreezeWallets(at=now(), reason="over"), CASHIER)
    with wallet.uow() as uow:
        ticket = uow.session.execute(text("SELECT ticket_id FROM wallets")).scalar_one()
    wallet.react(credits.credit_for_order, CreditForOrder(
        code=code, ticket_id=ticket, amount=Money(5000), order_id=uuid4(), line_id=uuid4()))
    assert balance(wallet, code) == (5100, 0)
    refused(Code.WALLETS_FROZEN, lambda: debit(wallet, code, 10))
