"""Writing many rows with one statement that is always the same text.

Bookings are the hottest writes here: SQLAlchemy would compile a new statement for each number of
rows, and the journal's balance is checked by statement.
"""

import json
from collections.abc import Sequence
from functools import cache
from typing import Any

from sqlalchemy import TextClause, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session

from services.accounting.models.base import Base


def insert_rows(
    session: Session, model: type[Base], rows: Sequence[dict[str, Any]],
    add_up: tuple[str, ...] = (), greatest: tuple[str, ...] = (),
) -> None:
    """All `rows` have the same keys. Where a row is there already, the columns in `add_up` are
    added to its own, those in `greatest` kept if greater; without any it is an error."""
    if not rows:
        return
    table = model.__table__
    changes = ", ".join(
        [f'"{name}" = {table.name}."{name}" + excluded."{name}"' for name in add_up]
        + [f'"{name}" = greatest({table.name}."{name}", excluded."{name}")' for name in greatest]
    )
    keys = ", ".join(f'"{column.name}"' for column in table.primary_key)
    conflict = f" ON CONFLICT ({keys}) DO UPDATE SET {changes}" if changes else ""
    session.execute(_insert(model, tuple(rows[0]), conflict), {"rows": _json(rows)})


def insert_new(
    session: Session, model: type[Base], rows: Sequence[dict[str, Any]]
) -> set[Any]:
    """Those that are not there yet; answers their ids."""
    if not rows:
        return set()
    once = " ON CONFLICT DO NOTHING RETURNING id"
    found = session.execute(_insert(model, tuple(rows[0]), once), {"rows": _json(rows)})
    return set(found.scalars())


def _json(rows: Sequence[dict[str, Any]]) -> str:
    """PostgreSQL reads ids, days and instants as Python writes them."""
    return json.dumps(rows, separators=(",", ":"), ensure_ascii=False, default=str)


@cache
def _insert(model: type[Base], names: tuple[str, ...], conflict: str) -> TextClause:
    table = model.__table__
    dialect = postgresql.dialect()
    columns = ", ".join(f'"{name}"' for name in names)
    shape = ", ".join(f'"{name}" {table.c[name].type.compile(dialect)}' for name in names)
    return text(
        f"INSERT INTO {table.name} ({columns})"
        f" SELECT {columns} FROM json_to_recordset(CAST(:rows AS json)) AS new({shape})"
        f"{conflict}"
    )
