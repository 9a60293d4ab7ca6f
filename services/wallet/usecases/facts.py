"""What others have said: tickets that may carry money, and public keys."""

from uuid import UUID

from sqlalchemy import delete, func
from sqlalchemy.dialects.postgresql import insert

from contracts.identity import SessionsEnded, SigningKeyPublished
from contracts.ticketing import TicketIssued, TicketKeyPublished
from services.chassis.unit_of_work import UnitOfWork
from services.wallet.models import EndedSession, VerifyingKey, Wallet


def open_wallet(uow: UnitOfWork, event: TicketIssued) -> None:
    """Every ticket that may carry money gets its wallet, empty."""
    if event.wallet_allowed:
        open_one(uow, event.ticket_id, event.code, event.holder_id, event.holder_name)


def keep_ticket_key(uow: UnitOfWork, event: TicketKeyPublished) -> None:
    _keep_key(uow, "ticket", str(event.key_id), event.public_key)


def keep_token_key(uow: UnitOfWork, event: SigningKeyPublished) -> None:
    _keep_key(uow, "token", event.key_id, event.public_key)


def keep_ended_sessions(uow: UnitOfWork, event: SessionsEnded) -> None:
    """The terminal door reads them every second; those that no token outlives go."""
    uow.session.execute(delete(EndedSession).where(EndedSession.forget_at < uow.now))
    statement = insert(EndedSession).values([
        {"session_id": item.session_id, "ended_at": item.ended_at, "forget_at": item.forget_at}
        for item in event.items
    ])
    uow.session.execute(statement.on_conflict_do_update(
        index_elements=[EndedSession.session_id],
        set_={
            "ended_at": func.greatest(EndedSession.ended_at, statement.excluded.ended_at),
            "forget_at": func.greatest(EndedSession.forget_at, statement.excluded.forget_at),
        },
    ))


def open_one(
    uow: UnitOfWork, ticket_id: UUID, code: str, holder_id: str | None = None,
    holder_name: str | None = None,
) -> None:
    """An empty wallet, unless the ticket has one."""
    wallet = Wallet.open(ticket_id, code, uow.now, holder_id, holder_name)
    values = {column.key: getattr(wallet, column.key) for column in Wallet.__table__.columns}
    uow.session.execute(insert(Wallet).values(values).on_conflict_do_nothing())


def _keep_key(uow: UnitOfWork, purpose: str, key_id: str, public_key: str) -> None:
    uow.session.execute(
        insert(VerifyingKey)
        .values(purpose=purpose, key_id=key_id, public_key=public_key)
        .on_conflict_do_nothing()
    )
