"""What every importer gives, whatever the file was: productions, screenings and problems.

Instants are aware and in UTC. Texts for people are maps by language (`{"fr": …}`). A `row` is the
number a spreadsheet shows for it (the header of a plain CSV file is row 1); 0 is the whole file.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from enum import StrEnum
from typing import Any

from contracts.errors import Code, DomainError


class ImportRefused(DomainError):
    """The file as a whole cannot be read. `reason` is stable, `detail` says what to do."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(Code.IMPORT_REFUSED, detail, {"file": reason})
        self.reason = reason


class Severity(StrEnum):
    ERROR = "error"  # the screening of this row cannot be imported
    WARNING = "warning"  # imported, but a person should look


@dataclass(frozen=True, slots=True)
class Options:
    """What the file does not say. Nothing here is guessed when it is missing."""

    first_day: date | None = None  # of the edition: resolves weekdays and dates without year
    last_day: date | None = None
    zone: str = "Europe/Zurich"  # of every time without an offset
    day_cutoff: time | None = None  # a start before it belongs to the night of the given date
    date_order: str | None = None  # "dmy" or "mdy", where 04/05/2026 leaves it open
    language: str | None = None  # of texts whose column names none
    venue: str = ""  # where a row names no venue
    encoding: str | None = None
    separator: str | None = None
    companions: tuple[bytes, ...] = ()  # files with the details of ids, see `join.py`
    max_bytes: int = 20 * 1024 * 1024
    max_rows: int = 50_000
    max_columns: int = 500
    max_cell: int = 100_000  # characters


@dataclass(frozen=True, slots=True)
class Problem:
    row: int
    field: str  # of the record, "" for the whole row
    code: str
    sentence: str
    severity: Severity


@dataclass(frozen=True, slots=True)
class ProductionRecord:
    ref: str  # the source's id, else derived from the title
    rows: tuple[int, ...]
    title: Mapping[str, str]
    original_title: str = ""
    duration_min: int | None = None
    year: int | None = None
    countries: tuple[str, ...] = ()  # ISO 3166 where written as a code, else as written
    languages: tuple[str, ...] = ()  # ISO 639-1 where known, else as written
    directors: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    sections: tuple[str, ...] = ()
    age: int | None = None
    age_text: str = ""
    description: Mapping[str, str] = field(default_factory=dict)
    short_description: Mapping[str, str] = field(default_factory=dict)
    poster: str = ""
    trailer: str = ""
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ScreeningRecord:
    ref: str  # the source's id, else derived from production, place and start
    rows: tuple[int, ...]
    production_refs: tuple[str, ...]
    title: Mapping[str, str]
    starts_at: datetime
    ends_at: datetime | None  # None: neither an end nor a duration is known
    venue: str = ""
    venue_ref: str = ""
    room: str = ""
    sections: tuple[str, ...] = ()
    version: str = ""
    languages: tuple[str, ...] = ()
    subtitles: tuple[str, ...] = ()
    age: int | None = None
    age_text: str = ""
    note: str = ""
    description: Mapping[str, str] = field(default_factory=dict)  # where not its production's
    tariffs: tuple[str, ...] = ()  # as written: a hint, never a price
    url: str = ""
    cancelled: bool = False
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reading:
    """One file, read. `mapping` is what was used: edit it and send it back to read differently."""

    format: str
    encoding: str
    separator: str
    columns: tuple[str, ...]
    mapping: dict[str, list[dict[str, Any]]]
    productions: tuple[ProductionRecord, ...]
    screenings: tuple[ScreeningRecord, ...]
    problems: tuple[Problem, ...]
    rows: int

    @property
    def counts(self) -> dict[str, int]:
        severities = [problem.severity for problem in self.problems]
        return {
            "rows": self.rows,
            "productions": len(self.productions),
            "screenings": len(self.screenings),
            "venues": len({s.venue for s in self.screenings if s.venue}),
            "rooms": len({(s.venue, s.room) for s in self.screenings if s.room}),
            "warnings": severities.count(Severity.WARNING),
            "errors": severities.count(Severity.ERROR),
        }
