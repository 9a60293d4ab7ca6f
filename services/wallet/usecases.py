"""Everything that changes a wallet. Each function is one use case in one transaction.

They run the same behind the bus, the gateway and the terminal door.
"""

from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from contracts.errors import Code, DomainError
from contracts.identity import SigningKeyPublished
from contracts.message import dump
from contracts.money import Money
from contracts.ticketing import TicketIssued, TicketKeyPublished
from contracts.wallet import (
    ArticleLine,
    BlockWallet,
    CreditForOrder,
    CreditWallet,
    DebitForOrder,
    DebitWallet,
    GiftWallet,
    MovementKind,
    MovementView,
    ReverseMovement,
    WalletCredited,
    WalletDebitDeclined,
    WalletDebited,
    WalletReversed,
    WalletView,
)
from services.chassis.unit_of_work import UnitOfWork
from services.wallet.models import Movement, VerifyingKey, Wallet, find_wallet, record


def debit(uow: UnitOfWork, command: DebitWallet) -> MovementView:
    """A bar takes an amount, outside any order."""
    _check_lines(command)
    sale_point_id = _sale_point(uow, command.sale_point_id)
    return _debit(uow, command, sale_point_id=sale_point_id, lines=command.lines)


def pay_order(uow: UnitOfWork, command: DebitForOrder) -> None:
    """The wallet's step of the saga: always one answer, debited or declined."""
    try:
        _debit(uow, command, sale_point_id=command.sale_point_id, order_id=command.order_id,
               payment_id=command.payment_id)
    except DomainError as refusal:
        uow.emit(WalletDebitDeclined(
            order_id=command.order_id, payment_id=command.payment_id,
            code=refusal.code, detail=refusal.detail,
        ))


def credit(uow: UnitOfWork, command: CreditWallet) -> MovementView:
    """Money received by `method` goes on the wallet."""
    wallet = find_wallet(uow.session, command.code, lock=True)
    return _load(
        uow, wallet, command.amount, command.method, label=command.reason,
        sale_point_id=_sale_point(uow, command.sale_point_id),
    )


def credit_for_order(uow: UnitOfWork, command: CreditForOrder) -> None:
    """A paid load line. Never refused: the money has been taken. Its ticket may be new here."""
    _open(uow, command.ticket_id, command.code, None)
    wallet = uow.session.scalars(
        select(Wallet).where(Wallet.ticket_id == command.ticket_id).with_for_update()
    ).one()
    _load(
        uow, wallet, command.amount, "order", order_id=command.order_id, line_id=command.line_id,
        sale_point_id=command.sale_point_id,
    )


def gift(uow: UnitOfWork, command: GiftWallet) -> MovementView:
    wallet = find_wallet(uow.session, command.code, lock=True)
    movement = wallet.gift(uow.now, command.amount, label=command.reason, **_by(uow))
    record(uow, wallet, movement)
    uow.emit(_credited(uow, wallet, movement))
    return movement.view(wallet.currency)


def reverse(uow: UnitOfWork, command: ReverseMovement) -> MovementView:
    """Give a debit back, once: the wallet's lock makes the second attempt see the first."""
    debited = uow.session.get(Movement, command.movement_id)
    if debited is None:
        raise DomainError(Code.MOVEMENT_NOT_FOUND, "There is no such movement.")
    wallet = uow.session.get_one(Wallet, debited.wallet_id, with_for_update=True)
    if uow.session.scalar(select(Movement.id).where(Movement.reverses == debited.id)):
        raise DomainError(Code.MOVEMENT_NOT_REVERSIBLE, "This debit has been reversed already.")
    movement = wallet.reverse(uow.now, debited, label=command.reason, **_by(uow))
    record(uow, wallet, movement)
    uow.emit(WalletReversed(
        movement_id=movement.id, reverses=debited.id, wallet_id=wallet.id,
        amount=Money(movement.amount), paid=Money(movement.paid), gifted=Money(movement.gifted),
        reversed_at=uow.now, reason=command.reason, sale_point_id=debited.sale_point_id,
    ))
    return movement.view(wallet.currency)


def block(uow: UnitOfWork, command: BlockWallet) -> WalletView:
    wallet = find_wallet(uow.session, command.code, lock=True)
    wallet.block()
    return wallet.view()


# ------------------------------------------------------------------ what others said


def open_wallet(uow: UnitOfWork, event: TicketIssued) -> None:
    """Every ticket that may carry money gets its wallet, empty."""
    if event.wallet_allowed:
        _open(uow, event.ticket_id, event.code, event.holder_id)


def keep_ticket_key(uow: UnitOfWork, event: TicketKeyPublished) -> None:
    _keep_key(uow, "ticket", str(event.key_id), event.public_key)


def keep_token_key(uow: UnitOfWork, event: SigningKeyPublished) -> None:
    _keep_key(uow, "token", event.key_id, event.public_key)


# ------------------------------------------------------------------ parts


def _open(uow: UnitOfWork, ticket_id: UUID, code: str, holder_id: str | None) -> None:
    wallet = Wallet.open(ticket_id, code, uow.now, holder_id)
    values = {column.key: getattr(wallet, column.key) for column in Wallet.__table__.columns}
    uow.session.execute(insert(Wallet).values(values).on_conflict_do_nothing())


def _debit(
    uow: UnitOfWork, command: DebitWallet | DebitForOrder, lines: tuple[ArticleLine, ...] = (),
    **details: Any,
) -> MovementView:
    wallet = find_wallet(uow.session, command.code, lock=True)
    movement = wallet.debit(uow.now, command.amount, lines=dump(lines), **details, **_by(uow))
    record(uow, wallet, movement)
    uow.emit(WalletDebited(
        movement_id=movement.id, wallet_id=wallet.id, ticket_id=wallet.ticket_id,
        amount=command.amount, paid=Money(-movement.paid), gifted=Money(-movement.gifted),
        balance=Money(wallet.balance), debited_at=uow.now, lines=lines, **details,
        cashier_id=uow.actor.id, cashier_name=uow.actor.name,
    ))
    return movement.view(wallet.currency)


def _load(
    uow: UnitOfWork, wallet: Wallet, amount: Money, method: str, **details: Any
) -> MovementView:
    movement = wallet.load(uow.now, amount, method, **details, **_by(uow))
    record(uow, wallet, movement)
    uow.emit(_credited(uow, wallet, movement))
    return movement.view(wallet.currency)


def _credited(uow: UnitOfWork, wallet: Wallet, movement: Movement) -> WalletCredited:
    return WalletCredited(
        movement_id=movement.id, wallet_id=wallet.id, ticket_id=wallet.ticket_id,
        kind=MovementKind(movement.kind), amount=Money(movement.amount),
        method=movement.method or "gift", credited_at=uow.now, order_id=movement.order_id,
        sale_point_id=movement.sale_point_id, reason=movement.label or "",
    )


def _check_lines(command: DebitWallet) -> None:
    wanted = sum(line.quantity * line.unit_price.amount for line in command.lines)
    if command.lines and wanted != command.amount.amount:
        raise DomainError(
            Code.VALIDATION_FAILED,
            f"The articles add up to {Money(wanted)}, not {command.amount}.",
            {"amount": ["Must be the sum of the lines."]},
        )


def _sale_point(uow: UnitOfWork, asked: UUID | None) -> UUID | None:
    """Where this happens: as asked, if the caller works there, else the caller's only one."""
    if asked is not None and not uow.actor.sells_at(asked):
        raise DomainError(Code.SALE_POINT_NOT_YOURS, "You do not work at this sale point.")
    if asked is None and len(uow.actor.sale_points) == 1:
        return next(iter(uow.actor.sale_points))
    return asked


def _by(uow: UnitOfWork) -> dict[str, Any]:
    return {"actor_id": uow.actor.id, "actor_name": uow.actor.name}


def _keep_key(uow: UnitOfWork, purpose: str, key_id: str, public_key: str) -> None:
    uow.session.execute(
        insert(VerifyingKey)
        .values(purpose=purpose, key_id=key_id, public_key=public_key)
        .on_conflict_do_nothing()
    )
