"""Register sessions from opening to the sealed Z report, in every order that messages may take."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from contracts.accounting import (
    CloseRegisterSession,
    ClosingCounts,
    FloatOperationType,
    GetMoneyCheck,
    GetRegisterSession,
    GetXReport,
    GetZReport,
    ListRegisterSessions,
    OpenRegisterSession,
    RegisterSessionClosed,
    RegisterSessionClosing,
    RegisterSessionOpening,
    RegisterSessionState,
)
from contracts.errors import Code, DomainError
from contracts.money import Money
from contracts.roles import Actor, Principal, Role
from contracts.ticketing import LineKind, PaymentMethod
from services.accounting.models import Books
from services.accounting.queries import check, registers
from services.accounting.usecases import booking, sessions
from services.chassis.testing import Harness
from tests.accounting.books import (
    ACCOUNTANT,
    ADMIN,
    CASHIER,
    DESK,
    ELSEWHERE,
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
    sell,
    totals,
)

State = RegisterSessionState


def refusal_of(ledger: Harness, command: Any, actor: Actor = CASHIER) -> DomainError:
    use_case = (sessions.open_session if isinstance(command, OpenRegisterSession)
                else sessions.close_session)
    with pytest.raises(DomainError) as refusal:
        ledger.call(use_case, command, actor)
    return refusal.value


def run_session(ledger: Harness, register: UUID, *prices: int, actor: Actor = CASHIER) -> UUID:
    """Opened, sold for cash, counted rightly and sealed."""
    before = balances(ledger).get(Books.DRAWER, 0)
    session = open_session(ledger, register, actor)
    sold = [cash_order(session, price, number) for number, price in enumerate(prices, start=1)]
    sell(ledger, *sold)
    ledger.call(sessions.close_session, closing(session, before + sum(prices)), actor)
    hear_totals(ledger, totals(session, *sold))
    return session


def z_of(ledger: Harness, session: UUID, actor: Actor = ACCOUNTANT) -> Any:
    report = look(ledger, session).z_report_id
    return ledger.ask(registers.get_z_report, GetZReport(z_report_id=report), actor)


# ------------------------------------------------------------------ opening


def test_a_session_is_open_when_ticketing_has_accepted_it(ledger: Harness) -> None:
    register = make_register(ledger)
    move_float(ledger, register, FloatOperationType.CREDIT, 20000)
    opened = ledger.call(sessions.open_session, OpenRegisterSession(
        register_id=register, counts={"10000": 2}), CASHIER)
    session = UUID(opened["register_session_id"])
    assert opened["state"] == State.OPENING
    assert opened["opening_float"]["amount"] == 20000
    said, = ledger.said(RegisterSessionOpening)
    assert (said.register_session_id, said.sale_point_id, said.cashier_name) == (
        session, DESK, "Lea",
    )
    ledger.react(sessions.accept_session, sessions.RegisterSessionAccepted(
        register_session_id=session))
    assert look(ledger, session).state is State.OPEN
    assert Books.DIFFERENCES not in balances(ledger)


def test_a_difference_at_the_opening_is_booked_not_forgotten(ledger: Harness) -> None:
    register = make_register(ledger)
    move_float(ledger, register, FloatOperationType.CREDIT, 20000)
    open_session(ledger, register, counts={"10000": 1, "5000": 1, "2000": 2, "500": 1})
    assert balances(ledger) == {
        Books.TRANSIT: -20000, Books.DRAWER: 19500, Books.DIFFERENCES: 500,
    }


def test_one_live_session_per_register_and_per_cashier(ledger: Harness) -> None:
    one, two = make_register(ledger), make_register(ledger, "Desk 2")
    open_session(ledger, one)
    for register, actor in ((one, OTHER), (two, CASHIER)):
        refusal = refusal_of(ledger, OpenRegisterSession(register_id=register), actor)
        assert refusal.code is Code.REGISTER_SESSION_ALREADY_OPEN
    assert len(ledger.said(RegisterSessionOpening)) == 1


@pytest.mark.parametrize("same", ["register", "cashier"])
def test_two_openings_at_once_leave_one(ledger: Harness, same: str) -> None:
    registers_ = [make_register(ledger, f"Desk {number}") for number in range(6)]
    cashiers = [
        Actor(Principal.USER, f"c{number}", "C", frozenset({Role.POS}), frozenset({DESK}))
        for number in range(6)
    ]

    def attempt(number: int) -> Code | None:
        register = registers_[0 if same == "register" else number]
        actor = cashiers[0 if same == "cashier" else number]
        answer = ledger.answer(
            sessions.open_session, OpenRegisterSession(register_id=register), actor)
        return answer.error.code if answer.error else None

    with ThreadPoolExecutor(6) as threads:
        answers = list(threads.map(attempt, range(6)))
    assert sorted(answers, key=str) == [None] + [Code.REGISTER_SESSION_ALREADY_OPEN] * 5
    assert len(ledger.said(RegisterSessionOpening)) == 1


def test_a_register_elsewhere_or_nowhere_or_with_fantasy_coins_is_refused(
    ledger: Harness,
) -> None:
    register = make_register(ledger)
    for command, actor, code in (
        (OpenRegisterSession(register_id=register), ELSEWHERE, Code.REGISTER_NOT_YOURS),
        (OpenRegisterSession(register_id=DESK), CASHIER, Code.REGISTER_NOT_FOUND),
        (OpenRegisterSession(register_id=register, counts={"7": 1}), CASHIER,
         Code.VALIDATION_FAILED),
    ):
        assert refusal_of(ledger, command, actor).code is code
    assert ledger.said(RegisterSessionOpening) == []
    assert balances(ledger) == {}


# ------------------------------------------------------------------ counting


def test_every_tender_must_be_typed(ledger: Harness) -> None:
    session = open_session(ledger, make_register(ledger))
    for cash, card in ((None, Money(0)), ({}, Money(0)), ({"5": 0}, None)):
        refusal = refusal_of(ledger, CloseRegisterSession(
            register_session_id=session, counts=ClosingCounts(cash=cash, card=card)))
        assert refusal.code is Code.COUNT_INCOMPLETE
    assert look(ledger, session).state is State.OPEN
    assert look(ledger, session).counts == 0


def test_the_count_is_blind_then_repeated_then_explained(ledger: Harness) -> None:
    session = open_session(ledger, make_register(ledger))
    sold = cash_order(session)
    sell(ledger, sold)
    assert look(ledger, session, CASHIER).tenders == ()
    first = refusal_of(ledger, closing(session, 1400))
    assert first.code is Code.COUNT_DIFFERS and "15" not in first.detail and not first.errors
    second = refusal_of(ledger, closing(session, 1400))
    assert second.code is Code.COUNT_DIFFERS and "reason" in second.errors
    assert ledger.said(RegisterSessionClosing) == []
    taken = ledger.call(
        sessions.close_session, closing(session, 1400, reason="change given twice"), CASHIER)
    assert (taken["state"], taken["counts"]) == (State.CLOSING, 3)
    assert taken["tenders"][0]["expected"]["amount"] == 1500
    hear_totals(ledger, totals(session, sold))
    content = z_of(ledger, session).content
    assert content["tenders"][0] | {"payments": 1} == {
        "tender": "cash", "sold": 1500, "payments": 1, "expected": 1500, "counted": 1400,
        "difference": -100,
    }
    assert (content["reason"], content["counts"]) == ("change given twice", 3)
    assert balances(ledger)[Books.DRAWER] == 1400
    assert balances(ledger)[Books.DIFFERENCES] == 100


def test_a_right_recount_needs_no_reason(ledger: Harness) -> None:
    session = open_session(ledger, make_register(ledger))
    sell(ledger, cash_order(session))
    refusal_of(ledger, closing(session, 1400))
    ledger.call(sessions.close_session, closing(session, 1500), CASHIER)
    assert look(ledger, session).state is State.CLOSING


def test_a_refused_count_replays_under_its_key_and_is_kept_once(ledger: Harness) -> None:
    session = open_session(ledger, make_register(ledger))
    for replayed in (False, True):
        answer = ledger.answer(sessions.close_session, closing(session, 5), CASHIER, id="k")
        assert (answer.error and answer.error.code, answer.replayed) == (
            Code.COUNT_DIFFERS, replayed)
    assert look(ledger, session).counts == 1


def test_a_difference_within_the_tolerance_is_taken_and_booked(ledger: Harness) -> None:
    session = open_session(ledger, make_register(ledger, tolerance=100))
    sold = order((place(1500),), {PaymentMethod.CARD: 1500}, session)
    sell(ledger, sold)
    ledger.call(sessions.close_session, closing(session, 5, 1450), CASHIER)
    hear_totals(ledger, totals(session, sold))
    assert [tender["difference"] for tender in z_of(ledger, session).content["tenders"]] == [5, -50]
    found = balances(ledger)
    assert (found[Books.DRAWER], found[Books.CARD], found[Books.DIFFERENCES]) == (5, 1450, 45)


def test_only_its_cashier_or_an_admin_closes_a_session(ledger: Harness) -> None:
    session = open_session(ledger, make_register(ledger))
    for actor in (OTHER, ELSEWHERE, ACCOUNTANT):
        refusal = refusal_of(ledger, closing(session), actor)
        assert refusal.code is Code.REGISTER_SESSION_NOT_FOUND
    ledger.call(sessions.close_session, closing(session), ADMIN)
    assert refusal_of(ledger, closing(session)).code is Code.REGISTER_SESSION_STATE


# ------------------------------------------------------------------ sealing


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


def test_an_order_after_the_seal_is_booked_and_marked_late(ledger: Harness) -> None:
    register = make_register(ledger)
    session = run_session(ledger, register, 1000)
    before = z_of(ledger, session)
    sell(ledger, cash_order(session, 700, number=9))
    assert z_of(ledger, session) == before
    assert balances(ledger)[Books.DRAWER] == 1700
    faults = ledger.ask(check.get_money_check, GetMoneyCheck(), ACCOUNTANT).faults
    assert faults == ("Order 9 was booked after its session was closed.",)


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
        list(threads.map(lambda event: ledger.react(booking.book_order, event), sold))
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
