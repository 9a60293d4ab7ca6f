"""Statistics: entries and revenue, by what one wants to know."""

from datetime import date
from enum import StrEnum

from contracts.accounting.registers import Limit
from contracts.message import query, view
from contracts.money import Money


class StatisticsBy(StrEnum):
    WEEKDAY = "weekday"  # keys 1 (Monday) to 7
    HOUR = "hour"  # keys 00 to 23
    TARIFF = "tariff"
    VENUE = "venue"
    ROOM = "room"
    TOP = "top"  # screenings, most sold places first


class StatisticsAxis(StrEnum):
    """By when it takes place, or by when it was sold (places, revenue) and scanned (entries)."""

    SUPPLY = "supply"
    SALE = "sale"


@view
class StatisticsRow:
    """`entries`: first scans in; `sold`: places sold. Two columns on purpose (c-26).

    `capacity` and `cancelled` are told of screenings (`top`) only.
    """

    key: str
    label: str
    sold: int
    entries: int
    revenue: Money
    capacity: int | None = None
    cancelled: bool = False


@view
class StatisticsView:
    by: StatisticsBy
    axis: StatisticsAxis
    rows: tuple[StatisticsRow, ...]
    sold: int
    entries: int
    revenue: Money


@query("accounting.get_statistics.v1")
class GetStatistics:
    """Answers StatisticsView. `limit` is for `top`. Venue, room and top know the supply axis only.
    """

    by: StatisticsBy
    axis: StatisticsAxis = StatisticsAxis.SUPPLY
    first_day: date | None = None
    last_day: date | None = None
    limit: Limit = 50
