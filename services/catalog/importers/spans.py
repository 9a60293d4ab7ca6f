"""Texts that say more than one moment: “8 Mar 2014 12:30pm – 5pm”, “2–26 August 2018, 14:50 daily”.

Each moment comes with the minutes after midnight at which it ends, if the text says so.
"""

import re
from datetime import date, datetime, timedelta

from services.catalog.importers import dates
from services.catalog.importers.dates import CLOCK, LONGEST, Calendar, Moment, Unreadable

MAX_DAYS = 366
WITHOUT_TIME = "WITHOUT_TIME"  # days are said, but not when: no mistake
Span = tuple[Moment, int | None]

_TO = r"(?:-|–|—|/|to|till|until|bis|au|à|a|al|alle|tot|hasta)"
_LEAD = (
    r"(?:(?:at|from|um|von|ab|ore|alle|dalle|à|a|de|des|dès|om|van|desde|las|starts?)\s+)*"
)
_CLOCKS = re.compile(
    rf"(.*?\S)[\s,;:|–-]+{_LEAD}({CLOCK})(?:\s*{_TO}\s*({CLOCK}))?", re.I
)
_BETWEEN = re.compile(rf"\s+{_TO}\s+|\s*[–—]\s*|(?<=\d)\s*-\s*(?=\d)|(?<=\d)\.\s*-\s*", re.I)
_NOISE = re.compile(
    r"\b(?:daily|every day|täglich|tous les jours|chaque jour|ogni giorno|dagelijks|diario|"
    r"from|du|vom|von|dal|dall|van|desde|entre|jeweils)\b['’]?", re.I
)


def read(text: str, calendar: Calendar) -> list[Span]:
    """Each moment that the text means; `WITHOUT_TIME` when it names days only."""
    text = text.strip()
    try:
        return [(dates.read_moment(text, calendar), None)]
    except Unreadable as single:
        if len(text) > LONGEST:
            raise
        for reader in (_two_moments, _days_and_clocks, _days_alone):
            found = reader(text, calendar)
            if found is not None:
                return found
        raise single


def _two_moments(text: str, calendar: Calendar) -> list[Span] | None:
    """A start and an end that both have their date."""
    for between in (" - ", " – ", "/"):
        first, found, second = text.partition(between)
        if found and "/" not in second:
            try:
                start = dates.read_moment(first, calendar)
                end = dates.read_moment(second, calendar)
            except Unreadable:
                continue
            if isinstance(start, datetime) or isinstance(end, datetime):
                return [(start, None)]
            return [(start, end[1] if end[0] - start[0] <= timedelta(days=1) else None)]
    return None


def _days_and_clocks(text: str, calendar: Calendar) -> list[Span] | None:
    found = _CLOCKS.fullmatch(_NOISE.sub(" ", text).strip())
    if found is None:
        return None
    first, last = _days(found[1].rstrip(",;: "), calendar)
    if last - first > timedelta(days=MAX_DAYS):
        raise Unreadable("DATE_IMPOSSIBLE", f"“{text}” is more than a year of days.")
    start = dates.read_time(found[2])
    end = dates.read_time(found[3]) if found[3] else None
    every = range((last - first).days + 1)
    return [((first + timedelta(days=offset), start), end) for offset in every]


def _days_alone(text: str, calendar: Calendar) -> list[Span] | None:
    try:
        _days(_NOISE.sub(" ", text).strip(), calendar)
    except Unreadable:
        return None
    raise Unreadable(
        WITHOUT_TIME, f"“{text}” names no time: its production was read, but no screening."
    )


def _days(text: str, calendar: Calendar) -> tuple[date, date]:
    """First and last, the same for one day; what the first leaves out is as in the last."""
    try:
        day = dates.read_date(text, calendar)
        return day, day
    except Unreadable:
        parts = _BETWEEN.split(text)
        if len(parts) != 2:
            raise
    last = dates.read_date(parts[1], calendar)
    first = _first_of(parts[0].strip(" ."), parts[1], last, calendar)
    if first > last:
        raise Unreadable("DATE_IMPOSSIBLE", f"“{text}” is not a possible range of days.")
    return first, last


def _first_of(text: str, second: str, last: date, calendar: Calendar) -> date:
    if re.fullmatch(r"\d{1,2}", text):  # “2 – 26 August”
        return dates.read_date(re.sub(r"\d{1,2}(?!\d)", text, second, count=1), calendar)
    if not re.search(r"\d{4}", text):  # “28 July – 3 August 2018”
        return dates.read_date(f"{text.rstrip('.')} {last.year}" if re.search(r"[^\W\d_]", text)
                               else f"{text}.{last.year}", calendar)
    return dates.read_date(text, calendar)
