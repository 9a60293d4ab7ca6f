"""Releases of unscanned bookings: previewed, confirmed, perhaps undone (c-9)."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from contracts.errors import Code, DomainError
from contracts.roles import Actor
from contracts.ticketing import ReleasedPlaces, ReleaseView
from services.ticketing.models.base import Base
from services.ticketing.models.tickets import Booking

CONFIRM_WITHIN = timedelta(minutes=10)
UNDO_WITHIN = timedelta(minutes=15)


class Release(Base):
    """`id` is the token; `found`, `released` and `restored` are ids of bookings."""

    __tablename__ = "releases"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    screening_id: Mapped[UUID] = mapped_column(ForeignKey("screenings.id"), index=True)
    previewed_at: Mapped[datetime]
    contingents: Mapped[list[Any]]  # [id, name] of each that is found
    found: Mapped[list[str]]
    released: Mapped[list[str] | None]
    released_at: Mapped[datetime | None]
    restored: Mapped[list[str] | None]
    undone_at: Mapped[datetime | None]
    actor_id: Mapped[str]
    actor_name: Mapped[str]

    @classmethod
    def preview(
        cls, screening_id: UUID, bookings: Sequence[Booking], at: datetime, actor: Actor
    ) -> "Release":
        return cls(
            id=uuid4(), screening_id=screening_id, previewed_at=at,
            found=[str(booking.id) for booking in bookings],
            contingents=[[str(item.contingent_id), item.contingent] for item in bookings],
            actor_id=actor.id, actor_name=actor.name,
        )

    @property
    def candidates(self) -> list[UUID]:
        return [UUID(id) for id in self.found]

    @property
    def undoable(self) -> list[UUID]:
        return [UUID(id) for id in self.released or ()]

    def confirm(self, bookings: Sequence[Booking], at: datetime) -> None:
        if at > self.previewed_at + CONFIRM_WITHIN:
            raise DomainError(
                Code.RELEASE_OUTDATED, "This preview is too old: look again who has not come."
            )
        self.released, self.released_at = [str(booking.id) for booking in bookings], at

    def undo(self, bookings: Sequence[Booking], at: datetime) -> None:
        self.restored, self.undone_at = [str(booking.id) for booking in bookings], at

    def must_be_undoable(self, at: datetime) -> None:
        if self.released_at is None:
            raise DomainError(Code.RELEASE_OUTDATED, "Nothing was released with this token.")
        if at > self.released_at + UNDO_WITHIN:
            raise DomainError(Code.RELEASE_OUTDATED, "It is too late to undo this release.")

    def view(self) -> ReleaseView:
        counts = Counter((id, name) for id, name in self.contingents)
        return ReleaseView(
            token=self.id, screening_id=self.screening_id, previewed_at=self.previewed_at,
            count=len(self.found),
            contingents=tuple(
                ReleasedPlaces(contingent_id=UUID(id), contingent=name, count=count)
                for (id, name), count in sorted(counts.items(), key=lambda item: item[0][1])
            ),
            released=None if self.released is None else len(self.released),
            released_at=self.released_at,
            undo_until=self.released_at + UNDO_WITHIN if self.released_at else None,
            restored=None if self.restored is None else len(self.restored),
            undone_at=self.undone_at,
        )
