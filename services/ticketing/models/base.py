"""What all tables of ticketing share."""

from typing import Any

from sqlalchemy.orm import DeclarativeBase

from services.chassis.tables import COLUMN_TYPES, service_metadata

LANGUAGE = "fr"  # of a person who said none

# How rows are locked: FOR NO KEY UPDATE. Plain FOR UPDATE would also stop those who only insert
# rows that point here, out of the order in which everybody locks: a deadlock.
LOCK: dict[str, Any] = {"key_share": True}


class Base(DeclarativeBase):
    metadata = service_metadata()
    type_annotation_map = COLUMN_TYPES


def text_in(texts: dict[str, str], language: str = LANGUAGE) -> str:
    """An i18n map in one language, or in whichever it has."""
    return texts.get(language) or next(iter(texts.values()), "")
