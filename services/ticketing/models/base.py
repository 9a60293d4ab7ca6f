"""What all tables of ticketing share."""

from typing import Any

from sqlalchemy import ARRAY, Uuid, inspect
from sqlalchemy.orm import DeclarativeBase

from services.chassis.tables import COLUMN_TYPES, service_metadata
from services.chassis.unit_of_work import UnitOfWork

LANGUAGE = "fr"  # of a person who said none

# How rows are locked: FOR NO KEY UPDATE. Plain FOR UPDATE would also stop those who only insert
# rows that point here, out of the order in which everybody locks: a deadlock.
LOCK: dict[str, Any] = {"key_share": True}
UUIDS = ARRAY(Uuid())


class Base(DeclarativeBase):
    metadata = service_metadata()
    type_annotation_map = COLUMN_TYPES


def save(uow: UnitOfWork, *rows: Base) -> None:
    """Write new and changed rows with COMMIT, in this order: one round trip for all of them, where
    the session's own flush takes one for each table. It is the last that is done with them: the
    session lets go of them, and later queries do not see what is written."""
    for row in rows:
        state = inspect(row)
        if state.key is None:
            uow.write(*_insertion(row))
        elif changed := set(row.__table__.c.keys()) - state.unmodified:
            uow.write(*_change(row, sorted(changed)))
        if row in uow.session:
            uow.session.expunge(row)


def _insertion(row: Base) -> tuple[str, dict[str, Any]]:
    values = {}
    for column in row.__table__.c:
        value = getattr(row, column.key)
        if value is None and column.default is not None and column.default.is_scalar:
            value = column.default.arg
        if value is not None or column.identity is None:
            values[column.name] = value
    names, places = ", ".join(values), ", ".join(f"%({name})s" for name in values)
    return f"INSERT INTO {row.__tablename__} ({names}) VALUES ({places})", values


def _change(row: Base, changed: list[str]) -> tuple[str, dict[str, Any]]:
    values = {name: getattr(row, name) for name in ["id", *changed]}
    assignments = ", ".join(f"{name} = %({name})s" for name in changed)
    return f"UPDATE {row.__tablename__} SET {assignments} WHERE id = %(id)s", values


def text_in(texts: dict[str, str], language: str = LANGUAGE) -> str:
    """An i18n map in one language, or in whichever it has."""
    return texts.get(language) or next(iter(texts.values()), "")
