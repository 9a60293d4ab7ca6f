"""Stored value: what moves it, what refuses to, and what the database guards by itself."""

from concurrent.futures import ThreadPoolExecutor
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from contracts import ticket_code
from contracts.errors import Code, DomainError
from contracts.money import Money
from contracts.roles import Actor, Principal
from contracts.ticketing import TicketIssued
from contracts.wallet import (
    ArticleLine,
    BlockWallet,
    CreditForOrder,
    CreditWallet,
    DebitForOrder,
    DebitWallet,
    GetDebit,
    GetLedger,
    GetWallet,
    GiftWallet,
    ListMovements,
    LoadMethod,
    ReverseMovement,
    WalletCredited,
    WalletDebitDeclined,
    WalletDebited,
    WalletReversed,
)
from services.chassis.testing import Harness
from services.wallet.queries import ledger, wallets
from services.wallet.usecases import credits, debits, facts, payouts
from tests.wallet.purse import CASHIER, assert_refused, balance, debit, faults, open_wallet

pytestmark = pytest.mark.core


def test_gifted_credit_is_spent_first_and_returns_where_it_came_from(wallet: Harness) -> None:
    code = open_wallet(wallet, paid=2000, gifted=500)
    taken = debit(wallet, code, 800)
    assert (taken["paid"]["amount"], taken["gifted"]["amount"]) == (-300, -500)
    assert balance(wallet, code) == (1700, 0)

    wallet.call(debits.reverse, ReverseMovement(
        movement_id=UUID(taken["movement_id"]), reason="wrong drink"), CASHIER)
    assert balance(wallet, code) == (2000, 500)
    (said,) = wallet.said(WalletReversed)
    assert (said.paid, said.gifted, str(said.reverses)) == (
        Money(300), Money(500), taken["movement_id"])
    assert not faults(wallet)


def test_a_debit_is_reversed_once(wallet: Harness) -> None:
    code = open_wallet(wallet, paid=1000)
    command = ReverseMovement(
        movement_id=UUID(debit(wallet, code, 400)["movement_id"]), reason="spilled")
    wallet.call(debits.reverse, command, CASHIER)
    assert_refused(wallet, code, Code.MOVEMENT_NOT_REVERSIBLE,
                   lambda: wallet.call(debits.reverse, command, CASHIER))


def test_a_lost_answer_is_given_again(wallet: Harness) -> None:
    code = open_wallet(wallet, paid=1000)
    command = DebitWallet(code=code, amount=Money(400))
    first = wallet.answer(debits.debit, command, CASHIER, "key-1")
    again = wallet.answer(debits.debit, command, CASHIER, "key-1")
    assert (again.body, again.replayed) == (first.body, True)
    assert balance(wallet, code) == (600, 0)
    asked = wallet.ask(wallets.get_debit, GetDebit(idempotency_key="key-1"), CASHIER)
    assert str(asked.movement_id) == first.body["movement_id"]
    assert_refused(
        wallet, code, Code.IDEMPOTENCY_KEY_REUSED, lambda: debit(wallet, code, 1, "key-1"))


def test_a_refusal_stays_the_answer_to_its_key(wallet: Harness) -> None:
    code = open_wallet(wallet, paid=100)
    assert_refused(wallet, code, Code.INSUFFICIENT_FUNDS, lambda: debit(wallet, code, 400, "key-2"))
    wallet.call(credits.credit, CreditWallet(
        code=code, amount=Money(900), method=LoadMethod.CASH, reason="more"), CASHIER)
    assert_refused(wallet, code, Code.INSUFFICIENT_FUNDS, lambda: debit(wallet, code, 400, "key-2"))
    debit(wallet, code, 400, "key-3")


@pytest.mark.parametrize("cents", [0, -5])
def test_an_amount_is_more_than_zero(wallet: Harness, cents: int) -> None:
    code = open_wallet(wallet, paid=100)
    assert_refused(wallet, code, Code.VALIDATION_FAILED, lambda: debit(wallet, code, cents))


def test_lines_must_add_up(wallet: Harness) -> None:
    code = open_wallet(wallet, paid=1000)
    beers = (ArticleLine(label="Bière", quantity=2, unit_price=Money(350)),)
    assert_refused(
        wallet, code, Code.VALIDATION_FAILED, lambda: debit(wallet, code, 600, lines=beers))
    debit(wallet, code, 700, lines=beers)
    assert wallet.said(WalletDebited)[-1].lines == beers


def test_a_blocked_wallet_pays_nothing(wallet: Harness) -> None:
    code = open_wallet(wallet, paid=1000)
    wallet.call(payouts.block, BlockWallet(code=code, reason="lost"), CASHIER)
    assert_refused(wallet, code, Code.WALLET_BLOCKED, lambda: debit(wallet, code, 100))


def test_another_bar_is_not_ones_own(wallet: Harness) -> None:
    code = open_wallet(wallet, paid=1000)
    assert_refused(wallet, code, Code.SALE_POINT_NOT_YOURS,
                   lambda: debit(wallet, code, 100, sale_point_id=uuid4()))


def test_unknown_code(wallet: Harness) -> None:
    with pytest.raises(DomainError) as refusal:
        debit(wallet, "AAAAA-AAAAA", 100)
    assert refusal.value.code is Code.WALLET_NOT_FOUND


def test_a_holder_sees_their_own_wallet_only(wallet: Harness) -> None:
    code = open_wallet(wallet, paid=100)
    mine, other = (Actor(Principal.HOLDER, name) for name in ("h1", "h2"))
    assert wallet.ask(wallets.get_wallet, GetWallet(code=code), mine).paid == Money(100)
    for query, message in ((wallets.get_wallet, GetWallet(code=code)),
                           (wallets.list_movements, ListMovements(code=code))):
        with pytest.raises(DomainError) as refusal:
            wallet.ask(query, message, other)
        assert refusal.value.code is Code.WALLET_NOT_FOUND


def test_the_saga_always_gets_one_answer(wallet: Harness) -> None:
    code = open_wallet(wallet, paid=1000)
    order, paid, refused = uuid4(), uuid4(), uuid4()
    for payment, cents in ((paid, 700), (refused, 700)):
        command = DebitForOrder(
            code=code, amount=Money(cents), order_id=order, payment_id=payment)
        for _ in range(5):
            wallet.react(debits.pay_order, command, id=f"message-{payment}")
    assert [item.payment_id for item in wallet.said(WalletDebited)] == [paid]
    (declined,) = wallet.said(WalletDebitDeclined)
    assert (declined.payment_id, declined.code) == (refused, Code.INSUFFICIENT_FUNDS)
    assert balance(wallet, code) == (300, 0)


def test_a_load_line_is_never_refused_even_before_its_ticket_is_known(wallet: Harness) -> None:
    ticket, code = uuid4(), ticket_code.new_code()
    wallet.react(credits.credit_for_order, CreditForOrder(
        code=code, ticket_id=ticket, amount=Money(5000), order_id=uuid4(), line_id=uuid4()))
    wallet.react(facts.open_wallet, TicketIssued(
        ticket_id=ticket, code=code, wallet_allowed=True))
    assert balance(wallet, code) == (5000, 0)
    assert wallet.said(WalletCredited)[0].method == "order"


def test_pages_of_movements(wallet: Harness) -> None:
    code = open_wallet(wallet, paid=1000)
    for _ in range(5):
        debit(wallet, code, 10)
    first = wallet.ask(wallets.list_movements, ListMovements(code=code, limit=4), CASHIER)
    rest = wallet.ask(
        wallets.list_movements, ListMovements(code=code, cursor=first.next_cursor), CASHIER)
    numbers = [item.number for item in first.items + rest.items]
    assert numbers == [6, 5, 4, 3, 2, 1] and rest.next_cursor is None


# ------------------------------------------------------------------ the database's own guards


@pytest.mark.parametrize("statement", [
    "UPDATE postings SET amount = amount + 1",
    "DELETE FROM postings",
    "UPDATE movements SET label = 'x'",
    "DELETE FROM movements",
    "TRUNCATE postings",
    "UPDATE wallets SET paid = -1",
    "INSERT INTO postings (movement_id, account, amount) SELECT id, 'sales', 5 FROM movements",
])
def test_the_database_refuses(wallet: Harness, statement: str) -> None:
    open_wallet(wallet, paid=100)
    with pytest.raises(DBAPIError), wallet.uow() as uow:
        uow.session.execute(text(statement))
    assert not faults(wallet)


def test_the_verifier_names_the_first_altered_movement(wallet: Harness) -> None:
    code = open_wallet(wallet, paid=1000)
    for _ in range(3):
        debit(wallet, code, 100)
    with wallet.uow() as uow:
        uow.session.execute(text("ALTER TABLE movements DISABLE TRIGGER ALL"))
        uow.session.execute(text("UPDATE movements SET paid = paid - 1 WHERE number = 3"))
    assert [fault.split(": ")[1] for fault in faults(wallet)] == ["movement 3 was altered"]


# ------------------------------------------------------------------ races and invariants


def test_one_wallet_under_many_terminals_is_never_overdrawn(wallet: Harness) -> None:
    """Fails when the row lock is taken away: two terminals then spend the same franc."""
    code = open_wallet(wallet, paid=1000)

    def spend(_: int) -> bool:
        return wallet.answer(
            debits.debit, DebitWallet(code=code, amount=Money(100)), CASHIER
        ).error is None

    with ThreadPoolExecutor(12) as pool:
        spent = sum(pool.map(spend, range(40)))
    assert spent == 10 and balance(wallet, code) == (0, 0)
    assert not faults(wallet)


def test_the_same_key_from_many_threads_counts_once(wallet: Harness) -> None:
    code = open_wallet(wallet, paid=1000)
    command = DebitWallet(code=code, amount=Money(100))
    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(
            lambda _: wallet.answer(debits.debit, command, CASHIER, "same"), range(30)))
    assert balance(wallet, code) == (900, 0)
    bodies = {answer.body["movement_id"] for answer in answers if answer.body}
    assert len(bodies) == 1
    assert {answer.error.code for answer in answers if answer.error} <= {
        Code.IDEMPOTENCY_KEY_RUNNING}


OPERATION = st.tuples(st.sampled_from(["load", "gift", "debit", "reverse"]), st.integers(1, 900))


@settings(max_examples=15, deadline=None,
          suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(OPERATION, max_size=12))
def test_any_sequence_keeps_the_ledger_whole(wallet: Harness, operations) -> None:
    code, done_so_far, paid, gifted = open_wallet(wallet), [], 0, 0
    for kind, cents in operations:
        try:
            if kind == "load":
                wallet.call(credits.credit, CreditWallet(
                    code=code, amount=Money(cents), method=LoadMethod.CARD, reason="x"), CASHIER)
                paid += cents
            elif kind == "gift":
                wallet.call(credits.gift, GiftWallet(
                    code=code, amount=Money(cents), reason="x"), CASHIER)
                gifted += cents
            elif kind == "debit":
                done = debit(wallet, code, cents)
                done_so_far.append(done)
                paid, gifted = paid + done["paid"]["amount"], gifted + done["gifted"]["amount"]
            elif done_so_far:
                done = done_so_far.pop()
                wallet.call(debits.reverse, ReverseMovement(
                    movement_id=UUID(done["movement_id"]), reason="x"), CASHIER)
                paid, gifted = paid - done["paid"]["amount"], gifted - done["gifted"]["amount"]
        except DomainError as refusal:
            assert refusal.code is Code.INSUFFICIENT_FUNDS and cents > paid + gifted
    assert balance(wallet, code) == (paid, gifted)
    assert wallet.ask(ledger.get_ledger, GetLedger(), CASHIER).total == 0
    assert not faults(wallet)
