"""Repeated days, by the rules of RFC 5545 that programmes use.

Each day of the window is asked whether the rule means it. So no rule, however hostile, takes
longer than the window is long; one that would need hours or positions is `Unreadable`.
"""

import re
from calendar import monthrange
from collections.abc import Iterator
from datetime import date, datetime, timedelta

from services.catalog.importers.dates import Unreadable

WINDOW = 2 * 366  # days after the first
MAX_DAYS = 500
_WEEKDAYS = {name: number for number, name in enumerate(("MO", "TU", "WE", "TH", "FR", "SA", "SU"))}
_KNOWN = {"FREQ", "INTERVAL", "COUNT", "UNTIL", "BYDAY", "BYMONTHDAY", "BYMONTH", "WKST"}
_BY_DAY = re.compile(r"([+-]?\d{1,2})?(MO|TU|WE|TH|FR|SA|SU)")


class Rule:
    """An RRULE that begins on a day."""

    def __init__(self, text: str, first: date) -> None:
        parts = dict(part.split("=", 1) for part in text.upper().split(";") if "=" in part)
        self.first = first
        self.every = parts.get("FREQ", "")
        if self.every not in ("DAILY", "WEEKLY", "MONTHLY", "YEARLY") or parts.keys() - _KNOWN:
            raise _unsupported(text)
        try:
            self.interval = max(1, int(parts.get("INTERVAL", "1")))
            self.count = min(MAX_DAYS, int(parts.get("COUNT", MAX_DAYS)))
            self.until = _day(parts["UNTIL"]) if "UNTIL" in parts else date.max
            self.month_days = _numbers(parts.get("BYMONTHDAY", ""))
            self.months = _numbers(parts.get("BYMONTH", ""))
        except ValueError:
            raise _unsupported(text) from None
        self.weekdays = []
        for part in filter(None, parts.get("BYDAY", "").split(",")):
            found = _BY_DAY.fullmatch(part)
            if found is None or (found[1] and self.every in ("DAILY", "WEEKLY")):
                raise _unsupported(text)
            self.weekdays.append((int(found[1] or 0), _WEEKDAYS[found[2]]))

    def days(self) -> Iterator[date]:
        """The first day, and each further one within the window, the count and the end."""
        found = 0
        for offset in range(WINDOW):
            if found >= self.count or self.first > date.max - timedelta(days=offset):
                return
            day = self.first + timedelta(days=offset)
            if day > self.until:
                return
            if offset == 0 or self._means(day):
                found += 1
                yield day

    def _means(self, day: date) -> bool:
        months = (day.year - self.first.year) * 12 + day.month - self.first.month
        monday = self.first - timedelta(days=self.first.weekday())
        passed = {
            "DAILY": (day - self.first).days,
            "WEEKLY": (day - monday).days // 7,
            "MONTHLY": months,
            "YEARLY": day.year - self.first.year,
        }[self.every]
        if passed % self.interval or (self.months and day.month not in self.months):
            return False
        if self.month_days:
            length = monthrange(day.year, day.month)[1]
            if not {day.day, day.day - length - 1} & self.month_days:
                return False
        if self.weekdays:
            return any(self._is_weekday(day, nth, weekday) for nth, weekday in self.weekdays)
        if self.every == "WEEKLY":
            return day.weekday() == self.first.weekday()
        if self.every == "YEARLY" and not self.months and day.month != self.first.month:
            return False
        return self.every == "DAILY" or bool(self.month_days) or day.day == self.first.day

    def _is_weekday(self, day: date, nth: int, weekday: int) -> bool:
        """The nth of its month, counted from the end when negative; any when 0."""
        if day.weekday() != weekday:
            return False
        length = monthrange(day.year, day.month)[1]
        return nth in (0, (day.day - 1) // 7 + 1, -((length - day.day) // 7 + 1))


def _numbers(text: str) -> set[int]:
    return {int(part) for part in text.split(",") if part}


def _day(text: str) -> date:
    return datetime.strptime(text[:8], "%Y%m%d").date()


def _unsupported(text: str) -> Unreadable:
    return Unreadable(
        "RECURRENCE_UNSUPPORTED",
        f"The repetition “{text[:80]}” is not understood; only the first date was read.",
    )
