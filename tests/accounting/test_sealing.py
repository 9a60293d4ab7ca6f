"""From the count to the sealed Z report, in every order that messages may take."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from contracts.accounting import (
    FloatOperationType,
    GetMoneyCheck,
    GetRegisterSession,
    GetXReport,
    GetZReport,
    ListRegisterSessions,
    RegisterSessionClosed,
    RegisterSessionState,
)
from contracts.errors import Code, DomainError
from contracts.money import Money
from contracts.roles import Actor, Principal, Role
from contracts.ticketing import LineKind, PaymentMethod
from services.accounting.models import Books
from services.accounting.queries import check, registers
from services.accounting.usecases import orders, sessions
from services.chassis.testing import Harness
from tests.accounting.books import (
    ACCOUNTANT,
    CASHIER,
    DESK,
    OTHER,
    balances,
    cash_order,
    closing,
    hear_totals,
    look,
    make_register,
    move_float,
    open_session,
    order,
    place,
    plain_line,
    run_session,
    sell,
    totals,
    z_of,
)

State = RegisterSessionState


@pytest.mark.parametrize("late", [0, 1, 3])
def test_it_seals_when_exactly_what_was_sold_is_booked(ledger: Harness, late: int) -> None:
    """`late`: how many of the orders are heard after the totals."""
    register = make_register(ledger)
    session = open_session(ledger, register)
    sold = [cash_order(session, number=number) for number in (1, 2, 3)]
    sell(ledger, *sold[late:])
    ledger.call(sessions.close_session, closing(session, 1500 * (3 - late)), CASHIER)
    hear_totals(ledger, totals(session, *sold))
    for event in sold[:late]:
        assert look(ledger, session).state is State.CLOSING
        assert ledger.said(RegisterSessionClosed) == []
        sell(ledger, event)
    assert look(ledger, session).state is State.CLOSED
    said, = ledger.said(RegisterSessionClosed)
    assert (said.register_session_id, said.z_number) == (session, 1)
    content = z_of(ledger, session).content
    assert (content["sales_count"], content["gross"], content["first_receipt"]) == (3, 4500, "1")


def test_a_lasting_disagreement_is_an_alert_and_no_z_report(
    ledger: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = open_session(ledger, make_register(ledger))
    sold = cash_order(session)
    ledger.call(sessions.close_session, closing(session), CASHIER)
    hear_totals(ledger, totals(session, sold))
    assert look(ledger, session).alert is None  # it may be on its way
    monkeypatch.setattr("services.accounting.models.views.PATIENCE", timedelta(0))
    assert "sold 1 orders" in look(ledger, session).alert
    faults = ledger.ask(check.get_money_check, GetMoneyCheck(), ACCOUNTANT).faults
    assert len(faults) == 1 and "cannot close" in faults[0]
    sell(ledger, sold)
    assert look(ledger, session).state is State.CLOSED


def test_an_order_after_the_seal_is_chained_to_it(ledger: Harness) -> None:
    """It is booked, fills the drawer, changes nothing of the Z report, and cannot be lost (c-6)."""
    register = make_register(ledger)
    session = run_session(ledger, register, 1000)
    before = z_of(ledger, session)
    late = [cash_order(session, 700, number=9), cash_order(session, 300, number=10)]
    sell(ledger, *late, late[0])
    after = z_of(ledger, session)
    assert (after.content, after.hash) == (before.content, before.hash)
    first, second = after.late_entries
    assert (first.number, first.content["order_number"], first.content["tenders"]) == (
        1, 9, {"cash": 700})
    assert first.content["previous_hash"] == after.hash
    assert (second.number, second.content["previous_hash"]) == (2, first.hash)
    assert balances(ledger)[Books.DRAWER] == 2000
    assert ledger.ask(check.get_money_check, GetMoneyCheck(), ACCOUNTANT).faults == ()


def test_a_falsified_late_entry_is_found(ledger: Harness) -> None:
    session = run_session(ledger, make_register(ledger), 1000)
    sell(ledger, cash_order(session, 700, number=9))
    with ledger.uow() as uow:
        uow.session.execute(text("ALTER TABLE late_entries DISABLE TRIGGER USER"))
        uow.session.execute(text(
            "UPDATE late_entries SET content = content || '{\"cashier\": \"Eve\"}'"))
    faults = ledger.ask(check.get_money_check, GetMoneyCheck(), ACCOUNTANT).faults
    assert len(faults) == 1 and "late entry 1 of Z 1 was altered" in faults[0]


def test_the_z_report_says_what_the_session_did(ledger: Harness) -> None:
    register = make_register(ledger)
    move_float(ledger, register, FloatOperationType.CREDIT, 10000)
    session = open_session(ledger, register)
    move_float(ledger, register, FloatOperationType.DEBIT, 2000, comment="to the safe")
    sold = [
        order((place(1502), plain_line(LineKind.ROUNDING, -2)), {PaymentMethod.CASH: 1500},
              session, 1),
        order((place(2000, 2, "excluded"),), {PaymentMethod.CARD: 4000}, session, 2),
        order((plain_line(LineKind.WALLET_LOAD, 3000),), {PaymentMethod.CASH: 3000}, session, 3),
        order((place(900),), {PaymentMethod.WALLET: 900}, session, 4),
    ]
    sell(ledger, *sold)
    ledger.call(sessions.close_session, closing(session, 12500, 4000), CASHIER)
    hear_totals(ledger, totals(session, *sold))
    content = z_of(ledger, session, CASHIER).content
    assert [(item["tender"], item["expected"], item["counted"]) for item in content["tenders"]] == [
        ("cash", 12500, 12500), ("card", 4000, 4000), ("wallet", 900, None),
    ]
    assert [(item["code"], item["rate_bp"], item["gross"], item["vat"])
            for item in content["vat"]] == [("excluded", None, 4000, 0), ("opted", 260, 2402, 61)]
    assert (content["opening_float"], content["gross"], content["net"]) == (10000, 6402, 6341)
    assert (content["wallet_loads"], content["rounding"]) == (3000, -2)
    assert [item["comment"] for item in content["float_operations"]] == ["to the safe"]
    assert (content["grand_total"], content["z_number"]) == (6402, 1)
    assert sum(line["gross"] for line in content["lines"]) == 9400 == sum(
        tender["sold"] for tender in content["tenders"])


def test_z_numbers_have_no_gap_and_chain_under_concurrent_closings(ledger: Harness) -> None:
    """Three registers closed at the same time, three times over, with a refused count each."""
    desks = [(make_register(ledger, f"Desk {number}"), Actor(
        Principal.USER, f"c{number}", f"C{number}", frozenset({Role.POS}), frozenset({DESK}),
    )) for number in range(3)]

    def day(desk: tuple[UUID, Actor], held: int) -> None:
        register, actor = desk
        session = open_session(ledger, register, actor)
        sold = [cash_order(session, 500, number) for number in (1, 2)]
        sell(ledger, sold[0])
        ledger.answer(sessions.close_session, closing(session, held), actor)
        ledger.call(sessions.close_session, closing(session, held + 500), actor)
        with ThreadPoolExecutor(2) as both:
            for done in (both.submit(sell, ledger, sold[1]),
                         both.submit(hear_totals, ledger, totals(session, *sold))):
                done.result()

    for round_ in range(3):
        with ThreadPoolExecutor(3) as threads:
            list(threads.map(lambda desk, held=round_ * 500: day(desk, held), desks))
    with ledger.uow() as uow:
        assert list(registers.broken_seals(uow)) == []
    found = ledger.ask(
        registers.list_register_sessions, ListRegisterSessions(state=State.CLOSED), ACCOUNTANT)
    for register, _ in desks:
        numbers = [item.z_number for item in found.items if item.register_id == register]
        assert sorted(number or 0 for number in numbers) == [1, 2, 3]


def test_closing_against_sales_that_still_arrive(ledger: Harness) -> None:
    session = open_session(ledger, make_register(ledger))
    sold = [cash_order(session, 100, number) for number in range(1, 25)]

    def close() -> None:
        ledger.answer(sessions.close_session, closing(session, 2400), CASHIER)
        answer = ledger.answer(
            sessions.close_session, closing(session, 2400, reason="still selling"), CASHIER)
        assert answer.error is None or answer.error.code is Code.REGISTER_SESSION_STATE
        hear_totals(ledger, totals(session, *sold))

    with ThreadPoolExecutor(6) as threads:
        closed = threads.submit(close)
        list(threads.map(lambda event: ledger.react_many(orders.book_orders, event), sold))
        closed.result()
    content = z_of(ledger, session).content
    assert (content["sales_count"], content["gross"]) == (24, 2400)
    assert content["tenders"][0]["difference"] == 0
    assert len(ledger.said(RegisterSessionClosed)) == 1
    assert ledger.ask(check.get_money_check, GetMoneyCheck(), ACCOUNTANT).agrees


def test_a_falsified_z_report_is_found(ledger: Harness) -> None:
    register = make_register(ledger)
    for price in (100, 200):
        run_session(ledger, register, price)
    with ledger.uow() as uow:
        connection = uow.session.connection()
        connection.exec_driver_sql("ALTER TABLE z_reports DISABLE TRIGGER USER")
        connection.exec_driver_sql(
            "UPDATE z_reports SET content = content || '{\"gross\": 90}' WHERE number = 1")
    with ledger.uow() as uow:
        assert list(registers.broken_seals(uow)) == ["register Desk 1: Z 1 was altered"]


def test_the_next_session_expects_what_was_counted(ledger: Harness) -> None:
    register = make_register(ledger)
    run_session(ledger, register, 1000)
    session = open_session(ledger, register, OTHER)
    assert look(ledger, session).opening_float == Money(1000)


# ------------------------------------------------------------------ reading


def test_an_x_report_is_provisional_and_blind_for_who_counts(ledger: Harness) -> None:
    session = open_session(ledger, make_register(ledger))
    sell(ledger, cash_order(session))
    query = GetXReport(register_session_id=session)
    own, books = (ledger.ask(registers.get_x_report, query, actor).content
                  for actor in (CASHIER, ACCOUNTANT))
    assert (own["gross"], own["tenders"][0]["expected"]) == (1500, None)
    assert books["tenders"][0]["expected"] == 1500
    assert "z_number" not in own


def test_a_cashier_sees_their_own_sessions_only(ledger: Harness) -> None:
    session = run_session(ledger, make_register(ledger), 500)
    report = z_of(ledger, session).z_report_id
    for ask, query, code in (
        (registers.get_register_session, GetRegisterSession(register_session_id=session),
         Code.REGISTER_SESSION_NOT_FOUND),
        (registers.get_x_report, GetXReport(register_session_id=session),
         Code.REGISTER_SESSION_NOT_FOUND),
        (registers.get_z_report, GetZReport(z_report_id=report), Code.Z_REPORT_NOT_FOUND),
    ):
        with pytest.raises(DomainError) as refusal:
            ledger.ask(ask, query, OTHER)
        assert refusal.value.code is code
    listing = registers.list_register_sessions
    assert ledger.ask(listing, ListRegisterSessions(), OTHER).items == ()
    assert len(ledger.ask(listing, ListRegisterSessions(), CASHIER).items) == 1
