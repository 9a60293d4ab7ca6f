"""Whatever the bytes, the answer is a reading or a refusal with a reason and a sentence."""

from contextlib import suppress
from datetime import UTC, date, time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.catalog.importers import ImportRefused, Options, detect, read

FIRST_DAY = date(2026, 7, 2)
SHEET = "titre;jour;heure;cinéma\nLe Fjord;21.10.2026;20h30;Rex\n"


@pytest.mark.parametrize("data, reason", [
    (b"", "EMPTY"),
    (b" \r\n\r\n", "EMPTY"),
    (b"\xef\xbb\xbf", "EMPTY"),
    (b";;;\n;;;\n", "EMPTY"),
    (b"PK\x03\x04rest", "NOT_CSV"),
    (b"%PDF-1.7", "NOT_CSV"),
    (b"<?xml version='1.0'?><a/>", "NOT_CSV"),
    (b"{}", "NOT_CSV"),
    (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "BINARY"),
    (b"just a letter\nto a friend\n", "NOT_CSV"),
    (b"title;date;time\n", "HEADER_ONLY"),
    (b"a;b\n1;2\n", "NO_TITLE_COLUMN"),
    (b"title;date\n" + b"x;y\n" * 60, "TOO_MANY_ROWS"),
    (b"title;date\n" + b"x" * 2000 + b";y\n", "CELL_TOO_LONG"),
    (b"title;date\n\"" + b"x" * 140_000, "TOO_LARGE"),
    (b"title;date\n" + b"x;" * 60 + b"\n", "TOO_MANY_COLUMNS"),
])
def test_refusals_say_what_is_wrong(data, reason):
    limits = Options(max_rows=50, max_cell=1000, max_columns=40, max_bytes=100_000)
    with pytest.raises(ImportRefused) as caught:
        read(data, "programme.csv", "csv", options=limits)
    assert caught.value.reason == reason
    assert caught.value.detail.endswith((".", "?"))
    assert caught.value.to_dict()["code"] == "IMPORT_REFUSED"


@pytest.mark.parametrize("options, reason", [
    ({"zone": "Mars/Olympus"}, "ZONE_UNKNOWN"),
    ({"zone": "../../etc/passwd"}, "ZONE_UNKNOWN"),
    ({"first_day": date(1, 1, 1)}, "FIRST_DAY_IMPOSSIBLE"),
    ({"separator": ";;"}, "SEPARATOR_INVALID"),
    ({"encoding": "klingon"}, "ENCODING_WRONG"),
    ({"encoding": "ascii"}, "ENCODING_WRONG"),
])
def test_refused_options(options, reason):
    with pytest.raises(ImportRefused) as caught:
        read(SHEET.encode(), "x.csv", options=Options(**options))
    assert caught.value.reason == reason


def test_detection():
    assert detect(SHEET.encode(), "unnamed") == "csv"
    assert detect(SHEET.encode("utf-16"), "programme.csv") == "csv"
    with pytest.raises(ImportRefused):
        detect(b"%PDF-1.7", "file")
    with pytest.raises(ImportRefused):
        read(SHEET.encode(), "x", format="xls")


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_refused(data):
    with suppress(ImportRefused):
        read(data, "programme.csv", options=Options(first_day=FIRST_DAY))


CELLS = st.text(max_size=12) | st.sampled_from(
    ["08.07", "10h30", "2026-10-21", "13:00, 16:00", "0001-01-01 00:00", "9999-12-31", "23:59",
     "2026-10-21T20:30+23:59", "9999-12-31T23:59-12:00", "1h30", "Location: x", "Thursday", "24:00"]
)
HEADERS = st.lists(
    st.sampled_from(["title", "date", "time", "start", "end", "venue", "duration", "id", "end date",
                     "Date 2", "Time 2", "description", "age", "country", "status", "year"]),
    min_size=3, max_size=8,
).map(lambda names: ["title", *names])


@settings(max_examples=200, deadline=None)
@given(HEADERS, st.lists(st.lists(CELLS, min_size=4, max_size=9), min_size=1, max_size=5))
def test_any_table_is_read_or_refused(header, rows):
    lines = [header, *rows]
    text = "\n".join(
        ";".join('"' + cell.replace('"', '""') + '"' for cell in line) for line in lines
    )
    try:
        reading = read(
            text.encode("utf-8", "replace"), "x.csv",
            options=Options(first_day=FIRST_DAY, day_cutoff=time(5)),
        )
    except ImportRefused:
        return
    assert all(s.starts_at.tzinfo is UTC for s in reading.screenings)
    assert len({s.ref for s in reading.screenings}) == len(reading.screenings)
