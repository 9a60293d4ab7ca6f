"""Conference schedules of frab, pentabarf and pretalx, as XML or JSON.

A `date` with an offset says when an event is. Without one, it is the day's date with the event's
`start`, and what starts before the day changes is in the night that follows that date.
"""

import re
from collections.abc import Iterator
from datetime import date, datetime
from zoneinfo import ZoneInfo

from services.catalog.importers import dates, decoding, tree
from services.catalog.importers.dates import Unreadable
from services.catalog.importers.fixed import FieldTable, Value
from services.catalog.importers.record import ImportRefused, Options, Problem, Reading, Severity
from services.catalog.importers.tree import Tree, at, many, text_of, texts

NAME = "schedule"
DAY_CHANGE = 6 * 60  # minutes after midnight, where the file does not say
_XML = re.compile(r"<schedule[\s>]")
_KEYS = (b'"conference"', b'"days"', b'"rooms"')
_DATED_TEXT = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d)")


def recognises(data: bytes, filename: str) -> bool:
    start = decoding.opening(data)
    if start.startswith("<"):
        return _XML.search(start) is not None and any(
            tag in start for tag in ("<conference", "<day")
        )
    return start.startswith("{") and all(key in data for key in _KEYS)


def read(data: bytes, mapping: object, options: Options) -> Reading:
    if decoding.opening(data).startswith("<"):
        _, root, encoding, problems = tree.from_xml(data, options)
        days = many(at(root, "day"))
        conference = at(root, "conference")
    else:
        root, encoding, problems = tree.from_json(data, options)
        conference = at(root, "schedule", "conference") or at(root, "conference")
        days = many(at(conference, "days"))
    found = FieldTable(options)
    schedule = _Schedule(conference, options)
    for number, (day, room, event) in enumerate(_events(days), start=1):
        found.add(number, schedule.fields(day, room, event), {})
    if schedule.doubtful:
        problems.append(Problem(
            0, "start", "OFFSET_DOUBTFUL",
            f"{schedule.doubtful} events have another offset than {schedule.zone.key}, where the "
            "conference is. Check the times.", Severity.WARNING,
        ))
    return found.read(NAME, encoding, mapping, problems)


def _events(days: list[Tree]) -> Iterator[tuple[Tree, str, Tree]]:
    for day in days:
        rooms = at(day, "rooms")
        named: list[tuple[str, Tree]] = (
            list(rooms.items()) if isinstance(rooms, dict)
            else [(text_of(at(room, "name")), at(room, "event")) for room in many(at(day, "room"))]
        )
        for name, events in named:
            for event in many(events):
                if isinstance(event, dict):
                    yield day, name, event


class _Schedule:
    """What the conference says of all its events."""

    def __init__(self, conference: Tree, options: Options) -> None:
        self.acronym = text_of(at(conference, "acronym"))
        self.zone = _zone(text_of(at(conference, "time_zone_name")), options)
        self.day_change = _minutes(text_of(at(conference, "day_change")), DAY_CHANGE)
        self.doubtful = 0

    def fields(self, day: Tree, room: str, event: Tree) -> dict[str, Value]:
        def get(key: str) -> str:
            return text_of(at(event, key))

        number, language = get("id"), get("language")
        people = many(at(event, "persons", "person")) or many(at(event, "persons"))
        return {
            "ref": get("guid") or (f"{self.acronym}-{number}" if number else ""),
            "title": {language if re.fullmatch("[a-z]{2}", language) else "": get("title")},
            "start": self._start(day, event),
            "duration": _duration(get("duration")),
            "room": get("room") or room,
            "section": texts(at(event, "track")),
            "type": get("type"),
            "language": language,
            "short_description": get("subtitle"),
            "description": "\n\n".join(filter(None, (get("abstract"), get("description")))),
            "people": [name for one in people if (name := _person(one))],
            "poster": get("logo"),
            "url": get("url"),
            "status": get("status"),
        }

    def _start(self, day: Tree, event: Tree) -> str:
        """ISO 8601, or "" or a text that the reader of the table will refuse with a reason."""
        written, start = text_of(at(event, "date")), text_of(at(event, "start"))
        try:
            instant = dates.read_moment(written, dates.Calendar())
        except Unreadable:
            return self._on_day(text_of(at(day, "date")) or written, start)
        if isinstance(instant, datetime):
            wall = _DATED_TEXT.match(written)
            local = instant.astimezone(self.zone)
            self.doubtful += wall is not None and f"{local:%H:%M}" != wall[2] == start
            return instant.isoformat()
        return self._utc(*instant)

    def _on_day(self, date_text: str, start: str) -> str:
        try:
            day, minutes = dates.read_date(date_text, dates.Calendar()), dates.read_time(start)
            return self._utc(day, minutes + (dates.DAY if minutes < self.day_change else 0))
        except Unreadable:
            return f"{date_text} {start}".strip()

    def _utc(self, day: date, minutes: int) -> str:
        return dates.to_instant(day, minutes, self.zone)[0].isoformat()


def _zone(name: str, options: Options) -> ZoneInfo:
    for candidate in (name, options.zone):
        try:
            return ZoneInfo(candidate)
        except (KeyError, OSError, ValueError):
            continue
    raise ImportRefused("ZONE_UNKNOWN", f"There is no time zone “{options.zone[:60]}”.")


def _minutes(text: str, default: int) -> int:
    try:
        return min(dates.read_time(text[:5]), 12 * 60)
    except Unreadable:
        return default


def _duration(text: str) -> str:
    """Minutes of H:MM, sometimes D:HH:MM; 0:00 is none."""
    found = re.fullmatch(r"(?:(\d{1,2}):)?(\d{1,2}):(\d{2})", text)
    if found is None:
        return text
    days, hours, minutes = (int(part or 0) for part in found.groups())
    whole = (days * 24 + hours) * 60 + minutes
    return str(whole) if whole else ""


def _person(node: Tree) -> str:
    keys = ("public_name", "full_public_name", "name", tree.TEXT)
    return next((name for key in keys if (name := text_of(at(node, key)))), text_of(node))
