"""What nobody has claimed: owed until the accountant decides otherwise, with a reason."""

from sqlalchemy import exists, select

from contracts.wallet import BookBreakage, BreakageView, RunState
from services.chassis.unit_of_work import UnitOfWork
from services.wallet.models import Breakage, RefundClaim, Wallet, rules_in_force
from services.wallet.usecases.parts import by, moved

BATCH = 50


def book_breakage(uow: UnitOfWork, command: BookBreakage) -> BreakageView:
    """Carried out by a timer, a batch at a time."""
    rules_in_force(uow.session).check_frozen(uow.now)
    decision = Breakage(
        state=RunState.COLLECTING, reason=command.reason, decided_at=uow.now,
        decided_by=uow.actor.name or uow.actor.id, wallets=0, amount=0)
    uow.session.add(decision)
    uow.session.flush()
    return decision.view()


def carry_out_breakage(uow: UnitOfWork) -> int:
    """Timer: wallets with a balance and no claim; how many."""
    decision = uow.session.scalar(
        select(Breakage).where(Breakage.state == RunState.COLLECTING)
        .order_by(Breakage.decided_at).limit(1).with_for_update(skip_locked=True))
    if decision is None:
        return 0
    claimed = exists().where(RefundClaim.wallet_id == Wallet.id)
    found = uow.session.scalars(
        select(Wallet).where(Wallet.paid + Wallet.gifted > Wallet.held, ~claimed)
        .order_by(Wallet.id).limit(BATCH).with_for_update()).all()
    if not found:
        decision.ready()
    for wallet in found:
        movement = wallet.forfeit(uow.now, label=decision.reason, **by(uow))
        decision.take(-movement.amount)
        moved(uow, wallet, movement)
    return len(found)
