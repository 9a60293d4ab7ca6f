"""Rows under headers become productions and screenings; any format that is a table ends here."""

import hashlib
import re
from collections.abc import Callable, Sequence
from collections.abc import Mapping as Map
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from services.catalog.importers import dates, mapping, values
from services.catalog.importers.dates import Unreadable
from services.catalog.importers.mapping import Mapping, Row
from services.catalog.importers.record import (
    ImportRefused,
    Options,
    Problem,
    ProductionRecord,
    Reading,
    ScreeningRecord,
    Severity,
)
from services.catalog.importers.slots import Clock, Slot
from services.catalog.importers.text import key_of, looks_doubly_encoded


@dataclass(frozen=True, slots=True)
class Table:
    columns: tuple[str, ...]
    rows: Sequence[tuple[int, Row]]  # the number of the row in its file, then its cells by column
    labels: Map[str, str] = field(default_factory=dict)  # what columns named by a path are about


def unique_names(header: Sequence[str]) -> tuple[str, ...]:
    """Headers as keys: an empty one is named by its position, the second “Date” is “Date 2”."""
    names: list[str] = []
    for position, cell in enumerate(header, start=1):
        name = base = cell or f"column {position}"
        number = 2
        while name in names:
            name, number = f"{base} {number}", number + 1
        names.append(name)
    return tuple(names)


def read(
    table: Table,
    format: str,
    encoding: str,
    separator: str,
    given: object,
    options: Options,
    problems: list[Problem],
) -> Reading:
    """Read by the mapping `given`, or by the one proposed when it is None."""
    if given is None:
        rows = [row for _, row in table.rows]
        chosen = mapping.propose(table.columns, rows, options.language, table.labels)
    else:
        chosen = mapping.parse(given, table.columns, options.language)
    if "title" not in chosen and "original_title" not in chosen:
        raise ImportRefused("NO_TITLE_COLUMN", _no_title(chosen))
    reader = _Reader(table, chosen, options, problems)
    for number, row in table.rows:
        reader.read_row(number, row)
    reader.conclude()
    return Reading(
        format=format,
        encoding=encoding,
        separator=separator,
        columns=table.columns,
        mapping=chosen.to_dict(),
        productions=tuple(
            ProductionRecord(**{**one, "rows": tuple(one["rows"])})
            for one in reader.productions.values()
        ),
        screenings=tuple(
            ScreeningRecord(**{**one, "rows": tuple(one["rows"])})
            for one in reader.screenings.values()
        ),
        problems=tuple(reader.problems),
        rows=len(table.rows),
    )


def _no_title(chosen: Mapping) -> str:
    ids = [s.column for f in ("production_ref", "venue_ref") for s in chosen.sources.get(f, ())]
    if ids and "venue" not in chosen:
        names = " and ".join(f"“{name}”" for name in ids)
        return f"No column holds titles; {names} point to other files: send these along."
    if "venue" in chosen and "date" not in chosen:
        return "No column holds titles; this looks like a list of places."
    return "No column holds titles. Say in the mapping which one does."


class _Reader:
    """Reads row after row; `productions` and `screenings` collect fields by reference."""

    def __init__(
        self, table: Table, chosen: Mapping, options: Options, problems: list[Problem]
    ) -> None:
        self.mapping = chosen
        self.options = options
        self.problems = problems
        self.productions: dict[str, dict[str, Any]] = {}
        self.screenings: dict[str, dict[str, Any]] = {}
        self.dated = any(field in chosen for field in ("start", "date", "showings"))
        self.one_each = self.dated and chosen.groups == [None] and "showings" not in chosen
        self.clock = Clock(chosen, options, self.report)
        self.clock.settle_date_order(row for _, row in table.rows)

    def report(
        self, row: int, field: str, code: str, sentence: str, severity: Severity = Severity.ERROR
    ) -> None:
        self.problems.append(Problem(row, field, code, sentence, severity))

    def warn(self, row: int, field: str, code: str, sentence: str) -> None:
        self.report(row, field, code, sentence, Severity.WARNING)

    def conclude(self) -> None:
        if not self.dated and "time" in self.mapping:
            self.warn(
                0, "date", "DATE_COLUMN_MISSING",
                "The file has times but no dates: productions were read, but no screening.",
            )
        self.clock.conclude()

    # ------------------------------------------------------------------ one row

    def read_row(self, number: int, row: Row) -> None:
        if looks_doubly_encoded(" ".join(row.values())):
            self.warn(
                number, "", "DOUBLE_ENCODING",
                "Accents of this row look broken (such as “Ã©” for “é”).",
            )
        original = self.mapping.first("original_title", row)
        titles = self.mapping.texts("title", row) or (
            {self.options.language or "en": original} if original else {}
        )
        if not titles:
            self.report(number, "title", "TITLE_MISSING", "The row has no title.")
            return
        ref, description = self._add_production(number, row, titles, original)
        titles = self.mapping.texts("screening_title", row) or titles
        slots = list(self.clock.slots(number, row)) if self.dated else []
        for slot in slots:
            own_id = self.mapping.first("ref", row) if self.one_each and len(slots) == 1 else ""
            self._add_screening(number, row, slot, ref, own_id, titles, description)

    def _add_production(
        self, number: int, row: Row, titles: dict[str, str], original: str
    ) -> tuple[str, dict[str, str]]:
        """Its reference, and the description when another row gave the production a different one.

        Rows of the same production complete each other; what an earlier row said stays.
        """
        get, texts = self.mapping.first, self.mapping.texts
        ref = get("production_ref", row) or ("" if self.one_each else get("ref", row))
        ref = ref or _digest("production", key_of(original or next(iter(titles.values()))))
        age = get("age", row)
        year = get("year", row)
        found: dict[str, Any] = {
            "ref": ref,
            "rows": [number],
            "title": titles,
            "original_title": original,
            "duration_min": self._duration(number, row),
            "year": int(year) if re.fullmatch(r"[12][0-9]{3}", year) else None,
            "countries": self._many("country", row, values.countries),
            "languages": self._many("language", row, values.languages),
            "directors": self._many("directors", row, values.people),
            "people": self._many("people", row, values.people),
            "sections": self._many("section", row, values.split_list),
            "age": values.age(age) if age else None,
            "age_text": age,
            "description": texts("description", row),
            "short_description": texts("short_description", row),
            "poster": get("poster", row),
            "trailer": get("trailer", row),
            "metadata": {} if self.dated else self._metadata(row),
        }
        known = self.productions.setdefault(ref, found)
        if known is found:
            return ref, {}
        known["rows"].append(number)
        for name, value in found.items():
            if known[name] in (None, "", (), {}):
                known[name] = value
        differs = found["description"] and found["description"] != known["description"]
        return ref, found["description"] if differs else {}

    def _many(
        self, field: str, row: Row, split: Callable[[str], tuple[str, ...]]
    ) -> tuple[str, ...]:
        parts = [part for value in self.mapping.all(field, row) for part in split(value)]
        return tuple(dict.fromkeys(parts))

    def _metadata(self, row: Row) -> dict[str, str]:
        found = {source.column: value for source, value in self.mapping.values("metadata", row)}
        if kind := self.mapping.first("type", row):
            found["type"] = kind
        return found

    def _duration(self, number: int, row: Row) -> int | None:
        text = self.mapping.first("duration", row)
        try:
            return dates.read_duration(text) if text else None
        except Unreadable as problem:
            self.warn(number, "duration", problem.code, problem.sentence)
            return None

    def _add_screening(
        self,
        number: int,
        row: Row,
        slot: Slot,
        production: str,
        own_id: str,
        titles: dict[str, str],
        description: dict[str, str],
    ) -> None:
        def get(field: str) -> str:
            return self.mapping.first(field, row, slot.group)

        venue, room, venue_ref = get("venue") or self.options.venue, get("room"), get("venue_ref")
        if not (venue or room or venue_ref):
            self.warn(number, "venue", "PLACE_MISSING", "The row names no place.")
        place = (key_of(venue_ref or venue), key_of(room), slot.starts_at.isoformat())
        ref = own_id or _digest("screening", production, *place)
        if known := self.screenings.get(ref):
            self._repeat(number, known, production, own_id, (venue, room, slot.starts_at))
            return
        age = get("age")
        self.screenings[ref] = {
            "ref": ref,
            "rows": [number],
            "production_refs": (production,),
            "title": titles,
            "starts_at": slot.starts_at,
            "ends_at": slot.ends_at,
            "venue": venue,
            "venue_ref": venue_ref,
            "room": room,
            "sections": self._many("section", row, values.split_list),
            "version": get("version"),
            "languages": self._many("language", row, values.languages),
            "subtitles": self._many("subtitles", row, values.languages),
            "age": values.age(age) if age else None,
            "age_text": age,
            "note": "\n".join(v for _, v in self.mapping.values("note", row, slot.group)),
            "description": description,
            "tariffs": tuple(self.mapping.all("tariff", row)),
            "url": get("url"),
            "cancelled": values.is_cancelled(get("status")),
            "metadata": self._metadata(row),
        }

    def _repeat(
        self,
        number: int,
        known: dict[str, Any],
        production: str,
        own_id: str,
        when_and_where: tuple[str, str, datetime],
    ) -> None:
        """Two rows with one reference: several productions in one screening, or a mistake."""
        first = known["rows"][0]
        if (known["venue"], known["room"], known["starts_at"]) != when_and_where:
            self.report(
                number, "ref", "DUPLICATE_ID", f"The id “{own_id}” is already that of row {first}."
            )
        elif production in known["production_refs"]:
            self.warn(number, "", "DUPLICATE_ROW", f"The same screening as row {first}.")
            known["rows"].append(number)
        else:
            known["production_refs"] += (production,)
            known["rows"].append(number)


def _digest(*parts: str) -> str:
    """A short stable reference for what has no id in its source."""
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]
