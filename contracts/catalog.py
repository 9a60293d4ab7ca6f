"""What may be said about the programme: venues, productions, screenings, tariffs."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from contracts.message import I18n, event, view
from contracts.money import Money


class ScreeningState(StrEnum):
    DRAFT = "draft"
    PUBLISHED = "published"
    CANCELLED = "cancelled"


class TicketTypeKind(StrEnum):
    SINGLE = "single"
    CARD = "card"  # n entries
    SUBSCRIPTION = "subscription"
    ACCREDITATION = "accreditation"
    MEMBER = "member"


# ------------------------------------------------------------------ parts of events


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


@view
class TariffState:
    """`value` is what the place is worth (c-15). Empty lists: no restriction."""

    tariff_id: UUID
    key: str
    name: I18n
    price: Money
    value: Money
    vat_code: str
    roles: tuple[str, ...] = ()
    sale_points: tuple[UUID, ...] = ()
    ticket_types: tuple[str, ...] = ()
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    tags: tuple[str, ...] = ()


@view
class VatRate:
    """`rate_bp` in basis points (810 = 8.1 %), for supplies from `valid_from` on."""

    valid_from: date
    rate_bp: int


@view
class WindowState:
    """What a pass covers: `bookings` places within a frame (open ends: the whole edition)."""

    window_id: UUID
    bookings: int
    starts_at: datetime | None = None
    ends_at: datetime | None = None


# ------------------------------------------------------------------ events


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


@event("catalog.ticket_type_changed.v1", consumers=("ticketing",))
class TicketTypeChanged:
    """Full state of a kind of pass; the highest version wins."""

    ticket_type_id: UUID
    version: int
    key: str
    name: I18n
    kind: TicketTypeKind
    wallet_allowed: bool
    windows: tuple[WindowState, ...]
    tariffs: tuple[TariffState, ...]
    active: bool


@event("catalog.vat_code_changed.v1", consumers=("ticketing", "accounting"))
class VatCodeChanged:
    """`rates` is empty for excluded supplies."""

    key: str
    version: int
    label: I18n
    rates: tuple[VatRate, ...]
