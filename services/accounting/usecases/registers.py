"""Registers and the four float operations."""

from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from contracts.accounting import (
    CreateRegister,
    FloatOperationView,
    RecordFloatOperation,
    RegisterSessionState,
    RegisterView,
)
from contracts.errors import Code, DomainError
from contracts.money import Money
from services.accounting.models import (
    Books,
    CashRegister,
    DrawerKind,
    DrawerMovement,
    Entry,
    RegisterSession,
    SalePoint,
    post,
)
from services.accounting.models.registers import CORRECTS, SIGN, find_register
from services.chassis.unit_of_work import UnitOfWork


def create_register(uow: UnitOfWork, command: CreateRegister) -> RegisterView:
    sale_point = uow.session.get(SalePoint, command.sale_point_id)
    if sale_point is None or not sale_point.active:
        raise DomainError(Code.SALE_POINT_NOT_FOUND, "There is no such sale point.")
    if not uow.actor.sells_at(sale_point.id):
        raise DomainError(Code.SALE_POINT_NOT_YOURS, "You do not work at this sale point.")
    register = CashRegister(
        sale_point_id=sale_point.id, name=command.name.strip(), created_at=uow.now,
        tolerance=_tolerance(command.tolerance),
    )
    uow.session.add(register)
    try:
        uow.session.flush()
    except IntegrityError:
        raise DomainError(
            Code.REGISTER_NAME_TAKEN, "This sale point has a register of this name already."
        ) from None
    return register.view(sale_point.name)


def record_float_operation(uow: UnitOfWork, command: RecordFloatOperation) -> FloatOperationView:
    """Money put in or taken out by hand; in the journal it comes from, or goes, in transit."""
    register = find_register(uow.session, command.register_id, lock=True)
    if not uow.actor.sells_at(register.sale_point_id):
        raise DomainError(Code.REGISTER_NOT_YOURS, "This register is at another sale point.")
    _check_correction(uow, register, command)
    movement = register.move_by_hand(
        uow, DrawerKind(command.type), SIGN[command.type], command.amount,
        command.confirm_negative, comment=command.comment, corrects=command.corrects,
        register_session_id=live_session(uow, register),
    )
    entry = Entry(
        "accounting.float_operation", movement.id, uow.now, register.name,
        command.comment or command.type.replace("_", " "), sale_point_id=register.sale_point_id,
    )
    entry.debit(Books.DRAWER, movement.signed, register_id=register.id)
    entry.credit(Books.TRANSIT, movement.signed)
    post(uow.session, [entry])
    return movement.view(register.currency)


def live_session(uow: UnitOfWork, register: CashRegister) -> UUID | None:
    """To whose Z report a movement by hand belongs. None moves a drawer that has been counted."""
    session = uow.session.scalar(select(RegisterSession).where(
        RegisterSession.register_id == register.id,
        RegisterSession.state != RegisterSessionState.CLOSED,
    ))
    if session is not None and session.state == RegisterSessionState.CLOSING:
        raise DomainError(
            Code.REGISTER_SESSION_STATE, "This drawer has just been counted: wait for its closing."
        )
    return session.id if session else None


def _tolerance(tolerance: Money) -> int:
    if tolerance.amount < 0:
        raise DomainError(
            Code.VALIDATION_FAILED, "The tolerance must be zero or more.",
            {"tolerance": ["Must be zero or more."]},
        )
    return tolerance.amount


def _check_correction(
    uow: UnitOfWork, register: CashRegister, command: RecordFloatOperation
) -> None:
    """An error names the operation it compensates, and never more of it than there was (c-3)."""
    wrong = CORRECTS.get(command.type)
    if wrong is None and command.corrects is None:
        return
    original = command.corrects and uow.session.get(DrawerMovement, command.corrects)
    if not original or original.register_id != register.id or original.kind != wrong:
        raise DomainError(
            Code.OPERATION_NOT_CORRECTABLE,
            f"Name the {wrong} of this register that was wrong." if wrong
            else "Only an error operation names another one.",
            {"corrects": ["Not an operation that this one can correct."]},
        )
    done = uow.session.scalar(
        select(func.coalesce(func.sum(DrawerMovement.amount), 0))
        .where(DrawerMovement.corrects == original.id)
    )
    left = original.amount - int(done or 0)
    if command.amount.amount > left:
        raise DomainError(
            Code.OPERATION_NOT_CORRECTABLE,
            f"Only {Money(left, register.currency)} of this operation can still be corrected.",
            {"amount": ["More than what is left to correct."]},
        )
