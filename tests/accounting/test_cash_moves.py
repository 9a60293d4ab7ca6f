"""Cash between drawers, the vault and the bank: both sides or none."""

from uuid import uuid4

import pytest

from contracts.accounting import CashMove, FloatOperationType, MoveCash
from contracts.errors import Code, DomainError
from contracts.money import Money
from services.accounting.models import Books
from services.accounting.usecases import cash_moves, sessions
from services.chassis.testing import Harness
from tests.accounting.books import (
    ADMIN,
    CASHIER,
    balances,
    cash_order,
    closing,
    hear_totals,
    make_register,
    move_float,
    open_session,
    sell,
    totals,
    z_of,
)
from tests.accounting.test_booking import agree


def move(ledger: Harness, kind: CashMove, amount: int, **more: object) -> dict:
    return ledger.call(cash_moves.move_cash, MoveCash(kind=kind, amount=Money(amount), **more),
                       ADMIN)


def test_from_the_drawer_to_the_bank(ledger: Harness) -> None:
    first, second = make_register(ledger), make_register(ledger, "Desk 2")
    move_float(ledger, first, FloatOperationType.CREDIT, 50000)
    assert move(ledger, CashMove.PICKUP, 30000, from_register_id=first)["from_balance"][
        "amount"] == 20000
    move(ledger, CashMove.TRANSFER, 5000, from_register_id=first, to_register_id=second)
    move(ledger, CashMove.SUPPLY, 1000, to_register_id=second)
    move(ledger, CashMove.DEPOSIT, 20000)
    assert balances(ledger) == {
        Books.DRAWER: 21000, Books.VAULT: 9000, Books.BANK_TRANSFER: 20000,
        Books.TRANSIT: -50000,
    }
    assert [item.drawer.amount for item in agree(ledger).registers] == [15000, 6000]


def test_a_pickup_in_a_session_is_on_its_z_report_and_no_difference(ledger: Harness) -> None:
    register = make_register(ledger)
    session = open_session(ledger, register)
    sold = cash_order(session, 8000)
    sell(ledger, sold)
    move(ledger, CashMove.PICKUP, 6000, from_register_id=register, comment="noon")
    ledger.call(sessions.close_session, closing(session, 2000), CASHIER)
    with pytest.raises(DomainError) as refused:
        move(ledger, CashMove.PICKUP, 100, from_register_id=register)
    assert refused.value.code is Code.REGISTER_SESSION_STATE
    hear_totals(ledger, totals(session, sold))
    content = z_of(ledger, session).content
    assert [(item["type"], item["amount"]) for item in content["float_operations"]] == [
        ("pickup", 6000)]
    assert content["tenders"][0]["difference"] == 0


@pytest.mark.parametrize(("kind", "places"), [
    (CashMove.PICKUP, ()), (CashMove.PICKUP, ("from", "to")), (CashMove.DEPOSIT, ("from",)),
    (CashMove.TRANSFER, ("from",)), (CashMove.SUPPLY, ("from",)), (CashMove.TRANSFER, ("same",)),
])
def test_a_kind_has_its_places(
    ledger: Harness, kind: CashMove, places: tuple[str, ...]
) -> None:
    register = make_register(ledger)
    ids = {f"{name}_register_id": register if name == "from" else uuid4() for name in places}
    if places == ("same",):
        ids = {"from_register_id": register, "to_register_id": register}
    with pytest.raises(DomainError) as refused:
        move(ledger, kind, 100, **ids)
    assert refused.value.code is Code.VALIDATION_FAILED
    assert balances(ledger) == {}


def test_no_more_than_there_is(ledger: Harness) -> None:
    register = make_register(ledger)
    with pytest.raises(DomainError) as refused:
        move(ledger, CashMove.PICKUP, 100, from_register_id=register)
    assert refused.value.code is Code.DRAWER_NEGATIVE
    move(ledger, CashMove.PICKUP, 100, from_register_id=register, confirm_negative=True)
    with pytest.raises(DomainError) as refused:
        move(ledger, CashMove.TRANSFER, 100, from_register_id=register, to_register_id=uuid4())
    assert refused.value.code is Code.REGISTER_NOT_FOUND
    assert balances(ledger) == {Books.DRAWER: -100, Books.VAULT: 100}
