"""Productions, their screenings with contingents, and the public programme."""

from dataclasses import field
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from marshmallow import validate

from contracts.catalog.parts import Age, Key, Limit, OptionalTitle, Places, Seller
from contracts.catalog.productions import ProductionPart
from contracts.catalog.tariffs import Tariffs, TariffState
from contracts.catalog.venues import SectionView
from contracts.message import I18n, Json, LongText, Name, command, event, query, view
from contracts.money import Money


class ScreeningState(StrEnum):
    DRAFT = "draft"
    PUBLISHED = "published"
    CANCELLED = "cancelled"


Language = Annotated[str, validate.Regexp(
    r"\A[a-z]{2,3}\Z", error="A language code, such as fr."
)]
ProductionIds = Annotated[tuple[UUID, ...], validate.Length(min=1, max=50)]

# ------------------------------------------------------------------ contingents


@view
class ContingentInput:
    """A contingent; its id is kept when given, or where its name was there before. `steal_from`:
    ids or names within the same screening, in order; `floor`: places nobody can take from it."""

    name: Name
    capacity: Places
    roles: tuple[Seller, ...] = ()
    ticket_types: tuple[Key, ...] = ()
    not_before: datetime | None = None
    not_after: datetime | None = None
    stash: bool = False
    steal_from: tuple[Name, ...] = ()
    floor: Places = 0
    contingent_id: UUID | None = None


Contingents = Annotated[tuple[ContingentInput, ...], validate.Length(max=100)]


@view
class ContingentState:
    """A share of a screening's capacity. Empty `roles` or `ticket_types`: no restriction."""

    contingent_id: UUID
    name: str
    capacity: int
    roles: tuple[str, ...] = ()
    ticket_types: tuple[str, ...] = ()
    not_before: datetime | None = None
    not_after: datetime | None = None
    stash: bool = False
    steal_from: tuple[UUID, ...] = ()
    floor: int = 0


# ------------------------------------------------------------------ screenings


@view
class PlaceView:
    """A room, and the venue it is in."""

    venue_id: UUID
    venue: str
    room_id: UUID
    room: str
    time_zone: str
    legal_ceiling: int


@view
class ScreeningSummary:
    """A line of a list. `missing` is what a draft still needs: room, ends_at, contingents,
    tariffs."""

    screening_id: UUID
    version: int
    state: ScreeningState
    title: I18n
    starts_at: datetime
    ends_at: datetime | None
    capacity: int
    place: PlaceView | None = None
    section: SectionView | None = None
    missing: tuple[str, ...] = ()


@view
class ScreeningPage:
    items: tuple[ScreeningSummary, ...]
    next_cursor: str | None = None


@view
class ScreeningView:
    """`title` is as shown, `own_title` what was given to the screening itself; `capacity` is the
    sum of its contingents'; `refs` what it is called elsewhere, `{source: external id}`."""

    screening_id: UUID
    version: int
    state: ScreeningState
    title: I18n
    own_title: I18n
    productions: tuple[ProductionPart, ...]
    starts_at: datetime
    ends_at: datetime | None
    note: str
    capacity: int
    contingents: tuple[ContingentState, ...]
    tariffs: tuple[TariffState, ...]
    missing: tuple[str, ...]
    refs: dict[str, str]
    metadata: Json
    place: PlaceView | None = None
    section: SectionView | None = None
    minimum_age: int | None = None
    price_grid_id: UUID | None = None


@command("catalog.create_screening.v1")
class CreateScreening:
    """A draft → ScreeningView. Without contingents it gets one, “Public”, of the room's capacity.
    Without `ends_at` it ends after the productions' durations, when all are known. Tariffs are
    given here, or by a grid. PRODUCTION_NOT_FOUND, ROOM_NOT_FOUND, SECTION_NOT_FOUND,
    PRICE_GRID_NOT_FOUND, and as SetContingents and SetTariffs."""

    production_ids: ProductionIds
    starts_at: datetime
    ends_at: datetime | None = None
    room_id: UUID | None = None
    title: OptionalTitle = field(default_factory=dict)
    note: LongText = ""
    minimum_age: Age | None = None
    section_id: UUID | None = None
    metadata: Json = field(default_factory=dict)
    contingents: Contingents = ()
    tariffs: Tariffs = ()
    price_grid_id: UUID | None = None


@command("catalog.update_screening.v1")
class UpdateScreening:
    """The whole new general state → ScreeningView; contingents and tariffs have commands of their
    own. `version`: the one that was read, refused with VERSION_OUTDATED when there is a newer one.
    SCREENING_NOT_FOUND, SCREENING_STATE when cancelled, SCREENING_INCOMPLETE when it is published
    and would lack something, CONTINGENTS_INVALID when a new room's legal ceiling is too low."""

    screening_id: UUID
    production_ids: ProductionIds
    starts_at: datetime
    ends_at: datetime | None = None
    room_id: UUID | None = None
    title: OptionalTitle = field(default_factory=dict)
    note: LongText = ""
    minimum_age: Age | None = None
    section_id: UUID | None = None
    metadata: Json = field(default_factory=dict)
    version: int | None = None


@command("catalog.set_contingents.v1")
class SetContingents:
    """All contingents of a screening → ScreeningView; Σ of their capacities is its capacity.
    CONTINGENTS_INVALID names each wrong one; SCREENING_NOT_FOUND, SCREENING_STATE,
    SCREENING_INCOMPLETE, TICKET_TYPE_NOT_FOUND, VERSION_OUTDATED."""

    screening_id: UUID
    contingents: Contingents
    version: int | None = None


@command("catalog.set_tariffs.v1")
class SetTariffs:
    """All tariffs of a screening → ScreeningView; ids are kept by key. VAT_CODE_UNKNOWN,
    TICKET_TYPE_NOT_FOUND, CURRENCY_MISMATCH, SCREENING_NOT_FOUND, SCREENING_STATE,
    SCREENING_INCOMPLETE, VERSION_OUTDATED."""

    screening_id: UUID
    tariffs: Tariffs
    version: int | None = None


@command("catalog.publish_screening.v1")
class PublishScreening:
    """A draft goes on sale → ScreeningView. SCREENING_INCOMPLETE with `errors.missing`,
    SCREENING_STATE, SCREENING_NOT_FOUND."""

    screening_id: UUID


@command("catalog.cancel_screening.v1")
class CancelScreening:
    """For good → ScreeningView. SCREENING_STATE when it is cancelled, SCREENING_NOT_FOUND."""

    screening_id: UUID


@query("catalog.get_screening.v1")
class GetScreening:
    """→ ScreeningView. SCREENING_NOT_FOUND."""

    screening_id: UUID


@query("catalog.list_screenings.v1")
class ListScreenings:
    """By start → ScreeningPage. `day` is a festival day in the venue's zone, which turns at
    04:00; `text` is looked for in titles and names."""

    day: date | None = None
    venue_id: UUID | None = None
    section_id: UUID | None = None
    state: ScreeningState | None = None
    text: Name | None = None
    cursor: str | None = None
    limit: Limit = 50


@event("catalog.screening_published.v1", consumers=("ticketing", "accounting"))
class ScreeningPublished:
    """Full state of a screening on sale or changed since; the highest version wins."""

    screening_id: UUID
    version: int
    state: ScreeningState
    title: I18n
    production_ids: tuple[UUID, ...]
    productions: tuple[str, ...]
    venue_id: UUID
    venue: str
    room_id: UUID
    room: str
    time_zone: str
    starts_at: datetime
    ends_at: datetime
    capacity: int
    legal_ceiling: int
    contingents: tuple[ContingentState, ...]
    tariffs: tuple[TariffState, ...]
    section: str | None = None
    minimum_age: int | None = None


@event("catalog.screening_cancelled.v1", consumers=("ticketing", "accounting"))
class ScreeningCancelled:
    screening_id: UUID
    version: int


# ------------------------------------------------------------------ the public programme


@view
class ProgrammeTariff:
    """What anyone may buy on the web."""

    key: str
    name: I18n
    price: Money
    valid_from: datetime | None = None
    valid_until: datetime | None = None


@view
class ProgrammeEntry:
    screening_id: UUID
    title: I18n
    productions: tuple[ProductionPart, ...]
    place: PlaceView
    starts_at: datetime
    ends_at: datetime
    note: str
    tariffs: tuple[ProgrammeTariff, ...]
    section: SectionView | None = None
    minimum_age: int | None = None


@view
class ProgrammePage:
    items: tuple[ProgrammeEntry, ...]
    next_cursor: str | None = None


@query("catalog.get_programme.v1")
class GetProgramme:
    """Published screenings by start, for everybody → ProgrammePage: those of a festival `day`, or
    all that are not over. `language`: shown in it (ISO 639)."""

    day: date | None = None
    venue_id: UUID | None = None
    section_id: UUID | None = None
    production_id: UUID | None = None
    language: Language | None = None
    text: Name | None = None
    cursor: str | None = None
    limit: Annotated[int, validate.Range(min=1, max=2_000)] = 50


@query("catalog.get_calendar.v1")
class GetCalendar:
    """The same as an iCalendar file (RFC 5545), at most 5000 → CalendarFile."""

    day: date | None = None
    venue_id: UUID | None = None
    section_id: UUID | None = None
    production_id: UUID | None = None
    language: Language | None = None
    text: Name | None = None


@view
class CalendarFile:
    content_type: str
    filename: str
    content: str  # base64


@query("catalog.get_programme_version.v1")
class GetProgrammeVersion:
    """→ ProgrammeVersion: as long as it is the same, so is what GetProgramme and GetCalendar
    answer. Cheap to ask."""


@view
class ProgrammeVersion:
    version: str
