"""Dates, times and durations as festivals write them, in French, German, Italian, Spanish,
Dutch and English.

A reader returns a value or raises `Unreadable`; it never completes what is missing by itself.
Times are minutes after midnight, so that 24:00 is 1440.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from services.catalog.importers.text import fold

LONGEST = 80  # characters; anything longer is prose
DAY = 24 * 60
YEARS = range(1900, 2201)  # outside, it is a sentinel or a slip
BEFORE_FIRST_DAY = timedelta(days=60)

MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "january jan janvier janv januar janner jaenner gennaio gen enero januari",
            "february feb fevrier fevr fev februar febbraio febb febrero februari",
            "march mar mars marz maerz mrz marzo maart mrt",
            "april apr avril avr aprile abril abr",
            "may mai maggio mag mayo mei",
            "june jun juin juni giugno giu junio",
            "july jul juillet juil juli luglio lug julio",
            "august aug aout aou agosto ago augustus",
            "september sep sept septembre settembre set sett septiembre",
            "october oct octobre oktober okt ottobre ott octubre",
            "november nov novembre noviembre",
            "december dec decembre dezember dez dicembre dic diciembre",
        ),
        start=1,
    )
    for name in names.split()
}
WEEKDAYS = {
    name: number
    for number, names in enumerate(
        (
            "monday mon lundi lun lu montag mo lunedi lunes maandag",
            "tuesday tue tues mardi mar ma dienstag die martedi martes dinsdag",
            "wednesday wed mercredi mer me mittwoch mi mit mercoledi miercoles woensdag",
            "thursday thu thur thurs jeudi jeu je donnerstag do don giovedi gio gi jueves"
            " donderdag",
            "friday fri vendredi ven ve freitag fr fre venerdi viernes vrijdag",
            "saturday sat samedi sam sa samstag sonnabend sabato sab sabado zaterdag",
            "sunday sun dimanche dim sonntag so son domenica dom domingo zondag",
        )
    )
    for name in names.split()
}
FILLERS = frozenset({
    "le", "la", "il", "lo", "the", "on", "of", "am", "den", "der", "er", "st", "nd", "rd", "th",
    "de", "di", "el", "del", "op",
})
NAMED_TIMES = {
    "midnight": 0, "minuit": 0, "mitternacht": 0, "mezzanotte": 0,
    "noon": 720, "midi": 720, "mittag": 720, "mezzogiorno": 720,
}

CLOCK = (
    r"(?:\d{1,2}\s?[:.]\s?\d{2}(?:[:.]\d{2})?(?:\.\d+)?\s?(?:[ap]\.?m\.?|uhr|h)?"
    r"|\d{1,2}\s?h\s?(?:\d{2}|)|\d{1,2}\s?(?:[ap]\.?m\.?|uhr)"
    r"|midnight|minuit|mitternacht|mezzanotte|noon|midi|mittag|mezzogiorno)"
)
_TIME = re.compile(
    r"(?:(?:at|um|ore|alle|a|h)\s)?(\d{1,2})(?:\s?[:.h]\s?(\d{2}))?(?:[:.]\d{2}(?:\.\d+)?)?"
    r"\s?([ap])?\.?(?:m\.?)?\s?(h|uhr)?"
)
_MOMENT = re.compile(rf"(.*?\S)[\s,;–-]+(?:(?:at|um|ore|alle|à|a)\s)?({CLOCK})", re.I)
_ISO = re.compile(r"\d{4}-?\d\d-?\d\d[T ]\d\d:?\d\d(:?\d\d(\.\d+)?)?\s?(Z|[+-]\d\d:?(\d\d)?)?")
_SECONDS = re.compile(r"[12][0-9]{9}(?:[0-9]{3})?")  # since 1970, or thousandths of them
_SPURIOUS_MIDNIGHT = re.compile(r"(.*\d)[T ]00?:00(?::00(?:\.0+)?)?")
_SEVERAL = re.compile(r"\s*(?:[,;|/&+\n]|\s(?:et|und|and|e)\s)\s*")
_RANGE = re.compile(rf"({CLOCK})\s?(?:-|–|—|bis|to|a)\s?({CLOCK})", re.I)
_DURATION = re.compile(
    r"(?:(\d{1,2})\s?(?:h|hrs?|hours?|heures?|std\.?|stunden?|ore|ora)\.?)?\s?"
    r"(?:(\d{1,4})\s?(?:m|mn|min|mins|minutes?|minuten|minuti|'|’|′)?\.?)?"
)
_ISO_DURATION = re.compile(r"pt(?:(\d{1,2})h)?(?:(\d{1,4})m)?(?:\d{1,2}s)?")


# An instant when its text has an offset, else a wall clock: the day, and minutes after midnight.
Moment = datetime | tuple[date, int]


class Unreadable(ValueError):
    """A value that cannot be read; `sentence` tells the person why."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence


@dataclass(frozen=True, slots=True)
class Calendar:
    """What is known about the edition's days: its first one, and how 04/05 is to be read."""

    first_day: date | None = None
    order: str = "dmy"

    def on_weekday(self, weekday: int, text: str) -> date:
        if self.first_day is None:
            raise Unreadable(
                "FIRST_DAY_MISSING",
                f"“{text}” is a weekday without a date: give the first day of the edition.",
            )
        return self.first_day + timedelta(days=(weekday - self.first_day.weekday()) % 7)

    def without_year(self, month: int, day: int, text: str) -> date:
        """The next one, or one shortly before the first day: a pre-opening, or a mistake to see."""
        if self.first_day is None:
            raise Unreadable(
                "FIRST_DAY_MISSING",
                f"“{text}” has no year: give the first day of the edition.",
            )
        earliest = self.first_day - BEFORE_FIRST_DAY
        for year in range(earliest.year, earliest.year + 9):  # 29 February may be years away
            found = _date_or_none(year, month, day)
            if found and found >= earliest:
                return found
        raise Unreadable("DATE_IMPOSSIBLE", f"“{text}” is no day of any year.")


def read_date(text: str, calendar: Calendar) -> date:
    text = text.strip()
    if midnight := _SPURIOUS_MIDNIGHT.fullmatch(text[:LONGEST]):
        text = midnight[1]
    tokens = re.findall(r"\d+|[^\W\d_]+", fold(text[: LONGEST + 1]))
    numbers = [token for token in tokens if token.isdecimal()]
    words = [token for token in tokens if not token.isdecimal() and token not in FILLERS]
    if len(text) > LONGEST or len(numbers) > 3 or len(words) > 2 or not (numbers or words):
        raise _no_date(text)
    month, weekday = _month_and_weekday(words, len(numbers), text)
    if not numbers:
        if weekday is None or month is not None:
            raise _no_date(text)
        return calendar.on_weekday(weekday, text)
    year, month, day = _year_month_day(numbers, month, calendar.order, text)
    if year is None:
        found = calendar.without_year(month, day, text)
    elif year not in YEARS or (possible := _date_or_none(year, month, day)) is None:
        raise Unreadable("DATE_IMPOSSIBLE", f"“{text}” is not a possible date.")
    else:
        found = possible
    if weekday is not None and found.weekday() != weekday:
        raise Unreadable(
            "WEEKDAY_CONTRADICTS", f"“{text}”: {found.isoformat()} is a {found:%A}."
        )
    return found


def _no_date(text: str) -> Unreadable:
    return Unreadable("DATE_UNREADABLE", f"“{text[:LONGEST]}” is not a date.")


def _date_or_none(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _month_and_weekday(
    words: list[str], numbers: int, text: str
) -> tuple[int | None, int | None]:
    """“mar” is March or Tuesday: Tuesday when the month is given otherwise, or with no number."""
    month = weekday = None
    for word in words:
        other_month = any(w in MONTHS for w in words if w is not word)
        is_month = word in MONTHS and not (
            word in WEEKDAYS and (other_month or (numbers != 1 and not _ends_in_year(text)))
        )
        if is_month and month is None:
            month = MONTHS[word]
        elif word in WEEKDAYS and weekday is None:
            weekday = WEEKDAYS[word]
        else:
            raise _no_date(text)
    return month, weekday


def _ends_in_year(text: str) -> bool:
    return re.search(r"[^\W\d_]\.?\s+\d{4}$", text) is not None


def _year_month_day(
    numbers: list[str], month: int | None, order: str, text: str
) -> tuple[int | None, int, int]:
    values = [int(number) for number in numbers if len(number) <= 8]
    if month is not None:
        if len(values) == 2 and len(numbers[0]) == 4:
            return values[0], month, values[1]
        if len(values) == 2 and len(numbers[1]) in (2, 4):
            return _full_year(numbers[1]), month, values[0]
        if len(values) == 1 and len(numbers[0]) <= 2:
            return None, month, values[0]
        raise _no_date(text)
    if len(numbers) == 1 and len(numbers[0]) == 8:
        return int(numbers[0][:4]), int(numbers[0][4:6]), int(numbers[0][6:])
    if len(values) == 3 and len(numbers[0]) == 4:
        return values[0], values[1], values[2]
    american = order == "mdy" and "/" in text
    if len(values) in (2, 3) and all(len(number) <= 2 for number in numbers[:2]):
        day, month = (values[1], values[0]) if american else (values[0], values[1])
        year = None
        if len(values) == 3:
            if len(numbers[2]) not in (2, 4):
                raise _no_date(text)
            year = _full_year(numbers[2])
        return year, month, day
    raise _no_date(text)


def _full_year(digits: str) -> int:
    return int(digits) + (2000 if len(digits) == 2 else 0)


def date_order(values: Iterable[str]) -> str | None:
    """"dmy" or "mdy" when the column's 13th to 31st prove it, None when nothing does."""
    proved = set()
    for value in values:
        if found := re.match(r"\s*(\d{1,2})/(\d{1,2})\b", value):
            first, second = int(found[1]), int(found[2])
            proved |= {"dmy"} if first > 12 else {"mdy"} if second > 12 else {"open"}
    if {"dmy", "mdy"} <= proved or ("open" in proved and len(proved) == 1):
        return None
    return "mdy" if "mdy" in proved else "dmy"


def read_time(text: str) -> int:
    """Minutes after midnight: 10h30, 9h00, 14 h, 0930, 14:15, 20.00 Uhr, 7:30pm, Midnight."""
    plain = fold(text[: LONGEST + 1])
    if plain in NAMED_TIMES:
        return NAMED_TIMES[plain]
    if re.fullmatch(r"[0-9]{4}", plain):
        plain = f"{plain[:2]}:{plain[2:]}"
    found = _TIME.fullmatch(plain) if plain.isascii() else None
    if found is None or not (found[2] or found[3] or found[4]):
        raise Unreadable("TIME_UNREADABLE", f"“{text[:LONGEST]}” is not a time.")
    hour, minute, half = int(found[1]), int(found[2] or 0), found[3]
    if half and 1 <= hour <= 12:
        hour = hour % 12 + (12 if half == "p" else 0)
    if minute > 59 or hour * 60 + minute > DAY or (half and hour > 23):
        raise Unreadable("TIME_IMPOSSIBLE", f"“{text}” is not a possible time.")
    return hour * 60 + minute


def may_be_time(text: str) -> bool:
    """Not “Various times”, not empty: a text worth reading, and worth an error if it fails."""
    return any(c.isdigit() for c in text) or fold(text) in NAMED_TIMES


def read_times(text: str) -> list[tuple[int, int | None]]:
    """The (start, end) of each time of a cell: “13:00, 16:00” or “10:00-18:00”."""
    parts = split_several(text, _read_slot)
    return [_read_slot(part) for part in parts]


def _read_slot(text: str) -> tuple[int, int | None]:
    if found := _RANGE.fullmatch(text.strip()[:LONGEST]):
        return read_time(found[1]), read_time(found[2])
    return read_time(text), None


def split_several(text: str, reader: Callable[[str], object]) -> list[str]:
    """The parts of a cell that holds several values, when each part can be read; else the cell."""
    parts = [part for part in _SEVERAL.split(text[: LONGEST * 40].strip()) if part]
    if len(parts) > 1:
        try:
            for part in parts:
                reader(part)
            return parts
        except Unreadable:
            pass
    return [text]


def read_moment(text: str, calendar: Calendar) -> Moment:
    """A day with a time: ISO 8601, a number of seconds, or any date followed by any time."""
    text = text.strip()
    if _ISO.fullmatch(text[:LONGEST]):
        try:
            moment = datetime.fromisoformat(re.sub(r"\s(?=Z|[+-])", "", text))
            if moment.year not in YEARS:
                raise ValueError
            if moment.tzinfo is not None:
                return moment.astimezone(UTC)
        except ValueError:
            raise Unreadable("DATE_IMPOSSIBLE", f"“{text}” is not a possible moment.") from None
        return moment.date(), moment.hour * 60 + moment.minute
    if _SECONDS.fullmatch(text):
        return datetime.fromtimestamp(int(text[:10]), UTC)
    found = _MOMENT.fullmatch(text) if len(text) <= LONGEST else None
    if found is None:
        raise Unreadable(
            "MOMENT_UNREADABLE", f"“{text[:LONGEST]}” is not a date with a time."
        )
    return read_date(found[1].rstrip(",; "), calendar), read_time(found[2])


def to_instant(day: date, minutes: int, zone: ZoneInfo) -> tuple[datetime, bool]:
    """The UTC instant of a wall clock, and whether that wall clock happens twice that night.

    Of the two the earlier is taken. A wall clock that the change to summer time skips is refused.
    """
    local = datetime.combine(day, time()) + timedelta(minutes=minutes)
    earlier = local.replace(tzinfo=zone, fold=0).astimezone(UTC)
    later = local.replace(tzinfo=zone, fold=1).astimezone(UTC)
    if earlier.astimezone(zone).replace(tzinfo=None) != local:
        raise Unreadable(
            "TIME_SKIPPED",
            f"{local:%d.%m.%Y %H:%M} does not exist: clocks go forward that night.",
        )
    return earlier, earlier != later


def read_duration(text: str) -> int:
    """Minutes: 90, 137', 65 mins, 1h30, 2h 31m, 1:30, 01:35:00, PT1H30M."""
    plain = fold(text[:LONGEST])
    clock = re.fullmatch(r"(\d{1,2}):(\d{2})(?::\d{2})?", plain)
    found = clock or _ISO_DURATION.fullmatch(plain) or _DURATION.fullmatch(plain)
    if found is None or not (found[1] or found[2]) or not plain.isascii():
        raise Unreadable("DURATION_UNREADABLE", f"“{text[:LONGEST]}” is not a duration.")
    minutes = int(found[1] or 0) * 60 + int(found[2] or 0)
    if not 1 <= minutes <= DAY:
        raise Unreadable(
            "DURATION_IMPOSSIBLE", f"“{text}”: a duration is between 1 and {DAY} minutes."
        )
    return minutes
