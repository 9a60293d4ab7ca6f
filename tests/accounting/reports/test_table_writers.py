"""CSV and Excel statements, read back with the tools an accountant would use."""

import csv
import io
import tracemalloc
from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from openpyxl import load_workbook

from services.accounting.reports import csv_writer, xlsx_writer
from services.accounting.reports.table import (
    TRAILER_WORDS,
    Column,
    Trailer,
    TrailerMismatch,
    decimal_text,
)

WRITERS = pytest.mark.parametrize("writer", [csv_writer, xlsx_writer], ids=["csv", "xlsx"])
COLUMNS = [
    Column("receipt", "Quittance"),
    Column("sold_at", "Vendu à", "datetime"),
    Column("business_day", "Jour", "date"),
    Column("label", "Libellé"),
    Column("quantity", "Quantité", "integer"),
    Column("gross", "Brut CHF", "money"),
]
HOSTILE = [
    "=1+1", "+41 79", "-2", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "  =1", "＝1+1",
    "=cmd|' /C calc'!A0", "#REF!",
]


def row(number: int, gross: int = 1650, label: str | None = "Plein tarif") -> dict:
    sold_at = datetime(2026, 11, 21, 19, 30, tzinfo=UTC).astimezone(ZoneInfo("Europe/Zurich"))
    return {
        "receipt": f"1-{number:06d}", "sold_at": sold_at, "business_day": date(2026, 11, 21),
        "label": label, "quantity": 1, "gross": gross,
    }


def trailer_of(rows: list[dict], **given) -> Trailer:
    sums = {key: sum(row[key] or 0 for row in rows) for key in ("quantity", "gross")}
    return Trailer(len(rows), sums, **given)


def written(writer, rows, trailer) -> bytes:
    out = io.BytesIO()
    writer.write(iter(rows), COLUMNS, trailer, out)
    return out.getvalue()


def csv_of(content: bytes) -> list[list[str]]:
    text = io.TextIOWrapper(io.BytesIO(content), "utf-8-sig", newline="")
    return list(csv.reader(text, delimiter=";"))


def sheet_of(content: bytes, number: int = 0):
    return load_workbook(io.BytesIO(content)).worksheets[number]


class Sink(io.RawIOBase):
    """Somewhere else: counts what is written and keeps none of it."""

    size = 0

    def writable(self) -> bool:
        return True

    def write(self, content) -> int:
        self.size += len(content)
        return len(content)


def test_a_csv_statement():
    rows = [row(1), row(2, gross=-5, label=None), row(3, gross=0, label="a;b \"c\"\nd é")]
    trailer = trailer_of(rows, filter={"Point de vente": "Caisse 1"})
    content = written(csv_writer, rows, trailer)
    assert content.startswith("\ufeffQuittance;Vendu à;".encode())
    lines = csv_of(content)
    assert lines[1:4] == [
        ["1-000001", "2026-11-21T20:30:00+01:00", "2026-11-21", "Plein tarif", "1", "16.50"],
        ["1-000002", "2026-11-21T20:30:00+01:00", "2026-11-21", "", "1", "-0.05"],
        ["1-000003", "2026-11-21T20:30:00+01:00", "2026-11-21", "a;b \"c\"\nd é", "1", "0.00"],
    ]
    assert lines[4:] == [
        ["Total", "", "", "", "3", "16.45"],
        ["Nombre de lignes", "3"],
        ["Filtre", "Point de vente", "Caisse 1"],
    ]
    assert sum(Decimal(line[5]) for line in lines[1:4]) == Decimal(lines[4][5])


def test_an_excel_statement():
    rows = [row(1), row(2, gross=-5, label=None), row(3, gross=123_456_789, label="<é & \x07œ>")]
    sheet = sheet_of(written(xlsx_writer, rows, trailer_of(rows, filter={"Caisse": "=1"})))
    assert [cell.value for cell in sheet[1]] == [column.label for column in COLUMNS]
    assert sheet.freeze_panes == "A2"
    assert sheet.column_dimensions["A"].width >= 20
    receipt, sold_at, day, label, quantity, gross = sheet[2]
    assert (receipt.value, label.value, quantity.value) == ("1-000001", "Plein tarif", 1)
    assert sold_at.value == datetime(2026, 11, 21, 20, 30)
    assert day.value == datetime(2026, 11, 21) and day.number_format == "dd.mm.yyyy"
    assert Decimal(str(gross.value)) == Decimal("16.5")
    assert gross.number_format == '"CHF" #,##0.00;[Red]-"CHF" #,##0.00'
    assert [cell.value for cell in sheet[3]][3:] == [None, 1, -0.05]
    assert sheet["D4"].value == "<é & œ>"
    assert sheet["F4"].value == 1234567.89
    assert [cell.value for cell in sheet[5]] == ["Total", None, None, None, 3, 1234584.34]
    assert sheet["A5"].font.bold
    assert [cell.value for cell in sheet[6]][:2] == ["Nombre de lignes", 3]
    assert [cell.value for cell in sheet[7]][:3] == ["Filtre", "Caisse", "=1"]
    assert sheet["C7"].data_type == "s"


@pytest.mark.parametrize("hostile", HOSTILE)
def test_text_is_never_a_formula(hostile):
    rows = [row(1, label=hostile)]
    trailer = trailer_of(rows)
    [cell] = [line[3] for line in csv_of(written(csv_writer, rows, trailer))[1:2]]
    assert cell == (hostile if hostile.startswith("#") else f"'{hostile}")
    cell = sheet_of(written(xlsx_writer, rows, trailer))["D2"]
    assert (cell.value, cell.data_type, cell.quotePrefix) == (
        hostile.replace("\r", "\n"), "s", True,  # XML reads every line end as \n
    )


@WRITERS
def test_labels_are_never_formulas_either(writer):
    out = io.BytesIO()
    writer.write([], [Column("a", "=1+1")], Trailer(0), out)
    if writer is csv_writer:
        assert csv_of(out.getvalue())[0] == ["'=1+1"]
    else:
        assert sheet_of(out.getvalue())["A1"].data_type == "s"


@WRITERS
@pytest.mark.parametrize("wrong", [Trailer(2, {"gross": 1650}), Trailer(1, {"gross": 1649})])
def test_a_file_that_disagrees_with_its_trailer_is_refused(writer, wrong):
    with pytest.raises(TrailerMismatch):
        written(writer, [row(1)], wrong)


@WRITERS
@pytest.mark.parametrize("key", ["receipt", "unknown"])
def test_a_sum_needs_a_column_after_the_first(writer, key):
    with pytest.raises(ValueError, match=key):
        written(writer, [], Trailer(0, {key: 0}))


@WRITERS
def test_a_statement_without_rows_says_so(writer):
    content = written(writer, [], Trailer(0, {"gross": 0}, language="de"))
    if writer is csv_writer:
        assert csv_of(content)[1:] == [["Total", "", "", "", "", "0.00"], ["Anzahl Zeilen", "0"]]
    else:
        assert sheet_of(content)["A3"].value == "Anzahl Zeilen"


def test_more_rows_than_a_sheet_holds_go_on_on_the_next(monkeypatch):
    monkeypatch.setattr(xlsx_writer, "ROWS_PER_SHEET", 3)
    rows = [row(number, gross=number) for number in range(7)]
    book = load_workbook(io.BytesIO(written(xlsx_writer, rows, trailer_of(rows))))
    receipts = [
        cell.value for sheet in book for [cell] in sheet.iter_rows(min_row=2, max_col=1)
    ]
    assert receipts[:7] == [row["receipt"] for row in rows]
    assert receipts[7:] == ["Total", "Nombre de lignes"]
    assert [sheet.freeze_panes for sheet in book] == ["A2"] * 3


@WRITERS
@pytest.mark.slow
def test_memory_does_not_grow_with_the_rows(writer):
    count = 100_000
    rows = ({**SAMPLE, "gross": number} for number in range(count))
    trailer = Trailer(count, {"gross": count * (count - 1) // 2})
    sink = Sink()
    tracemalloc.start()
    try:
        writer.write(rows, COLUMNS, trailer, sink)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert sink.size > count
    assert peak < 4_000_000


SAMPLE = row(1)


def test_centimes_are_exact():
    assert [decimal_text(cents) for cents in (0, 5, -5, 99, -100, 10**17 + 1)] == [
        "0.00", "0.05", "-0.05", "0.99", "-1.00", "1000000000000000.01",
    ]


def test_every_language_has_every_word():
    assert {frozenset(words) for words in TRAILER_WORDS.values()} == {
        frozenset({"total", "rows", "filter"})
    }
