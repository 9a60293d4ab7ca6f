"""Fields of productions and screenings as plain values, and back again."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from contracts.catalog import ScreeningState
from contracts.errors import Code, DomainError
from contracts.message import dump
from services.catalog.models import Production, Room, Screening, Section, find_all, room_to_use

Thing = Production | Screening


def plain(value: Any) -> Any:
    """A field's value as it is kept and compared: rows by their id, instants as text."""
    if isinstance(value, Production | Room | Section):
        return str(value.id)
    if isinstance(value, list):
        return [plain(item) for item in value]
    return dump(value)


def current(thing: Thing, name: str) -> Any:
    if isinstance(thing, Screening) and name == "cancelled":
        return thing.state == ScreeningState.CANCELLED
    return getattr(thing, name)


def put_plain(session: Session, thing: Thing, values: Mapping[str, Any]) -> None:
    """Give fields plain values; refused like the same edit by hand."""
    if isinstance(thing, Screening):
        thing.must_not_be_cancelled()
    fields = {name: _read(session, name, value) for name, value in values.items()}
    cancelled = fields.pop("cancelled", False)
    thing.put(**fields)
    if isinstance(thing, Screening):
        if cancelled:
            thing.cancel()
        elif thing.state == ScreeningState.PUBLISHED:
            thing.must_be_complete()


def _read(session: Session, name: str, value: Any) -> Any:
    if name == "productions":
        return find_all(
            session, Production, tuple(map(UUID, value)), Code.PRODUCTION_NOT_FOUND
        )
    if value is None:
        return None
    if name == "room":
        return room_to_use(session, UUID(value))
    if name == "section":
        section = session.get(Section, UUID(value))
        if section is None:
            raise DomainError(Code.SECTION_NOT_FOUND, "That section does not exist any more.")
        return section
    return datetime.fromisoformat(value) if name in ("starts_at", "ends_at") else value
