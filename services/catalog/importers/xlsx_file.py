"""Excel workbooks: every visible sheet, typed cells, merged cells, cached values of formulas."""

import io
import re
import warnings
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import Any

import openpyxl
from openpyxl.utils import range_boundaries

from services.catalog.importers import headers, join, sheet, table
from services.catalog.importers.record import ImportRefused, Options, Problem, Reading, Severity
from services.catalog.importers.table import Table

NAME = "xlsx"
MAX_UNPACKED = 100 * 1024 * 1024
MAX_PARTS = 2_000
MAX_TAGS = 2_000_000  # of shared texts and styles, which are held in memory at once
MAX_MERGED = 20_000
MAX_FILLED = 500_000  # cells, from merged ones
MAX_REST = 1024 * 1024  # of a part, kept until the end of its cell is seen
EMPTY_ROWS = 1_000  # in a row: what follows is not looked for
_SERIAL = re.compile(r"\d{5}(?:\.\d+)?")  # a day, counted from the end of 1899
_FRACTION = re.compile(r"0(?:\.\d+)?")
_MERGED = re.compile(rb'<(?:\w+:)?mergeCell ref="([A-Z]{1,3}\d{1,7}:[A-Z]{1,3}\d{1,7})"')
_UNSAVED = re.compile(  # a formula and the end of its cell, without a value between
    rb"<(?:\w+:)?f(?: [^<>]*)?>[^<>]*</(?:\w+:)?f>(?:<v ?/>|<v></v>)?</(?:\w+:)?c>"
)
Sheet = tuple[str, Table]


def recognises(data: bytes, filename: str) -> bool:
    """Any packed file, and the old Excel format: only this module says well what is wrong."""
    return data.startswith((b"PK\x03\x04", b"PK\x05\x06", b"\xd0\xcf\x11\xe0"))


def read(data: bytes, mapping: object, options: Options) -> Reading:
    problems: list[Problem] = []
    found = read_sheets(data, options, problems)
    for companion in options.companions:
        found = join.attach(found, [read_sheets(companion, options, problems)], problems)
    return table.read(found, NAME, "", "", mapping, options, problems)


def read_sheets(data: bytes, options: Options, problems: list[Problem]) -> Table:
    """The sheets of the programme under each other, with the details other sheets give of ids."""
    merged = _inspect(data, problems)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # openpyxl's, of what it leaves out
            book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
            sheets = list(_tables(book, merged, options, problems))
    except ImportRefused:
        raise
    except Exception as error:  # whatever openpyxl meets in a damaged or hostile file
        raise _damaged() from error
    if not sheets:
        raise ImportRefused("EMPTY", "The workbook has no visible sheet with a table.")
    return _together(sheets, problems)


def _damaged() -> ImportRefused:
    return ImportRefused("XLSX_DAMAGED", "The Excel file is damaged or not complete.")


# ---------------------------------------------------------------- the package


def _inspect(data: bytes, problems: list[Problem]) -> dict[str, list[str]]:
    """Refuse what would not fit; give the merged ranges of each sheet by its part's name."""
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        raise ImportRefused(
            "XLS_OLD", "This is an old Excel file or one with a password: save it as .xlsx."
        )
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            parts = package.infolist()
            names = {part.filename for part in parts}
            if "[Content_Types].xml" not in names or not any(n.startswith("xl/") for n in names):
                raise ImportRefused(
                    "NOT_XLSX", "This is a packed file, but not Excel's: send .xlsx or CSV."
                )
            if len(parts) > MAX_PARTS or sum(p.file_size for p in parts) > MAX_UNPACKED:
                raise ImportRefused(
                    "TOO_LARGE",
                    f"Unpacked, the file is larger than {MAX_UNPACKED // 1024**2} MiB.",
                )
            return {
                part.filename: _scan(package, part, problems)
                for part in parts if part.filename.endswith((".xml", ".rels"))
            }
    except ImportRefused:
        raise
    except Exception as error:  # zipfile and zlib have many ways to say it
        raise _damaged() from error


def _scan(package: zipfile.ZipFile, part: zipfile.ZipInfo, problems: list[Problem]) -> list[str]:
    """Merged ranges. Counts tags; a document type would be the beginning of an XML bomb."""
    tags = unsaved = 0
    merged: list[str] = []
    rest = b""
    is_sheet = part.filename.startswith("xl/worksheets/")
    with package.open(part) as stream:
        while block := stream.read(64 * 1024):
            tags += block.count(b"<")
            window = rest + block
            if b"<!DOCTYPE" in window or b"<!ENTITY" in window:
                raise ImportRefused("XML_UNSAFE", "The file declares XML entities.")
            if tags > MAX_TAGS and not is_sheet:
                raise ImportRefused("TOO_LARGE", "The workbook has too many texts or styles.")
            if is_sheet:
                cut = max(window.rfind(b"<c "), window.rfind(b"<mergeCell"), 0)
                ready, rest = window[:cut], window[cut:][-MAX_REST:]
                merged += (found.decode() for found in _MERGED.findall(ready))
                unsaved += len(_UNSAVED.findall(ready))
            else:
                rest = window[-16:]
    if is_sheet:
        merged += (found.decode() for found in _MERGED.findall(rest))
        unsaved += len(_UNSAVED.findall(rest))
    if len(merged) > MAX_MERGED:
        raise ImportRefused("TOO_LARGE", "The workbook has too many merged cells.")
    if unsaved:
        problems.append(Problem(
            0, "", "FORMULA_WITHOUT_VALUE",
            f"{unsaved} formulas have no saved result and were read as empty: open the file in "
            "Excel, save it and send it again.", Severity.WARNING,
        ))
    return merged


# ---------------------------------------------------------------- the sheets


def _tables(
    book: Any, merged: dict[str, list[str]], options: Options, problems: list[Problem]
) -> Iterator[Sheet]:
    total = 0
    for one in book.worksheets:
        if one.sheet_state != "visible":
            problems.append(Problem(
                0, "", "SHEET_HIDDEN", f"The hidden sheet “{one.title[:60]}” was not read.",
                Severity.WARNING,
            ))
            continue
        rows = _rows(one, options)
        _spread(rows, merged.get(one._worksheet_path.lstrip("/"), []))
        total += len(rows)
        if total > options.max_rows + 100:
            raise ImportRefused(
                "TOO_MANY_ROWS", f"The file has more than {options.max_rows} rows."
            )
        if sum(any(row) for row in rows) >= 2:
            found = sheet.with_header(rows, options, [])
            yield one.title, replace(found, rows=[(n, _dated(row)) for n, row in found.rows])


def _rows(one: Any, options: Options) -> list[list[str]]:
    one.reset_dimensions()  # what a file says of its own size need not be true
    rows: list[list[str]] = []
    empty = 0
    for cells in one.iter_rows(max_col=options.max_columns + 1, values_only=True):
        row = [_text(cell) for cell in cells]
        while row and not row[-1]:
            row.pop()
        empty = 0 if row else empty + 1
        rows.append(row)
        if empty > EMPTY_ROWS or len(rows) > options.max_rows + 100 + EMPTY_ROWS:
            break
        if len(row) > options.max_columns:
            raise ImportRefused(
                "TOO_MANY_COLUMNS",
                f"Row {len(rows)} has more than {options.max_columns} columns.",
            )
        if any(len(cell) > options.max_cell for cell in row):
            raise ImportRefused(
                "CELL_TOO_LONG",
                f"Row {len(rows)} has a cell of more than {options.max_cell} characters.",
            )
    while rows and not rows[-1]:
        rows.pop()
    width = max(map(len, rows), default=0)
    if width * len(rows) > options.max_rows * 40:
        raise ImportRefused("TOO_LARGE", "The sheet has too many cells.")
    return [row + [""] * (width - len(row)) for row in rows]


def _text(cell: object) -> str:
    """A typed cell as a person would have typed it."""
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        if cell.year <= 1900:  # a time of more than 24 hours, or one that was given a date
            return f"{cell:%H:%M}"
        return f"{cell:%Y-%m-%d}" if cell.time() == time() else f"{cell:%Y-%m-%dT%H:%M}"
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, time):
        return f"{cell:%H:%M}"
    if isinstance(cell, timedelta):
        minutes = round(cell.total_seconds() / 60)
        return f"{minutes // 60}:{minutes % 60:02}"
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() else repr(cell)
    return str(cell)


def _spread(rows: list[list[str]], merged: list[str]) -> None:
    """A merged cell says its value for each row it covers, but only once across."""
    budget = MAX_FILLED
    for written in merged:
        left, top, _, bottom = range_boundaries(written)
        budget -= min(bottom, len(rows)) - top
        if budget < 0:
            raise ImportRefused("TOO_LARGE", "The workbook has too many merged cells.")
        for upper, lower in pairwise(rows[top - 1:bottom]):
            if left <= len(upper) and not lower[left - 1]:
                lower[left - 1] = upper[left - 1]


def _dated(row: Any) -> dict[str, str]:
    """Days and times that lost their format and came as numbers."""
    return {
        column: _from_serial(column, text) if text[:1].isdigit() else text
        for column, text in row.items()
    }


def _from_serial(column: str, text: str) -> str:
    serial, fraction = _SERIAL.fullmatch(text), _FRACTION.fullmatch(text)
    guess = headers.recognise(column) if serial or (fraction and "." in text) else None
    if guess is None or guess.field not in ("start", "date", "time", "end", "end_date"):
        return text
    moment = datetime(1899, 12, 30) + timedelta(minutes=round(float(text) * 1440))
    if fraction:
        return f"{moment:%H:%M}"
    return f"{moment:%Y-%m-%d}" if moment.time() == time() else f"{moment:%Y-%m-%dT%H:%M}"


# ---------------------------------------------------------------- several sheets


def _together(sheets: list[Sheet], problems: list[Problem]) -> Table:
    """The sheet that looks most like a programme, those of the same headers, and look-ups."""
    name, main = max(sheets, key=lambda one: (_kinds(one[1]), len(one[1].rows)))
    others = [one for one in sheets if one[1] is not main]
    alike = [one for one in others if _is_alike(main, one[1])]
    if alike:
        columns = table.unique_names([*main.columns, "sheet"])
        nothing = dict.fromkeys(main.columns, "")
        rows = [
            (number, {**{c: (nothing | dict(row))[c] for c in main.columns}, columns[-1]: title})
            for title, one in sheets if one is main or any(one is a for _, a in alike)
            for number, row in one.rows
        ]
        main = Table(columns, rows)
    for title, one in others:
        if any(one is other for _, other in alike):
            continue
        try:
            main = join.attach(main, [one], problems)
        except ImportRefused:
            problems.append(Problem(
                0, "", "SHEET_IGNORED",
                f"The sheet “{title[:60]}” has other columns than “{name[:60]}”; it was not read.",
                Severity.WARNING,
            ))
    return main


def _kinds(one: Table) -> int:
    """How much of what a programme needs the headers of a sheet name."""
    fields = {guess.field for c in one.columns if (guess := headers.recognise(c))}
    when = 3 * bool(fields & {"start", "date", "time", "showings"})
    return when + 2 * ("title" in fields) + bool(fields & {"venue", "room"})


def _is_alike(main: Table, other: Table) -> bool:
    shared = set(main.columns) & set(other.columns)
    return len(shared) >= 0.8 * max(len(main.columns), len(other.columns))
