"""Real feeds, when their folder lies beside the checkout: counted once by hand, without us."""

from datetime import UTC, date, datetime, time
from itertools import pairwise
from pathlib import Path

import pytest

from services.catalog.importers import FORMATS, ImportRefused, Options, read

FOLDER = Path(__file__).parents[4] / "shared/data/programmes"
pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason="the programme files are not here")


def read_file(path, **options):
    options["companions"] = tuple((FOLDER / one).read_bytes() for one in options.pop("with_", ()))
    return read((FOLDER / path).read_bytes(), "unnamed", options=Options(**options))


EVENTIVAL = "eventival/derived-xml"
COUNTS = [  # path, options, format, screenings, productions, venues, rooms, warnings, errors
    ("eventival/derived-xml/screenings.xml",
     {"with_": (f"{EVENTIVAL}/films.xml", f"{EVENTIVAL}/venues.xml")},
     "eventival", 2, 1, 1, 2, 0, 0),
    ("eventival/derived-xml/films.xml", {}, "eventival", 0, 39, 0, 0, 1, 0),
    ("json/viennale2023.movies.json", {}, "json", 271, 151, 5, 0, 35, 0),
    ("json/docpoint2026.json", {}, "json", 187, 75, 11, 0, 0, 0),
    ("json/glasgow-ff-2024.indy-showings.json", {}, "json", 199, 124, 0, 0, 0, 0),
    ("json/rio-cinema-2025.savoy-events.json", {}, "json", 102, 30, 0, 2, 0, 0),
    ("json/boronia-2025.venuemaster.utf16le.json", {}, "json", 159, 10, 4, 0, 1, 0),
    ("json/cinemashowtimes-json.full-example.json", {}, "json", 2, 1, 1, 1, 0, 0),
    ("json/cereyan-istanbul-2026.screenings.json", {}, "json", 470, 298, 35, 0, 43, 0),
    ("json/madrid-cinemas-2026-02.json", {}, "json", 2236, 164, 12, 0, 0, 0),
    ("json/sxsw-london-2026.sessions.json", {}, "json", 1541, 852, 33, 83, 5, 0),
    ("json/edc-las-vegas-2024.lineup.json", {}, "json", 220, 216, 0, 8, 3, 0),
    ("json/down-the-rabbit-hole-2025.json", {}, "json", 251, 207, 0, 12, 1, 0),
    ("json/down-the-rabbit-hole-2025.json", {"day_cutoff": time(6)}, "json", 251, 207, 0, 12, 0, 0),
    ("json/shambhala2025.clashfinder.txt", {}, "clashfinder", 395, 294, 0, 14, 0, 0),
    ("json/edinburgh-fringe-2018.date-ranges.json", {}, "json", 627, 15, 10, 0, 0, 0),
    ("json/openagenda-centre-tcheque-2023.events.json", {}, "json", 187, 196, 18, 0, 49, 27),
    ("json/bic-bengaluru-2026.schemaorg-events.json", {}, "jsonld", 16, 16, 3, 0, 0, 0),
    ("ics/bic-bengaluru-2026.ics", {}, "icalendar", 16, 16, 3, 0, 0, 0),
    ("json/frab-camp2019.schedule.json", {}, "schedule", 79, 79, 0, 2, 0, 0),
    ("xml/frab-38c3-2024.schedule.xml", {}, "schedule", 1007, 943, 0, 72, 0, 0),
    ("xml/leeds-inspired-2014.events.xml", {}, "xml", 392, 586, 101, 0, 215, 0),
    ("xml/xmltv-uk-2015.latin1.xml", {}, "xmltv", 1964, 431, 5, 0, 49, 0),
    ("reimport/cambridge-ff-2023.r1.ics", {}, "icalendar", 111, 58, 1, 0, 0, 0),
    ("reimport/cambridge-ff-2023.r2.ics", {}, "icalendar", 112, 58, 1, 0, 0, 0),
    ("reimport/cambridge-ff-2023.r3.ics", {}, "icalendar", 112, 58, 1, 3, 0, 0),
    *((f"reimport/cine-carbonne-2026.r{n}.json", {"venue": "Carbonne"}, "json", screenings,
       productions, 1, 0, 0, 0)
      for n, screenings, productions in ((1, 72, 65), (2, 74, 65), (3, 71, 64), (4, 68, 61),
                                         (5, 49, 39), (6, 49, 39))),
    ("reimport/night-visions-2026.r1.json", {}, "json", 63, 35, 5, 0, 0, 0),
    ("reimport/night-visions-2026.r2.json", {}, "json", 63, 35, 5, 0, 0, 0),
]


@pytest.mark.parametrize(
    "path, options, kind, screenings, productions, venues, rooms, warnings, errors", COUNTS
)
def test_counts(path, options, kind, screenings, productions, venues, rooms, warnings, errors):
    reading = read_file(path, **dict(options))
    found = reading.counts
    del found["rows"]
    assert (reading.format, found) == (kind, {
        "screenings": screenings, "productions": productions, "venues": venues, "rooms": rooms,
        "warnings": warnings, "errors": errors,
    })
    assert len({s.ref for s in reading.screenings}) == screenings
    assert len({p.ref for p in reading.productions}) == productions


SPOTS = [  # path, options, title, start in UTC, venue, room
    ("json/viennale2023.movies.json", {"zone": "Europe/Vienna"}, "Magyarázat mindenre",
     (2023, 10, 19, 17, 0), "Gartenbaukino", ""),
    ("json/docpoint2026.json", {"zone": "Europe/Helsinki"}, "ABODE OF DAWN",
     (2026, 2, 4, 18, 30), "Kinopalatsi 7", ""),
    ("json/rio-cinema-2025.savoy-events.json", {"zone": "Europe/London"}, "Zootropolis 2",
     (2025, 12, 27, 14, 30), "", "Screen 1"),
    ("json/boronia-2025.venuemaster.utf16le.json", {"zone": "Australia/Melbourne"}, "Weapons",
     (2025, 8, 19, 1, 0), "Cinema Four", ""),
    ("json/cinemashowtimes-json.full-example.json", {}, "Avatar: Fire and Ash",
     (2025, 8, 18, 9, 30), "Example Cinemas Name", "Screen 1"),
    ("json/madrid-cinemas-2026-02.json", {"zone": "Europe/Madrid"}, "El Bueno, El Feo Y El Malo",
     (2026, 2, 24, 19, 30), "Princesa", ""),
    ("json/edc-las-vegas-2024.lineup.json", {"zone": "America/Los_Angeles"}, "Ninajirachi",
     (2024, 4, 18, 2, 0), "", "Kinetic Field"),
    ("json/down-the-rabbit-hole-2025.json", {"zone": "Europe/Amsterdam"}, "S10",
     (2025, 7, 4, 13, 30), "", "Hotot"),
    ("json/shambhala2025.clashfinder.txt", {}, "S2", (2025, 7, 24, 19, 0), "", "AMP"),
    ("xml/frab-38c3-2024.schedule.xml", {}, "38C3: Opening Ceremony",
     (2024, 12, 27, 9, 30), "", "Saal 1"),
    ("xml/leeds-inspired-2014.events.xml", {"zone": "Europe/London"}, "The Coffee Lounge",
     (2014, 3, 8, 10, 0), "Yorkshire Dance", ""),
    ("xml/xmltv-uk-2015.latin1.xml", {}, "Fake Britain", (2015, 11, 26, 9, 15), "BBC1 HD", ""),
    ("reimport/cambridge-ff-2023.r3.ics", {}, "20,000 Species of Bees",
     (2023, 10, 21, 14, 30), "Arts Picturehouse", "2"),
    ("reimport/cine-carbonne-2026.r1.json", {"zone": "Europe/Paris"},
     "Les enfants de la Résistance", (2026, 3, 31, 12, 0), "", ""),
]


@pytest.mark.parametrize("path, options, title, start, venue, room", SPOTS)
def test_one_screening_of_each(path, options, title, start, venue, room):
    found = {
        (one, s.starts_at, s.venue, s.room)
        for s in read_file(path, **dict(options)).screenings for one in s.title.values()
    }
    assert (title, datetime(*start, tzinfo=UTC), venue, room) in found


def test_cancelled_sessions_stay_in_the_programme():
    reading = read_file("json/boronia-2025.venuemaster.utf16le.json")
    assert sum(s.cancelled for s in reading.screenings) == 33


def test_press_screenings_say_that_they_are():
    reading = read_file(f"{EVENTIVAL}/screenings.xml")
    assert [s.metadata["type"] for s in reading.screenings] == ["First Screening", "PRESS"]


def test_venues_alone_are_no_programme():
    with pytest.raises(ImportRefused) as caught:
        read_file(f"{EVENTIVAL}/venues.xml")
    assert caught.value.reason == "NO_RECORDS"


def refs(path, **options):
    return {s.ref for s in read_file(path, **options).screenings}


def test_one_event_has_one_reference_in_both_formats():
    ics = read_file("ics/bic-bengaluru-2026.ics")
    linked = read_file("json/bic-bengaluru-2026.schemaorg-events.json")
    told = [{(s.ref, s.starts_at, s.ends_at, s.venue, s.production_refs) for s in one.screenings}
            for one in (ics, linked)]
    assert told[0] == told[1] and len(told[0]) == 16


def test_references_across_revisions():
    first, second, third = (refs(f"reimport/cambridge-ff-2023.r{n}.ics") for n in (1, 2, 3))
    assert (len(first), len(second - first), first - second) == (111, 1, set())
    assert second == third
    first, second = (read_file(f"reimport/night-visions-2026.r{n}.json") for n in (1, 2))
    assert {s.ref for s in first.screenings} == {s.ref for s in second.screenings}
    assert {p.ref for p in first.productions} == {p.ref for p in second.productions}


def test_derived_references_across_revisions():
    """r3 to r4: 47 screenings have passed, one was renamed; r5 wrote some dates with midnight."""
    found = [refs(f"reimport/cine-carbonne-2026.r{n}.json") for n in range(1, 7)]
    changes = [(len(b - a), len(a - b)) for a, b in pairwise(found)]
    assert changes == [(2, 0), (0, 3), (45, 48), (49, 68), (0, 0)]


@pytest.mark.parametrize("path", sorted({row[0] for row in COUNTS}))
def test_cut_anywhere_a_file_is_read_or_refused(path):
    data = (FOLDER / path).read_bytes()[:200_000]
    for share in (0.3, 0.77, 0.999):
        try:
            read(data[: int(len(data) * share)], "x", options=Options(first_day=date(2026, 7, 2)))
        except ImportRefused as refused:
            assert refused.detail


@pytest.mark.parametrize("kind", FORMATS)
def test_a_file_given_as_another_format_is_read_or_refused(kind):
    for path in ("ics/bic-bengaluru-2026.ics", "json/docpoint2026.json",
                 f"{EVENTIVAL}/screenings.xml", "csv/gpn11-2011.csv"):
        try:
            read((FOLDER / path).read_bytes(), "x", kind)
        except ImportRefused as refused:
            assert refused.detail
