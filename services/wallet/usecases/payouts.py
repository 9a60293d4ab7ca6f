"""Value that leaves a wallet without being spent: cash-out, another ticket, the end of a gift."""

from sqlalchemy import select

from contracts.errors import Code, DomainError
from contracts.wallet import (
    BlockWallet,
    CashOut,
    MoveBalance,
    MovementView,
    WalletView,
)
from services.chassis.unit_of_work import UnitOfWork
from services.wallet.models import Wallet, lock_wallet, plain_code, wallet_not_found
from services.wallet.usecases.parts import answered, by, moved, sale_point
from services.wallet.usecases.pins import pin_trouble

BATCH = 50


def cash_out(uow: UnitOfWork, command: CashOut) -> MovementView | DomainError:
    """Paid credit back to its holder, at a sale point; also after the freeze."""
    place = sale_point(uow, command.sale_point_id)
    locked = lock_wallet(uow, command.code)
    wallet = locked.wallet
    cents = wallet.refundable if command.amount is None else wallet.positive(command.amount)
    trouble = pin_trouble(locked, cents, command.pin)
    if trouble:
        return trouble
    movement = wallet.cash_out(
        uow.now, command.amount, command.method, label=command.reason, sale_point_id=place,
        **by(uow))
    moved(uow, wallet, movement)
    return answered(uow, locked, movement)


def move_balance(uow: UnitOfWork, command: MoveBalance) -> MovementView:
    """Also from a blocked wallet: that is how a lost ticket's money is found again."""
    codes = [plain_code(uow.session, code) for code in (command.code, command.to_code)]
    if codes[0] == codes[1]:
        raise DomainError(Code.VALIDATION_FAILED, "Name another ticket to move the balance to.",
                          {"to_code": ["Must be another ticket."]})
    wallets = {
        wallet.code: wallet
        for wallet in uow.session.scalars(
            select(Wallet).where(Wallet.code.in_(codes)).order_by(Wallet.id).with_for_update())
    }
    if len(wallets) < 2:
        raise wallet_not_found()
    source, target = (wallets[code] for code in codes)
    leaving, arriving = source.move_to(target, uow.now, label=command.reason, **by(uow))
    moved(uow, source, leaving)
    moved(uow, target, arriving)
    return arriving.view(target.currency)


def block(uow: UnitOfWork, command: BlockWallet) -> WalletView:
    wallet, rules, _ = lock_wallet(uow, command.code)
    wallet.block()
    return wallet.view(uow.now, rules)


def expire_gifts(uow: UnitOfWork) -> int:
    """Timer: gifts past their date; how many wallets had such. A debit ignores them before."""
    found = uow.session.scalars(
        select(Wallet)
        .where(Wallet.gifts_end_at <= uow.now, Wallet.held < Wallet.paid + Wallet.gifted)
        .order_by(Wallet.id).limit(BATCH).with_for_update(skip_locked=True)
    ).all()
    ended = [(wallet, wallet.expire(uow.now, label="gift ended", **by(uow))) for wallet in found]
    for wallet, movement in ended:
        if movement is not None:
            moved(uow, wallet, movement)
    return len(found)
