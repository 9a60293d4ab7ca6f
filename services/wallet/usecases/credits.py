"""Money and gifts that arrive on wallets."""

from typing import Any

from sqlalchemy import select

from contracts.money import Money
from contracts.wallet import (
    CreditForOrder,
    CreditWallet,
    GiftWallet,
    MovementKind,
    MovementView,
    WalletCredited,
)
from services.chassis.unit_of_work import UnitOfWork
from services.wallet.models import Movement, Wallet, lock_wallet, record
from services.wallet.usecases.facts import open_one
from services.wallet.usecases.parts import by, sale_point


def credit(uow: UnitOfWork, command: CreditWallet) -> MovementView:
    """Money received by `method` goes on the wallet."""
    place = sale_point(uow, command.sale_point_id)
    wallet, rules, _ = lock_wallet(uow, command.code)
    rules.check_open(uow.now)
    rules.check_balance(wallet.balance + command.amount.amount)
    return _load(uow, wallet, command.amount, command.method, label=command.reason,
                 sale_point_id=place)


def credit_for_order(uow: UnitOfWork, command: CreditForOrder) -> None:
    """A paid load line. Never refused, whatever the rules say: the money has been taken. Its
    ticket may be new here."""
    open_one(uow, command.ticket_id, command.code)
    wallet = uow.session.scalars(
        select(Wallet).where(Wallet.ticket_id == command.ticket_id).with_for_update()
    ).one()
    _load(
        uow, wallet, command.amount, "order", order_id=command.order_id, line_id=command.line_id,
        sale_point_id=command.sale_point_id,
    )


def gift(uow: UnitOfWork, command: GiftWallet) -> MovementView:
    wallet, rules, _ = lock_wallet(uow, command.code)
    rules.check_open(uow.now)
    rules.check_balance(wallet.balance + command.amount.amount)
    movement = wallet.gift(
        uow.now, command.amount, command.expires_at, label=command.reason, **by(uow))
    return _credited(uow, wallet, movement)


def _load(
    uow: UnitOfWork, wallet: Wallet, amount: Money, method: str, **details: Any
) -> MovementView:
    return _credited(uow, wallet, wallet.load(uow.now, amount, method, **details, **by(uow)))


def _credited(uow: UnitOfWork, wallet: Wallet, movement: Movement) -> MovementView:
    record(uow, wallet, movement)
    uow.emit(WalletCredited(
        movement_id=movement.id, wallet_id=wallet.id, ticket_id=wallet.ticket_id,
        kind=MovementKind(movement.kind), amount=Money(movement.amount),
        method=movement.method or "gift", credited_at=uow.now, order_id=movement.order_id,
        sale_point_id=movement.sale_point_id, reason=movement.label or "",
    ))
    return movement.view(wallet.currency, available=Money(wallet.available(uow.now)))
