"""What a statement is, whatever the file it is written to."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from contracts.money import CURRENCY

Row = Mapping[str, Any]
ColumnKind = Literal["text", "integer", "money", "date", "datetime"]
Cell = tuple[ColumnKind, Any]
Language = Literal["fr", "de", "it", "en"]


@dataclass(frozen=True, slots=True)
class Column:
    """One column: `key` finds the value in a row, `label` heads it, `kind` says how to write it.

    A value is a str, an int, an int in centimes, a date or an aware datetime (written as the clock
    of its own zone shows it); None is an empty cell.
    """

    key: str
    label: str
    kind: ColumnKind = "text"


@dataclass(frozen=True, slots=True)
class Trailer:
    """What the file says of itself at its end; read in the same database snapshot as the rows."""

    row_count: int
    sums: Mapping[str, int] = field(default_factory=dict)  # column key -> sum of that column
    filter: Mapping[str, str] = field(default_factory=dict)  # label -> what was asked for
    language: Language = "fr"
    currency: str = CURRENCY


class TrailerMismatch(Exception):
    """The rows are not those the trailer speaks of: a fault, the file must not be used."""


TRAILER_WORDS: dict[Language, dict[str, str]] = {
    "fr": {"total": "Total", "rows": "Nombre de lignes", "filter": "Filtre"},
    "de": {"total": "Total", "rows": "Anzahl Zeilen", "filter": "Filter"},
    "it": {"total": "Totale", "rows": "Numero di righe", "filter": "Filtro"},
    "en": {"total": "Total", "rows": "Number of rows", "filter": "Filter"},
}


def reconciled(rows: Iterable[Row], columns: Sequence[Column], trailer: Trailer) -> Iterator[Row]:
    """The same rows; raises TrailerMismatch after the last if their count or sums differ.

    ValueError when a sum belongs to no column, or to the first, where the trailer has its words.
    """
    if not set(trailer.sums) <= {column.key for column in columns[1:]}:
        raise ValueError(f"sums {list(trailer.sums)} are not all columns after the first")
    count, sums = 0, dict.fromkeys(trailer.sums, 0)
    for row in rows:
        count += 1
        for key in sums:
            sums[key] += row[key] or 0
        yield row
    if (count, sums) != (trailer.row_count, dict(trailer.sums)):
        raise TrailerMismatch(f"written {count} rows, {sums}; announced {trailer}")


def trailer_rows(columns: Sequence[Column], trailer: Trailer) -> Iterator[list[Cell]]:
    """The lines under the table: the sums in their columns, the number of rows, the filter."""
    words = TRAILER_WORDS[trailer.language]
    sums = [(column.kind, trailer.sums.get(column.key)) for column in columns[1:]]
    yield [("text", words["total"]), *sums]
    yield [("text", words["rows"]), ("integer", trailer.row_count)]
    for label, asked in trailer.filter.items():
        yield [("text", words["filter"]), ("text", label), ("text", asked)]


def decimal_text(cents: int) -> str:
    """`-1234.05` for -123405 centimes, exactly and without any float."""
    units, rest = divmod(abs(cents), 100)
    return f"{'-' if cents < 0 else ''}{units}.{rest:02d}"
