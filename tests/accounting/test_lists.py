"""However a stream of facts is cut into lists, the books are the same."""

import json
from collections.abc import Callable
from typing import Any
from uuid import uuid4, uuid5

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import event as sqlalchemy_event
from sqlalchemy import text

from contracts.accounting import RegisterSessionState as State
from contracts.errors import DomainError
from contracts.message import type_of
from contracts.money import Money
from contracts.ticketing import CheckedIn, Direction, OrderPaid, PaymentMethod
from contracts.wallet import ArticleLine
from services.accounting.models import CashRegister, RegisterSession
from services.accounting.usecases import orders, reversals, sessions, statistics, wallets
from services.chassis.testing import Harness
from tests.accounting.books import (
    CASHIER,
    DESK,
    NAMES,
    SATURDAY_NIGHT,
    SCREENING,
    balances,
    cash_order,
    closing,
    hear_programme,
    hear_totals,
    make_register,
    open_session,
    order,
    place,
    totals,
)
from tests.accounting.test_booking import agree, credited, debited, reversed_

FIRST, SECOND = uuid5(NAMES, "first"), uuid5(NAMES, "second")
LATE = 99  # the number of the order that comes after the seal
BOOKS = {  # everything that is not the time of a test's own steps
    "sales": "id, register_session_id, late, refund_of, tenders",
    "sale_lines": "sale_id, number, label, quantity, gross, vat",
    "sale_payments": "id, sale_id, method, amount",
    "journal_entries": "id, source, source_id, document, label",
    "journal_lines": "entry_id, account, amount, vat_code, register_id",
    "drawer_movements": "number, kind, signed, balance, source_id",
    "register_sessions": "id, state, orders, first_receipt, last_receipt",
    "session_counters": "register_session_id, dimension, key, label, count, amount, vat",
    "screening_counters": "*",
    "hour_counters": "*",
    "waiting_reversals": "id",
    "late_entries": "id, number, content ->> 'order_number'",
    "z_reports": "number, content -> 'tenders', content -> 'gross', content -> 'sales_count'",
}
USE_CASES = {
    "ticketing.order_paid.v1": orders.book_orders,
    "ticketing.checked_in.v1": statistics.count_entries,
    "wallet.debited.v1": wallets.book_debits,
    "wallet.credited.v1": wallets.book_credits,
    "wallet.reversed.v1": reversals.book_reversals,
}


def contents(ledger: Harness) -> dict[str, list[str]]:
    """Every table of the books, as sorted text."""
    with ledger.uow() as uow:
        return {
            table: sorted(
                json.dumps(list(row), default=str)
                for row in uow.session.execute(text(f"SELECT {columns} FROM {table}"))
            )
            for table, columns in BOOKS.items()
        }


def deliver(ledger: Harness, events: list[Any], cuts: set[int]) -> None:
    """In this order; a list ends at each cut, and where another type begins."""
    batch: list[Any] = []
    for place_, event in enumerate([*events, None]):
        if batch and (event is None or place_ in cuts or type(event) is not type(batch[0])):
            ledger.react_many(USE_CASES[type_of(type(batch[0])).name], *batch)
            batch = []
        batch.append(event)


def closing_session(ledger: Harness, events: list[Any]) -> None:
    """Two sessions; the first is closing, and ticketing has said what it sold there."""
    hear_programme(ledger)
    sold = {event.order_id: event for event in events
            if isinstance(event, OrderPaid) and event.register_session_id == FIRST
            and event.order_number != LATE}.values()
    with ledger.uow() as uow:
        for id, cashier in ((FIRST, "u1"), (SECOND, "u2")):
            uow.session.add(CashRegister(
                id=id, sale_point_id=DESK, name=cashier, created_at=SATURDAY_NIGHT))
            uow.session.flush()
            uow.session.add(RegisterSession(
                id=id, register_id=id, cashier_id=cashier, cashier_name=cashier, counts=0,
                state=State.OPEN, opened_at=SATURDAY_NIGHT, opening_float=0, orders=0))
    ledger.call(sessions.close_session, closing(FIRST), CASHIER)
    hear_totals(ledger, totals(FIRST, *sold))


def stream() -> list[Any]:
    """Orders of two sessions and of none, some told twice, one too late; bar debits with their
    reversals, scans and credits."""
    sold = [cash_order((FIRST, SECOND)[number % 2], 1000 + number, number)
            for number in range(1, 9)]
    web = [order((place(900 + number),), {PaymentMethod.ONLINE: 900 + number}, number=20 + number)
           for number in range(3)]
    drinks = [debited(500 + number, number % 3) for number in range(6)]
    scans = [CheckedIn(
        checkin_id=uuid4(), ticket_id=uuid4(), screening_id=SCREENING, direction=Direction.IN,
        first_entry=number % 2 == 0, checked_at=SATURDAY_NIGHT, tariff="adult",
    ) for number in range(4)]
    return [
        *sold[:5], web[0], sold[1], web[0], web[1], reversed_(drinks[4]), *drinks, drinks[2],
        *scans, reversed_(drinks[0]), reversed_(drinks[5]), credited(300, gift=True),
        credited(900), sold[3], *sold[5:], cash_order(FIRST, 777, LATE), web[2], *sold[2:4],
    ]


def test_any_partition_into_lists_gives_the_same_books(
    harness: Callable[[str], Harness]
) -> None:
    """The first session is sealed in the midst of a list, with the order that completes it."""
    events = stream()

    def books(cuts: set[int]) -> dict[str, list[str]]:
        ledger = harness("accounting")
        closing_session(ledger, events)
        deliver(ledger, events, cuts)
        agree(ledger)
        return contents(ledger)

    one_by_one = books(set(range(len(events))))
    assert len(one_by_one["z_reports"]) == 1 and len(one_by_one["sales"]) == 21
    assert len(one_by_one["late_entries"]) == 1

    @settings(max_examples=10, deadline=None)
    @given(cuts=st.sets(st.integers(0, len(events))))
    def in_lists(cuts: set[int]) -> None:
        assert books(cuts) == one_by_one

    in_lists()


def test_a_list_takes_as_many_statements_as_a_single_fact(ledger: Harness) -> None:
    session = open_session(ledger, make_register(ledger))
    counted: list[str] = []
    sqlalchemy_event.listen(
        ledger.database.engine, "before_cursor_execute",
        lambda _c, _cursor, statement, *_: counted.append(statement))

    def statements(use_case: Any, *events: Any) -> int:
        counted.clear()
        ledger.react_many(use_case, *events)
        return len(counted)

    for use_case, make in (
        (orders.book_orders, lambda: cash_order(session)),
        (wallets.book_debits, lambda: debited(500)),
        (wallets.book_credits, lambda: credited(500)),
    ):
        one = statements(use_case, make())
        assert statements(use_case, *(make() for _ in range(50))) == one <= 20


def test_a_list_with_one_wrong_fact_changes_nothing(ledger: Harness) -> None:
    wrong = debited(500, lines=(
        ArticleLine(label="?", quantity=1, unit_price=Money(500), vat_code="unheard-of"),))
    with pytest.raises(DomainError):
        ledger.react_many(wallets.book_debits, debited(300), wrong, debited(400))
    assert balances(ledger) == {}
