"""Venues with their rooms, and sections of the programme."""

from collections.abc import Iterable
from uuid import UUID, uuid4

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from contracts.catalog import (
    TURNOVER_MIN,
    ContingentInput,
    PlaceView,
    RoomInput,
    RoomView,
    SectionView,
    VenueView,
)
from contracts.errors import Code, DomainError
from services.catalog.importers.text import key_of
from services.catalog.models.base import DEFAULT_ZONE, Base, Versioned, invalid
from services.catalog.models.contingents import ContingentTemplate

PUBLIC = "Public"


class Venue(Versioned, Base):
    """A building with rooms; its zone is that of everything that takes place there."""

    __tablename__ = "venues"

    name: Mapped[str]
    key: Mapped[str] = mapped_column(unique=True)
    address: Mapped[str] = mapped_column(default="")
    time_zone: Mapped[str] = mapped_column(default=DEFAULT_ZONE)

    rooms: Mapped[list["Room"]] = relationship(
        back_populates="venue", order_by="Room.name", cascade="all, delete-orphan"
    )

    @classmethod
    def named(cls, name: str, key: str, time_zone: str) -> "Venue":
        return cls(
            id=uuid4(), version=1, name=name, key=key, address="", time_zone=time_zone, rooms=[]
        )

    def put_rooms(self, wanted: Iterable[RoomInput]) -> None:
        """Exactly the rooms `wanted`: known ids are changed, others added, those left out gone."""
        known = {room.id: room for room in self.rooms}
        kept: dict[str, Room] = {}
        for one in wanted:
            if one.room_id is not None and one.room_id not in known:
                raise DomainError(Code.ROOM_NOT_FOUND, f"“{one.name}” is no room of this venue.")
            room = known[one.room_id] if one.room_id else Room(id=uuid4())
            room.put(one.name, one.capacity, one.legal_ceiling, one.turnover_min)
            if room.key in kept:
                raise DomainError(Code.NAME_TAKEN, f"Two rooms are named “{one.name}”.")
            kept[room.key] = room
        self.rooms[:] = kept.values()

    def add_room(self, name: str, capacity: int) -> "Room":
        room = Room(id=uuid4())
        room.put(name, capacity)
        self.rooms.append(room)
        return room

    def room_named(self, name: str) -> "Room | None":
        key = key_of(name)
        return next((room for room in self.rooms if room.key == key), None)

    def view(self) -> VenueView:
        rooms = sorted(self.rooms, key=lambda room: room.key)
        return VenueView(
            venue_id=self.id, version=self.version, name=self.name, address=self.address,
            time_zone=self.time_zone, rooms=tuple(room.view() for room in rooms),
        )


class Room(Base):
    """`capacity` is what a new screening starts with, `legal_ceiling` what none ever passes;
    `turnover_min` what it takes to clear and clean it between two."""

    __tablename__ = "rooms"
    __table_args__ = (
        # Checked at commit: two rooms may swap their names.
        UniqueConstraint("venue_id", "key", deferrable=True, initially="DEFERRED"),
        CheckConstraint("capacity >= 0", name="capacity_not_negative"),
        CheckConstraint("legal_ceiling >= capacity", name="legal_ceiling_not_below_capacity"),
        CheckConstraint("turnover_min >= 0", name="turnover_not_negative"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    venue_id: Mapped[UUID] = mapped_column(ForeignKey("venues.id"))
    name: Mapped[str]
    key: Mapped[str]
    capacity: Mapped[int]
    legal_ceiling: Mapped[int]
    turnover_min: Mapped[int]
    template_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("contingent_templates.id"), index=True
    )

    template: Mapped[ContingentTemplate | None] = relationship(
        back_populates="rooms", lazy="selectin"
    )
    venue: Mapped[Venue] = relationship(back_populates="rooms", lazy="joined", innerjoin=True)

    def put(
        self, name: str, capacity: int, legal_ceiling: int | None = None,
        turnover_min: int = TURNOVER_MIN,
    ) -> None:
        ceiling = capacity if legal_ceiling is None else legal_ceiling
        if ceiling < capacity:
            raise invalid("legal_ceiling", f"“{name}” has more places than its legal ceiling.")
        self.name, self.key = name, key_of(name)
        self.capacity, self.legal_ceiling = capacity, ceiling
        self.turnover_min = turnover_min

    def contingents_to_start_with(self) -> tuple[ContingentInput, ...]:
        """The template's, if they are not more than the room may hold by now."""
        if self.template and self.template.capacity <= self.legal_ceiling:
            return self.template.inputs()
        return (ContingentInput(name=PUBLIC, capacity=self.capacity),)

    def view(self) -> RoomView:
        return RoomView(
            room_id=self.id, name=self.name, capacity=self.capacity,
            legal_ceiling=self.legal_ceiling, turnover_min=self.turnover_min,
        )

    def place(self) -> PlaceView:
        return PlaceView(
            venue_id=self.venue.id, venue=self.venue.name, room_id=self.id, room=self.name,
            time_zone=self.venue.time_zone, legal_ceiling=self.legal_ceiling,
        )


class Section(Versioned, Base):
    """A part of the programme: a competition, a retrospective."""

    __tablename__ = "sections"

    name: Mapped[dict[str, str]]
    key: Mapped[str] = mapped_column(unique=True)

    @classmethod
    def named(cls, name: dict[str, str], key: str) -> "Section":
        return cls(id=uuid4(), version=1, name=name, key=key)

    def view(self) -> SectionView:
        return SectionView(section_id=self.id, version=self.version, name=self.name)


def room_to_use(session: Session, id: UUID | None) -> Room | None:
    """A room that something is put in: kept as it is until that is committed."""
    if id is None:
        return None
    room = session.get(Room, id, with_for_update={"read": True, "of": Room}, populate_existing=True)
    if room is None:
        raise DomainError(Code.ROOM_NOT_FOUND, "There is no such room.")
    return room
