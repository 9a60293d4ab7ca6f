"""Entries and revenue by weekday, hour, tariff, venue, room, and the most sold (c-26).

Read from counters, so what it costs depends on screenings and hours, not on tickets. By supply:
when and where the screening takes place. By sale: when it was sold (places, revenue) or scanned
(entries). Passes have no screening: their revenue stands in the views by sale alone.
"""

from typing import Any

from sqlalchemy import Date, Select, String, cast, func, literal, select

from contracts.accounting import (
    GetStatistics,
    StatisticsAxis,
    StatisticsBy,
    StatisticsRow,
    StatisticsView,
)
from contracts.errors import Code, DomainError
from contracts.money import Money
from services.accounting.models import HourCounter, Screening, ScreeningCounter
from services.accounting.models.calendar import DAY_TURNS_AT
from services.chassis.unit_of_work import UnitOfWork

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

# The screening's own clock; its day turns at 04:00, its hour does not.
STARTS = func.timezone(Screening.time_zone, Screening.starts_at)
SUPPLY_DAY = cast(STARTS - DAY_TURNS_AT, Date)
TITLE = func.coalesce(
    Screening.title["fr"].astext, Screening.title["de"].astext, Screening.title["en"].astext,
    Screening.title["it"].astext, "",
)


def get_statistics(uow: UnitOfWork, query: GetStatistics) -> StatisticsView:
    if query.first_day and query.last_day and query.last_day < query.first_day:
        raise DomainError(Code.PERIOD_INVALID, "The period ends before it begins.",
                          {"last_day": ["Must not be before first_day."]})
    rows = [
        StatisticsRow(
            key=row.key, label=_label(query.by, row), sold=int(row.sold),
            entries=int(row.entries), revenue=Money(int(row.revenue)),
            **({"capacity": row.capacity, "cancelled": row.cancelled}
               if query.by is StatisticsBy.TOP else {}),
        )
        for row in uow.session.execute(_grouped(query))
    ]
    return StatisticsView(
        by=query.by, axis=query.axis, rows=tuple(rows), sold=sum(row.sold for row in rows),
        entries=sum(row.entries for row in rows),
        revenue=Money(sum(row.revenue.amount for row in rows)),
    )


def _grouped(query: GetStatistics) -> Select[Any]:
    if query.axis is StatisticsAxis.SALE:
        return _by_sale(query)
    return _top(query) if query.by is StatisticsBy.TOP else _by_supply(query)


def _by_supply(query: GetStatistics) -> Select[Any]:
    key, label = {
        StatisticsBy.WEEKDAY: (_text(func.extract("isodow", SUPPLY_DAY)), literal("")),
        StatisticsBy.HOUR: (func.to_char(STARTS, "HH24"), literal("")),
        StatisticsBy.TARIFF: (ScreeningCounter.tariff, func.max(ScreeningCounter.tariff_name)),
        StatisticsBy.VENUE: (_text(Screening.venue_id), func.max(Screening.venue)),
        StatisticsBy.ROOM: (
            _text(Screening.room_id), func.max(Screening.venue + ", " + Screening.room)
        ),
    }[query.by]
    return (
        _within(query, SUPPLY_DAY, select(
            func.coalesce(key, "").label("key"), label.label("label"), *_sums(ScreeningCounter)
        ).join(Screening, Screening.id == ScreeningCounter.screening_id))
        .group_by(key).order_by(key)
    )


def _by_sale(query: GetStatistics) -> Select[Any]:
    keys = {
        StatisticsBy.WEEKDAY: (_text(func.extract("isodow", HourCounter.day)), literal("")),
        StatisticsBy.HOUR: (func.lpad(_text(HourCounter.hour), 2, "0"), literal("")),
        StatisticsBy.TARIFF: (HourCounter.tariff, func.max(HourCounter.tariff_name)),
    }
    if query.by not in keys:
        raise DomainError(Code.VALIDATION_FAILED, "This is known by supply only.",
                          {"axis": ["Must be supply for venue, room and top."]})
    key, label = keys[query.by]
    return (
        _within(query, HourCounter.day, select(
            key.label("key"), label.label("label"), *_sums(HourCounter)
        ))
        .group_by(key).order_by(key)
    )


def _top(query: GetStatistics) -> Select[Any]:
    sold, entries, revenue = _sums(ScreeningCounter)
    return (
        _within(query, SUPPLY_DAY, select(
            _text(Screening.id).label("key"), TITLE.label("label"), Screening.capacity,
            (Screening.cancelled_version > Screening.version).label("cancelled"),
            sold, entries, revenue,
        ).join(Screening, Screening.id == ScreeningCounter.screening_id))
        .group_by(Screening.id).order_by(sold.desc(), Screening.id).limit(query.limit)
    )


def _sums(model: type[ScreeningCounter] | type[HourCounter]) -> tuple[Any, Any, Any]:
    return (
        func.sum(model.sold).label("sold"), func.sum(model.entries).label("entries"),
        func.sum(model.revenue).label("revenue"),
    )


def _within(query: GetStatistics, day: Any, statement: Select[Any]) -> Select[Any]:
    if query.first_day is not None:
        statement = statement.where(day >= query.first_day)
    if query.last_day is not None:
        statement = statement.where(day <= query.last_day)
    return statement


def _text(column: Any) -> Any:
    return cast(column, String)


def _label(by: StatisticsBy, row: Any) -> str:
    if by is StatisticsBy.WEEKDAY and row.key:
        return WEEKDAYS[int(row.key) - 1]
    if by is StatisticsBy.HOUR and row.key:
        return f"{row.key}:00–{(int(row.key) + 1) % 24:02d}:00"
    return row.label or row.key
