"""Cash that changes its place: between drawers, the vault and the bank, always with two sides."""

from uuid import UUID, uuid4

from contracts.accounting import CashMove, CashMoveView, MoveCash
from contracts.errors import Code, DomainError
from contracts.money import Money
from services.accounting.models import Books, CashRegister, DrawerKind, DrawerMovement, Entry, post
from services.accounting.models.registers import lock_registers, positive
from services.accounting.usecases.registers import live_session
from services.chassis.unit_of_work import UnitOfWork

# Where each kind takes it from and puts it; a drawer is what it does to the drawer.
SIDES: dict[CashMove, tuple[Books | DrawerKind, Books | DrawerKind]] = {
    CashMove.PICKUP: (DrawerKind.PICKUP, Books.VAULT),
    CashMove.SUPPLY: (Books.VAULT, DrawerKind.SUPPLY),
    CashMove.TRANSFER: (DrawerKind.TRANSFER_OUT, DrawerKind.TRANSFER_IN),
    CashMove.DEPOSIT: (Books.VAULT, Books.BANK_TRANSFER),
}


def move_cash(uow: UnitOfWork, command: MoveCash) -> CashMoveView:
    source, target = SIDES[command.kind]
    _check_registers(command, source, target)
    ids = {id for id in (command.from_register_id, command.to_register_id) if id is not None}
    registers = lock_registers(uow.session, ids)
    if ids - registers.keys():
        raise DomainError(Code.REGISTER_NOT_FOUND, "There is no such register.")
    amount = positive(command.amount)
    move_id = uuid4()
    entry = Entry(
        "accounting.cash_move", move_id, uow.now, command.kind,
        command.comment or command.kind.capitalize(),
    )
    sides = ((source, command.from_register_id, -1), (target, command.to_register_id, 1))
    for place, register_id, sign in sides:
        if isinstance(place, Books):
            entry.debit(place, sign * amount)
        elif register_id is not None:
            _move(uow, registers[register_id], place, sign, command, move_id)
            entry.debit(Books.DRAWER, sign * amount, register_id=register_id)
    post(uow.session, [entry])
    return _view(uow, command, move_id, registers)


def _check_registers(
    command: MoveCash, source: Books | DrawerKind, target: Books | DrawerKind
) -> None:
    named = (command.from_register_id is not None, command.to_register_id is not None)
    if named != (isinstance(source, DrawerKind), isinstance(target, DrawerKind)):
        raise DomainError(
            Code.VALIDATION_FAILED, f"Name the registers of a {command.kind}, and no other.",
            {"from_register_id": ["As the kind says."], "to_register_id": ["As the kind says."]},
        )
    if all(named) and command.from_register_id == command.to_register_id:
        raise DomainError(Code.VALIDATION_FAILED, "A transfer goes to another register.",
                          {"to_register_id": ["Must be another register."]})


def _move(
    uow: UnitOfWork, register: CashRegister, kind: DrawerKind, sign: int, command: MoveCash,
    move_id: UUID,
) -> DrawerMovement:
    return register.move_by_hand(
        uow, kind, sign, command.amount, command.confirm_negative, comment=command.comment,
        source_id=move_id, register_session_id=live_session(uow, register),
    )


def _view(
    uow: UnitOfWork, command: MoveCash, move_id: UUID, registers: dict[UUID, CashRegister]
) -> CashMoveView:
    balances = {
        id: Money(register.balance, register.currency)
        for id, register in registers.items()
    }
    source, target = command.from_register_id, command.to_register_id
    return CashMoveView(
        move_id=move_id, kind=command.kind, amount=command.amount, comment=command.comment,
        at=uow.now, by=uow.actor.name, from_register_id=source, to_register_id=target,
        from_balance=balances[source] if source else None,
        to_balance=balances[target] if target else None,
    )
