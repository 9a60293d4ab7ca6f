"""Register sessions: opening, the blind count, and who may do it."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import pytest

from contracts.accounting import (
    CloseRegisterSession,
    ClosingCounts,
    FloatOperationType,
    OpenRegisterSession,
    RegisterSessionClosing,
    RegisterSessionOpening,
    RegisterSessionState,
)
from contracts.errors import Code, DomainError
from contracts.money import Money
from contracts.roles import Actor, Principal, Role
from contracts.ticketing import PaymentMethod
from services.accounting.models import Books
from services.accounting.usecases import sessions
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
    sell,
    totals,
    z_of,
)

State = RegisterSessionState


def refusal_of(ledger: Harness, command: Any, actor: Actor = CASHIER) -> DomainError:
    use_case = (sessions.open_session if isinstance(command, OpenRegisterSession)
                else sessions.close_session)
    with pytest.raises(DomainError) as refusal:
        ledger.call(use_case, command, actor)
    return refusal.value


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
