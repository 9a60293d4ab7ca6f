"""One service's database: its engine and its transactions."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import psycopg
from sqlalchemy import create_engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session

from contracts.errors import Code, DomainError
from contracts.roles import Actor
from services.chassis.unit_of_work import UnitOfWork

STATEMENT_TIMEOUT_MS = 20_000
LOCK_TIMEOUT_MS = 5_000
CONNECT_TIMEOUT_S = 5


class Database:
    """Opens units of work; `on_commit` is called after each commit that left messages to send."""

    def __init__(
        self, url: str, name: str, pool_size: int = 12,
        on_commit: Callable[[], None] = lambda: None,
    ) -> None:
        self.on_commit = on_commit
        self.engine = create_engine(
            url, pool_size=pool_size, max_overflow=0, pool_timeout=CONNECT_TIMEOUT_S,
            connect_args={
                "application_name": name,
                "connect_timeout": CONNECT_TIMEOUT_S,
                "options": f"-c statement_timeout={STATEMENT_TIMEOUT_MS}"
                           f" -c lock_timeout={LOCK_TIMEOUT_MS}"
                           " -c idle_in_transaction_session_timeout=60000 -c timezone=UTC",
            },
        )

    @contextmanager
    def transaction(self, actor: Actor, correlation_id: str = "") -> Iterator[UnitOfWork]:
        """One transaction: committed with its messages when the block ends, or not at all."""
        with Session(self.engine, expire_on_commit=False) as session:
            uow = UnitOfWork(session, actor, correlation_id, datetime.now(UTC))
            yield uow
            uow.commit()
        if uow.emitted:
            self.on_commit()

    def close(self) -> None:
        self.engine.dispose()


def is_outage(error: BaseException) -> bool:
    """True when the database (not the request) is the trouble: trying again may help."""
    if isinstance(error, PoolTimeout):
        return True
    cause = driver_error(error)
    if isinstance(cause, psycopg.OperationalError):
        return (cause.sqlstate or "")[:2] in ("", "08", "57", "53")
    return isinstance(cause, psycopg.InterfaceError)


def is_clash(error: BaseException) -> bool:
    """True when two transactions were in each other's way: running again settles it."""
    cause = driver_error(error)
    return cause is not None and cause.sqlstate in ("40001", "40P01", "55P03")


def as_refusal(error: BaseException) -> DomainError | None:
    """The answer when the database was the trouble to the end; None for any other error."""
    if not (is_outage(error) or is_clash(error)):
        return None
    return DomainError(
        Code.SERVICE_UNAVAILABLE, "The service cannot work right now. Please try again."
    )


def driver_error(error: BaseException) -> psycopg.Error | None:
    """What psycopg said, alone or wrapped by SQLAlchemy."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    return cause if isinstance(cause, psycopg.Error) else None
