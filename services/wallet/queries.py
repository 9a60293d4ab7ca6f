"""Everything that is read of wallets. Nothing here writes or locks."""

from collections.abc import Iterator

from sqlalchemy import func, select

from contracts.errors import Code, DomainError
from contracts.message import load
from contracts.money import Money
from contracts.roles import Principal
from contracts.wallet import (
    GetDebit,
    GetLedger,
    GetWallet,
    LedgerView,
    ListMovements,
    MovementPage,
    MovementView,
    WalletView,
)
from services.chassis.inbox import owner_of
from services.chassis.tables import inbox
from services.chassis.unit_of_work import UnitOfWork
from services.wallet.models import (
    GENESIS,
    HOLDER_GIFTED,
    HOLDER_PAID,
    Movement,
    Posting,
    VerifyingKey,
    Wallet,
    find_wallet,
)


def get_wallet(uow: UnitOfWork, query: GetWallet) -> WalletView:
    return _own_wallet(uow, query.code).view()


def list_movements(uow: UnitOfWork, query: ListMovements) -> MovementPage:
    """Newest first; the cursor is the number of the last movement seen."""
    wallet = _own_wallet(uow, query.code)
    statement = select(Movement).where(Movement.wallet_id == wallet.id)
    if query.cursor is not None:
        statement = statement.where(Movement.number < _number(query.cursor))
    found = uow.session.scalars(
        statement.order_by(Movement.number.desc()).limit(query.limit + 1)
    ).all()
    page = found[: query.limit]
    return MovementPage(
        items=tuple(movement.view(wallet.currency) for movement in page),
        next_cursor=str(page[-1].number) if len(found) > query.limit else None,
    )


def get_debit(uow: UnitOfWork, query: GetDebit) -> MovementView:
    """The recorded answer to a key: the terminal that lost it asks here, or just retries."""
    found = uow.session.execute(
        select(inbox.c.answer, inbox.c.error)
        .where(inbox.c.actor == owner_of(uow.actor), inbox.c.id == query.idempotency_key)
    ).one_or_none()
    if found is None:
        raise DomainError(Code.DEBIT_NOT_FOUND, "Nothing was booked under this key.")
    if found.error:
        raise DomainError.from_dict(found.error)
    return load(MovementView, found.answer, tolerant=True)


def get_ledger(uow: UnitOfWork, query: GetLedger) -> LedgerView:
    rows = uow.session.execute(
        select(Posting.account, func.sum(Posting.amount)).group_by(Posting.account)
    )
    accounts = {account: int(amount) for account, amount in rows}
    owed = accounts.get(HOLDER_PAID, 0) + accounts.get(HOLDER_GIFTED, 0)
    return LedgerView(accounts=accounts, total=sum(accounts.values()), liability=Money(owed))


def token_keys(uow: UnitOfWork) -> dict[str, bytes]:
    """What the terminal door verifies access tokens with: key id → raw public key."""
    rows = uow.session.scalars(select(VerifyingKey).where(VerifyingKey.purpose == "token"))
    return {row.key_id: bytes.fromhex(row.public_key) for row in rows}


def broken_links(uow: UnitOfWork) -> Iterator[str]:
    """Verify everything that is stored: a sentence for the first fault of each wallet."""
    for wallet in uow.session.scalars(select(Wallet).order_by(Wallet.opened_at, Wallet.id)):
        fault = _first_fault(uow, wallet)
        if fault:
            yield f"wallet {wallet.id}: {fault}"


def _first_fault(uow: UnitOfWork, wallet: Wallet) -> str | None:
    head, paid, gifted = GENESIS, 0, 0
    movements = uow.session.scalars(
        select(Movement).where(Movement.wallet_id == wallet.id).order_by(Movement.number)
    ).all()
    for expected, movement in enumerate(movements, start=1):
        paid, gifted = paid + movement.paid, gifted + movement.gifted
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
    return None


def _own_wallet(uow: UnitOfWork, code: str) -> Wallet:
    """A holder sees their own wallet only; another's does not exist for them."""
    wallet = find_wallet(uow.session, code)
    if uow.actor.kind is Principal.HOLDER and wallet.holder_id != uow.actor.id:
        raise DomainError(Code.WALLET_NOT_FOUND, "No wallet has this code.")
    return wallet


def _number(cursor: str) -> int:
    if not cursor.isascii() or not cursor.isdigit() or len(cursor) > 18:
        raise DomainError(Code.VALIDATION_FAILED, "This cursor is not one of ours.",
                          {"cursor": ["Not a cursor."]})
    return int(cursor)
