"""Statements as CSV that a Swiss spreadsheet opens in columns: UTF-8 with BOM, semicolons, CRLF.

Money has a point and two decimals and no currency; instants are ISO 8601 with their offset.
Read it back with `csv.reader(io.TextIOWrapper(file, "utf-8-sig", newline=""), delimiter=";")`.
"""

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from typing import Any, BinaryIO

from services.accounting.reports.table import (
    Column,
    ColumnKind,
    Row,
    Trailer,
    decimal_text,
    reconciled,
    trailer_rows,
)

# how a cell that a spreadsheet would run as a formula begins, full-width forms included
_FORMULA = frozenset("=+-@\t\r\n＝＋－＠")


def write(rows: Iterable[Row], columns: Sequence[Column], trailer: Trailer, out: BinaryIO) -> None:
    """Writes the table and its trailer to `out`; TrailerMismatch when they do not agree."""
    text = io.TextIOWrapper(out, "utf-8-sig", newline="")
    try:
        file = csv.writer(text, delimiter=";", lineterminator="\r\n")
        file.writerow([harmless(column.label) for column in columns])
        cells = [(column.key, _CELL[column.kind]) for column in columns]
        file.writerows(
            [cell(row[key]) for key, cell in cells] for row in reconciled(rows, columns, trailer)
        )
        file.writerows(
            [_CELL[kind](value) for kind, value in row] for row in trailer_rows(columns, trailer)
        )
    finally:
        text.flush()
        text.detach()  # `out` stays open: it belongs to the caller


def harmless(value: str | None) -> str:
    """Text that no spreadsheet takes for a formula: an apostrophe before what looks like one."""
    if not value:
        return ""
    return f"'{value}" if value.lstrip(" ")[:1] in _FORMULA else value


def _money(value: int | None) -> str:
    return "" if value is None else decimal_text(value)


def _iso(value: Any) -> str:
    return "" if value is None else value.isoformat()


_CELL: dict[ColumnKind, Callable[[Any], Any]] = {
    "text": harmless,
    "integer": lambda value: value,
    "money": _money,
    "date": _iso,
    "datetime": _iso,
}
