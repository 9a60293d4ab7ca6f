"""What several use cases need."""

from typing import Any
from uuid import UUID

from contracts.errors import Code, DomainError
from contracts.money import Money
from contracts.roles import Principal
from contracts.wallet import ArticleLine, MovementKind, MovementView, WalletMoved
from services.chassis.unit_of_work import UnitOfWork
from services.wallet.models import Locked, Movement, Wallet, record, wallet_not_found


def by(uow: UnitOfWork) -> dict[str, Any]:
    return {"actor_id": uow.actor.id, "actor_name": uow.actor.name}


def check_lines(lines: tuple[ArticleLine, ...], amount: Money) -> None:
    wanted = sum(line.quantity * line.unit_price.amount for line in lines)
    if lines and wanted != amount.amount:
        raise DomainError(
            Code.VALIDATION_FAILED,
            f"The articles add up to {Money(wanted)}, not {amount}.",
            {"amount": ["Must be the sum of the lines."]},
        )


def sale_point(uow: UnitOfWork, asked: UUID | None) -> UUID | None:
    """Where this happens: as asked, if the caller works there, else the caller's only one."""
    if asked is not None and not uow.actor.sells_at(asked):
        raise DomainError(Code.SALE_POINT_NOT_YOURS, "You do not work at this sale point.")
    if asked is None and len(uow.actor.sale_points) == 1:
        return next(iter(uow.actor.sale_points))
    return asked


def check_own(uow: UnitOfWork, wallet: Wallet) -> None:
    """A holder has to do with their own wallet only; another's does not exist for them."""
    if uow.actor.kind is Principal.HOLDER and wallet.holder_id != uow.actor.id:
        raise wallet_not_found()


def moved(uow: UnitOfWork, wallet: Wallet, movement: Movement, amount: int = 0) -> None:
    """Write a movement that is neither credit nor debit, and tell it."""
    record(uow, wallet, movement)
    uow.emit(WalletMoved(
        movement_id=movement.id, wallet_id=wallet.id, ticket_id=wallet.ticket_id,
        kind=MovementKind(movement.kind), paid=Money(movement.paid), gifted=Money(movement.gifted),
        amount=Money(amount or abs(movement.amount)), moved_at=movement.at,
        method=movement.method, sale_point_id=movement.sale_point_id, reason=movement.label or "",
    ))


def answered(uow: UnitOfWork, locked: Locked, movement: Movement) -> MovementView:
    """A movement as the bar sees it: what is left, the receipt, and whom to thank."""
    wallet, _, terminal = locked
    return movement.view(
        wallet.currency, available=Money(wallet.available(uow.now), wallet.currency),
        first_name=wallet.first_name if terminal and terminal.shows_names else None,
        receipt=movement.receipt(wallet.code, wallet.currency),
    )
