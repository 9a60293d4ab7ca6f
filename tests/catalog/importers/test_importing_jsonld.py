"""schema.org events: a file, a web page, a festival with its parts, references, schedules."""

import json
from datetime import UTC, datetime

import pytest

from services.catalog.importers import ImportRefused, Options, read

EVENT = {
    "@context": "https://schema.org", "@type": "ScreeningEvent", "@id": "s-1@example.org",
    "name": "Soirée d’ouverture", "startDate": "2026-07-03T20:00:00+02:00", "duration": "PT1H35M",
    "workPresented": {"@type": "Movie", "@id": "m-1", "name": "Le Fjord", "genre": "Drame",
                      "director": [{"@type": "Person", "name": "A. Blanc"}]},
    "location": {"@type": "Place", "name": "Salle 2",
                 "containedInPlace": {"@type": "MovieTheater", "name": "Rex"}},
    "offers": [{"@type": "Offer", "name": "Plein", "price": 16, "priceCurrency": "CHF"}],
    "eventStatus": "https://schema.org/EventScheduled", "inLanguage": "fr",
    "image": {"@type": "ImageObject", "url": "https://example.org/p.jpg"},
    "description": "<p>Un film &amp; un lieu.</p>",
}


def read_json(data, **options):
    text = data if isinstance(data, str) else json.dumps(data)
    return read(text.encode(), "anything", options=Options(**options))


def page(*nodes):
    scripts = "".join(
        f'<script type="application/ld+json">{json.dumps(node)}</script>' for node in nodes
    )
    return f"<!DOCTYPE html><html><head>{scripts}<script>var x = 1 < 2;</script></head></html>"


@pytest.mark.parametrize("data", [
    EVENT, [EVENT], {"@context": "https://schema.org", "@type": "X", "@graph": [EVENT]},
    page(EVENT), page({"@type": "Organization", "name": "x"}, [EVENT]),
])
def test_one_event_in_many_dresses(data):
    reading = read_json(data)
    (screening,), (production,) = reading.screenings, reading.productions
    assert (reading.format, screening.ref) == ("jsonld", "s-1@example.org")
    assert screening.title == {"en": "Soirée d’ouverture"}
    assert production.title == {"en": "Le Fjord"}
    assert production.ref == "m-1" and production.directors == ("A. Blanc",)
    assert screening.starts_at == datetime(2026, 7, 3, 18, tzinfo=UTC)
    assert screening.ends_at == datetime(2026, 7, 3, 19, 35, tzinfo=UTC)
    assert (screening.venue, screening.room) == ("Rex", "Salle 2")
    assert screening.tariffs == ("Plein 16 CHF",) and not screening.cancelled
    assert production.poster == "https://example.org/p.jpg"
    assert production.description == {"en": "Un film & un lieu."}
    assert reading.problems == ()


def test_a_festival_is_the_frame_of_its_events_and_nodes_are_named_by_id():
    reading = read_json({"@context": "https://schema.org", "@graph": [
        {"@type": "Festival", "name": "Festival", "location": {"@id": "#rex"}, "startDate": "2026",
         "subEvent": [{"@id": "#a"}, {"@type": "Event", "name": "B", "identifier": "b",
                                      "startDate": "2026-07-04T20:00"}]},
        {"@id": "#a", "@type": ["Event", "Thing"], "name": "A", "startDate": "2026-07-03T20:00",
         "eventStatus": "EventCancelled"},
        {"@id": "#rex", "@type": "Place", "name": "Rex, Hauptgasse 3, 3011 Bern"},
    ]})
    found = sorted(reading.screenings, key=lambda one: one.ref)
    assert [(s.ref, s.venue, s.sections, s.cancelled) for s in found] == [
        ("#a", "Rex", ("Festival",), True), ("b", "Rex", ("Festival",), False),
    ]


def test_a_schedule_is_its_days():
    reading = read_json({
        "@context": "https://schema.org", "@type": "TheaterEvent", "name": "Play",
        "location": "Rex", "url": "https://example.org/play",
        "eventSchedule": {"@type": "Schedule", "startDate": "2026-07-03", "endDate": "2026-07-12",
                          "startTime": "20:00:00", "endTime": "22:00", "repeatFrequency": "P1D",
                          "byDay": ["https://schema.org/Friday", "Saturday"],
                          "exceptDate": "2026-07-11"},
    })
    assert [s.starts_at.day for s in reading.screenings] == [3, 4, 10]
    assert len({s.ref for s in reading.screenings}) == 3


def test_one_page_for_several_events_is_no_identity():
    page = {**EVENT, "@id": "", "url": "https://example.org"}
    events = [{**page, "startDate": f"2026-07-0{day}T20:00"} for day in (3, 4)]
    refs = [s.ref for s in read_json(events).screenings]
    assert refs == ["https://example.org/2026-07-03T20:00", "https://example.org/2026-07-04T20:00"]


@pytest.mark.parametrize("data, reason", [
    ({"@context": "https://schema.org", "@type": "Organization", "name": "x"}, "NO_RECORDS"),
    (json.dumps(EVENT)[:200], "JSON_DAMAGED"),
    ('<html><script type="application/ld+json">{"@type": </script></html>', "NO_RECORDS"),
])
def test_refusals(data, reason):
    with pytest.raises(ImportRefused) as caught:
        read_json(data)
    assert caught.value.reason == reason
