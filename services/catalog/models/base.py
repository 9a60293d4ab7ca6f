"""What all rows of the catalog share: their base, versions, names told apart, and finding them."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, TypeVar
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from sqlalchemy import select, text
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from contracts.errors import Code, DomainError
from services.catalog.importers.text import key_of
from services.chassis.tables import COLUMN_TYPES, service_metadata

DEFAULT_ZONE = "Europe/Zurich"
DAY_TURNS = timedelta(hours=4)  # a festival day begins at 04:00 where it takes place
PREFERRED = ("fr", "de", "it", "en")


class Base(DeclarativeBase):
    metadata = service_metadata()
    type_annotation_map = COLUMN_TYPES


class Versioned:
    """A thing that people edit. `version` rises by one at every change."""

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    version: Mapped[int] = mapped_column(default=1)

    def must_be_version(self, read: int) -> None:
        """Two people edit the same thing: the second one sees the first one's work first."""
        if read != self.version:
            raise DomainError(
                Code.VERSION_OUTDATED,
                "Somebody has changed this in the meantime. Please load it again.",
                {"version": self.version},
            )


V = TypeVar("V", bound=Versioned)


def find(
    session: Session, cls: type[V], id: UUID, missing: Code, lock: bool = False
) -> V:
    """By id, or refused with `missing`. Locked rows are read again: they may have changed."""
    found = session.get(cls, id, with_for_update=lock or None, populate_existing=lock)
    if found is None:
        what = missing.removesuffix("_NOT_FOUND").replace("_", " ").lower()
        raise DomainError(missing, f"There is no such {what}.")
    return found


def find_all(
    session: Session, cls: type[V], ids: tuple[UUID, ...], missing: Code, lock: bool = False
) -> list[V]:
    """In the order of `ids`, each once; locked in id order."""
    for id in sorted(set(ids)) if lock else ():
        find(session, cls, id, missing, lock=True)
    return [find(session, cls, id, missing) for id in dict.fromkeys(ids)]


def claim_name(session: Session, cls: Any, name: str, owner: Versioned | None = None) -> str:
    """The key by which `name` is told apart, if nobody else has it: “Grande Salle” and
    “grande salle” are one name. Two who claim it at once queue here."""
    key = key_of(name)
    queue_for(session, f"{cls.__tablename__} {key}")
    with session.no_autoflush:
        holder = session.scalar(select(cls.id).where(cls.key == key))
    if holder is not None and (owner is None or holder != owner.id):
        raise DomainError(Code.NAME_TAKEN, f"“{name}” exists already.")
    return key


def queue_for(session: Session, what: str) -> None:
    """Until the end of the transaction nobody else passes here with the same word."""
    session.execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended(:what, 0))"), {"what": what}
    )


def shown(text: Mapping[str, str]) -> str:
    """One of the languages, for lists and sentences."""
    for language in PREFERRED:
        if language in text:
            return text[language]
    return next(iter(text.values()), "")


def check_zone(name: str) -> str:
    try:
        return ZoneInfo(name).key
    except (KeyError, OSError, ValueError):
        raise invalid("time_zone", f"There is no time zone “{name}”.") from None


def invalid(field: str, sentence: str) -> DomainError:
    return DomainError(Code.VALIDATION_FAILED, sentence, {field: [sentence]})


def check_period(field: str, starts: Any, ends: Any) -> None:
    """Open ends are fine; an end at or before its start is not."""
    if starts is not None and ends is not None and ends <= starts:
        raise invalid(field, "The end must come after the start.")
