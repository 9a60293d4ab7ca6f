"""CSV in any dialect: encoding, separator and header row are found, then `table.py` reads."""

import csv
import io
import re

from services.catalog.importers import decoding, join, sheet, table
from services.catalog.importers.record import ImportRefused, Options, Problem, Reading, Severity

NAME = "csv"
SEPARATORS = ",;\t|"
_ELSEWHERE = {  # how other files begin, and what to tell who sends them as CSV
    b"PK\x03\x04": "an Excel or other packed file: save it as CSV",
    b"\xd0\xcf\x11\xe0": "an old Excel file: save it as CSV",
    b"%PDF": "a PDF",
    b"<": "XML or HTML",
    b"{": "JSON",
    b"[": "JSON",
    b"BEGIN:VCALENDAR": "an iCalendar file",
}


def recognises(data: bytes, filename: str) -> bool:
    """Whatever is not evidently something else: a CSV file has no signature."""
    if filename.lower().endswith((".csv", ".tsv", ".txt")):
        return True
    start = data[:64].removeprefix(b"\xef\xbb\xbf").lstrip()
    return not start.startswith(tuple(_ELSEWHERE)) and b"\0\0\0" not in data[:256]


def read(data: bytes, mapping: object, options: Options) -> Reading:
    found, encoding, separator, problems = read_rows(data, options)
    companions = [read_rows(companion, options)[0] for companion in options.companions]
    found = join.attach(found, companions, problems)
    return table.read(found, NAME, encoding, separator, mapping, options, problems)


def read_rows(
    data: bytes, options: Options
) -> tuple[table.Table, str, str, list[Problem]]:
    """The table, its encoding and separator, and what had to be assumed to read it."""
    _refuse_other_kinds(data)
    text, encoding = decoding.decode(data, options.encoding)
    problems = decoding.assumed(encoding, options.encoding)
    if not text.strip(SEPARATORS + '" \r\n\xa0'):
        raise ImportRefused("EMPTY", "The file is empty.")
    separator = options.separator or ""
    if declared := re.match(r"sep=(.)\r?\n", text):  # a first line that Excel understands
        text, separator = text[declared.end():], separator or declared[1]
    if separator and (len(separator) != 1 or separator in '\r\n"'):
        raise ImportRefused("SEPARATOR_INVALID", "A separator is one character, such as “;”.")
    separator = separator or _separator(text)
    try:
        rows = _split(text, separator, options, strict=True)
    except csv.Error:
        rows = _split(text, separator, options, strict=False)
        problems.append(Problem(
            0, "", "QUOTES_UNBALANCED",
            "Quotation marks in the file do not match; look for cells that run together.",
            Severity.WARNING,
        ))
    return sheet.with_header(rows, options, problems), encoding, separator, problems


def _refuse_other_kinds(data: bytes) -> None:
    for start, what in _ELSEWHERE.items():
        if data.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(start):
            raise ImportRefused("NOT_CSV", f"This is not a CSV file but {what}.")


def _separator(text: str) -> str:
    """The one that cuts the first records into the most even and best recognised columns."""
    best = (0.0, 0.0, ",")
    for separator in SEPARATORS:
        rows = []
        try:
            for row in csv.reader(io.StringIO(text[:100_000], newline=""), delimiter=separator):
                rows.append(row)
                if len(rows) == 50:
                    break
        except csv.Error:
            pass
        rows = [row for row in rows if any(cell.strip() for cell in row)]
        widths = [len(row) for row in rows]
        width = max(set(widths), key=widths.count, default=0)
        known = max((sheet.known_headers(row) for row in rows[:10]), default=0.0)
        even = widths.count(width) / len(widths) * min(width, 30) if width > 1 else 0.0
        best = max(best, (known, even, separator), key=lambda one: one[:2])
    if best[1] == 0 and best[0] < 1:
        raise ImportRefused(
            "NOT_CSV", "This is not a table: no separator (, ; tab |) makes columns of it."
        )
    return best[2]


def _split(text: str, separator: str, options: Options, strict: bool) -> list[list[str]]:
    rows = []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=strict)
    try:
        for row in reader:
            rows.append(row)
            if len(row) > options.max_columns:
                raise ImportRefused(
                    "TOO_MANY_COLUMNS",
                    f"Row {len(rows)} has {len(row)} columns; {options.max_columns} are allowed.",
                )
            if len(rows) > options.max_rows + 100:  # title lines and blank ones apart
                raise ImportRefused(
                    "TOO_MANY_ROWS", f"The file has more than {options.max_rows} rows."
                )
            if max(map(len, row), default=0) > options.max_cell:
                raise _cell_too_long(len(rows), options)
    except csv.Error as error:
        if "field larger" in str(error):  # the csv module's own limit
            raise _cell_too_long(len(rows) + 1, options) from None
        raise
    return rows


def _cell_too_long(row: int, options: Options) -> ImportRefused:
    return ImportRefused(
        "CELL_TOO_LONG",
        f"Row {row} has a cell of more than {options.max_cell} characters; "
        "perhaps a quotation mark is not closed.",
    )
