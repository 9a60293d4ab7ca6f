"""Contingents: named shares of a screening's capacity, with their rules (c-10)."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from contracts.catalog import ContingentInput, ContingentState, TemplateView
from contracts.errors import Code, DomainError
from contracts.message import dump, load
from services.catalog.models.base import Base, Versioned

if TYPE_CHECKING:
    from services.catalog.models.venues import Room


class ContingentTemplate(Versioned, Base):
    """Contingents that new screenings of some rooms start with."""

    __tablename__ = "contingent_templates"

    name: Mapped[str]
    key: Mapped[str] = mapped_column(unique=True)
    contingents: Mapped[list[Any]]

    rooms: Mapped[list["Room"]] = relationship(back_populates="template", order_by="Room.id")

    def put(self, wanted: Sequence[ContingentInput]) -> None:
        """Refused as they would be in a screening."""
        resolve_contingents((), wanted)
        self.contingents = [dump(replace(one, contingent_id=None)) for one in wanted]

    def inputs(self) -> tuple[ContingentInput, ...]:
        return tuple(load(ContingentInput, one, tolerant=True) for one in self.contingents)

    def view(self) -> TemplateView:
        return TemplateView(
            template_id=self.id, version=self.version, name=self.name, contingents=self.inputs(),
            room_ids=tuple(room.id for room in self.rooms),
        )

    @property
    def capacity(self) -> int:
        return sum(one["capacity"] for one in self.contingents)


class Contingent(Base):
    """`steal_from`: ids of others of the same screening, in order, that it takes from when full;
    `floor`: what they may not take from it."""

    __tablename__ = "contingents"
    __table_args__ = (
        # Checked at commit: two contingents may swap their names.
        UniqueConstraint("screening_id", "name", deferrable=True, initially="DEFERRED"),
        CheckConstraint("capacity >= 0", name="capacity_not_negative"),
        CheckConstraint("floor BETWEEN 0 AND capacity", name="floor_within_capacity"),
        CheckConstraint("not_after > not_before", name="not_after_after_not_before"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    screening_id: Mapped[UUID] = mapped_column(ForeignKey("screenings.id"))
    position: Mapped[int]
    name: Mapped[str]
    capacity: Mapped[int]
    roles: Mapped[list[str]]
    ticket_types: Mapped[list[str]]
    not_before: Mapped[datetime | None]
    not_after: Mapped[datetime | None]
    stash: Mapped[bool]
    steal_from: Mapped[list[str]]
    floor: Mapped[int]

    def put(self, wanted: ContingentInput, position: int, steal_from: list[str]) -> None:
        self.position, self.name, self.capacity = position, wanted.name, wanted.capacity
        self.roles, self.ticket_types = list(wanted.roles), list(wanted.ticket_types)
        self.not_before, self.not_after = wanted.not_before, wanted.not_after
        self.stash, self.floor, self.steal_from = wanted.stash, wanted.floor, steal_from

    def state(self) -> ContingentState:
        return ContingentState(
            contingent_id=self.id, name=self.name, capacity=self.capacity,
            roles=tuple(self.roles), ticket_types=tuple(self.ticket_types),
            not_before=self.not_before, not_after=self.not_after, stash=self.stash,
            steal_from=tuple(map(UUID, self.steal_from)), floor=self.floor,
        )


def resolve_contingents(
    current: Sequence[Contingent], wanted: Sequence[ContingentInput]
) -> list[Contingent]:
    """The contingents `wanted`, as rows: those of `current` by id or name, or new ones. Nothing
    is changed when any of them is refused; the refusal names all that is wrong, by position."""
    by_id = {contingent.id: contingent for contingent in current}
    taken = {one.contingent_id for one in wanted}
    by_name = {contingent.name: contingent for contingent in current if contingent.id not in taken}
    rows = [
        by_id.get(one.contingent_id) if one.contingent_id else by_name.get(one.name)
        for one in wanted
    ]
    ids = [row.id if row else uuid4() for row in rows]
    victims = {one.name: id for one, id in zip(wanted, ids, strict=True)}
    victims |= {str(id): id for id in ids}
    wrong = {
        str(position): faults
        for position, (one, id) in enumerate(zip(wanted, ids, strict=True))
        if (faults := list(_faults(one, id, wanted, by_id, victims)))
    }
    if wrong:
        first = next(iter(wrong.values()))[0]
        raise DomainError(Code.CONTINGENTS_INVALID, first, {"contingents": wrong})
    resolved = []
    for position, (one, row, id) in enumerate(zip(wanted, rows, ids, strict=True)):
        contingent = row or Contingent(id=id)
        contingent.put(one, position, [str(victims[name]) for name in one.steal_from])
        resolved.append(contingent)
    return resolved


def _faults(
    one: ContingentInput, id: UUID, all: Sequence[ContingentInput],
    known: dict[UUID, Contingent], victims: dict[str, UUID],
) -> list[str]:
    found = []
    if one.contingent_id is not None and one.contingent_id not in known:
        found.append(f"“{one.name}” has an id that is not of this screening.")
    if sum(other.name == one.name for other in all) > 1:
        found.append(f"Two contingents are named “{one.name}”.")
    if one.contingent_id and sum(o.contingent_id == one.contingent_id for o in all) > 1:
        found.append(f"“{one.name}” is there twice.")
    if one.floor > one.capacity:
        found.append(f"“{one.name}” protects more places than it has.")
    if one.not_before and one.not_after and one.not_after <= one.not_before:
        found.append(f"“{one.name}” closes before it opens.")
    targets = [victims.get(name) for name in one.steal_from]
    if None in targets:
        found.append(f"“{one.name}” takes from a contingent that is not of this screening.")
    if id in targets:
        found.append(f"“{one.name}” cannot take from itself.")
    if len(set(targets)) < len(targets):
        found.append(f"“{one.name}” takes from the same contingent twice.")
    return found
