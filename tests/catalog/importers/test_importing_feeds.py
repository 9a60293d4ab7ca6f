"""Feeds of festival software: Eventival, Fiona, XMLTV, Clashfinder; small files like theirs."""

import json
from datetime import UTC, datetime

import pytest

from services.catalog.importers import ImportRefused, Options, read


def read_text(text, companions=(), **options):
    chosen = Options(companions=tuple(one.encode() for one in companions), **options)
    return read(text.encode(), "anything", options=chosen)


def codes(reading):
    return [problem.code for problem in reading.problems]


SCREENINGS = """<?xml version="1.0"?><screenings><screening><id>11</id>
<start>2026-11-24 17:00:00</start><complete_duration_minutes>72</complete_duration_minutes>
<code>000303</code><venue_id>5</venue_id><type_of_screening>First Screening</type_of_screening>
<ticketing_url/><qa><guests><person id="9"><name>Jo Blanc</name></person></guests></qa>
<additional_info><en>In English</en></additional_info>
<film><id>77</id><title_english>The Fjord</title_english><title_original>Fjorden</title_original>
<languages><print><language>no</language></print></languages>
<subtitle_languages><print><language>et</language><language>en</language></print>
</subtitle_languages></film></screening>
<screening><id>12</id><start>2026-11-25 10:00:00</start><venue_id>6</venue_id>
<complete_duration_minutes/><type_of_screening>PRESS</type_of_screening>
<package id="40"><title_english>Shorts</title_english></package></screening></screenings>"""
FILM = """<film><ids><system_id>{id}</system_id></ids><titles><title_english>{en}</title_english>
<title_original>{original}</title_original></titles><film_info><runtime><seconds>4020</seconds>
</runtime><countries><country><code>NO</code><name>Norway</name></country></countries>
<relationships><directors><director><name>Ada</name><surname>Weiss</surname></director></directors>
</relationships></film_info><eventival_categorization><sections><section><id>1</id><name>Main
</name></section></sections></eventival_categorization><publications><en><title>{en}</title>
<synopsis_long><![CDATA[<p>J&uuml;rgen</p>]]></synopsis_long></en><et><title>{et}</title></et>
</publications></film>"""
FILMS = "<films>{}</films>".format("".join((
    FILM.format(id=77, en="The Fjord", original="Fjorden", et="Fjord"),
    FILM.format(id=78, en="One", original="En", et="Üks"),
    FILM.format(id=79, en="Two", original="To", et="Kaks"),
)))
VENUES = """<venues><venue><id>5</id><name>Plaza, Saal 2</name><company>Plaza</company>
<capacity/></venue></venues>"""
PACKAGES = """<film_packages><package><id>40</id><titles><title_english>Shorts</title_english>
</titles><film_ids><id>78</id><id>79</id></film_ids></package></film_packages>"""


def test_eventival_screenings_with_their_films_venues_and_packages():
    reading = read_text(SCREENINGS, (FILMS, VENUES, PACKAGES), zone="Europe/Tallinn")
    first, press = reading.screenings
    assert (reading.format, first.ref, first.production_refs) == ("eventival", "11", ("77",))
    assert first.starts_at == datetime(2026, 11, 24, 15, tzinfo=UTC)
    assert first.ends_at == datetime(2026, 11, 24, 16, 12, tzinfo=UTC)
    assert (first.venue, first.room, first.venue_ref) == ("Plaza", "Saal 2", "5")
    assert first.languages == ("no",) and first.subtitles == ("et", "en")
    assert first.note == "In English\nJo Blanc" and first.sections == ("Main",)
    assert first.metadata["code"] == "000303"
    assert press.production_refs == ("78", "79") and press.title == {"en": "Shorts"}
    assert press.metadata["type"] == "PRESS" and press.venue_ref == "6"
    film = reading.productions[0]
    assert film.title == {"en": "The Fjord", "et": "Fjord"} and film.duration_min == 67
    assert film.directors == ("Ada Weiss",) and film.description == {"en": "Jürgen"}
    assert "JOIN_MISSED" in codes(reading)


def test_eventival_documents_alone():
    alone = read_text(SCREENINGS)
    assert [s.ref for s in alone.screenings] == ["11", "12"]
    assert alone.productions[0].original_title == "Fjorden"
    films = read_text(FILMS)
    assert (len(films.productions), films.screenings) == (3, ())
    one = read_text(FILM.format(id=77, en="The Fjord", original="Fjorden", et="Fjord"))
    assert one.productions[0].ref == "77"
    with pytest.raises(ImportRefused) as caught:
        read_text(VENUES.replace("<capacity/>", "<company_contact>x</company_contact>"))
    assert caught.value.reason == "NO_RECORDS"


SHOWS = {"items": [
    {"id": "g-1", "title": "Shorts", "fullTitle": "Shorts: Night", "startOn": "2026-07-03T18:00:00",
     "endOn": "2026-07-03T20:00:00", "location": {"id": "L1", "description": "Rex 1"},
     "sections": [{"key": "S", "translations": [{"language": "en", "text": "Shorts"}]}],
     "noSale": True, "publish": True, "showparts": [
         {"SortOrder": 2, "Film": {"Id": "f2", "FullTitle": "Two"}, "LengthInMinutes": 12},
         {"SortOrder": 1, "Film": {"Id": "f1", "FullTitle": "One"}, "FilmScreeningCopy": {
             "SpokenLanguages": [{"key": "fr"}], "SubtitleLanguages": [{"key": "en"}]}},
         {"SortOrder": 3, "Activity": {"Title": "Discussion"}}]},
    {"id": "g-2", "fullTitle": "Alone", "startOn": "2026-07-04T18:00:00Z", "publish": True,
     "fullLengthInMinutes": 90, "location": {"id": "L1", "description": "Rex 1"}},
    {"id": "g-3", "fullTitle": "Hidden", "startOn": "2026-07-04T18:00:00Z", "publish": False},
]}


def test_fiona_shows_with_their_parts():
    films = json.dumps([{"id": "F1", "titles": [{"language": "fr", "text": "Un"},
                                                {"language": "en", "text": "One"}]}])
    reading = read_text(json.dumps(SHOWS), (films,), zone="Asia/Tokyo")
    shorts, alone = reading.screenings
    assert (reading.format, shorts.ref, shorts.production_refs) == ("fiona", "g-1", ("F1", "f2"))
    assert shorts.starts_at == datetime(2026, 7, 3, 18, tzinfo=UTC)
    assert shorts.title == {"en": "Shorts: Night"} and shorts.metadata == {"no sale": "yes"}
    assert shorts.languages == ("fr",) and shorts.subtitles == ("en",)
    assert reading.productions[0].title == {"fr": "Un", "en": "One"}
    assert alone.ends_at == datetime(2026, 7, 4, 19, 30, tzinfo=UTC)
    assert codes(reading) == ["NOT_PUBLISHED"]


XMLTV = """<?xml version="1.0" encoding="ISO-8859-1"?><!DOCTYPE tv SYSTEM "xmltv.dtd"><tv>
<channel id="k1"><display-name lang="de">Kino Eins</display-name></channel>
<programme start="20260703200000 +0200" stop="20260703213500 +0200" channel="k1">
<title lang="de">Der Fährmann</title><title lang="en">The Ferryman</title>
<desc lang="de">Text</desc>
<credits><director>A. Weiss</director><actor>B. Blanc</actor></credits><date>2025</date>
<category lang="de">Drama</category><rating system="FSK"><value>12</value></rating></programme>
<programme start="202607032200" channel="k2"><title>Spät</title>
<length units="hours">1</length></programme></tv>"""


def test_xmltv():
    reading = read(XMLTV.encode("latin-1"), "x")
    first, late = reading.screenings
    assert (reading.format, first.venue, late.venue) == ("xmltv", "Kino Eins", "k2")
    assert first.title == {"de": "Der Fährmann", "en": "The Ferryman"} and first.age == 12
    assert first.starts_at == datetime(2026, 7, 3, 18, tzinfo=UTC)
    assert first.ends_at == datetime(2026, 7, 3, 19, 35, tzinfo=UTC)
    assert late.starts_at == datetime(2026, 7, 3, 20, tzinfo=UTC)
    assert late.ends_at == datetime(2026, 7, 3, 21, tzinfo=UTC)
    assert codes(reading) == []


CLASH = """// made by hand
timezone = US/Pacific
act = {"start": "2026-07-24 12:00", "stage": "Amp", "act": "One", "blurb": "a<br />b"}
// act = {"start": "2026-07-24 12:00", "act": "Not this"}
act = {"start": "2026-07-24 23:30", "stage": "Amp", "act": "Two"
act = {"start": "2026-07-24 23:30", "end": "2026-07-25 00:30", "stage": "Amp", "act": "Three"}
"""


def test_clashfinder():
    reading = read_text(CLASH)
    one, three = reading.screenings
    assert (reading.format, one.room, one.title) == ("clashfinder", "Amp", {"en": "One"})
    assert one.starts_at == datetime(2026, 7, 24, 19, tzinfo=UTC)
    assert three.ends_at == datetime(2026, 7, 25, 7, 30, tzinfo=UTC)
    assert reading.productions[0].description == {"en": "a\nb"}
    assert [(p.row, p.code) for p in reading.problems] == [(5, "ROW_DAMAGED")]
