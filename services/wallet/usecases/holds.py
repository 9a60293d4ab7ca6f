"""Hold → capture or void; what is forgotten ends by itself."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import select

from contracts.errors import Code, DomainError
from contracts.message import dump
from contracts.money import Money
from contracts.wallet import (
    CaptureHold,
    HoldState,
    HoldView,
    MovementView,
    PlaceHold,
    TerminalRight,
    VoidHold,
)
from services.chassis.unit_of_work import UnitOfWork
from services.wallet.models import (
    Hold,
    Locked,
    Purpose,
    Wallet,
    lock_wallet,
    lock_wallet_by_id,
)
from services.wallet.usecases.debits import book_debit
from services.wallet.usecases.parts import answered, by, check_lines, sale_point
from services.wallet.usecases.pins import pin_trouble

BATCH = 50


def place_hold(uow: UnitOfWork, command: PlaceHold) -> HoldView | DomainError:
    """Everything that can be refused is refused now: limits, PIN, balance."""
    place = sale_point(uow, command.sale_point_id)
    locked = lock_wallet(uow, command.code, TerminalRight.HOLD)
    wallet = locked.wallet
    trouble = pin_trouble(locked, wallet.positive(command.amount), command.pin)
    if trouble:
        return trouble
    wallet.check_spend(locked.rules, uow.now, command.amount.amount)
    hold = Hold.place(
        wallet, uow.now, command.amount.amount, uow.now + timedelta(seconds=command.seconds),
        Purpose.SALE, command.label, place, **by(uow))
    uow.session.add(hold)
    return hold.view(wallet, uow.now)


def capture_hold(uow: UnitOfWork, command: CaptureHold) -> MovementView:
    """The sale is settled: take what was held, or less. A gift that has ended meanwhile still
    counts, since it was promised."""
    hold, locked = _locked_hold(uow, command.hold_id)
    wallet, _, terminal = locked
    hold.check_open(uow.now)
    amount = command.amount or Money(hold.left, wallet.currency)
    check_lines(command.lines, amount)
    lines = terminal.priced(command.lines) if terminal and command.lines else command.lines
    hold.capture(wallet, uow.now, wallet.positive(amount))
    movement = wallet.debit(
        uow.now, amount, valid_at=hold.placed_at, label=hold.label, lines=dump(lines),
        sale_point_id=hold.sale_point_id, hold_id=hold.id, **by(uow))
    book_debit(uow, wallet, movement, lines)
    return answered(uow, locked, movement)


def void_hold(uow: UnitOfWork, command: VoidHold) -> HoldView:
    """Also what a terminal has kept for a time without network and did not need."""
    hold, locked = _locked_hold(uow, command.hold_id, tuple(Purpose))
    hold.void(locked.wallet, uow.now)
    return hold.view(locked.wallet, uow.now)


def expire_holds(uow: UnitOfWork) -> int:
    """Timer: what nobody captured is free again; how many. Wallets first, in id order, as
    everywhere."""
    due = (Hold.state == HoldState.OPEN) & (Hold.expires_at <= uow.now)
    owners = uow.session.scalars(
        select(Hold.wallet_id).where(due).order_by(Hold.expires_at).limit(BATCH)).all()
    wallets = {
        wallet.id: wallet
        for wallet in uow.session.scalars(
            select(Wallet).where(Wallet.id.in_(owners)).order_by(Wallet.id)
            .with_for_update(skip_locked=True))
    }
    ended = uow.session.scalars(select(Hold).where(due, Hold.wallet_id.in_(wallets))).all()
    for hold in ended:
        hold.expire(wallets[hold.wallet_id])
    return len(ended)


def _locked_hold(
    uow: UnitOfWork, hold_id: UUID, purposes: tuple[Purpose, ...] = (Purpose.SALE,)
) -> tuple[Hold, Locked]:
    """Its wallet is locked first; the hold is read again under that lock. Only the place that
    holds may settle."""
    hold = uow.session.get(Hold, hold_id)
    if hold is None or hold.purpose not in purposes:
        raise DomainError(Code.HOLD_NOT_FOUND, "There is no such hold.")
    if hold.sale_point_id is not None and not uow.actor.sells_at(hold.sale_point_id):
        raise DomainError(Code.SALE_POINT_NOT_YOURS, "This is held for another sale point.")
    locked = lock_wallet_by_id(uow, hold.wallet_id, TerminalRight.HOLD)
    uow.session.refresh(hold)
    return hold, locked
