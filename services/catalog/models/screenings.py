"""Screenings, and the contingents that their capacity is shared out in."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, foreign, mapped_column, relationship, selectinload

from contracts.catalog import (
    ContingentInput,
    ContingentState,
    ProgrammeEntry,
    ProgrammeTariff,
    ScreeningCancelled,
    ScreeningPublished,
    ScreeningState,
    ScreeningSummary,
    ScreeningView,
    Slot,
    TariffDifference,
    TariffState,
)
from contracts.errors import Code, DomainError
from contracts.message import I18n
from contracts.roles import Principal
from services.catalog.importers.text import fold
from services.catalog.models.base import Base, Versioned, check_period, shown
from services.catalog.models.contingents import Contingent, resolve_contingents
from services.catalog.models.grids import PriceGrid, merge_tariffs, said_by_key
from services.catalog.models.productions import Production, SourceLink, refs_of
from services.catalog.models.tariffs import Tariff, put_tariffs
from services.catalog.models.venues import Room, Section

ON_THE_WEB = {Principal.ESHOP.value, Principal.HOLDER.value}


class Part(Base):
    """A production's place in a screening."""

    __tablename__ = "screening_productions"

    screening_id: Mapped[UUID] = mapped_column(ForeignKey("screenings.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    production_id: Mapped[UUID] = mapped_column(ForeignKey("productions.id"), index=True)

    production: Mapped[Production] = relationship()


class Screening(Versioned, Base):
    """One dated showing. `capacity` is always the sum of its contingents' (the database checks it
    at commit, and that it stays under the room's legal ceiling: migrations/versions/0001)."""

    __tablename__ = "screenings"
    __table_args__ = (
        CheckConstraint("ends_at > starts_at", name="ends_after_start"),
        CheckConstraint(
            "state <> 'published' OR (room_id IS NOT NULL AND ends_at IS NOT NULL"
            " AND capacity > 0)", name="published_is_complete",
        ),
        Index("ix_screenings_starts_at_id", "starts_at", "id"),
    )

    state: Mapped[str]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime | None]
    room_id: Mapped[UUID | None] = mapped_column(ForeignKey("rooms.id"), index=True)
    section_id: Mapped[UUID | None] = mapped_column(ForeignKey("sections.id"), index=True)
    price_grid_id: Mapped[UUID | None] = mapped_column(ForeignKey("price_grids.id"))
    own_title: Mapped[dict[str, str]]
    note: Mapped[str]
    minimum_age: Mapped[int | None]
    capacity: Mapped[int]
    details: Mapped[dict[str, Any]] = mapped_column("metadata")
    search: Mapped[str]  # its own title, folded; its productions have theirs
    grid_tariffs: Mapped[dict[str, Any] | None]  # as a grid gave them, by key
    on_sale_since: Mapped[datetime | None]  # nobody can have bought what never was

    room: Mapped[Room | None] = relationship()
    section: Mapped[Section | None] = relationship()
    parts: Mapped[list[Part]] = relationship(order_by=Part.position, cascade="all, delete-orphan")
    contingents: Mapped[list[Contingent]] = relationship(
        order_by=Contingent.position, cascade="all, delete-orphan"
    )
    tariffs: Mapped[list[Tariff]] = relationship(
        order_by=Tariff.position, cascade="all, delete-orphan"
    )
    links: Mapped[list[SourceLink]] = relationship(
        primaryjoin=lambda: foreign(SourceLink.object_id) == Screening.id, viewonly=True,
        order_by=SourceLink.ref,
    )

    @classmethod
    def draft(cls, **fields: Any) -> "Screening":
        """`fields` as `put` takes them; a room brings its default contingent."""
        screening = cls(
            id=uuid4(), version=1, state=ScreeningState.DRAFT, capacity=0, own_title={}, note="",
            details={}, search="", room=None, section=None, grid_tariffs=None,
        )
        screening.put(**fields)
        return screening

    # ------------------------------------------------------------------ what changes it

    def put(self, **fields: Any) -> None:
        """Change some fields, named as the attributes are; `productions` is their list."""
        if "productions" in fields:
            self._show(fields.pop("productions"))
        if "room" in fields:
            self._move(fields.pop("room"))
        for name, value in fields.items():
            setattr(self, name, value)
        if self.ends_at is None and "ends_at" in fields:
            self.ends_at = self._end_by_durations()
        check_period("ends_at", self.starts_at, self.ends_at)
        self.search = fold(" ".join(self.own_title.values()))

    def price_by(self, grid: PriceGrid, overwrite: bool = False) -> TariffDifference:
        """The grid's tariffs, without losing what was edited by hand since the last time."""
        given = grid.states()
        wanted, difference = merge_tariffs(
            self.id, None if overwrite else self.grid_tariffs, self._tariff_states(), given
        )
        put_tariffs(self.tariffs, wanted)
        self.price_grid_id, self.grid_tariffs = grid.id, said_by_key(given)
        return difference

    def put_contingents(self, wanted: Sequence[ContingentInput]) -> None:
        """Exactly these; the capacity is their sum."""
        self._share(resolve_contingents(self.contingents, wanted))

    def publish(self, at: datetime) -> None:
        if self.state != ScreeningState.DRAFT:
            raise DomainError(Code.SCREENING_STATE, f"This screening is {self.state} already.")
        self.must_be_complete()
        self.state, self.on_sale_since = ScreeningState.PUBLISHED, at

    def cancel(self) -> None:
        self.must_not_be_cancelled()
        self.state = ScreeningState.CANCELLED

    def must_not_be_cancelled(self) -> None:
        if self.state == ScreeningState.CANCELLED:
            raise DomainError(Code.SCREENING_STATE, "This screening is cancelled.")

    def must_be_complete(self) -> None:
        if missing := self.missing:
            raise DomainError(
                Code.SCREENING_INCOMPLETE,
                f"“{shown(self.title)}” cannot be on sale: {', '.join(missing)} missing.",
                {"missing": list(missing)},
            )

    def _show(self, productions: Sequence[Production]) -> None:
        old = {part.position: part for part in self.parts}
        self.parts[:] = [
            old.get(position) or Part(position=position) for position in range(len(productions))
        ]
        for part, production in zip(self.parts, productions, strict=True):
            part.production = production

    def _move(self, room: Room | None) -> None:
        self.room = room
        if room is None:
            return
        if not self.contingents:
            self.put_contingents(room.contingents_to_start_with())
        self._share(self.contingents)

    def _share(self, contingents: list[Contingent]) -> None:
        capacity = sum(contingent.capacity for contingent in contingents)
        if self.room and capacity > self.room.legal_ceiling:
            raise DomainError(
                Code.CONTINGENTS_INVALID,
                f"{capacity} places are more than {self.room.name} may ever hold:"
                f" {self.room.legal_ceiling}.",
                {"contingents": [f"At most {self.room.legal_ceiling} places together."]},
            )
        self.contingents[:] = contingents
        self.capacity = capacity

    def _end_by_durations(self) -> datetime | None:
        minutes = [production.duration_min for production in self.productions]
        if None in minutes:
            return None
        return self.starts_at + timedelta(minutes=sum(filter(None, minutes)))

    # ------------------------------------------------------------------ what it says

    @property
    def productions(self) -> list[Production]:
        return [part.production for part in self.parts]

    @property
    def title(self) -> I18n:
        """Its own, else its productions', joined where there are several."""
        titles = [production.title for production in self.productions]
        if self.own_title or not titles:
            return self.own_title
        return {
            language: " + ".join(title.get(language) or shown(title) for title in titles)
            for language in dict.fromkeys(language for title in titles for language in title)
        }

    @property
    def missing(self) -> tuple[str, ...]:
        """What it lacks to be on sale."""
        wanted = {
            "room": self.room, "ends_at": self.ends_at, "contingents": self.capacity,
            "tariffs": self.tariffs,
        }
        return tuple(name for name, value in wanted.items() if not value)

    def slot(self) -> Slot:
        return Slot(
            screening_id=self.id, title=self.title, starts_at=self.starts_at, ends_at=self.ends_at
        )

    def summary(self) -> ScreeningSummary:
        return ScreeningSummary(
            screening_id=self.id, version=self.version, state=ScreeningState(self.state),
            title=self.title, starts_at=self.starts_at, ends_at=self.ends_at,
            capacity=self.capacity, place=self.room.place() if self.room else None,
            section=self.section.view() if self.section else None, missing=self.missing,
        )

    def view(self) -> ScreeningView:
        return ScreeningView(
            **vars(self.summary()), own_title=self.own_title, note=self.note,
            productions=tuple(production.part() for production in self.productions),
            contingents=self._contingent_states(), tariffs=self._tariff_states(),
            refs=refs_of(self.links), metadata=self.details, minimum_age=self.minimum_age,
            price_grid_id=self.price_grid_id,
        )

    def said(self) -> ScreeningPublished | ScreeningCancelled:
        """What others are told of it, once it has been published."""
        if self.state == ScreeningState.CANCELLED:
            return ScreeningCancelled(screening_id=self.id, version=self.version)
        return self._published(self.version)

    def said_again(self) -> list[ScreeningPublished | ScreeningCancelled]:
        """For those who know nothing of it: of a cancelled one also what it was before."""
        if self.state == ScreeningState.CANCELLED and self.room and self.ends_at:
            return [self._published(self.version - 1), self.said()]
        return [self.said()]

    def _published(self, version: int) -> ScreeningPublished:
        assert self.room and self.ends_at  # complete: the database checks it too
        place = self.room.place()
        return ScreeningPublished(
            screening_id=self.id, version=version, state=ScreeningState.PUBLISHED,
            title=self.title, production_ids=tuple(p.id for p in self.productions),
            productions=tuple(shown(p.title) for p in self.productions), **vars(place),
            starts_at=self.starts_at, ends_at=self.ends_at, capacity=self.capacity,
            contingents=self._contingent_states(), tariffs=self._tariff_states(),
            section=shown(self.section.name) if self.section else None,
            minimum_age=self.minimum_age,
        )

    def entry(self) -> ProgrammeEntry:
        """As everybody may see it."""
        assert self.room and self.ends_at
        return ProgrammeEntry(
            screening_id=self.id, title=self.title, place=self.room.place(), note=self.note,
            productions=tuple(production.part() for production in self.productions),
            starts_at=self.starts_at, ends_at=self.ends_at, minimum_age=self.minimum_age,
            section=self.section.view() if self.section else None,
            tariffs=tuple(map(_for_all, filter(_is_for_all, self._tariff_states()))),
        )

    def _contingent_states(self) -> tuple[ContingentState, ...]:
        return tuple(contingent.state() for contingent in self.contingents)

    def _tariff_states(self) -> tuple[TariffState, ...]:
        return tuple(tariff.state() for tariff in self.tariffs)


# Everything that a screening says, in one round trip for each part.
SUMMARY = (
    selectinload(Screening.parts).selectinload(Part.production),
    selectinload(Screening.room),
    selectinload(Screening.section),
    selectinload(Screening.tariffs),
)
WHOLE = (*SUMMARY, selectinload(Screening.contingents))


def _is_for_all(tariff: TariffState) -> bool:
    return not tariff.roles or not ON_THE_WEB.isdisjoint(tariff.roles)


def _for_all(tariff: TariffState) -> ProgrammeTariff:
    return ProgrammeTariff(
        key=tariff.key, name=tariff.name, price=tariff.price, valid_from=tariff.valid_from,
        valid_until=tariff.valid_until,
    )
