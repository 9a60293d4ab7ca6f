"""Venues with their rooms, and sections of the programme."""

from typing import Annotated
from uuid import UUID

from marshmallow import validate

from contracts.catalog.parts import Limit, Places, Title
from contracts.message import I18n, Name, command, query, view

TURNOVER_MIN = 15

# ------------------------------------------------------------------ venues


@view
class RoomInput:
    """A room to keep (with its id) or to add. `legal_ceiling` is what even overbooking never
    passes; without one it is the capacity. `turnover_min`: between two screenings."""

    name: Name
    capacity: Places
    legal_ceiling: Places | None = None
    turnover_min: Annotated[int, validate.Range(min=0, max=600)] = TURNOVER_MIN
    room_id: UUID | None = None


Rooms = Annotated[tuple[RoomInput, ...], validate.Length(max=200)]


@view
class RoomView:
    room_id: UUID
    name: str
    capacity: int
    legal_ceiling: int
    turnover_min: int = TURNOVER_MIN


@view
class VenueView:
    venue_id: UUID
    version: int
    name: str
    address: str
    time_zone: str
    rooms: tuple[RoomView, ...]


@view
class VenuePage:
    items: tuple[VenueView, ...]
    next_cursor: str | None = None


@command("catalog.create_venue.v1")
class CreateVenue:
    """→ VenueView. NAME_TAKEN."""

    name: Name
    time_zone: Name = "Europe/Zurich"
    address: str = ""
    rooms: Rooms = ()


@command("catalog.update_venue.v1")
class UpdateVenue:
    """The whole new state → VenueView. Published screenings in its rooms are told again.
    `version`: the one that was read, refused with VERSION_OUTDATED when there is a newer one.
    VENUE_NOT_FOUND, ROOM_NOT_FOUND, NAME_TAKEN, ROOM_IN_USE when a room left out has screenings,
    CONTINGENTS_INVALID when a screening already has more places than a new legal ceiling."""

    venue_id: UUID
    name: Name
    time_zone: Name
    address: str = ""
    rooms: Rooms = ()
    version: int | None = None


@query("catalog.get_venue.v1")
class GetVenue:
    """→ VenueView. VENUE_NOT_FOUND."""

    venue_id: UUID


@query("catalog.list_venues.v1")
class ListVenues:
    """By name → VenuePage."""

    cursor: str | None = None
    limit: Limit = 50


# ------------------------------------------------------------------ sections


@view
class SectionView:
    section_id: UUID
    version: int
    name: I18n


@view
class SectionPage:
    items: tuple[SectionView, ...]
    next_cursor: str | None = None


@command("catalog.create_section.v1")
class CreateSection:
    """→ SectionView. NAME_TAKEN."""

    name: Title


@command("catalog.update_section.v1")
class UpdateSection:
    """The whole new state → SectionView. SECTION_NOT_FOUND, NAME_TAKEN, VERSION_OUTDATED."""

    section_id: UUID
    name: Title
    version: int | None = None


@query("catalog.list_sections.v1")
class ListSections:
    """By name → SectionPage."""

    cursor: str | None = None
    limit: Limit = 50
