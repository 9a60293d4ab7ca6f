"""Giving back what is left after the festival, by bank: claims, runs, and what the bank said."""

from collections import defaultdict
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from contracts.errors import Code, DomainError
from contracts.money import Money
from contracts.wallet import (
    ClaimRefund,
    RecordRefundResults,
    RefundClaimView,
    RefundRunView,
    RefundState,
    RunState,
    StartRefundRun,
)
from services.chassis.unit_of_work import UnitOfWork
from services.wallet.models import (
    Refund,
    RefundClaim,
    RefundPart,
    RefundRun,
    Wallet,
    find_refund_run,
    lock_wallet,
    rules_in_force,
)
from services.wallet.usecases.parts import by, check_own, moved

BATCH = 50


def claim_refund(uow: UnitOfWork, command: ClaimRefund) -> RefundClaimView:
    """By the holder or at the desk; a newer claim replaces an older, also in a refund that waits
    for the next run."""
    wallet, _, _ = lock_wallet(uow, command.code)
    check_own(uow, wallet)
    payee = f"holder:{wallet.holder_id}" if wallet.holder_id else f"wallet:{wallet.id}"
    iban = command.iban.replace(" ", "").upper()
    said = {"payee": payee, "name": command.name, "iban": iban, "claimed_at": uow.now,
            "claimed_by": uow.actor.id}
    uow.session.execute(
        insert(RefundClaim).values(wallet_id=wallet.id, **said)
        .on_conflict_do_update(index_elements=["wallet_id"], set_=said))
    uow.session.execute(
        update(Refund).where(Refund.payee == payee, Refund.state == RefundState.PAYABLE)
        .values(name=command.name, iban=iban))
    return RefundClaimView(
        wallet_id=wallet.id, name=command.name, iban=iban, claimed_at=uow.now,
        refundable=Money(wallet.refundable, wallet.currency),
    )


def start_refund_run(uow: UnitOfWork, command: StartRefundRun) -> RefundRunView:
    """What is owed is collected by a timer, a batch at a time; then there is a file."""
    rules_in_force(uow.session).check_frozen(uow.now)
    _check_none_collecting(uow)
    run = RefundRun(
        state=RunState.COLLECTING, debtor_name=command.debtor_name,
        debtor_iban=command.debtor_iban.replace(" ", "").upper(), execute_on=command.execute_on,
        created_at=uow.now, created_by=uow.actor.name or uow.actor.id)
    uow.session.add(run)
    uow.session.flush()
    return run.view(uow.session)


def collect_refunds(uow: UnitOfWork) -> int:
    """Timer: move what claimed wallets hold to what is payable; how many wallets. One row per
    holder, whoever many wallets and whatever is repeated: a wallet emptied is not found again."""
    run = uow.session.scalar(
        select(RefundRun).where(RefundRun.state == RunState.COLLECTING)
        .limit(1).with_for_update(skip_locked=True))
    if run is None:
        return 0
    found = uow.session.execute(
        select(Wallet, RefundClaim).join(RefundClaim, RefundClaim.wallet_id == Wallet.id)
        .where(Wallet.paid > 0, Wallet.paid + Wallet.gifted > Wallet.held)
        .order_by(Wallet.id).limit(BATCH).with_for_update(of=Wallet)
    ).all()
    if not found:
        run.ready(uow.session)
    for wallet, claim in found:
        _collect(uow, wallet, claim)
    return len(found)


def record_refund_results(uow: UnitOfWork, command: RecordRefundResults) -> RefundRunView:
    run = find_refund_run(uow.session, command.run_id, lock=True)
    run.check_ready()
    _check_none_collecting(uow)
    asked = {*command.paid, *command.failed}
    refunds = {
        refund.id: refund
        for refund in uow.session.scalars(
            select(Refund).where(Refund.id.in_(asked), Refund.run_id == run.id)
            .order_by(Refund.id).with_for_update())
    }
    if len(refunds) < len(command.paid) + len(command.failed):
        raise DomainError(Code.REFUND_NOT_FOUND, "Not all of these refunds are in this run.")
    for refund_id in command.failed:
        refunds[refund_id].fail(command.reason)
    paid = [refund_id for refund_id in command.paid if refunds[refund_id].pay()]
    view = run.view(uow.session)
    _pay_out(uow, paid)
    return view


def _collect(uow: UnitOfWork, wallet: Wallet, claim: RefundClaim) -> None:
    movement = wallet.refund(uow.now, label="refund", **by(uow))
    moved(uow, wallet, movement)
    refund = uow.session.scalar(
        select(Refund).where(Refund.payee == claim.payee, Refund.state == RefundState.PAYABLE))
    if refund is None:
        refund = Refund.payable(claim)
        uow.session.add(refund)
    refund.add(-movement.paid)
    uow.session.flush()
    uow.session.add(RefundPart(
        movement_id=movement.id, refund_id=refund.id, wallet_id=wallet.id, amount=-movement.paid))


def _pay_out(uow: UnitOfWork, refunds: list[UUID]) -> None:
    """The debt of each wallet to its holder is settled: wallets locked in id order."""
    amounts: dict[UUID, int] = defaultdict(int)
    for part in uow.session.scalars(select(RefundPart).where(RefundPart.refund_id.in_(refunds))):
        amounts[part.wallet_id] += part.amount
    wallets = uow.session.scalars(
        select(Wallet).where(Wallet.id.in_(amounts)).order_by(Wallet.id).with_for_update()).all()
    for wallet in wallets:
        cents = amounts[wallet.id]
        moved(uow, wallet, wallet.payout(uow.now, cents, label="refund paid", method="bank",
                                         **by(uow)), cents)


def _check_none_collecting(uow: UnitOfWork) -> None:
    if uow.session.scalar(select(RefundRun.id).where(RefundRun.state == RunState.COLLECTING)):
        raise DomainError(
            Code.REFUND_RUN_STATE, "A run is being collected: wait until it is ready.")
