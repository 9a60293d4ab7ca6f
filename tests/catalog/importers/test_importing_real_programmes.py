"""Real programmes, when their folder lies beside the checkout: counts checked by hand once."""

from datetime import date, time
from pathlib import Path
from time import perf_counter
from zoneinfo import ZoneInfo

import pytest

from services.catalog.importers import ImportRefused, Options, read

FOLDER = Path(__file__).parents[4] / "shared/data/programmes/csv"
pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason="the programme files are not here")


def read_file(name, **options):
    return read((FOLDER / name).read_bytes(), name, options=Options(**options))


NIFFF = {"first_day": date(2026, 7, 2), "last_day": date(2026, 7, 11)}


@pytest.mark.parametrize(
    "name, options, rows, screenings, productions, venues, rooms, warnings, errors",
    [
        ("nifff2026-movies.wide.csv", NIFFF, 137, 243, 137, 9, 0, 1, 0),
        ("nifff2026-movies.wide.csv", {}, 137, 0, 137, 0, 0, 0, 243),
        ("cines-pays-2026.programme.csv", {}, 202, 202, 41, 6, 4, 0, 0),
        ("gpn11-2011.csv", {"zone": "Europe/Berlin"}, 29, 29, 29, 0, 2, 1, 0),
        ("vivatech2017.program.csv", {"first_day": date(2017, 6, 15), "zone": "Europe/Paris"},
         1256, 1253, 962, 57, 0, 292, 0),
        ("vivatech2017.program.csv", {}, 1256, 0, 962, 0, 0, 0, 1256),
        ("edinburgh-fringe-2026.favourites.csv", {}, 126, 0, 126, 0, 0, 1, 0),
        ("queersicht2025-movies.csv", {}, 34, 0, 34, 0, 0, 0, 0),
        ("pvr-bengaluru-2025.movies.csv", {}, 15, 0, 15, 0, 0, 0, 0),
    ],
)
def test_counts(name, options, rows, screenings, productions, venues, rooms, warnings, errors):
    assert read_file(name, **options).counts == {
        "rows": rows, "screenings": screenings, "productions": productions, "venues": venues,
        "rooms": rooms, "warnings": warnings, "errors": errors,
    }


def test_three_files_of_one_cinema_chain():
    companions = tuple(
        (FOLDER / f"pvr-bengaluru-2025.{name}.csv").read_bytes() for name in ("movies", "cinemas")
    )
    name = "pvr-bengaluru-2025.sessions.csv"
    reading = read_file(name, zone="UTC", companions=companions)
    assert reading.counts == {
        "rows": 401, "screenings": 401, "productions": 15, "venues": 27, "rooms": 113,
        "warnings": 0, "errors": 0,
    }
    for alone in (name, "pvr-bengaluru-2025.cinemas.csv"):
        with pytest.raises(ImportRefused) as caught:
            read_file(alone)
        assert caught.value.reason == "NO_TITLE_COLUMN"


@pytest.mark.parametrize("cutoff, days", [(None, (6, 11)), (time(6), (7, 12))])
def test_after_midnight(cutoff, days):
    """“Appofeniacs” is written 06.07 00:30 and 11.07 00:30."""
    reading = read_file("nifff2026-movies.wide.csv", day_cutoff=cutoff, **NIFFF)
    zone = ZoneInfo("Europe/Zurich")
    starts = [s.starts_at.astimezone(zone) for s in reading.screenings
              if s.title["en"] == "Appofeniacs"]
    assert [(start.day, start.hour, start.minute) for start in starts] == [
        (days[0], 0, 30), (days[1], 0, 30)
    ]


def test_a_programme_across_the_end_of_summer_time():
    reading = read_file("cines-pays-2026.programme.csv")
    before, after = (
        next(s for s in reading.screenings if s.rows == (row,)).starts_at for row in (2, 40)
    )
    zone = ZoneInfo("Europe/Zurich")
    assert {before.astimezone(zone).utcoffset(), after.astimezone(zone).utcoffset()} == {
        before.astimezone(zone).dst() * 2, before.astimezone(zone).dst()
    }


@pytest.mark.parametrize("name", [path.name for path in sorted(FOLDER.glob("*.csv"))])
def test_the_same_file_gives_the_same_reading(name):
    try:
        first = read_file(name, first_day=date(2026, 7, 2))
    except ImportRefused:
        return
    data = (FOLDER / name).read_bytes()
    options = Options(first_day=date(2026, 7, 2))
    assert read(data, name, mapping=first.mapping, options=options) == first
    assert len({s.ref for s in first.screenings}) == len(first.screenings)


def test_a_large_programme_is_read_in_well_under_a_second():
    begun = perf_counter()
    read_file("vivatech2017.program.csv", first_day=date(2017, 6, 15))
    assert perf_counter() - begun < 1
