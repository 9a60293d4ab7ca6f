"""Drawers: the four float operations, what refuses them, and who sees what."""

from concurrent.futures import ThreadPoolExecutor
from uuid import UUID, uuid4

import pytest

from contracts.accounting import (
    CreateRegister,
    FloatOperationType,
    ListFloatOperations,
    ListRegisters,
)
from contracts.errors import Code, DomainError
from contracts.money import Money
from contracts.roles import Actor, Principal, Role
from services.accounting.queries import registers
from services.accounting.usecases import registers as drawers
from services.accounting.usecases import sessions
from services.chassis.testing import Harness
from tests.accounting.books import (
    ACCOUNTANT,
    ADMIN,
    BAR,
    CASHIER,
    DESK,
    ELSEWHERE,
    balances,
    closing,
    make_register,
    move_float,
    open_session,
)

CREDIT, DEBIT = FloatOperationType.CREDIT, FloatOperationType.DEBIT
CREDIT_ERROR, DEBIT_ERROR = FloatOperationType.CREDIT_ERROR, FloatOperationType.DEBIT_ERROR


def refused(ledger: Harness, *operation: object, **options: object) -> Code:
    """The code of a float operation's refusal, which changed nothing."""
    before = balances(ledger), history(ledger, operation[0])
    with pytest.raises(DomainError) as refusal:
        move_float(ledger, *operation, **options)
    assert (balances(ledger), history(ledger, operation[0])) == before
    return refusal.value.code


def history(ledger: Harness, register: object) -> list[tuple[str, int]]:
    """(type, what was in the drawer afterwards), oldest first."""
    assert isinstance(register, UUID)
    page = ledger.ask(registers.list_float_operations, ListFloatOperations(register_id=register),
                      ACCOUNTANT)
    return [(item.type, item.balance.amount) for item in reversed(page.items)]


def test_a_new_register_has_no_operation(ledger: Harness) -> None:
    register = make_register(ledger)
    item, = ledger.ask(registers.list_registers, ListRegisters(), ACCOUNTANT).items
    assert (item.register_id, item.sale_point, item.operations, item.balance) == (
        register, "Desk", 0, None,
    )
    move_float(ledger, register, CREDIT, 200000)
    item, = ledger.ask(registers.list_registers, ListRegisters(), ACCOUNTANT).items
    assert item.balance == Money(200000)


def test_the_sign_follows_from_the_type(ledger: Harness) -> None:
    register = make_register(ledger)
    credit = move_float(ledger, register, CREDIT, 20000, comment="float of the morning")
    debit = move_float(ledger, register, DEBIT, 5000)
    move_float(ledger, register, CREDIT_ERROR, 1000, corrects=UUID(credit["operation_id"]))
    move_float(ledger, register, DEBIT_ERROR, 500, corrects=UUID(debit["operation_id"]))
    assert history(ledger, register) == [
        ("credit", 20000), ("debit", 15000), ("credit_error", 14000), ("debit_error", 14500),
    ]


def test_an_error_compensates_no_more_than_there_was(ledger: Harness) -> None:
    register, other = make_register(ledger), make_register(ledger, "Desk 2")
    credit = UUID(move_float(ledger, register, CREDIT, 1000)["operation_id"])
    wrong = Code.OPERATION_NOT_CORRECTABLE
    assert refused(ledger, register, CREDIT_ERROR, 100) == wrong
    assert refused(ledger, register, CREDIT_ERROR, 100, corrects=uuid4()) == wrong
    assert refused(ledger, register, DEBIT_ERROR, 100, corrects=credit) == wrong
    assert refused(ledger, other, CREDIT_ERROR, 100, corrects=credit) == wrong
    assert refused(ledger, register, CREDIT, 100, corrects=credit) == wrong
    move_float(ledger, register, CREDIT_ERROR, 600, corrects=credit)
    assert refused(ledger, register, CREDIT_ERROR, 401, corrects=credit) == wrong
    move_float(ledger, register, CREDIT_ERROR, 400, corrects=credit)
    assert refused(ledger, register, CREDIT_ERROR, 1, corrects=credit) == wrong


def test_a_drawer_goes_below_zero_only_when_an_admin_confirms(ledger: Harness) -> None:
    register = make_register(ledger)
    move_float(ledger, register, CREDIT, 1000)
    assert refused(ledger, register, DEBIT, 1001) == Code.DRAWER_NEGATIVE
    assert refused(ledger, register, DEBIT, 1001, actor=CASHIER, confirm_negative=True) == (
        Code.DRAWER_NEGATIVE
    )
    move_float(ledger, register, DEBIT, 1001, confirm_negative=True)
    assert history(ledger, register)[-1] == ("debit", -1)


@pytest.mark.parametrize(("amount", "code"), [
    (Money(0), Code.VALIDATION_FAILED), (Money(-5), Code.VALIDATION_FAILED),
    (Money(5, "EUR"), Code.CURRENCY_MISMATCH),
])
def test_amounts_are_positive_francs(ledger: Harness, amount: Money, code: Code) -> None:
    register = make_register(ledger)
    with pytest.raises(DomainError) as refusal:
        ledger.call(drawers.record_float_operation, drawers.RecordFloatOperation(
            register_id=register, type=CREDIT, amount=amount,
        ), ADMIN)
    assert refusal.value.code is code
    assert history(ledger, register) == []


def test_debits_racing_for_one_drawer_never_overdraw_it(ledger: Harness) -> None:
    register = make_register(ledger)
    move_float(ledger, register, CREDIT, 1000)

    def take(_: int) -> bool:
        try:
            move_float(ledger, register, DEBIT, 300)
        except DomainError as refusal:
            assert refusal.code is Code.DRAWER_NEGATIVE
            return False
        return True

    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(take, range(8))) == 3
    assert history(ledger, register)[-1] == ("debit", 100)


def test_a_counted_drawer_stays_as_it_was_counted(ledger: Harness) -> None:
    register = make_register(ledger)
    session = open_session(ledger, register)
    ledger.call(sessions.close_session, closing(session), CASHIER)
    assert refused(ledger, register, CREDIT, 100) == Code.REGISTER_SESSION_STATE


def test_names_are_unique_at_a_sale_point(ledger: Harness) -> None:
    make_register(ledger)
    for sale_point, name, actor, code in (
        (DESK, "Desk 1", ADMIN, Code.REGISTER_NAME_TAKEN),
        (uuid4(), "Nowhere", ADMIN, Code.SALE_POINT_NOT_FOUND),
        (BAR, "Theirs", CASHIER, Code.SALE_POINT_NOT_YOURS),
    ):
        with pytest.raises(DomainError) as refusal:
            ledger.call(drawers.create_register,
                        CreateRegister(sale_point_id=sale_point, name=name), actor)
        assert refusal.value.code is code
    assert len(ledger.ask(registers.list_registers, ListRegisters(), ADMIN).items) == 1


def test_everyone_sees_the_registers_of_their_sale_points(ledger: Harness) -> None:
    register = make_register(ledger)
    move_float(ledger, register, CREDIT, 1000)
    own, = ledger.ask(registers.list_registers, ListRegisters(), CASHIER).items
    assert (own.operations, own.balance) == (1, None)  # who counts the drawer is not told
    assert ledger.ask(registers.list_registers, ListRegisters(), ELSEWHERE).items == ()
    with pytest.raises(DomainError) as refusal:
        ledger.ask(registers.list_float_operations, ListFloatOperations(register_id=register),
                   ELSEWHERE)
    assert refusal.value.code is Code.REGISTER_NOT_YOURS
    boss = Actor(Principal.USER, "u7", "Zoe", frozenset({Role.POS}), frozenset({BAR}))
    assert refused(ledger, register, CREDIT, 5, actor=boss) == Code.REGISTER_NOT_YOURS


def test_the_history_pages_without_gap_or_repetition(ledger: Harness) -> None:
    register = make_register(ledger)
    for amount in range(1, 8):
        move_float(ledger, register, CREDIT, amount)
    seen, cursor = [], None
    while True:
        page = ledger.ask(registers.list_float_operations, ListFloatOperations(
            register_id=register, limit=3, cursor=cursor), ACCOUNTANT)
        seen += [item.amount.amount for item in page.items]
        if (cursor := page.next_cursor) is None:
            break
    assert seen == [7, 6, 5, 4, 3, 2, 1]
