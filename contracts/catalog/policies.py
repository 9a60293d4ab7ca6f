"""What a kind of pass asks and allows: its booking policy, and the fields of its holder."""

from enum import StrEnum
from typing import Annotated
from uuid import UUID

from marshmallow import validate

from contracts.catalog.parts import Key, Title
from contracts.message import Name, view

Long = Annotated[int, validate.Range(min=0, max=527_040)]  # minutes, a year
Some = Annotated[int, validate.Range(min=1, max=10_000)]


@view
class BookingPolicy:
    """When and how much a pass may book; None: no limit. Booking `opens_before_min` and
    `closes_before_min` minutes before the start; at most so many `per_day` (festival days),
    `per_screening`, and `max_active` that are not over; `overlap_buffer_min` between two of them;
    `desk_bonus` more per day at a desk. After `strikes` no-shows it books nothing for
    `strike_block_min` minutes."""

    opens_before_min: Long | None = None
    closes_before_min: Long | None = None
    per_day: Some | None = None
    per_screening: Some | None = None
    max_active: Some | None = None
    overlap_buffer_min: Long | None = None
    desk_bonus: Annotated[int, validate.Range(min=0, max=100)] = 0
    strikes: Some | None = None
    strike_block_min: Long | None = None


class FieldKind(StrEnum):
    TEXT = "text"
    EMAIL = "email"
    PHONE = "phone"
    DATE = "date"
    CHOICE = "choice"
    PHOTO = "photo"


class Asked(StrEnum):
    REQUESTED = "requested"
    REQUIRED = "required"


@view
class AskedField:
    """A field of the holder. `sale_points`: asked there only, empty: everywhere; of two entries
    with one key the one that names the sale point counts. `choices` of the kind choice."""

    key: Key
    label: Title
    kind: FieldKind = FieldKind.TEXT
    asked: Asked = Asked.REQUESTED
    sale_points: Annotated[tuple[UUID, ...], validate.Length(max=200)] = ()
    choices: Annotated[tuple[Name, ...], validate.Length(max=200)] = ()


AskedFields = Annotated[tuple[AskedField, ...], validate.Length(max=100)]
