"""Excel workbooks, made by openpyxl or by hand where openpyxl makes no such thing."""

import io
import re
import zipfile
from datetime import UTC, date, datetime, time, timedelta

import openpyxl
import pytest

from services.catalog.importers import ImportRefused, Options, detect, read

HEADER = ["Titre", "Date", "Heure", "Cinéma", "Salle", "Durée"]
FJORD = ["Le Fjord", date(2026, 10, 21), time(20, 30), "Rex", 1, timedelta(hours=1, minutes=35)]


def packed(book):
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def workbook(*rows, title="Programme"):
    book = openpyxl.Workbook()
    book.active.title = title
    for row in rows:
        book.active.append(row)
    return book


def rezipped(data, change):
    """The package with `change(name, content)` applied to each part."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(
        stream, "w", zipfile.ZIP_DEFLATED
    ) as new:
        for name in old.namelist():
            new.writestr(name, change(name, old.read(name)))
    return stream.getvalue()


def read_book(book, **options):
    data = book if isinstance(book, bytes) else packed(book)
    return read(data, "anything", options=Options(**options))


def codes(reading):
    return [problem.code for problem in reading.problems]


def test_typed_cells():
    reading = read_book(workbook(["Festival 2026"], [], HEADER, FJORD))
    assert detect(packed(workbook(HEADER)), "x.csv") == reading.format == "xlsx"
    (screening,) = reading.screenings
    assert screening.title == {"fr": "Le Fjord"} and screening.rows == (4,)
    assert screening.starts_at == datetime(2026, 10, 21, 18, 30, tzinfo=UTC)
    assert screening.ends_at == datetime(2026, 10, 21, 20, 5, tzinfo=UTC)
    assert (screening.venue, screening.room) == ("Rex", "1")
    assert codes(reading) == []


def test_days_and_times_that_lost_their_format():
    reading = read_book(workbook(
        HEADER, ["Alpha", 46316, 0.854166666666667, "Rex", "1", 95],
        ["Beta", "22.10.2026", "9h00", "Rex", "1", 95],
    ))
    assert [f"{s.starts_at:%d %H:%M}" for s in reading.screenings] == ["21 18:30", "22 07:00"]


def test_a_moment_in_one_cell():
    reading = read_book(workbook(
        ["Title", "Start", "End", "Venue"],
        ["Alpha", datetime(2026, 7, 3, 20), datetime(2026, 7, 3, 22, 10), "Rex"],
    ))
    (screening,) = reading.screenings
    assert screening.ends_at - screening.starts_at == timedelta(minutes=130)


def test_merged_cells_count_for_each_of_their_rows():
    book = workbook(HEADER, FJORD, ["Nuit", None, time(22), None, 2, None])
    book.active.merge_cells("B2:B3")
    book.active.merge_cells("D2:D3")
    first, second = read_book(book).screenings
    assert (second.venue, f"{second.starts_at:%d %H:%M}") == ("Rex", "21 20:00")
    assert first.venue == "Rex"


def test_hidden_and_foreign_sheets_are_said_to_be_left_out():
    book = workbook(HEADER, FJORD)
    hidden = book.create_sheet("Brouillon")
    hidden.append(HEADER)
    hidden.append(["Secret", *FJORD[1:]])
    hidden.sheet_state = "hidden"
    book.create_sheet("Contacts").append(["Nom", "Courriel"])
    book["Contacts"].append(["Dupont", "x@example.org"])
    reading = read_book(book)
    assert len(reading.screenings) == 1
    assert codes(reading) == ["SHEET_HIDDEN", "SHEET_IGNORED"]


def test_sheets_of_one_day_each_are_one_programme():
    book = workbook(HEADER, FJORD, title="21 octobre")
    book.create_sheet("22 octobre").append(HEADER)
    book["22 octobre"].append(["Nuit", date(2026, 10, 22), *FJORD[2:]])
    reading = read_book(book)
    assert [s.title["fr"] for s in reading.screenings] == ["Le Fjord", "Nuit"]


def test_a_sheet_of_films_completes_that_of_screenings():
    book = workbook(["Film ID", "Date", "Time", "Venue"], ["7", "2026-10-21", "20:30", "Rex"],
                    title="Screenings")
    book.create_sheet("Films").append(["Film ID", "Title", "Duration"])
    book["Films"].append([7, "The Fjord", 95])
    (screening,) = read_book(book).screenings
    assert screening.title == {"en": "The Fjord"}
    assert screening.ends_at - screening.starts_at == timedelta(minutes=95)


def test_a_formula_without_a_saved_result_is_told():
    reading = read_book(workbook(HEADER, [*FJORD[:4], "=1+1", 95]))
    assert codes(reading) == ["FORMULA_WITHOUT_VALUE"]
    assert reading.screenings[0].room == ""


def test_a_saved_result_of_a_formula_is_read():
    data = rezipped(packed(workbook(HEADER, [*FJORD[:4], "=1+1", 95])), lambda name, part: re.sub(
        rb"<f>1\+1</f><v ?/>|<f>1\+1</f><v></v>", b"<f>1+1</f><v>2</v>", part
    ))
    reading = read_book(data)
    assert reading.screenings[0].room == "2" and codes(reading) == []


BOMB = b"""<?xml version="1.0"?>
<!DOCTYPE s [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><sst>&b;</sst>"""


def zip_bomb():
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("[Content_Types].xml", "<Types/>")
        with package.open("xl/worksheets/sheet1.xml", "w") as part:
            for _ in range(110):
                part.write(b" " * 1024 * 1024)
    return stream.getvalue()


@pytest.mark.parametrize("make, reason", [
    (zip_bomb, "TOO_LARGE"),
    (lambda: rezipped(packed(workbook(HEADER, FJORD)),
                      lambda name, part: BOMB if "workbook.xml" in name else part), "XML_UNSAFE"),
    (lambda: packed(workbook(HEADER, FJORD))[:3000], "XLSX_DAMAGED"),
    (lambda: rezipped(packed(workbook(HEADER, FJORD)),
                      lambda name, part: part[:300]), "XLSX_DAMAGED"),
    (lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "XLS_OLD"),
    (lambda: packed(openpyxl.Workbook()), "EMPTY"),
    (lambda: packed(workbook(HEADER)), "EMPTY"),
    (lambda: packed(workbook(["title", "date"], ["x" * 2000, 1])), "CELL_TOO_LONG"),
    (lambda: packed(workbook(["title"] * 60, ["x"] * 60)), "TOO_MANY_COLUMNS"),
    (lambda: packed(workbook(["title", "date"], *[["x", "y"]] * 200)), "TOO_MANY_ROWS"),
])
def test_refusals(make, reason):
    with pytest.raises(ImportRefused) as caught:
        read_book(make(), max_cell=1000, max_columns=40, max_rows=50)
    assert caught.value.reason == reason


def test_another_packed_file_is_no_workbook():
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as package:
        package.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
    with pytest.raises(ImportRefused) as caught:
        read_book(stream.getvalue())
    assert caught.value.reason == "NOT_XLSX"
