"""Prices and what they belong to: tariffs, price grids, ticket types and VAT codes."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from marshmallow import validate

from contracts.catalog.parts import Key, Limit, Seller, Title
from contracts.catalog.policies import AskedField, AskedFields, BookingPolicy
from contracts.message import Count, I18n, Name, command, event, query, view
from contracts.money import Money


class TicketTypeKind(StrEnum):
    SINGLE = "single"
    CARD = "card"  # n entries
    SUBSCRIPTION = "subscription"
    ACCREDITATION = "accreditation"
    MEMBER = "member"
    GIFT = "gift"  # a gift voucher


# ------------------------------------------------------------------ tariffs


@view
class TariffInput:
    """A tariff, told apart by its key. Without `value` a place is worth its price. Empty lists:
    no restriction; `ticket_types` are keys."""

    key: Key
    name: Title
    price: Money
    vat_code: Key
    value: Money | None = None
    roles: tuple[Seller, ...] = ()
    sale_points: tuple[UUID, ...] = ()
    ticket_types: tuple[Key, ...] = ()
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    tags: tuple[Name, ...] = ()


Tariffs = Annotated[tuple[TariffInput, ...], validate.Length(max=100)]


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


# ------------------------------------------------------------------ price grids


@view
class PriceGridView:
    price_grid_id: UUID
    version: int
    name: str
    tariffs: tuple[TariffState, ...]


@view
class PriceGridPage:
    items: tuple[PriceGridView, ...]
    next_cursor: str | None = None


@view
class TariffDifference:
    """What a grid does to the tariffs of one screening, by key. `kept`: edited by hand, and not
    as the grid says."""

    screening_id: UUID
    added: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]
    kept: tuple[str, ...] = ()


@view
class PriceGridApplication:
    """`preview`: nothing was written."""

    price_grid_id: UUID
    preview: bool
    differences: tuple[TariffDifference, ...]


@command("catalog.create_price_grid.v1")
class CreatePriceGrid:
    """→ PriceGridView. NAME_TAKEN, VAT_CODE_UNKNOWN, TICKET_TYPE_NOT_FOUND, CURRENCY_MISMATCH."""

    name: Name
    tariffs: Tariffs


@command("catalog.update_price_grid.v1")
class UpdatePriceGrid:
    """The whole new state → PriceGridView; screenings keep their tariffs until it is applied
    again. PRICE_GRID_NOT_FOUND, VERSION_OUTDATED, and as CreatePriceGrid."""

    price_grid_id: UUID
    name: Name
    tariffs: Tariffs
    version: int | None = None


@command("catalog.apply_price_grid.v1")
class ApplyPriceGrid:
    """Give screenings the tariffs of a grid, all or none → PriceGridApplication. What was edited
    by hand since a grid was last applied stays, unless `overwrite`. A tariff keeps its id where
    its key was there before. `preview` only shows the difference.
    PRICE_GRID_NOT_FOUND, SCREENING_NOT_FOUND, SCREENING_STATE when one is cancelled."""

    price_grid_id: UUID
    screening_ids: Annotated[tuple[UUID, ...], validate.Length(min=1, max=500)]
    preview: bool = False
    overwrite: bool = False


@query("catalog.get_price_grid.v1")
class GetPriceGrid:
    """→ PriceGridView. PRICE_GRID_NOT_FOUND."""

    price_grid_id: UUID


@query("catalog.list_price_grids.v1")
class ListPriceGrids:
    """By name → PriceGridPage."""

    cursor: str | None = None
    limit: Limit = 50


# ------------------------------------------------------------------ ticket types


@view
class WindowInput:
    """A window to keep (with its id) or to add: a frame (open ends: the whole edition), so many
    minutes from the first use (within a frame, if there is one), or one screening."""

    bookings: Count
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    duration_min: Annotated[int, validate.Range(min=1, max=527_040)] | None = None
    screening_id: UUID | None = None
    window_id: UUID | None = None


Windows = Annotated[tuple[WindowInput, ...], validate.Length(max=50)]


@view
class WindowState:
    """What a pass covers: `bookings` places within a frame (open ends: the whole edition), within
    `duration_min` minutes of the first use, or in one screening."""

    window_id: UUID
    bookings: int
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    duration_min: int | None = None
    screening_id: UUID | None = None


@view
class TicketTypeView:
    ticket_type_id: UUID
    version: int
    key: str
    name: I18n
    kind: TicketTypeKind
    wallet_allowed: bool
    windows: tuple[WindowState, ...]
    tariffs: tuple[TariffState, ...]
    active: bool
    policy: BookingPolicy = BookingPolicy()
    fields: tuple[AskedField, ...] = ()


@view
class TicketTypePage:
    items: tuple[TicketTypeView, ...]
    next_cursor: str | None = None


@command("catalog.create_ticket_type.v1")
class CreateTicketType:
    """→ TicketTypeView. A single ticket has no windows: its screening is its window (c-14); any
    other kind has one at least. SCREENING_NOT_FOUND of a window, NAME_TAKEN when the key is,
    VAT_CODE_UNKNOWN, TICKET_TYPE_NOT_FOUND, CURRENCY_MISMATCH."""

    key: Key
    name: Title
    kind: TicketTypeKind
    wallet_allowed: bool = True
    windows: Windows = ()
    tariffs: Tariffs = ()
    policy: BookingPolicy = BookingPolicy()
    fields: AskedFields = ()


@command("catalog.update_ticket_type.v1")
class UpdateTicketType:
    """The whole new state → TicketTypeView; key and kind stay. VERSION_OUTDATED, and as
    CreateTicketType."""

    ticket_type_id: UUID
    name: Title
    wallet_allowed: bool
    active: bool
    windows: Windows = ()
    tariffs: Tariffs = ()
    policy: BookingPolicy = BookingPolicy()
    fields: AskedFields = ()
    version: int | None = None


@query("catalog.get_ticket_type.v1")
class GetTicketType:
    """→ TicketTypeView. TICKET_TYPE_NOT_FOUND."""

    ticket_type_id: UUID


@query("catalog.list_ticket_types.v1")
class ListTicketTypes:
    """By key → TicketTypePage."""

    active: bool | None = None
    cursor: str | None = None
    limit: Limit = 50


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
    policy: BookingPolicy = BookingPolicy()
    fields: tuple[AskedField, ...] = ()


# ------------------------------------------------------------------ VAT codes


@view
class VatRate:
    """`rate_bp` in basis points (810 = 8.1 %), for supplies from `valid_from` on."""

    valid_from: date
    rate_bp: Annotated[int, validate.Range(min=0, max=10_000)]


@view
class VatCodeView:
    key: str
    version: int
    label: I18n
    rates: tuple[VatRate, ...]


@view
class VatCodePage:
    items: tuple[VatCodeView, ...]
    next_cursor: str | None = None


@command("catalog.set_vat_code.v1")
class SetVatCode:
    """Create a code, or give it its whole new state → VatCodeView. `rates` is empty for excluded
    supplies; otherwise each holds until the next (c-22)."""

    key: Key
    label: Title
    rates: Annotated[tuple[VatRate, ...], validate.Length(max=50)] = ()


@query("catalog.list_vat_codes.v1")
class ListVatCodes:
    """By key → VatCodePage."""

    cursor: str | None = None
    limit: Limit = 50


@event("catalog.vat_code_changed.v1", consumers=("ticketing", "accounting"))
class VatCodeChanged:
    """`rates` is empty for excluded supplies."""

    key: str
    version: int
    label: I18n
    rates: tuple[VatRate, ...]
