"""CSV in any dialect: encoding, separator and header row are found, then `table.py` reads."""

import csv
import io
import re

from services.catalog.importers import headers, join, table
from services.catalog.importers.record import ImportRefused, Options, Problem, Reading, Severity
from services.catalog.importers.text import clean

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
_BOMS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f]")


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
    problems = []
    text, encoding = _decode(data, options.encoding)
    if encoding == "cp1252" and options.encoding is None:
        problems.append(Problem(
            0, "", "ENCODING_ASSUMED",
            "The file is not UTF-8; it was read as Windows-1252. Check the accents.",
            Severity.WARNING,
        ))
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
    return _with_header(rows, options, problems), encoding, separator, problems


def _decode(data: bytes, declared: str | None) -> tuple[str, str]:
    for start, what in _ELSEWHERE.items():
        if data.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(start):
            raise ImportRefused("NOT_CSV", f"This is not a CSV file but {what}.")
    bom = next((name for mark, name in _BOMS.items() if data.startswith(mark)), "")
    candidates = [declared or bom] if declared or bom else [*_wide(data), "utf-8", "cp1252"]
    for encoding in candidates:
        try:
            text = data.decode(encoding).removeprefix("\ufeff")
        except (UnicodeError, LookupError, ValueError):
            continue
        if _CONTROL.search(text):
            raise ImportRefused("BINARY", "This is not a text file.")
        return text, "utf-8" if encoding == "utf-8-sig" else encoding
    if declared or bom:
        raise ImportRefused("ENCODING_WRONG", f"The file is not in the encoding {candidates[0]}.")
    raise ImportRefused("BINARY", "This is not a text file, or in an unknown encoding.")


def _wide(data: bytes) -> list[str]:
    """UTF-16 without a mark: every other byte of plain letters is zero."""
    start = data[:200]
    if len(data) % 2 == 0 and len(start) > 3:
        if start[1::2].count(0) * 3 > len(start):
            return ["utf-16-le"]
        if start[::2].count(0) * 3 > len(start):
            return ["utf-16-be"]
    return []


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
        known = max((_known(row) for row in rows[:10]), default=0.0)
        even = widths.count(width) / len(widths) * min(width, 30) if width > 1 else 0.0
        best = max(best, (known, even, separator), key=lambda one: one[:2])
    if best[1] == 0 and best[0] < 1:
        raise ImportRefused(
            "NOT_CSV", "This is not a table: no separator (, ; tab |) makes columns of it."
        )
    return best[2]


def _known(row: list[str]) -> float:
    """How many different fields the cells name, were they headers."""
    guesses = [guess for cell in row if len(cell) < 80 and (guess := headers.recognise(cell))]
    return len({(g.field, g.group) for g in guesses if g.score == 1.0}) + 0.1 * len(guesses)


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


def _with_header(
    rows: list[list[str]], options: Options, problems: list[Problem]
) -> table.Table:
    """The header is the best recognised of the first ten rows: sheets often start with a title."""
    cleaned = [[clean(cell) for cell in row] for row in rows]
    filled = [number for number, row in enumerate(cleaned) if any(row)]
    if not filled:
        raise ImportRefused("EMPTY", "The file is empty.")
    header = max(filled[:10], key=lambda number: (_known(cleaned[number]), -number))
    width = max(len(cleaned[header]), 1)
    columns = table.unique_names(cleaned[header])
    body = []
    for number in filled:
        row = cleaned[number]
        if number <= header:
            continue
        if any(row[width:]) or len(row) < width:
            problems.append(Problem(
                number + 1, "", "ROW_RAGGED",
                f"Row {number + 1} has {len(row)} cells under {width} headers.",
                Severity.WARNING,
            ))
        cells = row[:width] + [""] * (width - len(row))
        body.append((number + 1, dict(zip(columns, cells, strict=True))))
    if not body:
        raise ImportRefused("HEADER_ONLY", "The file has a header but no rows.")
    if len(body) > options.max_rows:
        raise ImportRefused("TOO_MANY_ROWS", f"The file has more than {options.max_rows} rows.")
    return table.Table(columns, body)
