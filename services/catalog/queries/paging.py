"""Pages of a list: by the key of the last line seen, never by counting."""

import base64
import binascii
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, tuple_
from sqlalchemy.orm import InstrumentedAttribute, Session

from contracts.message import dump
from services.catalog.models.base import invalid

READERS: dict[type, Any] = {datetime: datetime.fromisoformat, UUID: UUID, str: str, int: int}


def page(
    session: Session, statement: Select[Any], by: Sequence[InstrumentedAttribute[Any]],
    cursor: str | None, limit: int, newest_first: bool = False,
) -> tuple[Sequence[Any], str | None]:
    """Rows after `cursor` in the order of the columns `by`, which together are unique; and the
    cursor of the next page, if there is one."""
    if cursor is not None:
        last = tuple_(*_read(cursor, by))
        statement = statement.where(tuple_(*by) < last if newest_first else tuple_(*by) > last)
    order = [column.desc() if newest_first else column for column in by]
    rows = session.scalars(statement.order_by(*order).limit(limit + 1)).all()
    if len(rows) <= limit:
        return rows, None
    shown = rows[:limit]
    values = [dump(getattr(shown[-1], column.key)) for column in by]
    return shown, base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")


def _read(cursor: str, by: Sequence[InstrumentedAttribute[Any]]) -> list[Any]:
    try:
        values = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        return [
            READERS[column.type.python_type](value)
            for column, value in zip(by, values, strict=True)
        ]
    except (binascii.Error, ValueError, TypeError, AttributeError):
        raise invalid("cursor", "This cursor is not one of ours.") from None
