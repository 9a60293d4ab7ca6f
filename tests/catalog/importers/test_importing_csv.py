"""CSV as festivals send it: small hand-written files that imitate the structures of real ones."""

from datetime import UTC, date, datetime, time
from pathlib import Path
from time import perf_counter

import pytest

from services.catalog.importers import ImportRefused, Options, Severity, read

FIRST_DAY = date(2026, 7, 2)


def read_text(text, encoding="utf-8", mapping=None, **options):
    return read(text.encode(encoding), "programme.csv", mapping=mapping, options=Options(**options))


def codes(reading):
    return [problem.code for problem in reading.problems]


LONG = """titre;jour;heure;cinéma;salle;durée;interdiction;mention
Le Fjord;21.10.2026;20h30;Rex;Salle 1;1h35;dès 16 ans;vost
Nuit d’été;22.10.2026;9h00;Apollo;;95';;
"""


def test_a_french_sheet():
    reading = read_text(LONG)
    assert (reading.format, reading.encoding, reading.separator) == ("csv", "utf-8", ";")
    first, second = reading.screenings
    assert first.title == {"fr": "Le Fjord"}
    assert first.starts_at == datetime(2026, 10, 21, 18, 30, tzinfo=UTC)
    assert first.ends_at == datetime(2026, 10, 21, 20, 5, tzinfo=UTC)
    assert (first.venue, first.room, first.age, first.note) == ("Rex", "Salle 1", 16, "vost")
    assert second.rows == (3,) and second.title == {"fr": "Nuit d’été"}
    assert reading.problems == ()


@pytest.mark.parametrize("encoding, seen", [
    ("utf-8", "utf-8"), ("utf-8-sig", "utf-8"), ("utf-16", "utf-16"), ("utf-16-le", "utf-16-le"),
    ("cp1252", "cp1252"),
])
def test_encodings_give_the_same_records(encoding, seen):
    reading = read_text(LONG, encoding)
    assert reading.encoding == seen
    assert reading.screenings == read_text(LONG).screenings
    assert codes(reading) == (["ENCODING_ASSUMED"] if encoding == "cp1252" else [])


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_separators_and_line_ends_give_the_same_records(separator, line_end):
    text = LONG.replace(";", separator).replace("\n", line_end)
    reading = read_text(text)
    assert reading.separator == separator
    assert reading.screenings == read_text(LONG).screenings


@pytest.mark.parametrize("header, language", [
    ("Filmtitel,Datum,Uhrzeit,Kino,Saal", "de"),
    ("Titolo,Data,Ora,Luogo,Sala", "it"),
    ("Titre,Jour,Heure,Lieu,Salle", "fr"),
    ("Film title,Day,Start time,Venue,Screen", "en"),
])
def test_headers_in_four_languages(header, language):
    reading = read_text(f"{header}\nAlpha,21.10.2026,20:30,Rex,1a\n")
    (screening,) = reading.screenings
    assert screening.title == {language: "Alpha"}
    assert (screening.venue, screening.room) == ("Rex", "1a")


def test_titles_in_several_languages_and_two_columns_of_text():
    reading = read_text(
        "Titel DE,Titre (fr),Original title,Date,Time,Venue,Abstract,Description\n"
        "Der Berg,La Montagne,Gora,2026-07-03,20:00,Rex,Short.,Long.\n"
    )
    (production,) = reading.productions
    assert production.title == {"de": "Der Berg", "fr": "La Montagne"}
    assert production.original_title == "Gora"
    assert list(production.description.values()) == ["Short.\n\nLong."]


WIDE = """Title,Length,Date 1,Cinema 1,Time 1,Date 2,Cinema 2,Time 2
Alpha,137',08.07,Rex,16:30,09.07,Studio,00:30
Beta,60',04.07,Studio,11:00,,,
"""


def test_numbered_groups_of_columns():
    reading = read_text(WIDE, first_day=FIRST_DAY)
    assert reading.counts == {
        "rows": 2, "productions": 2, "screenings": 3, "venues": 2, "rooms": 0,
        "warnings": 1, "errors": 0,
    }
    assert [s.venue for s in reading.screenings] == ["Rex", "Studio", "Studio"]
    assert codes(reading) == ["AFTER_MIDNIGHT"]
    assert reading.screenings[1].starts_at == datetime(2026, 7, 8, 22, 30, tzinfo=UTC)


def test_unnumbered_repeated_headers_are_groups_too():
    reading = read_text(
        "Title,Date,Time,Venue,Date,Time,Venue\nAlpha,3.7.2026,20:00,Rex,4.7.2026,21:00,Apollo\n"
    )
    found = [(s.venue, s.starts_at.hour) for s in reading.screenings]
    assert found == [("Rex", 18), ("Apollo", 19)]


def test_the_cut_off_puts_small_hours_into_the_night_after_the_date():
    reading = read_text(WIDE, first_day=FIRST_DAY, day_cutoff=time(6))
    assert reading.screenings[1].starts_at == datetime(2026, 7, 9, 22, 30, tzinfo=UTC)
    assert codes(reading) == []


def test_without_first_day_nothing_is_invented():
    reading = read_text(WIDE)
    assert reading.screenings == () and len(reading.productions) == 2
    assert codes(reading) == ["FIRST_DAY_MISSING"] * 3
    assert all(p.severity is Severity.ERROR for p in reading.problems)
    assert "first day" in reading.problems[0].sentence


def test_several_times_in_one_cell():
    reading = read_text(
        "title,date,time,venue\n"
        'Alpha,2026-07-03,"13:00, 16:00, 19:00",Rex\n'
        'Beta,"03.07.2026, 04.07.2026",20:00,Rex\n'
        'Gamma,"03.07.2026, 04.07.2026","20:00, 21:00",Rex\n'
        "Delta,2026-07-03,Various times,Rex\n"
        "Epsilon,2026-07-03,25:00,Rex\n"
    )
    assert [s.rows[0] for s in reading.screenings] == [2, 2, 2, 3, 3]
    assert [(p.row, p.code, p.severity) for p in reading.problems] == [
        (4, "CELL_AMBIGUOUS", "error"),
        (5, "WITHOUT_TIME", "warning"),
        (6, "TIME_IMPOSSIBLE", "error"),
    ]
    assert len(reading.productions) == 5


def test_a_catalogue_without_screenings():
    reading = read_text("title,duration,originlang,director\nAlpha,90,TSCHECHISCH,A. B.\n")
    (production,) = reading.productions
    assert production.languages == ("cs",) and production.duration_min == 90
    assert reading.screenings == () and reading.problems == ()


def test_times_without_dates_are_said_to_be_useless():
    reading = read_text("Show Name,Venue Name,Show Start Time\nAlpha,Rex,20:00\nBeta,Rex,21:00\n")
    assert reading.screenings == () and codes(reading) == ["DATE_COLUMN_MISSING"]


LABELLED = """day,title,summary,start,end,location
Thursday,Alpha,"First line
Location : Lab 3 – Hall B",10:00,11:00,
Friday,Beta,"Second ""line""
Location; Lab 4.",10:00,11:00,
Friday,Gamma,Nothing,23:00,00:30,Stage 2
Saturday,Delta,Nothing,10:00,10:00,
"""


def test_labelled_lines_fill_an_empty_place_column():
    reading = read_text(LABELLED, first_day=date(2026, 7, 3))
    assert reading.mapping["venue"] == [
        {"column": "location"}, {"column": "summary", "pattern": "Location: {value}"},
    ]
    places = {s.title["en"]: s.venue for s in reading.screenings}
    assert places == {"Alpha": "Lab 3 – Hall B", "Beta": "Lab 4", "Gamma": "Stage 2", "Delta": ""}
    alpha, _, gamma, delta = reading.screenings
    assert alpha.starts_at.date() == date(2026, 7, 9)  # the Thursday on or after the first day
    assert gamma.ends_at == datetime(2026, 7, 3, 22, 30, tzinfo=UTC)
    assert delta.ends_at is None
    assert codes(reading) == ["END_BEFORE_START", "PLACE_MISSING"]


def test_a_mapping_can_be_edited_and_sent_back():
    proposed = read_text(LABELLED, first_day=FIRST_DAY).mapping
    assert read_text(LABELLED, mapping=proposed, first_day=FIRST_DAY).mapping == proposed
    proposed["venue"].append({"constant": "Main Hall"})
    proposed["metadata"] = [{"column": "day"}]
    reading = read_text(LABELLED, mapping=proposed, first_day=FIRST_DAY)
    assert reading.screenings[-1].venue == "Main Hall"
    assert reading.screenings[-1].metadata == {"day": "Saturday"}
    assert "PLACE_MISSING" not in codes(reading)


@pytest.mark.parametrize("mapping", [
    [], {"title": "Titre"}, {"title": [{}]}, {"title": [{"column": "nowhere"}]},
    {"colour": [{"column": "titre"}]}, {"title": [{"column": "titre", "pattern": "none"}]},
    {"title": [{"column": "titre", "constant": "x"}]}, {"title": [{"column": 1}]},
    {"title": [{"column": "titre", "pattern": "{value}**"}]},
    {"title": [{"column": "titre", "x": 1}]},
])
def test_a_wrong_mapping_is_refused(mapping):
    with pytest.raises(ImportRefused) as caught:
        read_text(LONG, mapping=mapping)
    assert caught.value.reason == "MAPPING_INVALID"


def test_no_pattern_runs_for_ever():
    text = "title,summary\nAlpha," + " : " * 100 + "\n"
    pattern = " : " * 60 + "{value} end"
    mapping = {"title": [{"column": "title"}], "venue": [{"column": "summary", "pattern": pattern}]}
    begun = perf_counter()
    read_text(text, mapping=mapping)
    mapping["title"] = [{"column": "summary", "pattern": "*{value}" + " : " * 60 + "end"}]
    assert codes(read_text(text, mapping=mapping)) == ["TITLE_MISSING"]
    assert perf_counter() - begun < 1


def test_references_are_stable_and_independent_of_order_and_typography():
    again = read_text(
        "titre;jour;heure;cinéma;salle\n"
        "Nuit d'été ;2026-10-22;09:00;APOLLO;\nle fjord;2026-10-21;20:30;Rex;salle 1\n"
    )
    before = {s.ref for s in read_text(LONG).screenings}
    assert {s.ref for s in again.screenings} == before


def test_an_id_column_is_the_reference():
    header = "id,title,date,time,venue\n"
    reading = read_text(
        header + "007,Alpha,2026-07-03,20:00,Rex\n008,Beta,2026-07-03,20:00,Rex\n"
    )
    assert [s.ref for s in reading.screenings] == ["007", "008"]
    mapping = reading.mapping
    reading = read_text(
        header + "007,Short A,2026-07-03,20:00,Rex\n007,Short B,2026-07-03,20:00,Rex\n"
        "007,Alpha,2026-07-04,20:00,Rex\n", mapping=mapping,
    )
    (package,) = reading.screenings
    assert len(package.production_refs) == 2 and package.rows == (2, 3)
    assert [(p.row, p.code) for p in reading.problems] == [(4, "DUPLICATE_ID")]


def test_a_repeated_row_is_flagged_and_read_once():
    reading = read_text(LONG + "LE FJORD;21.10.2026;20:30;Rex;Salle 1;;;\n")
    assert len(reading.screenings) == 2 and codes(reading) == ["DUPLICATE_ROW"]


def test_files_joined_by_ids():
    sessions = (
        "movieId,theatreId,screenName,subtitle,startTime\n"
        "1,9,SCREEN 2,False,2026-07-03T18:00:00\n2,9,SCREEN 2,True,2026-07-03T20:00:00\n"
    )
    movies = b"movieId,title,runtime,status\n1,Alpha,90,Released\n"
    theatres = b"theatreId,name,address1,latitude\n9,Rex,Street 1,47.0\n"
    reading = read_text(sessions, companions=(movies, theatres), zone="UTC")
    (screening,) = reading.screenings
    assert screening.title == {"en": "Alpha"} and screening.venue == "Rex"
    assert screening.ends_at == datetime(2026, 7, 3, 19, 30, tzinfo=UTC)
    assert codes(reading) == ["JOIN_MISSED", "TITLE_MISSING"]
    with pytest.raises(ImportRefused) as caught:
        read_text(sessions)
    assert caught.value.reason == "NO_TITLE_COLUMN" and "movieId" in caught.value.detail


def test_values_have_a_veto_over_headers():
    reading = read_text(
        "title,subtitle,Date,Day,start,venue,ID\n"
        "Alpha,False,2026-07-03,1,20:00,Rex,5\nBeta,True,2026-07-04,2,20:00,Rex,5\n"
    )
    assert reading.mapping["date"] == [{"column": "Date"}]
    assert reading.mapping["time"] == [{"column": "start"}]
    assert "subtitles" not in reading.mapping and "ref" not in reading.mapping


def test_american_dates_are_proved_by_the_column_or_assumed_aloud():
    header = "title,date,time,venue\n"
    reading = read_text(header + "A,04/17/2026,20:00,Rex\nB,04/05/2026,20:00,Rex\n")
    assert [s.starts_at.day for s in reading.screenings] == [17, 5]
    reading = read_text(header + "B,04/05/2026,20:00,Rex\n")
    assert reading.screenings[0].starts_at.month == 5
    assert codes(reading) == ["DATE_ORDER_ASSUMED"]


def test_summer_time_is_flagged():
    reading = read_text(
        "title,date,time,venue\nGap,2026-03-29,02:30,Rex\nTwice,2026-10-25,02:30,Rex\n"
    )
    found = [(p.row, p.code) for p in reading.problems]
    assert found == [(2, "TIME_SKIPPED"), (3, "TIME_TWICE"), (0, "AFTER_MIDNIGHT")]
    assert [s.title["en"] for s in reading.screenings] == ["Twice"]


def test_sheets_with_a_title_line_blank_lines_ragged_rows_and_broken_accents():
    reading = read_text(
        "Programme 2026,,,\n\ntitle,date,time,venue\nAlpha,2026-07-03,20:00,Rex,extra\n"
        "\nSoirÃ©e,2026-07-03,21:00,Rex\n"
    )
    found = [(p.row, p.code) for p in reading.problems]
    assert found == [(4, "ROW_RAGGED"), (6, "DOUBLE_ENCODING")]
    assert [s.rows for s in reading.screenings] == [(4,), (6,)]


def test_days_outside_the_edition_and_unclosed_quotes_are_warned_of():
    text = 'title,date,time,venue\nAlpha,2026-06-03,20:00,Rex\nBeta,2026-07-03,20:00,"Rex\n'
    reading = read_text(text, first_day=FIRST_DAY)
    assert codes(reading) == ["QUOTES_UNBALANCED", "DATE_OUTSIDE_EDITION"]


def test_the_demo_festival_reads_whole():
    path = Path(__file__).parents[3] / "deploy/local/demo/vivatech2017.program.csv"
    options = Options(first_day=date(2026, 6, 15), zone="Europe/Paris")
    reading = read(path.read_bytes(), path.name, options=options)
    assert reading.counts["rows"] == 1256 and reading.counts["errors"] == 0
    assert sum(len(s.rows) for s in reading.screenings) == 1256
    assert {s.starts_at.date() for s in reading.screenings} == {
        date(2026, 6, 18), date(2026, 6, 19), date(2026, 6, 20),
    }
