"""Every kind of fact in the journal: which accounts, Σ = 0, whatever the order of arrival."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from contracts.accounting import FloatOperationType, GetMoneyCheck
from contracts.errors import Code, DomainError
from contracts.money import Money
from contracts.ticketing import LineKind, PaymentMethod
from contracts.wallet import (
    ArticleLine,
    MovementKind,
    WalletCredited,
    WalletDebited,
    WalletReversed,
)
from services.accounting.models import Books, JournalEntry, Sale, WaitingReversal
from services.accounting.queries import check
from services.accounting.usecases import orders, reversals, wallets
from services.chassis.testing import Harness
from tests.accounting.books import (
    ACCOUNTANT,
    BAR,
    SATURDAY_NIGHT,
    balances,
    cash_order,
    make_register,
    move_float,
    open_session,
    order,
    place,
    plain_line,
    sell,
)


def credited(amount: int, method: str = "order", gift: bool = False) -> WalletCredited:
    return WalletCredited(
        movement_id=uuid4(), wallet_id=uuid4(), ticket_id=uuid4(), amount=Money(amount),
        kind=MovementKind.GIFT if gift else MovementKind.LOAD, method="gift" if gift else method,
        credited_at=SATURDAY_NIGHT,
    )


def debited(
    paid: int, gifted: int = 0, order_id: UUID | None = None,
    lines: tuple[ArticleLine, ...] = (),
) -> WalletDebited:
    return WalletDebited(
        movement_id=uuid4(), wallet_id=uuid4(), ticket_id=uuid4(), amount=Money(paid + gifted),
        paid=Money(paid), gifted=Money(gifted), balance=Money(0), debited_at=SATURDAY_NIGHT,
        order_id=order_id, lines=lines, sale_point_id=BAR, cashier_id="u9", cashier_name="Bo",
    )


def reversed_(event: WalletDebited) -> WalletReversed:
    return WalletReversed(
        movement_id=uuid4(), reverses=event.movement_id, wallet_id=event.wallet_id,
        amount=event.amount, paid=event.paid, gifted=event.gifted, reversed_at=SATURDAY_NIGHT,
        reason="spilt", sale_point_id=BAR,
    )


def agree(ledger: Harness) -> Any:
    found = ledger.ask(check.get_money_check, GetMoneyCheck(), ACCOUNTANT)
    assert found.faults == ()
    return found


def test_a_cash_sale_fills_the_drawer_and_owes_its_vat(ledger: Harness) -> None:
    register = make_register(ledger)
    session = open_session(ledger, register)
    sell(ledger, order((place(1500, 2),), {PaymentMethod.CASH: 3000}, session))
    assert balances(ledger) == {
        Books.DRAWER: 3000, Books.ADMISSIONS: -2924, Books.VAT: -76,
    }
    assert agree(ledger).registers[0].drawer == Money(3000)


def test_every_tender_has_its_account(ledger: Harness) -> None:
    session = open_session(ledger, make_register(ledger))
    sell(ledger, order((place(5000, vat_code="excluded"),), {
        PaymentMethod.CASH: 1000, PaymentMethod.CARD: 2000, PaymentMethod.ONLINE: 500,
        PaymentMethod.WALLET: 1500,
    }, session))
    assert balances(ledger) == {
        Books.DRAWER: 1000, Books.CARD: 2000, Books.ONLINE: 500, Books.WALLET_PAYMENT: 1500,
        Books.ADMISSIONS: -5000,
    }


def test_rounding_has_its_own_account_in_both_directions(ledger: Harness) -> None:
    session = open_session(ledger, make_register(ledger))
    for number, (price, rounding) in enumerate(((1502, -2), (1503, 2)), start=1):
        sell(ledger, order(
            (place(price, vat_code="excluded"), plain_line(LineKind.ROUNDING, rounding)),
            {PaymentMethod.CASH: price + rounding}, session, number,
        ))
    assert balances(ledger) == {Books.DRAWER: 3005, Books.ADMISSIONS: -3005, Books.ROUNDING: 0}
    agree(ledger)


def test_a_load_is_owed_and_no_turnover(ledger: Harness) -> None:
    session = open_session(ledger, make_register(ledger))
    sell(ledger, order((plain_line(LineKind.WALLET_LOAD, 5000),), {PaymentMethod.CARD: 5000},
                       session))
    assert not ledger.ask(check.get_money_check, GetMoneyCheck(), ACCOUNTANT).agrees
    ledger.react_many(wallets.book_credits, credited(5000))
    assert balances(ledger) == {
        Books.CARD: 5000, Books.WALLET_LOAD: 0, Books.WALLET_PAID: -5000,
    }
    found = agree(ledger)
    assert found.agrees and found.wallet_liability == Money(5000)


@pytest.mark.parametrize(("method", "account"), [
    ("cash", Books.DESK_CASH), ("card", Books.DESK_CARD), ("transfer", Books.BANK_TRANSFER),
])
def test_a_load_outside_orders_names_where_its_money_is(
    ledger: Harness, method: str, account: Books
) -> None:
    ledger.react_many(wallets.book_credits, credited(2000, method))
    assert balances(ledger) == {account: 2000, Books.WALLET_PAID: -2000}


def test_a_gift_is_an_expense(ledger: Harness) -> None:
    ledger.react_many(wallets.book_credits, credited(700, gift=True))
    assert balances(ledger) == {Books.GIFTS: 700, Books.WALLET_GIFTED: -700}


def test_an_order_paid_by_wallet_meets_its_debit(ledger: Harness) -> None:
    sold = order((place(1500, vat_code="excluded"),), {PaymentMethod.WALLET: 1500})
    ledger.react_many(wallets.book_debits, debited(1000, 500, order_id=sold.order_id))
    assert balances(ledger)[Books.WALLET_PAYMENT] == -1500
    sell(ledger, sold)
    assert balances(ledger) == {
        Books.WALLET_PAYMENT: 0, Books.WALLET_PAID: 1000, Books.WALLET_GIFTED: 500,
        Books.ADMISSIONS: -1500,
    }


def test_a_bar_sells_at_the_normal_rate_unless_its_article_says_otherwise(
    ledger: Harness,
) -> None:
    ledger.react_many(wallets.book_debits, debited(1081))
    ledger.react_many(wallets.book_debits, debited(1026, lines=(
        ArticleLine(label="Water", quantity=2, unit_price=Money(513), vat_code="opted"),
    )))
    assert balances(ledger) == {
        Books.WALLET_PAID: 2107, Books.BAR: -2000, Books.VAT: -107,
    }
    assert agree(ledger).sales == Money(2107)


def test_an_unknown_vat_code_is_not_booked_by_guess(ledger: Harness) -> None:
    event = debited(500, lines=(
        ArticleLine(label="?", quantity=1, unit_price=Money(500), vat_code="unheard-of"),
    ))
    with pytest.raises(DomainError) as refused:
        ledger.react_many(wallets.book_debits, event)
    assert refused.value.code is Code.VAT_CODE_UNKNOWN
    assert balances(ledger) == {}


@pytest.mark.parametrize("reversal_first", [False, True])
def test_a_reversal_undoes_its_debit_even_when_it_is_heard_first(
    ledger: Harness, reversal_first: bool
) -> None:
    sale = debited(800, 200)
    steps = [(wallets.book_debits, sale), (reversals.book_reversals, reversed_(sale))]
    for use_case, event in reversed(steps) if reversal_first else steps:
        ledger.react_many(use_case, event)
    assert set(balances(ledger).values()) == {0}
    assert agree(ledger).sales == Money(0)
    with ledger.uow() as uow:
        assert len(uow.session.scalars(select(Sale)).all()) == 2
        assert uow.session.scalars(select(WaitingReversal)).all() == []


def test_a_debit_and_its_reversal_arriving_together_see_one_another(ledger: Harness) -> None:
    sales = [debited(100) for _ in range(12)]
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(
            lambda step: ledger.react_many(*step),
            [step for sale in sales for step in (
                (reversals.book_reversals, reversed_(sale)), (wallets.book_debits, sale),
            )],
        ))
    assert set(balances(ledger).values()) == {0}
    with ledger.uow() as uow:
        assert len(uow.session.scalars(select(JournalEntry)).all()) == 24


def test_float_operations_are_money_in_transit(ledger: Harness) -> None:
    register = make_register(ledger)
    move_float(ledger, register, FloatOperationType.CREDIT, 20000)
    move_float(ledger, register, FloatOperationType.DEBIT, 5000)
    assert balances(ledger) == {Books.DRAWER: 15000, Books.TRANSIT: -15000}


def test_the_same_fact_under_another_message_id_is_booked_once(ledger: Harness) -> None:
    """The inbox forgets after seven days, the books do not."""
    sold, load, debit = cash_order(open_session(ledger, make_register(ledger))), credited(
        500, "cash"), debited(300)
    for _ in range(2):
        sell(ledger, sold)
        ledger.react_many(wallets.book_credits, load)
        ledger.react_many(wallets.book_debits, debit)
    assert balances(ledger)[Books.DRAWER] == 1500
    assert balances(ledger)[Books.WALLET_PAID] == -200
    agree(ledger)


def test_the_database_refuses_an_unbalanced_entry_and_any_change(ledger: Harness) -> None:
    move_float(ledger, make_register(ledger), FloatOperationType.CREDIT, 100)
    for statement in (
        "INSERT INTO journal_lines (entry_id, account, amount)"
        " SELECT id, 'drawer', 5 FROM journal_entries",
        "UPDATE journal_lines SET amount = 1", "DELETE FROM journal_entries",
        "TRUNCATE drawer_movements", "UPDATE sales SET late = true", "DELETE FROM z_reports",
    ):
        with pytest.raises(DBAPIError), ledger.uow() as uow:
            uow.session.execute(text(statement))
    assert balances(ledger) == {Books.DRAWER: 100, Books.TRANSIT: -100}


def _facts() -> list[tuple[Any, Any]]:
    """A festival's evening: everything that two services say about the same money."""
    by_wallet = order((place(1500),), {PaymentMethod.WALLET: 1500}, number=1)
    load = order((plain_line(LineKind.WALLET_LOAD, 4000),), {PaymentMethod.ONLINE: 4000}, number=2)
    mixed = order((place(990), plain_line(LineKind.WALLET_LOAD, 510)),
                  {PaymentMethod.CARD: 1500}, number=3)
    drink, spilt = debited(700), debited(200, 300)
    return [
        (orders.book_orders, by_wallet), (orders.book_orders, load), (orders.book_orders, mixed),
        (wallets.book_debits, debited(1500, order_id=by_wallet.order_id)),
        (wallets.book_credits, credited(4000)), (wallets.book_credits, credited(510)),
        (wallets.book_credits, credited(300, gift=True)), (wallets.book_debits, drink),
        (wallets.book_debits, spilt), (reversals.book_reversals, reversed_(spilt)),
    ]


@settings(max_examples=12, deadline=None,
          suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_order_and_any_repetition_give_the_same_books(
    ledger: Harness, data: st.DataObject
) -> None:
    before = balances(ledger)
    facts = _facts()
    deliveries = data.draw(st.permutations(facts + data.draw(st.lists(st.sampled_from(facts)))))
    for use_case, event in deliveries:
        ledger.react_many(use_case, event)
    after = balances(ledger)
    added = {key: amount - before.get(key, 0) for key, amount in after.items()}
    # 15.00 at 2.6 % holds 0.38 of VAT, 9.90 holds 0.25; 7.00 at 8.1 % holds 0.52.
    assert {key: amount for key, amount in added.items() if amount} == {
        Books.ONLINE: 4000, Books.CARD: 1500, Books.GIFTS: 300,
        Books.WALLET_PAID: -4510 + 2200, Books.WALLET_GIFTED: -300,
        Books.ADMISSIONS: -(1500 + 990 - 38 - 25), Books.BAR: -648, Books.VAT: -(38 + 25 + 52),
    }
    assert agree(ledger).agrees
