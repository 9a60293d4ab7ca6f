"""Venues with their rooms, and sections."""

from sqlalchemy import select

from contracts.catalog import (
    CreateSection,
    CreateVenue,
    ScreeningState,
    SectionView,
    UpdateSection,
    UpdateVenue,
    VenueView,
)
from contracts.errors import Code, DomainError
from services.catalog.models import (
    Room,
    Screening,
    Section,
    Venue,
    check_zone,
    claim_name,
    find,
    shown,
)
from services.catalog.usecases.editing import editing, published, tell_again
from services.catalog.usecases.history import created
from services.chassis.unit_of_work import UnitOfWork


def create_venue(uow: UnitOfWork, command: CreateVenue) -> VenueView:
    key = claim_name(uow.session, Venue, command.name)
    venue = Venue.named(command.name, key, check_zone(command.time_zone))
    venue.address = command.address
    venue.put_rooms(command.rooms)
    return created(uow, venue)


def update_venue(uow: UnitOfWork, command: UpdateVenue) -> VenueView:
    """Its screenings are locked after its rooms, so that none gets more places meanwhile than a
    new legal ceiling allows."""
    venue = find(uow.session, Venue, command.venue_id, Code.VENUE_NOT_FOUND, lock=True)
    rooms = uow.session.scalars(
        select(Room).where(Room.venue_id == venue.id).order_by(Room.id).with_for_update(of=Room)
    ).all()
    version = venue.version
    with editing(uow, venue, command.version):
        _must_be_unused(uow, set(rooms), {room.room_id for room in command.rooms})
        venue.key = claim_name(uow.session, Venue, command.name, venue)
        venue.name, venue.address = command.name, command.address
        venue.time_zone = check_zone(command.time_zone)
        venue.put_rooms(command.rooms)
        _must_hold_their_screenings(uow, venue)
    if venue.version != version:
        tell_again(uow, published(uow, Screening.room_id.in_([room.id for room in rooms])))
    return venue.view()


def _must_be_unused(uow: UnitOfWork, rooms: set[Room], kept: set[object]) -> None:
    for room in rooms:
        if room.id not in kept and uow.session.scalar(
            select(Screening.id).where(Screening.room_id == room.id).limit(1)
        ):
            raise DomainError(Code.ROOM_IN_USE, f"“{room.name}” has screenings: it has to stay.")


def _must_hold_their_screenings(uow: UnitOfWork, venue: Venue) -> None:
    rooms = {room.id: room for room in venue.rooms}
    screenings = uow.session.scalars(
        select(Screening)
        .where(Screening.room_id.in_(rooms), Screening.state != ScreeningState.CANCELLED)
        .order_by(Screening.id)
        .with_for_update(of=Screening)
        .execution_options(populate_existing=True)
    )
    for screening in screenings:
        room = screening.room
        if room and screening.capacity > room.legal_ceiling:
            raise DomainError(
                Code.CONTINGENTS_INVALID,
                f"“{shown(screening.title)}” has {screening.capacity} places in {room.name}:"
                f" its legal ceiling cannot be {room.legal_ceiling}.",
            )


def create_section(uow: UnitOfWork, command: CreateSection) -> SectionView:
    section = Section.named(command.name, claim_name(uow.session, Section, shown(command.name)))
    return created(uow, section)


def update_section(uow: UnitOfWork, command: UpdateSection) -> SectionView:
    section = find(uow.session, Section, command.section_id, Code.SECTION_NOT_FOUND, lock=True)
    version = section.version
    with editing(uow, section, command.version):
        section.key = claim_name(uow.session, Section, shown(command.name), section)
        section.name = command.name
    if section.version != version:
        tell_again(uow, published(uow, Screening.section_id == section.id))
    return section.view()
