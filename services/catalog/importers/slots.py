"""When a row's screenings begin and end."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import product
from zoneinfo import ZoneInfo

from services.catalog.importers import dates, spans
from services.catalog.importers.dates import Unreadable
from services.catalog.importers.mapping import Mapping, Row
from services.catalog.importers.record import ImportRefused, Options, Severity
from services.catalog.importers.spans import WITHOUT_TIME

SMALL_HOURS = 6 * 60
LONGEST_NIGHT = timedelta(hours=12)  # up to here an end before its start is the next day's
LONGEST = timedelta(days=31)
Report = Callable[[int, str, str, str, Severity], None]


@dataclass(frozen=True, slots=True)
class Slot:
    starts_at: datetime
    ends_at: datetime | None
    group: int | None  # of the columns it was read from


class Clock:
    """Reads the time columns of a mapping; what it cannot read goes to `report`."""

    def __init__(self, mapping: Mapping, options: Options, report: Report) -> None:
        self.mapping = mapping
        self.options = options
        self.report = report
        self.calendar = dates.Calendar(options.first_day, options.date_order or "dmy")
        self.small_hours = 0
        if options.first_day and options.first_day.year not in dates.YEARS:
            raise ImportRefused("FIRST_DAY_IMPOSSIBLE", "The edition's first day is out of reach.")
        try:
            self.zone = ZoneInfo(options.zone)
        except (KeyError, OSError, ValueError):
            raise ImportRefused(
                "ZONE_UNKNOWN", f"There is no time zone “{options.zone[:60]}”."
            ) from None

    def settle_date_order(self, rows: Iterable[Row]) -> None:
        """Whole columns prove whether 04/05 is May or April; a cell alone never decides."""
        if self.options.date_order:
            return
        fields = ("start", "date", "showings", "end", "end_date")
        columns = {s.column for f in fields for s in self.mapping.sources.get(f, ())} - {""}
        order = dates.date_order(row[column] for row in rows for column in columns)
        self.calendar = replace(self.calendar, order=order or "dmy")
        if order is None:
            self._warn(
                0, "date", "DATE_ORDER_ASSUMED",
                "Nothing proves whether 04/05 is 4 May or April 5; it was read as 4 May.",
            )

    def slots(self, number: int, row: Row) -> Iterator[Slot]:
        for group in self.mapping.groups:
            try:
                starts = self._starts(number, row, group)
            except Unreadable as problem:
                severity = Severity.WARNING if problem.code == WITHOUT_TIME else Severity.ERROR
                self.report(number, "start", problem.code, problem.sentence, severity)
                continue
            for starts_at, end in starts:
                self._check_edition(number, starts_at)
                yield Slot(starts_at, self._end(number, row, group, starts_at, end), group)

    def conclude(self) -> None:
        if self.small_hours:
            self._warn(
                0, "time", "AFTER_MIDNIGHT",
                f"{self.small_hours} screenings begin between midnight and 6:00. They were put on "
                "the date as written; say at which hour the festival's day ends if they belong "
                "to the night after it.",
            )

    def _warn(self, number: int, field: str, code: str, sentence: str) -> None:
        self.report(number, field, code, sentence, Severity.WARNING)

    # ------------------------------------------------------------------ start

    def _starts(
        self, number: int, row: Row, group: int | None
    ) -> list[tuple[datetime, int | None]]:
        """Each start, with the minutes of the end where the cell says “10:00-11:30”."""
        get = self.mapping.first
        if written := get("showings", row, group) or get("start", row, group):
            return self._from_text(number, written)
        day_text, time_text = get("date", row, group), get("time", row, group)
        if not (day_text or time_text) and group is not None:
            return []
        if not dates.may_be_time(time_text):
            return self._from_date_cell(number, day_text, time_text)
        if not day_text:
            raise Unreadable("DATE_MISSING", "The row has a time but no date.")
        times = dates.read_times(time_text)
        if every := self._daily(number, row, group, day_text, times):
            return every
        days = dates.split_several(day_text, self._day)
        if len(days) > 1 and len(times) > 1:
            raise Unreadable(
                "CELL_AMBIGUOUS", "Several dates and several times: which time is on which date?"
            )
        return [
            (self._instant(number, (self._day(day), self._of_festival_day(minutes))), end)
            for day, (minutes, end) in product(days, times)
        ]

    def _daily(
        self, number: int, row: Row, group: int | None, day_text: str,
        times: list[tuple[int, int | None]],
    ) -> list[tuple[datetime, int | None]]:
        """“From 2 August, to 26 August, at 14:50” is each of these days; else nothing."""
        last_text = self.mapping.first("end_date", row, group)
        end_text = self.mapping.first("end", row, group)
        try:
            first, last = self._day(day_text), self._day(last_text or day_text)
            end = dates.read_time(end_text) if end_text else None
        except Unreadable:
            return []
        if not first < last <= first + timedelta(days=spans.MAX_DAYS) or (
            end is not None and end <= times[0][0]  # one night, into the next day
        ):
            return []
        self._warn(
            number, "date", "READ_AS_DAILY",
            f"{first:%d.%m.%Y} to {last:%d.%m.%Y} was read as one screening on each day.",
        )
        return [
            (self._instant(number, (first + timedelta(days=offset), self._of_festival_day(start))),
             own_end if own_end is not None else end)
            for offset in range((last - first).days + 1) for start, own_end in times
        ]

    def _from_text(self, number: int, text: str) -> list[tuple[datetime, int | None]]:
        """Of one or several moments, or days with a time and perhaps an end."""
        return [
            (self._instant(number, moment), end)
            for part in dates.split_several(text, self._spans) for moment, end in self._spans(part)
        ]

    def _from_date_cell(
        self, number: int, day_text: str, time_text: str
    ) -> list[tuple[datetime, int | None]]:
        """Without a time of its own, a date cell may still hold both (“12.07. 20:30”)."""
        try:
            return self._from_text(number, day_text)
        except Unreadable:
            what = f"“{time_text[:60]}” is no time" if time_text else "The row has no time"
            raise Unreadable(
                WITHOUT_TIME, f"{what}: its production was read, but no screening."
            ) from None

    def _day(self, text: str) -> date:
        return dates.read_date(text, self.calendar)

    def _spans(self, text: str) -> list[spans.Span]:
        return spans.read(text, self.calendar)

    def _moment(self, text: str) -> dates.Moment:
        return dates.read_moment(text, self.calendar)

    def _of_festival_day(self, minutes: int) -> int:
        """A time before the cut-off belongs to the night after the written date."""
        cutoff = self.options.day_cutoff
        if cutoff is None:
            self.small_hours += minutes < SMALL_HOURS
            return minutes
        return minutes + dates.DAY if minutes < cutoff.hour * 60 + cutoff.minute else minutes

    def _instant(self, number: int, moment: dates.Moment) -> datetime:
        if isinstance(moment, datetime):
            return moment
        instant, twice = dates.to_instant(*moment, self.zone)
        if twice:
            self._warn(
                number, "start", "TIME_TWICE",
                "Clocks go back that night and this time happens twice; the earlier was taken.",
            )
        return instant

    def _check_edition(self, number: int, starts_at: datetime) -> None:
        day = (starts_at.astimezone(self.zone) - timedelta(minutes=SMALL_HOURS)).date()
        first, last = self.options.first_day, self.options.last_day
        if (first and day < first) or (last and day > last):
            self._warn(
                number, "start", "DATE_OUTSIDE_EDITION",
                f"{day:%d.%m.%Y} is outside the edition's days.",
            )

    # ------------------------------------------------------------------ end

    def _end(
        self, number: int, row: Row, group: int | None, starts_at: datetime, minutes: int | None
    ) -> datetime | None:
        """The written end, else start plus duration, else unknown."""
        written = self.mapping.first("end", row, group)
        try:
            if minutes is not None:
                return self._end_at(starts_at, minutes)
            if written and dates.may_be_time(written):
                return self._written_end(row, group, starts_at, written)
        except Unreadable as problem:
            self._warn(number, "end", problem.code, problem.sentence)
        text = self.mapping.first("duration", row)
        try:
            return starts_at + timedelta(minutes=dates.read_duration(text)) if text else None
        except Unreadable:  # reported with the production
            return None

    def _written_end(
        self, row: Row, group: int | None, starts_at: datetime, written: str
    ) -> datetime:
        try:
            minutes = dates.read_time(written)
        except Unreadable:
            moment = self._moment(written)
        else:
            day = self.mapping.first("end_date", row, group)
            if not day:
                return self._end_at(starts_at, minutes)
            moment = self._day(day), minutes
        found = moment if isinstance(moment, datetime) else dates.to_instant(*moment, self.zone)[0]
        if not starts_at < found <= starts_at + LONGEST:
            raise _no_end()
        return found

    def _end_at(self, starts_at: datetime, minutes: int) -> datetime:
        """A bare time: of the day of the start, or of the next when the night is short enough."""
        day = starts_at.astimezone(self.zone).date()
        found = dates.to_instant(day, minutes, self.zone)[0]
        if found < starts_at:
            found = dates.to_instant(day, minutes + dates.DAY, self.zone)[0]
            if found - starts_at > LONGEST_NIGHT:
                raise _no_end()
        if found == starts_at:
            raise _no_end()
        return found


def _no_end() -> Unreadable:
    return Unreadable("END_BEFORE_START", "The end is not after the start; it was left out.")
