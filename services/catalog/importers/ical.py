"""iCalendar (RFC 5545): each VEVENT, repeated as its rule says, by its UID.

Read line by line rather than by a library: a calendar of 20 MB must fit into memory, and a rule
must not be able to keep us busy.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from services.catalog.importers import dates, decoding, values
from services.catalog.importers.dates import Unreadable
from services.catalog.importers.fixed import FieldTable, Value
from services.catalog.importers.record import ImportRefused, Options, Problem, Reading, Severity
from services.catalog.importers.recurrence import Rule
from services.catalog.importers.text import plain

NAME = "icalendar"
_VALUE = r'(?:"[^"]*"|[^";:,]*)'
_PROPERTY = re.compile(rf"([\w-]+)((?:;[\w-]+={_VALUE}(?:,{_VALUE})*)*):(.*)", re.ASCII)
_PARAMETER = re.compile(r';([\w-]+)=("[^"]*"|[^;:]*)')
_ESCAPE = re.compile(r"\\([nN\\,;])")
_PERIOD = re.compile(
    r"P(?:(\d{1,3})W)?(?:(\d{1,3})D)?(?:T(?:(\d{1,3})H)?(?:(\d{1,4})M)?(?:\d{1,5}S)?)?"
)
_KEPT = frozenset({
    "UID", "SUMMARY", "DESCRIPTION", "LOCATION", "CATEGORIES", "URL", "STATUS", "IMAGE", "ATTACH",
    "DTSTART", "DTEND", "DURATION", "RRULE", "RDATE", "EXDATE", "RECURRENCE-ID",
})
MAX_PROPERTIES = 500_000
MAX_RULES = 2_000
_LABELS = {  # a line “Screen: 2” of the description, and the field it is
    "duration": r"duration|durée|dauer|durata|duración|duur|running time|länge",
    "room": r"screen|room|salle|saal|sala|zaal|auditorium|stage|bühne",
    "venue": r"venue|lieu|ort|luogo|lugar|locatie",
    "subtitles": r"subtitles|sous-titres|untertitel|sottotitoli|subtítulos|ondertiteling",
    "language": r"language|langue|sprache|lingua|idioma|taal",
    "directors": r"director|directed by|réalisation|réalisateur|regie|regia|dirección",
}
_LINE = {name: re.compile(rf"(?:{words})\s*:\s*(\S.{{0,99}})", re.I)
         for name, words in _LABELS.items()}
_MINUTES = re.compile(r"\d{1,4}\s?(?:min|m\b|'|′)|\d{1,2}\s?h\s?\d{0,2}|\d{1,2}:\d\d", re.I)
_LINK = re.compile(r"https?://\S+")
_WINDOWS = {
    "W. Europe Standard Time": "Europe/Zurich",
    "Central Europe Standard Time": "Europe/Budapest",
    "Central European Standard Time": "Europe/Warsaw",
    "Romance Standard Time": "Europe/Paris",
    "GMT Standard Time": "Europe/London",
    "E. Europe Standard Time": "Europe/Bucharest",
    "FLE Standard Time": "Europe/Helsinki",
    "GTB Standard Time": "Europe/Athens",
    "Turkey Standard Time": "Europe/Istanbul",
    "Russian Standard Time": "Europe/Moscow",
    "Eastern Standard Time": "America/New_York",
    "Central Standard Time": "America/Chicago",
    "Pacific Standard Time": "America/Los_Angeles",
    "India Standard Time": "Asia/Kolkata",
    "AUS Eastern Standard Time": "Australia/Sydney",
    "UTC": "UTC",
}
Moment = datetime | date  # a whole day, where no time is given


@dataclass(slots=True)
class Property:
    value: str  # as written, escapes and all
    parameters: dict[str, str]

    @property
    def text(self) -> str:
        return plain(_ESCAPE.sub(lambda m: "\n" if m[1] in "nN" else m[1], self.value))


@dataclass(slots=True)
class Event:
    number: int
    properties: dict[str, list[Property]] = field(default_factory=dict)

    def text(self, name: str) -> str:
        return next((one.text for one in self.properties.get(name, ())), "")

    def first(self, name: str) -> Property | None:
        return next(iter(self.properties.get(name, ())), None)

    def items(self, name: str) -> list[str]:
        """The parts of a list, whose commas are those without a backslash."""
        return [
            Property(part, {}).text
            for one in self.properties.get(name, ()) for part in re.split(r"(?<!\\),", one.value)
        ]


def recognises(data: bytes, filename: str) -> bool:
    return decoding.opening(data)[:200].upper().startswith("BEGIN:VCALENDAR")


def read(data: bytes, mapping: object, options: Options) -> Reading:
    # Folded lines are joined as bytes: a fold may be inside a character.
    if not data.startswith((b"\xff\xfe", b"\xfe\xff")):
        data = re.sub(rb"\r?\n[ \t]|\r[ \t]", b"", data)
    text, encoding = decoding.decode(data, options.encoding)
    problems = decoding.assumed(encoding, options.encoding)
    zones = _Zones(options, problems)
    found = FieldTable(options)
    events = list(_events(text, zones, options))
    if not text.rstrip().upper().endswith("END:VCALENDAR"):
        problems.append(Problem(
            0, "", "CALENDAR_CUT", "The calendar has no end; something may be missing.",
            Severity.WARNING,
        ))
    series = _Series(events, zones)
    for event in events:
        series.add(event, found)
    return found.read(NAME, encoding, mapping, problems)


def _events(text: str, zones: "_Zones", options: Options) -> Iterator[Event]:
    """The events; what else a calendar holds (alarms, to-dos, zones) is passed over."""
    event, inside, number, kept = None, [], 0, 0
    for line in re.finditer(r"[^\r\n]+", text):
        found = _PROPERTY.match(line[0])
        name = found[1].upper() if found else ""
        if found is None or (name not in _KEPT and name not in ("BEGIN", "END", "X-WR-TIMEZONE")):
            continue
        value = found[3].strip()
        if name == "BEGIN":
            inside.append(value.upper())
            if len(inside) > 10:
                raise ImportRefused("TOO_DEEP", "The calendar nests too deeply.")
            if value.upper() == "VEVENT":
                number += 1
                event = Event(number)
        elif name == "END":
            if inside:
                inside.pop()
            if value.upper() == "VEVENT" and event is not None:
                yield event
                event = None
        elif name == "X-WR-TIMEZONE":
            zones.of_calendar = value
        elif event is not None and inside[-1:] == ["VEVENT"]:
            kept += 1
            if kept > MAX_PROPERTIES or number > options.max_rows:
                raise ImportRefused("TOO_MANY_ROWS", "The calendar has too many events.")
            if name in ("IMAGE", "ATTACH") and len(value) > 2000:
                continue  # the picture itself
            parameters = {k.upper(): v.strip('"') for k, v in _PARAMETER.findall(found[2])}
            event.properties.setdefault(name, []).append(Property(value, parameters))


class _Zones:
    def __init__(self, options: Options, problems: list[Problem]) -> None:
        self.options = options
        self.problems = problems
        self.of_calendar = ""
        self.unknown: set[str] = set()

    def moment(self, one: Property) -> Moment | None:
        """None for what is no moment."""
        value = one.value
        try:
            if re.fullmatch(r"\d{8}", value):
                return datetime.strptime(value, "%Y%m%d").date()
            stamp = datetime.strptime(value.rstrip("Zz")[:15].ljust(15, "0"), "%Y%m%dT%H%M%S")
            if stamp.year not in dates.YEARS:
                return None
            if value[-1:] in "Zz":
                return stamp.replace(tzinfo=UTC)
            zone = self._zone(one.parameters.get("TZID", ""))
            minutes = stamp.hour * 60 + stamp.minute
            return dates.to_instant(stamp.date(), minutes, zone)[0]
        except (ValueError, OverflowError):  # Unreadable is a ValueError
            return None

    def _zone(self, name: str) -> ZoneInfo:
        """Of the event, else of the calendar, else of the edition."""
        for candidate in (name, self.of_calendar, self.options.zone):
            if not candidate:
                continue
            known = _WINDOWS.get(candidate, candidate)
            # some programs write “/mozilla.org/20050126_1/Europe/Zurich”
            for spelling in (known, "/".join(known.split("/")[-2:])):
                try:
                    return ZoneInfo(spelling)
                except (KeyError, OSError, ValueError):
                    continue
            self._warn(candidate)
        raise ImportRefused("ZONE_UNKNOWN", f"There is no time zone “{self.options.zone[:60]}”.")

    def _warn(self, name: str) -> None:
        if name not in self.unknown and name != self.options.zone:
            self.unknown.add(name)
            self.problems.append(Problem(
                0, "start", "ZONE_ASSUMED",
                f"The time zone “{name[:60]}” is not known; {self.options.zone} was taken.",
                Severity.WARNING,
            ))


class _Series:
    """The events of a calendar by their UID: repeated ones, and the repetitions that were moved."""

    def __init__(self, events: list[Event], zones: _Zones) -> None:
        self.zones = zones
        self.rules = 0
        self.moved: set[tuple[str, Moment | None]] = set()
        self.masters: dict[str, list[Moment | None]] = {}
        for event in events:
            uid = event.text("UID")
            if one := event.first("RECURRENCE-ID"):
                self.moved.add((uid, zones.moment(one)))
            elif one := event.first("DTSTART"):
                self.masters.setdefault(uid, []).append(zones.moment(one))

    def add(self, event: Event, found: FieldTable) -> None:
        """One row per date of the event."""
        fields = _fields(event)
        begin, uid = event.first("DTSTART"), event.text("UID")
        start = self.zones.moment(begin) if begin else None
        if start is None:
            written = begin.value if begin else ""
            found.add(event.number, {**fields, "ref": uid, "start": written}, {})
            return
        length = _length(event, start, self.zones)
        for of_series, one in self._instances(event, uid, start):
            times: dict[str, Value] = {"date": one.isoformat()}  # a whole day: no time to show it
            if isinstance(one, datetime):
                times = {"start": one.isoformat()}
                if length:
                    times["end"] = (one + length).isoformat()
            found.add(event.number, {**fields, **times, "ref": self._ref(uid, of_series)}, {})

    def _instances(
        self, event: Event, uid: str, start: Moment
    ) -> list[tuple[Moment | None, Moment]]:
        """The date that the series foresees, and the one on which it is."""
        if one := event.first("RECURRENCE-ID"):
            return [(self.zones.moment(one), start)]
        self.rules += "RRULE" in event.properties
        if self.rules > MAX_RULES:
            raise ImportRefused("TOO_MANY_ROWS", "The calendar has too many repeated events.")
        every = _dates(event, start, self.zones)
        return [(one, one) for one in every if (uid, one) not in self.moved]

    def _ref(self, uid: str, of_series: Moment | None) -> str:
        """The UID, with the date of the series where that has several."""
        if not uid or self.masters.get(uid) in ([of_series], None):
            return uid
        return f"{uid}/{_stamp(of_series)}" if of_series else uid


def _stamp(moment: Moment) -> str:
    return f"{moment:%Y%m%dT%H%M%SZ}" if isinstance(moment, datetime) else f"{moment:%Y%m%d}"


def _length(event: Event, start: Moment, zones: _Zones) -> timedelta | None:
    if (one := event.first("DTEND")) is not None:
        end = zones.moment(one)
        if isinstance(end, datetime) and isinstance(start, datetime) and end > start:
            return end - start
        return None
    if period := _PERIOD.fullmatch(event.text("DURATION")):
        weeks, days, hours, minutes = (int(part or 0) for part in period.groups())
        return timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes) or None
    return None


def _dates(event: Event, start: Moment, zones: _Zones) -> list[Moment]:
    """The start and its repetitions, by wall clock: 20:00 stays 20:00 when clocks change."""
    found = {start}
    begin = event.properties["DTSTART"][0]
    rule = event.first("RRULE")
    if rule is not None:
        try:
            clock = begin.value[8:]
            days = Rule(rule.value, dates.read_date(begin.value[:8], dates.Calendar())).days()
            repeated = (
                zones.moment(Property(f"{day:%Y%m%d}{clock}", begin.parameters)) for day in days
            )
            found |= {one for one in repeated if one is not None}
        except Unreadable as problem:
            zones.problems.append(Problem(
                event.number, "start", problem.code, problem.sentence, Severity.WARNING
            ))
    added = _listed(event, "RDATE", zones)
    kind = type(start)
    wanted = {one for one in found | added if type(one) is kind} - _listed(event, "EXDATE", zones)
    return sorted(wanted)


def _listed(event: Event, name: str, zones: _Zones) -> set[Moment]:
    return {
        moment
        for one in event.properties.get(name, ())
        for part in one.value.split(",")
        if (moment := zones.moment(Property(part.split("/")[0], one.parameters))) is not None
    }


def _fields(event: Event) -> dict[str, Value]:
    description = event.text("DESCRIPTION")
    found: dict[str, Value] = {
        "title": {
            one.parameters.get("LANGUAGE", "")[:2].lower(): one.text
            for one in event.properties.get("SUMMARY", ())
        },
        "venue": values.place_name(event.text("LOCATION")),
        "section": event.items("CATEGORIES"),
        "description": description,
        "url": event.text("URL"),
        "status": event.text("STATUS"),
        "poster": next((one.value for name in ("IMAGE", "ATTACH")
                        for one in event.properties.get(name, ())
                        if _LINK.match(one.value)), ""),
    }
    for line in description.split("\n"):
        for name, pattern in _LINE.items():
            hit = pattern.fullmatch(line.strip()[:120])
            if hit and "{" not in hit[1] and not found.get(name):  # {…}: a template, not filled in
                found[name] = hit[1].strip(" .")
    if isinstance(written := found.get("duration"), str):
        minutes = _MINUTES.match(written)
        found["duration"] = minutes[0] if minutes else ""
    if not found["url"] and (links := _LINK.findall(description)):
        found["url"] = links[-1].rstrip(".,)")
    return found
