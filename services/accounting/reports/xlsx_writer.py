"""Statements as an Excel workbook, streamed.

openpyxl makes the workbook around an empty table: styles, widths, frozen header. The rows are
written into its sheets here, since a cell object for each value would take three times as long.
Money is an exact decimal number shown as CHF; text is always a string, never a formula.
"""

import io
import re
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime
from itertools import islice
from typing import Any, BinaryIO
from xml.sax.saxutils import escape

from openpyxl import Workbook
from openpyxl.cell import Cell as WorkbookCell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.utils.datetime import to_excel

from services.accounting.reports.table import (
    Cell,
    Column,
    ColumnKind,
    Row,
    Trailer,
    decimal_text,
    reconciled,
    trailer_rows,
)

ROWS_PER_SHEET = 1_000_000  # Excel ends at 1 048 576; the header and the trailer want a place too
_TEXT_MAX = 32_767  # characters in a cell, Excel's own limit
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")

_FORMAT: dict[ColumnKind, str] = {
    "text": "@",
    "integer": "#,##0",
    "money": '"{currency}" #,##0.00;[Red]-"{currency}" #,##0.00',
    "date": "dd.mm.yyyy",
    "datetime": "dd.mm.yyyy hh:mm:ss",
}
_WIDTH: dict[ColumnKind, int] = {
    "text": 22, "integer": 10, "money": 16, "date": 12, "datetime": 20,
}


def write(rows: Iterable[Row], columns: Sequence[Column], trailer: Trailer, out: BinaryIO) -> None:
    """Writes the table and its trailer to `out`; TrailerMismatch when they do not agree."""
    sheets = max(1, -(-trailer.row_count // ROWS_PER_SHEET))
    frame, plain, bold = _frame(columns, trailer, sheets)
    lines = _lines(reconciled(rows, columns, trailer), columns, plain)
    with (
        zipfile.ZipFile(frame) as source,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=3) as target,
    ):
        for part in source.namelist():
            sheet = re.fullmatch(r"xl/worksheets/sheet(\d+)\.xml", part)
            if not sheet:
                target.writestr(part, source.read(part))
                continue
            last = int(sheet[1]) == sheets
            before, after = _around_rows(source.read(part).decode())
            with target.open(part, "w", force_zip64=True) as file:
                file.write(before)
                for line in lines if last else islice(lines, ROWS_PER_SHEET):
                    file.write(line.encode())
                for cells in trailer_rows(columns, trailer) if last else ():
                    file.write(_row(_xml(cell, bold) for cell in cells).encode())
                file.write(after)


def _frame(
    columns: Sequence[Column], trailer: Trailer, sheets: int
) -> tuple[io.BytesIO, dict[ColumnKind, int], dict[ColumnKind, int]]:
    """The workbook with headers only, and the numbers of its plain and bold styles."""
    book = Workbook()
    book.remove(book.active)
    for number in range(1, sheets + 1):
        sheet = book.create_sheet(str(number))
        sheet.freeze_panes = "A2"
        for index, column in enumerate(columns, start=1):
            header = sheet.cell(1, index, column.label)
            header.data_type = "s"  # a label that begins with = is a label
            header.font = Font(bold=True, color="FFFFFF")
            header.fill = PatternFill("solid", fgColor="17202E")
            header.alignment = Alignment(vertical="center", wrap_text=True)
            width = max(_WIDTH[column.kind], min(len(column.label) + 2, 40))
            sheet.column_dimensions[get_column_letter(index)].width = width
    # styles get their numbers from cells; these two lists are read for them and never saved
    scratch = book.worksheets[0]
    plain = {kind: _style(WorkbookCell(scratch), kind, trailer.currency) for kind in _FORMAT}
    bold = {kind: _style(WorkbookCell(scratch), kind, trailer.currency, True) for kind in _FORMAT}
    frame = io.BytesIO()
    book.save(frame)
    return frame, plain, bold


def _style(cell: WorkbookCell, kind: ColumnKind, currency: str, bold: bool = False) -> int:
    cell.number_format = _FORMAT[kind].format(currency=currency)
    cell.font = Font(bold=bold)
    # as if typed with an apostrophe: text stays text even when it is edited in Excel
    cell.quotePrefix = kind == "text"
    return cell.style_id


def _around_rows(sheet: str) -> tuple[bytes, bytes]:
    """The sheet's XML before and after the place of its rows; its stated size is left out."""
    before, after = re.sub(r"<dimension [^>]*/>", "", sheet).split("</sheetData>")
    return before.encode(), f"</sheetData>{after}".encode()


def _lines(
    rows: Iterable[Row], columns: Sequence[Column], styles: dict[ColumnKind, int]
) -> Iterator[str]:
    kinds = [(column.key, column.kind) for column in columns]
    for row in rows:
        yield _row(_xml((kind, row[key]), styles) for key, kind in kinds)


def _row(cells: Iterable[str]) -> str:
    return f"<row>{''.join(cells)}</row>"


def _xml(cell: Cell, styles: dict[ColumnKind, int]) -> str:
    kind, value = cell
    if value is None:
        return "<c/>"
    return _CELL[kind](value, styles[kind])


def _text(value: str, style: int) -> str:
    text = escape(_NOT_XML.sub("", value)[:_TEXT_MAX])
    return f'<c s="{style}" t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'


def _integer(value: int, style: int) -> str:
    return f'<c s="{style}"><v>{value}</v></c>'


def _money(value: int, style: int) -> str:
    return f'<c s="{style}"><v>{decimal_text(value)}</v></c>'


def _moment(value: date | datetime, style: int) -> str:
    local = value.replace(tzinfo=None) if isinstance(value, datetime) else value
    return f'<c s="{style}"><v>{to_excel(local)}</v></c>'


_CELL: dict[ColumnKind, Callable[[Any, int], str]] = {
    "text": _text,
    "integer": _integer,
    "money": _money,
    "date": _moment,
    "datetime": _moment,
}
