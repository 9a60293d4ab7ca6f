"""Planning many screenings at once: made by the dozen, edited together, looked at for clashes."""

from dataclasses import field
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from marshmallow import validate

from contracts.catalog.imports import Clock
from contracts.catalog.parts import Age, Limit, Minutes, OptionalTitle
from contracts.catalog.screenings import ContingentInput, Contingents, ProductionIds
from contracts.message import I18n, LongText, Name, command, query, view

Some = Annotated[tuple[UUID, ...], validate.Length(min=1, max=500)]


@view
class Slot:
    """A screening's time in a room."""

    screening_id: UUID
    title: I18n
    starts_at: datetime
    ends_at: datetime | None


@view
class RoomClash:
    """Too little between two screenings of a room: `pause_min` (negative: they overlap) where the
    room needs `turnover_min`. A warning, never a refusal."""

    room_id: UUID
    room: str
    first: Slot
    second: Slot
    pause_min: int
    turnover_min: int


@view
class RoomClashes:
    items: tuple[RoomClash, ...]


@query("catalog.list_clashes.v1")
class ListClashes:
    """The first 200 clashes of a festival day, or of all that is to come → RoomClashes."""

    day: date | None = None


# ------------------------------------------------------------------ one production, many times


@view
class ScheduledScreening:
    """One to be made, or made: then with its id."""

    starts_at: datetime
    ends_at: datetime | None
    room_id: UUID
    room: str
    screening_id: UUID | None = None


@view
class Schedule:
    """`preview`: nothing was written."""

    preview: bool
    screenings: tuple[ScheduledScreening, ...]
    clashes: tuple[RoomClash, ...]


@command("catalog.schedule_screenings.v1")
class ScheduleScreenings:
    """One screening of the productions for each room, day and time (of the clock in the room's
    zone; before 04:00 it belongs to the night of the day), at most 500, all or none → Schedule.
    Without `duration_min` they end after the productions. `publish` puts them on sale at once.
    PRODUCTION_NOT_FOUND, ROOM_NOT_FOUND, SECTION_NOT_FOUND, PRICE_GRID_NOT_FOUND,
    SCREENING_INCOMPLETE; VALIDATION_FAILED names times that the change to summer time skips."""

    production_ids: ProductionIds
    room_ids: Annotated[tuple[UUID, ...], validate.Length(min=1, max=50)]
    days: Annotated[tuple[date, ...], validate.Length(min=1, max=100)]
    times: Annotated[tuple[Clock, ...], validate.Length(min=1, max=50)]
    duration_min: Minutes | None = None
    title: OptionalTitle = field(default_factory=dict)
    note: LongText = ""
    minimum_age: Age | None = None
    section_id: UUID | None = None
    price_grid_id: UUID | None = None
    publish: bool = False
    preview: bool = False


# ------------------------------------------------------------------ many screenings, one edit


class BulkState(StrEnum):
    PUBLISH = "publish"
    CANCEL = "cancel"


@view
class BulkChange:
    """What becomes of one screening; `fields` are the parts that change."""

    screening_id: UUID
    title: I18n
    fields: tuple[str, ...]
    starts_at: datetime
    capacity: int
    tariffs_kept: tuple[str, ...] = ()


@view
class BulkEdit:
    """`preview`: nothing was written. What does not change is not listed."""

    preview: bool
    changed: tuple[BulkChange, ...]
    unchanged: int
    clashes: tuple[RoomClash, ...]


@command("catalog.edit_screenings.v1")
class EditScreenings:
    """The same edit on many screenings, all or none → BulkEdit. What is not said stays:
    `price_grid_id` gives them the grid's tariffs (those edited by hand stay, unless
    `overwrite_tariffs`), `contingent_template_id` its contingents, `shift_min` another time,
    `room_id` another room, `state` puts them on sale or cancels them. SCREENING_NOT_FOUND,
    SCREENING_STATE, SCREENING_INCOMPLETE, CONTINGENTS_INVALID, PRICE_GRID_NOT_FOUND,
    TEMPLATE_NOT_FOUND, ROOM_NOT_FOUND: `errors.screening_id` says which one."""

    screening_ids: Some
    price_grid_id: UUID | None = None
    overwrite_tariffs: bool = False
    contingent_template_id: UUID | None = None
    shift_min: Annotated[int, validate.Range(min=-527_040, max=527_040)] = 0
    room_id: UUID | None = None
    state: BulkState | None = None
    preview: bool = False


# ------------------------------------------------------------------ contingent templates


@view
class TemplateView:
    """Contingents to start from; `room_ids` whose new screenings get them by themselves."""

    template_id: UUID
    version: int
    name: str
    contingents: tuple[ContingentInput, ...]
    room_ids: tuple[UUID, ...]


@view
class TemplatePage:
    items: tuple[TemplateView, ...]
    next_cursor: str | None = None


Rooms = Annotated[tuple[UUID, ...], validate.Length(max=200)]


@command("catalog.create_template.v1")
class CreateTemplate:
    """→ TemplateView. A room has one template: the last that names it. NAME_TAKEN, ROOM_NOT_FOUND,
    CONTINGENTS_INVALID, TICKET_TYPE_NOT_FOUND."""

    name: Name
    contingents: Contingents
    room_ids: Rooms = ()


@command("catalog.update_template.v1")
class UpdateTemplate:
    """The whole new state → TemplateView; screenings stay as they are. TEMPLATE_NOT_FOUND,
    VERSION_OUTDATED, and as CreateTemplate."""

    template_id: UUID
    name: Name
    contingents: Contingents
    room_ids: Rooms = ()
    version: int | None = None


@query("catalog.list_templates.v1")
class ListTemplates:
    """By name → TemplatePage."""

    cursor: str | None = None
    limit: Limit = 50
