"""Writing many rows with one statement that is always the same text.

Bookings are the hottest writes here: SQLAlchemy would compile a new statement for each number of
rows, and the journal's balance is checked by statement.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any

from sqlalchemy import TextClause, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session

from contracts.message import dump
from services.accounting.models.base import Base
from services.chassis.unit_of_work import to_json


def insert_rows(
    session: Session, model: type[Base], rows: Sequence[dict[str, Any]],
    add_up: tuple[str, ...] = (), greatest: tuple[str, ...] = (),
) -> None:
    """All `rows` have the same keys. Where a row is there already, the columns in `add_up` are
    added to its own, those in `greatest` kept if greater; without any it is an error."""
    if rows:
        statement = _statement(model, tuple(rows[0]), add_up, greatest)
        session.execute(statement, {"rows": to_json(dump(rows))})


@cache
def _statement(
    model: type[Base], names: tuple[str, ...], add_up: tuple[str, ...], greatest: tuple[str, ...]
) -> TextClause:
    table = model.__table__
    dialect = postgresql.dialect()
    columns = ", ".join(f'"{name}"' for name in names)
    shape = ", ".join(f'"{name}" {table.c[name].type.compile(dialect)}' for name in names)
    changes = ", ".join(
        [f'"{name}" = {table.name}."{name}" + excluded."{name}"' for name in add_up]
        + [f'"{name}" = greatest({table.name}."{name}", excluded."{name}")' for name in greatest]
    )
    keys = ", ".join(f'"{column.name}"' for column in table.primary_key)
    return text(
        f"INSERT INTO {table.name} ({columns})"
        f" SELECT {columns} FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS new({shape})"
        + (f" ON CONFLICT ({keys}) DO UPDATE SET {changes}" if changes else "")
    )
