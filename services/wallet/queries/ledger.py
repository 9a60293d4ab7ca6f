"""All wallets together: the ledger, what is owed, and whether everything holds together."""

from collections import Counter
from collections.abc import Iterator

from sqlalchemy import func, select
from sqlalchemy.orm import selectinload

from contracts.message import dump
from contracts.money import Money
from contracts.wallet import GetLedger, GetLiability, HoldState, LedgerView, LiabilityView
from services.chassis.unit_of_work import UnitOfWork
from services.wallet.models import (
    GENESIS,
    HOLDER_GIFTED,
    HOLDER_PAID,
    REFUNDS_PAYABLE,
    EndedSession,
    Hold,
    Movement,
    Posting,
    VerifyingKey,
    Wallet,
)


def get_ledger(uow: UnitOfWork, query: GetLedger) -> LedgerView:
    statement = select(Posting.account, func.sum(Posting.amount)).group_by(Posting.account)
    if query.at is not None:
        statement = statement.join(Movement, Movement.id == Posting.movement_id).where(
            Movement.at <= query.at)
    accounts = {account: int(amount) for account, amount in uow.session.execute(statement)}
    owed = accounts.get(HOLDER_PAID, 0) + accounts.get(HOLDER_GIFTED, 0)
    return LedgerView(accounts=accounts, total=sum(accounts.values()), liability=Money(owed))


def get_liability(uow: UnitOfWork, query: GetLiability) -> LiabilityView:
    """From the wallets' side and from the accounts' side; refunds on their way are owed too."""
    at = query.at or uow.now
    by_wallet = (
        select(func.sum(Movement.paid).label("paid"), func.sum(Movement.gifted).label("gifted"))
        .where(Movement.at <= at).group_by(Movement.wallet_id).subquery()
    )
    paid, gifted, wallets = uow.session.execute(select(
        func.coalesce(func.sum(by_wallet.c.paid), 0),
        func.coalesce(func.sum(by_wallet.c.gifted), 0),
        func.count().filter(by_wallet.c.paid + by_wallet.c.gifted > 0),
    )).one()
    ledger = get_ledger(uow, GetLedger(at=at))
    payable = Money(ledger.accounts.get(REFUNDS_PAYABLE, 0))
    owed = Money(int(paid) + int(gifted)) + payable
    return LiabilityView(
        at=at, wallets=wallets, paid=Money(int(paid)), gifted=Money(int(gifted)),
        payable=payable, liability=owed, ledger=ledger.liability + payable,
        agrees=owed == ledger.liability + payable and ledger.total == 0,
    )


def token_keys(uow: UnitOfWork) -> dict[str, bytes]:
    """What the terminal door verifies access tokens with: key id → raw public key."""
    rows = uow.session.scalars(select(VerifyingKey).where(VerifyingKey.purpose == "token"))
    return {row.key_id: bytes.fromhex(row.public_key) for row in rows}


def ended_sessions(uow: UnitOfWork) -> list[dict[str, str]]:
    """Whose tokens the terminal door refuses, as `EndedSessions.add` reads it."""
    rows = uow.session.execute(
        select(EndedSession.session_id, EndedSession.ended_at, EndedSession.forget_at)
        .where(EndedSession.forget_at > uow.now)
    )
    return [{name: dump(value) for name, value in row._mapping.items()} for row in rows]


def broken_links(uow: UnitOfWork) -> Iterator[str]:
    """Verify everything that is stored: a sentence for the first fault of each wallet."""
    for wallet in uow.session.scalars(select(Wallet).order_by(Wallet.opened_at, Wallet.id)):
        fault = _first_fault(uow, wallet)
        if fault:
            yield f"wallet {wallet.id}: {fault}"


def _first_fault(uow: UnitOfWork, wallet: Wallet) -> str | None:
    head, paid, gifted = GENESIS, 0, 0
    lots: Counter[str] = Counter()
    movements = uow.session.scalars(
        select(Movement).where(Movement.wallet_id == wallet.id).order_by(Movement.number)
        .options(selectinload(Movement.postings))
    ).all()
    for expected, movement in enumerate(movements, start=1):
        paid, gifted = paid + movement.paid, gifted + movement.gifted
        lots.update({change["id"]: change["amount"] for change in movement.gifts or ()})
        posted = {posting.account: posting.amount for posting in movement.postings}
        if movement.number != expected:
            return f"movement {expected} is missing"
        if movement.previous != head or movement.hash != movement.digest():
            return f"movement {movement.number} was altered"
        if sum(posted.values()) or movement.balance != paid + gifted or (
            posted.get(HOLDER_PAID, 0), posted.get(HOLDER_GIFTED, 0)
        ) != (movement.paid, movement.gifted):
            return f"the postings of movement {movement.number} do not carry it"
        head = movement.hash
    if (wallet.paid, wallet.gifted, wallet.head) != (paid, gifted, head):
        return "its balance is not the sum of its movements"
    if {lot["id"]: lot["left"] for lot in wallet.lots} != {
        lot: left for lot, left in lots.items() if left
    }:
        return "its gifts are not those of its movements"
    if wallet.held != _held(uow, wallet):
        return "what it holds is not the sum of its open holds"
    return None


def _held(uow: UnitOfWork, wallet: Wallet) -> int:
    return int(uow.session.scalar(
        select(func.coalesce(func.sum(Hold.amount - Hold.captured), 0))
        .where(Hold.wallet_id == wallet.id, Hold.state == HoldState.OPEN)) or 0)
