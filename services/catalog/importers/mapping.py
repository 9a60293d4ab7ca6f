"""Which value of a row feeds which field: proposed by the importer, edited by a person.

A mapping is JSON: for each field the sources to try in order, for example

    {"title": [{"column": "Titre", "language": "fr"}, {"column": "Title", "language": "en"}],
     "venue": [{"column": "location"}, {"column": "summary", "pattern": "Location: {value}"},
               {"constant": "Main Hall"}],
     "date":  [{"column": "Date 1", "group": 1}, {"column": "Date 2", "group": 2}]}

A pattern is one line of the text with `{value}` where the value stands; `*` is any text, a space
any white space, and “:” also matches “;” and “–”. It is no regular expression, so nobody can write
one that never ends. Fields of `headers.MANY` take all their sources instead of the first that has
a value. Sources with the same `group` make one screening; one row may have many.
"""

import re
from collections.abc import Iterable, Iterator
from collections.abc import Mapping as Map
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice
from typing import Any

from services.catalog.importers import headers
from services.catalog.importers.record import ImportRefused

FIELDS = frozenset(headers.SYNONYMS) | {"metadata", "screening_title"}
LABELS = {
    "venue": ("Location", "Venue", "Lieu", "Ort", "Luogo"),
    "room": ("Screen", "Room", "Salle", "Saal", "Sala"),
}
SAMPLE = 300  # cells of a column that are looked at
LONGEST_LINE = 300  # of a text in which a pattern looks for its value
Row = Map[str, str]


@dataclass(frozen=True)
class Source:
    column: str = ""
    constant: str = ""
    pattern: str = ""
    language: str = ""
    group: int | None = None

    @cached_property
    def _line(self) -> re.Pattern[str]:
        escaped = re.escape(" ".join(self.pattern.split()))
        for written, meant in (
            (r"\{value\}", r"(\S.*?)"),
            (r"\ ", r"\s*+"),  # possessive: never tried twice
            (r":", r"\s*+[:;–—-]\s*+"),
            (r"\*", r".*?"),
        ):
            escaped = escaped.replace(written, meant)
        return re.compile(escaped, re.IGNORECASE)

    def value(self, row: Row) -> str:
        if self.constant:
            return self.constant
        text = row.get(self.column, "")
        if not self.pattern or not text:
            return text
        for line in text.split("\n"):
            found = self._line.fullmatch(line.strip()[:LONGEST_LINE])
            if found:
                return found[1].strip(" .")
        return ""

    def to_dict(self) -> dict[str, Any]:
        pairs = ("column", "constant", "pattern", "language", "group")
        return {name: getattr(self, name) for name in pairs if getattr(self, name)}


@dataclass(frozen=True)
class Mapping:
    sources: dict[str, tuple[Source, ...]]

    def __contains__(self, field: str) -> bool:
        return field in self.sources

    @cached_property
    def groups(self) -> list[int | None]:
        """The numbers of the repeated columns, `[None]` when there are none."""
        found = {s.group for sources in self.sources.values() for s in sources if s.group}
        return [*sorted(found)] or [None]

    def values(
        self, field: str, row: Row, group: int | None = None
    ) -> Iterator[tuple[Source, str]]:
        for source in self.sources.get(field, ()):
            if source.group in (None, group) and (value := source.value(row)):
                yield source, value

    def first(self, field: str, row: Row, group: int | None = None) -> str:
        return next((value for _, value in self.values(field, row, group)), "")

    def all(self, field: str, row: Row) -> list[str]:
        return [value for _, value in self.values(field, row)]

    def texts(self, field: str, row: Row) -> dict[str, str]:
        """By language; of several columns in one language the first, or all when `MANY`."""
        found: dict[str, str] = {}
        for source, value in self.values(field, row):
            if source.language not in found:
                found[source.language] = value
            elif field in headers.MANY and value not in found[source.language]:
                found[source.language] += "\n\n" + value
        return found

    def to_dict(self) -> dict[str, list[dict[str, Any]]]:
        return {
            field: [source.to_dict() for source in sources]
            for field, sources in sorted(self.sources.items())
        }


def parse(data: Any, columns: tuple[str, ...], language: str | None = None) -> Mapping:
    """The mapping a person sent back; `ImportRefused` names the first thing wrong with it.

    `language` is that of texts whose source names none.
    """
    if not isinstance(data, dict):
        raise _invalid("it is not a JSON object of fields")
    sources = {}
    for field, entries in data.items():
        if field not in FIELDS:
            raise _invalid(f"there is no field “{str(field)[:60]}”")
        if not isinstance(entries, list) or len(entries) > 200:
            raise _invalid(f"the sources of “{field}” are not a list")
        sources[field] = tuple(_parse_source(field, entry, columns) for entry in entries)
    return _complete(sources, language or "en")


def _complete(sources: Map[str, Iterable[Source]], language: str) -> Mapping:
    """Without empty fields, and with a language on every text."""
    return Mapping({
        field: tuple(
            replace(source, language=source.language or language)
            if field in headers.TRANSLATED else source
            for source in found
        )
        for field, found in sources.items() if found
    })


def _parse_source(field: str, entry: Any, columns: tuple[str, ...]) -> Source:
    kinds: dict[str, type] = {
        "column": str, "constant": str, "pattern": str, "language": str, "group": int
    }
    if not isinstance(entry, dict) or not all(
        isinstance(value, kinds.get(name, type(None))) for name, value in entry.items()
    ):
        raise _invalid(f"a source of “{field}” is not understood")
    source = Source(**entry)
    if bool(source.column) == bool(source.constant):
        raise _invalid(f"a source of “{field}” needs either a column or a constant")
    if source.column and source.column not in columns:
        raise _invalid(f"the file has no column “{source.column[:60]}”")
    if source.pattern and (
        source.pattern.count("{value}") != 1
        or source.pattern.count("*") > 1
        or len(source.pattern) > 200
    ):
        raise _invalid(f"the pattern of “{field}” needs {{value}} once and at most one *")
    return source


def _invalid(what: str) -> ImportRefused:
    return ImportRefused("MAPPING_INVALID", f"The mapping cannot be used: {what}.")


def propose(
    columns: tuple[str, ...],
    rows: list[Row],
    language: str | None = None,
    labels: Map[str, str] | None = None,
) -> Mapping:
    """The mapping read off headers (or `labels`, see `headers.guess`) and values.

    Texts whose column names no language are in `language`, else in that of the headers.
    """
    samples = {
        column: list(islice((row[column] for row in rows if row[column]), SAMPLE))
        for column in columns
    }
    guesses, spoken = headers.guess(samples, labels)
    grouped = {g.field for g in guesses if g.group}
    sources: dict[str, list[Source]] = {}
    for one in guesses:
        # “Date, Date 2, Date 3”: the first of a repeated column often bears no number
        group = one.group or (1 if one.field in grouped else None)
        sources.setdefault(one.field, []).append(
            Source(column=one.column, language=one.language, group=group)
        )
    _claim_names_of_places(sources, columns)
    _claim_short_texts(sources, samples)
    for field, words in LABELS.items():
        sources.setdefault(field, []).extend(_labelled(field, words, sources, rows, samples))
    return _complete(sources, language or spoken or "en")


def _claim_names_of_places(sources: dict[str, list[Source]], columns: tuple[str, ...]) -> None:
    """A “name” beside an address or coordinates is a place's, not a production's."""
    words = {word for column in columns for word in headers.normalise(column).split()}
    title = sources.get("title", [])
    is_place = words & {"latitude", "adresse", "address", "address1", "indirizzo"}
    named = title and headers.normalise(title[0].column) in ("name", "nom", "nome")
    if is_place and named and not {"date", "start"} & sources.keys():
        sources.setdefault("venue", []).extend(sources.pop("title"))


def _claim_short_texts(
    sources: dict[str, list[Source]], samples: Map[str, list[str]]
) -> None:
    """Without a title, a “summary” of some words is one, as in calendars."""
    if sources.keys() & {"title", "original_title"} or not sources.keys() & {"start", "date"}:
        return
    for one in sources.get("description", ()):
        values = samples[one.column]
        if values and all(len(value) < 120 and "\n" not in value for value in values):
            sources["title"] = [one]
            sources["description"] = [d for d in sources["description"] if d is not one]
            return


def _labelled(
    field: str,
    labels: tuple[str, ...],
    sources: dict[str, list[Source]],
    rows: list[Row],
    samples: dict[str, list[str]],
) -> list[Source]:
    """Lines such as “Location: Room 3” inside a text, where the proper column leaves gaps."""
    there = sources.get(field, [])
    gaps = [row for row in rows if not any(source.value(row) for source in there)]
    if len(gaps) * 10 < len(rows):
        return []
    texts = [c for c, values in samples.items() if any("\n" in v or ":" in v for v in values)]
    found = []
    for column in texts:
        if any(column == source.column for source in there):
            continue
        for label in labels:
            candidate = Source(column=column, pattern=f"{label}: {{value}}")
            hits = sum(label in row[column] and bool(candidate.value(row)) for row in gaps)
            if hits >= 2:
                found.append((hits, candidate))
    return [candidate for _, candidate in sorted(found, key=lambda one: -one[0])]
