"""What statements share: periods of business days, and cursors that page by what was seen last."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement

from contracts.errors import Code, DomainError
from contracts.message import dump
from services.accounting.models import day_start
from services.chassis.unit_of_work import UnitOfWork


def snapshot(uow: UnitOfWork) -> None:
    """First of all in a query: it sees the books as they are now, in all of its statements."""
    uow.session.connection(execution_options={"isolation_level": "REPEATABLE READ"})


def within(column: Any, first: date | None, last: date | None) -> list[ColumnElement[bool]]:
    """The conditions on an instant; both business days belong to the period."""
    if first and last and last < first:
        raise DomainError(Code.PERIOD_INVALID, "The period ends before it begins.",
                          {"last_day": ["Must not be before first_day."]})
    try:
        conditions = [column >= day_start(first)] if first else []
        return conditions + ([column < day_start(last + timedelta(days=1))] if last else [])
    except OverflowError:
        raise DomainError(Code.PERIOD_INVALID, "There is no such day.") from None


def cursor_after(at: datetime, id: UUID, number: int = 0) -> str:
    return f"{dump(at)}~{id}~{number}"


def seen(cursor: str) -> tuple[datetime, UUID, int]:
    """What the page before ended with."""
    try:
        at, id, number = cursor.split("~")
        instant = datetime.fromisoformat(at)
        if instant.tzinfo is None or not 0 <= int(number) < 2**62:
            raise ValueError(cursor)
        return instant, UUID(id), int(number)
    except ValueError:
        raise DomainError(Code.VALIDATION_FAILED, "This cursor is not one of ours.",
                          {"cursor": ["Not a cursor."]}) from None


def asked(query: Any, names: tuple[str, ...]) -> dict[str, str]:
    """The filter as it is repeated on the statement."""
    return {
        name: str(dump(getattr(query, name))) for name in names if getattr(query, name) is not None
    }
