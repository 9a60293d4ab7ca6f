"""Screenings as an iCalendar file (RFC 5545)."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from services.catalog.models import Screening, shown

LONGEST = 75  # octets of a line; it goes on in the next one after a space


def calendar(screenings: Iterable[Screening], changed_at: datetime) -> str:
    """`changed_at`: when the programme was last edited, so that an unchanged one is the same file
    to the letter."""
    lines = [
        "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//festival//programme//EN",
        "CALSCALE:GREGORIAN", "METHOD:PUBLISH",
        *(line for one in screenings for line in _event(one, changed_at)),
        "END:VCALENDAR",
    ]
    return "".join(f"{folded}\r\n" for line in lines for folded in _folded(line))


def _event(screening: Screening, changed_at: datetime) -> Iterator[str]:
    assert screening.room and screening.ends_at  # it is published
    place = screening.room.place()
    yield "BEGIN:VEVENT"
    yield f"UID:{screening.id}"
    yield f"SEQUENCE:{screening.version}"
    yield f"DTSTAMP:{_utc(changed_at)}"
    yield f"DTSTART:{_utc(screening.starts_at)}"
    yield f"DTEND:{_utc(screening.ends_at)}"
    yield f"SUMMARY:{_text(shown(screening.title))}"
    yield f"LOCATION:{_text(f'{place.venue}, {place.room}')}"
    if screening.section:
        yield f"CATEGORIES:{_text(shown(screening.section.name))}"
    if screening.note:
        yield f"DESCRIPTION:{_text(screening.note)}"
    yield "END:VEVENT"


def _utc(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def _text(text: str) -> str:
    for plain, escaped in (("\\", "\\\\"), (";", "\\;"), (",", "\\,"), ("\n", "\\n")):
        text = text.replace(plain, escaped)
    return text.replace("\r", "")


def _folded(line: str) -> Iterator[str]:
    """Cut between characters, never within one."""
    part, size = "", 0
    for character in line:
        length = len(character.encode())
        if size + length > LONGEST:
            yield part
            part, size = " ", 1
        part, size = part + character, size + length
    yield part
