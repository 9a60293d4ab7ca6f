"""What the programme holds already, as an import needs it: by the source's own references."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Select, inspect, select
from sqlalchemy.orm import Session, selectinload

from contracts.catalog import ImportOptions
from services.catalog.importers import ScreeningRecord
from services.catalog.importers.text import key_of
from services.catalog.models import (
    WHOLE,
    Base,
    Production,
    Room,
    Screening,
    Section,
    SourceLink,
    Venue,
    claim_name,
)


class Known:
    """Read once, in a handful of queries; with `lock` nobody edits it meanwhile. Rooms and
    sections that are not known are made up on the way: `new` rows are to be added, `new_venues`
    and `new_rooms` are their names."""

    def __init__(
        self, session: Session, source: str, import_id: UUID, options: ImportOptions, lock: bool
    ) -> None:
        self.session = session
        self.source = source
        self.import_id = import_id
        self.options = options
        self.new: list[Base] = []
        self.new_venues: list[str] = []
        self.new_rooms: list[str] = []
        self.made: dict[str, list[str]] = {"venue": [], "room": [], "section": []}
        venues = self._read(select(Venue), Venue, lock, selectinload(Venue.rooms))
        links = session.scalars(select(SourceLink).where(SourceLink.source == source))
        self.links = {(link.kind, link.ref): link for link in links}
        self.productions: dict[UUID, Production] = self._linked(Production, "production", lock)
        self.screenings: dict[UUID, Screening] = self._linked(Screening, "screening", lock, *WHOLE)
        self._venues = {venue.key: venue for venue in venues}
        self._rooms = {room.id: room for venue in venues for room in venue.rooms}
        self._only_room = {venue.key: venue.rooms[0] for venue in venues if len(venue.rooms) == 1}
        self._sections = {section.key: section for section in session.scalars(select(Section))}
        self._sections_by_id = {section.id: section for section in self._sections.values()}

    def _linked(self, cls: Any, kind: str, lock: bool, *options: Any) -> dict[UUID, Any]:
        ids = select(SourceLink.object_id).where(
            SourceLink.source == self.source, SourceLink.kind == kind
        )
        statement = select(cls).where(cls.id.in_(ids))
        return {thing.id: thing for thing in self._read(statement, cls, lock, *options)}

    def _read(self, statement: Select[Any], cls: Any, lock: bool, *options: Any) -> Sequence[Any]:
        statement = statement.order_by(cls.id).options(*options)
        return self.session.scalars(
            statement.with_for_update(of=cls) if lock else statement
        ).all()

    def room(self, record: ScreeningRecord) -> Room | None:
        """Where a record takes place: as linked before, else by name, else new. Where no room
        is named it is the only one that the place had, or one that bears the place's name."""
        venue = record.venue or record.venue_ref or record.room
        if not venue:
            return None
        ref = f"{key_of(record.venue_ref or venue)}|{key_of(record.room)}"
        link = self.links.get(("room", ref))
        if link and link.object_id in self._rooms:
            return self._rooms[link.object_id]
        room = self._room_named(venue, record.room)
        self._link("room", ref, room.id)
        return room

    def _room_named(self, venue_name: str, name: str) -> Room:
        venue = self._venues.get(key_of(venue_name))
        if venue is None:
            key = claim_name(self.session, Venue, venue_name)
            venue = self._venues[key] = Venue.named(venue_name, key, self.options.time_zone)
            self._add("venue", venue)
            self.new_venues.append(venue_name)
        if not name and venue.key in self._only_room:
            return self._only_room[venue.key]
        room = venue.room_named(name or venue_name)
        if room is None:
            room = venue.add_room(name or venue_name, self.options.room_capacity)
            venue.version += inspect(venue).persistent
            self._rooms[room.id] = room
            self._add("room", room)
            self.new_rooms.append(f"{venue.name} · {room.name}")
        return room

    def section(self, record: ScreeningRecord) -> Section | None:
        """The first one that the record names, in the language of its title."""
        if not record.sections:
            return None
        name = record.sections[0]
        ref = key_of(name)
        link = self.links.get(("section", ref))
        if link and link.object_id in self._sections_by_id:
            return self._sections_by_id[link.object_id]
        section = self._sections.get(ref)
        if section is None:
            key = claim_name(self.session, Section, name)
            section = Section.named({next(iter(record.title)): name}, key)
            self._sections[key] = self._sections_by_id[section.id] = section
            self._add("section", section)
        self._link("section", ref, section.id)
        return section

    def _add(self, kind: str, thing: Venue | Room | Section) -> None:
        self.new.append(thing)
        self.made[kind].append(str(thing.id))

    def _link(self, kind: str, ref: str, id: UUID) -> None:
        link = SourceLink(
            source=self.source, kind=kind, ref=ref, object_id=id, base={},
            import_id=self.import_id,
        )
        self.links[kind, ref] = link
        self.new.append(link)
