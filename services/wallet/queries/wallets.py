"""One wallet: its balance, its movements, a period of them, an instant of it."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, select

from contracts.errors import Code, DomainError
from contracts.message import load
from contracts.money import Money
from contracts.roles import Principal
from contracts.wallet import (
    BalanceView,
    GetBalanceAt,
    GetDebit,
    GetHold,
    GetStatement,
    GetWallet,
    HoldView,
    ListMovements,
    MovementPage,
    MovementView,
    StatementView,
    WalletView,
)
from services.chassis.inbox import owner_of
from services.chassis.tables import inbox
from services.chassis.unit_of_work import UnitOfWork
from services.wallet.models import (
    Hold,
    Movement,
    Wallet,
    asking_terminal,
    find_wallet,
    rules_in_force,
    wallet_not_found,
)


def get_wallet(uow: UnitOfWork, query: GetWallet) -> WalletView:
    terminal = asking_terminal(uow)
    wallet = _own_wallet(uow, query.code)
    named = terminal is not None and terminal.shows_names
    return wallet.view(uow.now, rules_in_force(uow.session), first_name=named)


def list_movements(uow: UnitOfWork, query: ListMovements) -> MovementPage:
    """Newest first; the cursor is the number of the last movement seen."""
    wallet = _own_wallet(uow, query.code)
    items, cursor = _page(
        uow, wallet, movements_of(wallet.id), query.cursor, query.limit)
    return MovementPage(items=items, next_cursor=cursor)


def get_statement(uow: UnitOfWork, query: GetStatement) -> StatementView:
    """What was there, what came and went, what is left, and the movements page by page."""
    if query.until <= query.since:
        raise DomainError(Code.PERIOD_INVALID, "The period ends before it begins.")
    wallet = _own_wallet(uow, query.code)
    opening, received, spent = uow.session.execute(
        select(*(func.coalesce(func.sum(AMOUNT).filter(part), 0) for part in (
            Movement.at < query.since,
            (Movement.at >= query.since) & (AMOUNT > 0),
            (Movement.at >= query.since) & (AMOUNT < 0),
        ))).where(Movement.wallet_id == wallet.id, Movement.at < query.until)
    ).one()
    items, cursor = _page(
        uow, wallet, movements_of(wallet.id).where(
            Movement.at >= query.since, Movement.at < query.until),
        query.cursor, query.limit)
    return StatementView(
        wallet_id=wallet.id, since=query.since, until=query.until, opening=Money(int(opening)),
        received=Money(int(received)), spent=Money(int(spent)),
        closing=Money(int(opening + received + spent)), items=items, next_cursor=cursor,
    )


def get_balance_at(uow: UnitOfWork, query: GetBalanceAt) -> BalanceView:
    wallet = _own_wallet(uow, query.code)
    paid, gifted = balance_at(uow, Movement.wallet_id == wallet.id, query.at)
    return BalanceView(
        wallet_id=wallet.id, at=query.at, balance=Money(paid + gifted), paid=Money(paid),
        gifted=Money(gifted),
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


def get_hold(uow: UnitOfWork, query: GetHold) -> HoldView:
    asking_terminal(uow)
    hold = uow.session.get(Hold, query.hold_id)
    if hold is None:
        raise DomainError(Code.HOLD_NOT_FOUND, "There is no such hold.")
    return hold.view(uow.session.get_one(Wallet, hold.wallet_id), uow.now)


AMOUNT = Movement.paid + Movement.gifted


def balance_at(
    uow: UnitOfWork, which: ColumnElement[bool], at: datetime
) -> tuple[int, int]:
    """Paid and gifted at an instant, in centimes, of the wallets whose movements are `which`."""
    paid, gifted = uow.session.execute(
        select(func.coalesce(func.sum(Movement.paid), 0),
               func.coalesce(func.sum(Movement.gifted), 0)).where(which, Movement.at <= at)
    ).one()
    return int(paid), int(gifted)


def movements_of(wallet_id: UUID) -> Select[tuple[Movement]]:
    """Newest first, along the index of (wallet, number): a page costs what it shows."""
    return (select(Movement).where(Movement.wallet_id == wallet_id)
            .order_by(Movement.wallet_id.desc(), Movement.number.desc()))


def _page(
    uow: UnitOfWork, wallet: Wallet, statement: Select[tuple[Movement]], cursor: str | None,
    limit: int,
) -> tuple[tuple[MovementView, ...], str | None]:
    if cursor is not None:
        statement = statement.where(Movement.number < _number(cursor))
    found = uow.session.scalars(statement.limit(limit + 1)).all()
    page = found[:limit]
    return (
        tuple(movement.view(wallet.currency) for movement in page),
        str(page[-1].number) if len(found) > limit else None,
    )


def _own_wallet(uow: UnitOfWork, code: str) -> Wallet:
    """A holder sees their own wallet only; another's does not exist for them."""
    wallet = find_wallet(uow.session, code)
    if uow.actor.kind is Principal.HOLDER and wallet.holder_id != uow.actor.id:
        raise wallet_not_found()
    return wallet


def _number(cursor: str) -> int:
    if not cursor.isascii() or not cursor.isdigit() or len(cursor) > 18:
        raise DomainError(Code.VALIDATION_FAILED, "This cursor is not one of ours.",
                          {"cursor": ["Not a cursor."]})
    return int(cursor)
