"""Spending, and giving back what was spent."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from contracts.errors import Code, DomainError
from contracts.message import dump, load
from contracts.money import Money
from contracts.wallet import (
    ArticleLine,
    DebitForOrder,
    DebitWallet,
    MovementView,
    ReverseMovement,
    TerminalRight,
    WalletDebitDeclined,
    WalletDebited,
    WalletReversed,
)
from contracts.wallet import ReversedLine as AskedLine
from services.chassis.unit_of_work import UnitOfWork
from services.wallet.models import (
    Movement,
    ReversedLine,
    Wallet,
    lock_wallet,
    lock_wallet_by_id,
    record,
)
from services.wallet.usecases.parts import answered, by, check_lines, sale_point
from services.wallet.usecases.pins import pin_trouble


def debit(uow: UnitOfWork, command: DebitWallet) -> MovementView | DomainError:
    """A bar takes an amount, outside any order."""
    check_lines(command.lines, command.amount)
    place = sale_point(uow, command.sale_point_id)
    locked = lock_wallet(uow, command.code)
    wallet, rules, terminal = locked
    lines = terminal.priced(command.lines) if terminal else command.lines
    trouble = pin_trouble(locked, wallet.positive(command.amount), command.pin)
    if trouble:
        return trouble
    wallet.check_spend(rules, uow.now, command.amount.amount)
    movement = wallet.debit(
        uow.now, command.amount, lines=dump(lines), sale_point_id=place, **by(uow))
    book_debit(uow, wallet, movement, lines)
    return answered(uow, locked, movement)


def pay_order(uow: UnitOfWork, command: DebitForOrder) -> None:
    """The wallet's step of the saga: always one answer, debited or declined."""
    try:
        wallet, rules, _ = lock_wallet(uow, command.code)
        wallet.check_spend(rules, uow.now, wallet.positive(command.amount))
    except DomainError as refusal:
        uow.emit(WalletDebitDeclined(
            order_id=command.order_id, payment_id=command.payment_id,
            code=refusal.code, detail=refusal.detail,
        ))
        return
    movement = wallet.debit(
        uow.now, command.amount, sale_point_id=command.sale_point_id, order_id=command.order_id,
        payment_id=command.payment_id, **by(uow))
    book_debit(uow, wallet, movement)


def book_debit(
    uow: UnitOfWork, wallet: Wallet, movement: Movement, lines: tuple[ArticleLine, ...] = (),
    **more: Any,
) -> None:
    """Write a debit and tell it."""
    record(uow, wallet, movement)
    lost = movement.lost or 0
    uow.emit(WalletDebited(
        movement_id=movement.id, wallet_id=wallet.id, ticket_id=wallet.ticket_id,
        amount=Money(lost - movement.amount), paid=Money(-movement.paid),
        gifted=Money(-movement.gifted), lost=Money(lost), balance=Money(wallet.balance),
        debited_at=movement.at, lines=lines, order_id=movement.order_id,
        payment_id=movement.payment_id, sale_point_id=movement.sale_point_id,
        cashier_id=movement.actor_id, cashier_name=movement.actor_name, **more,
    ))


def reverse(uow: UnitOfWork, command: ReverseMovement) -> MovementView:
    """Give a debit back, whole or by line. Under the wallet's lock the second attempt sees the
    first; the database counts the articles again."""
    debited = uow.session.get(Movement, command.movement_id)
    if debited is None:
        raise DomainError(Code.MOVEMENT_NOT_FOUND, "There is no such movement.")
    locked = lock_wallet_by_id(uow, debited.wallet_id, TerminalRight.REVERSE)
    debited.check_reversible()
    wallet = locked.wallet
    before = uow.session.scalars(select(Movement).where(Movement.reverses == debited.id)).all()
    lines = _give_back(uow, debited, command.lines)
    cents = sum(line.quantity * line.unit_price.amount for line in lines)
    movement = wallet.reverse(
        uow.now, debited, before, cents, label=command.reason,
        lines=dump(lines) if debited.lines else [], **by(uow))
    record(uow, wallet, movement)
    left = -debited.amount - sum(item.amount for item in before) - cents
    uow.emit(WalletReversed(
        movement_id=movement.id, reverses=debited.id, wallet_id=wallet.id,
        amount=Money(movement.amount), paid=Money(movement.paid), gifted=Money(movement.gifted),
        reversed_at=uow.now, reason=command.reason, sale_point_id=debited.sale_point_id,
        lines=lines if debited.lines else (), left=Money(left),
    ))
    return answered(uow, locked, movement)


def _give_back(
    uow: UnitOfWork, debited: Movement, asked: Sequence[AskedLine]
) -> tuple[ArticleLine, ...]:
    """The articles that go back now, counted in `reversed_lines`."""
    units = [load(ArticleLine, unit) for unit in debited.units]
    gone = {
        known.line: known.quantity
        for known in uow.session.scalars(
            select(ReversedLine).where(ReversedLine.debit_id == debited.id))
    }
    left = {place: unit.quantity - gone.get(place, 0) for place, unit in enumerate(units)}
    wanted = _wanted(left, asked)
    uow.session.execute(_COUNT, [
        {"debit_id": debited.id, "line": place, "sold": units[place].quantity,
         "quantity": quantity}
        for place, quantity in wanted.items()
    ])
    return tuple(
        ArticleLine(label=units[place].label, quantity=quantity,
                    unit_price=units[place].unit_price, vat_code=units[place].vat_code)
        for place, quantity in sorted(wanted.items())
    )


def _wanted(left: dict[int, int], asked: Sequence[AskedLine]) -> dict[int, int]:
    """Quantity by line; all that is left when nothing is named."""
    if len({line.line for line in asked}) < len(asked) or any(
        line.line not in left for line in asked
    ):
        raise DomainError(
            Code.VALIDATION_FAILED, "Name lines of the debit, each once, counted from 0.",
            {"lines": ["Not lines of this debit."]},
        )
    wanted = {line.line: line.quantity or left[line.line] for line in asked}
    wanted = wanted or {place: quantity for place, quantity in left.items() if quantity}
    if not wanted or any(not 0 < quantity <= left[place] for place, quantity in wanted.items()):
        raise DomainError(
            Code.MOVEMENT_NOT_REVERSIBLE, "This has been reversed already, or more than was sold.",
            {"left": {str(place): quantity for place, quantity in left.items()}},
        )
    return wanted


_insert = insert(ReversedLine)
_COUNT = _insert.on_conflict_do_update(
    index_elements=["debit_id", "line"],
    set_={"quantity": ReversedLine.quantity + _insert.excluded.quantity},
)
