"""Counting sales and entries as they are told (c-26)."""

from collections import defaultdict
from datetime import date, datetime
from typing import Any

from contracts.ticketing import CheckedIn, Direction, LineKind, OrderPaid
from services.accounting.models import (
    HourCounter,
    ScreeningCounter,
    business_day,
    local,
)
from services.accounting.models.rows import insert_rows
from services.chassis.unit_of_work import UnitOfWork

Counter = type[ScreeningCounter] | type[HourCounter]
Sums = dict[tuple[Any, ...], dict[str, Any]]


def count_sales(uow: UnitOfWork, events: list[OrderPaid]) -> None:
    """Places and revenue of screenings by screening and by hour of sale; of passes the revenue
    only, by hour: they are no place in any room."""
    screenings: Sums = defaultdict(_nothing)
    hours: Sums = defaultdict(_nothing)
    for event in events:
        day, hour = _hour(event.paid_at)
        for line in event.lines:
            if line.kind not in (LineKind.SCREENING, LineKind.PASS):
                continue
            tariff = line.tariff or ""
            groups = [hours[day, hour, tariff]]
            if line.screening_id is not None:
                groups.append(screenings[line.screening_id, tariff])
            for sums in groups:
                sums["sold"] += line.quantity if line.kind is LineKind.SCREENING else 0
                sums["revenue"] += line.gross.amount
                sums["tariff_name"] = max(sums["tariff_name"], line.tariff_name or "")
    _add(uow, ScreeningCounter, ("screening_id", "tariff"), screenings)
    _add(uow, HourCounter, ("day", "hour", "tariff"), hours)


def count_entries(uow: UnitOfWork, events: list[CheckedIn]) -> None:
    """The first way in of a ticket to a screening; every other scan changes nothing."""
    screenings: Sums = defaultdict(_nothing)
    hours: Sums = defaultdict(_nothing)
    for event in events:
        if event.direction is Direction.IN and event.first_entry:
            tariff = event.tariff or ""
            screenings[event.screening_id, tariff]["entries"] += 1
            hours[(*_hour(event.checked_at), tariff)]["entries"] += 1
    _add(uow, ScreeningCounter, ("screening_id", "tariff"), screenings)
    _add(uow, HourCounter, ("day", "hour", "tariff"), hours)


def _nothing() -> dict[str, Any]:
    return {"sold": 0, "entries": 0, "revenue": 0, "tariff_name": ""}


def _hour(at: datetime) -> tuple[date, int]:
    return business_day(at), local(at).hour


def _add(uow: UnitOfWork, model: Counter, names: tuple[str, ...], sums: Sums) -> None:
    """In the order of the keys, so that two lists never wait for one another in a circle."""
    insert_rows(uow.session, model, [
        dict(zip(names, key, strict=True)) | values
        for key, values in sorted(sums.items(), key=lambda item: [str(part) for part in item[0]])
    ], add_up=("sold", "entries", "revenue"), greatest=("tariff_name",))
