"""JSON and XML of any shape: where the records are, what stands around them, what they refer to."""

import json
from datetime import UTC, date, datetime

import pytest

from services.catalog.importers import ImportRefused, Options, Severity, detect, read


def read_any(data, mapping=None, **options):
    text = data if isinstance(data, str | bytes) else json.dumps(data)
    data = text if isinstance(text, bytes) else text.encode()
    return read(data, "anything", mapping=mapping, options=Options(**options))


def told(reading):
    """Title, day and time in UTC, venue and room of each screening."""
    return [
        (next(iter(s.title.values())), f"{s.starts_at:%d %H:%M}", s.venue, s.room)
        for s in reading.screenings
    ]


def codes(reading):
    return [problem.code for problem in reading.problems]


A, B = ("A", "03 18:00", "Rex", ""), ("B", "04 18:00", "Rex", "")
ONE, TWO = "2026-07-03T20:00", "2026-07-04T20:00"


@pytest.mark.parametrize("data", [
    # one row per screening, under any keys and frames
    [{"title": "A", "start": ONE, "venue": "Rex"}, {"title": "B", "start": TWO, "venue": "Rex"}],
    {"data": {"items": [{"titre": "A", "date": "2026-07-03", "heure": "20h00", "lieu": "Rex"},
                        {"titre": "B", "date": "2026-07-04", "heure": "20h00", "lieu": "Rex"}]}},
    '{"titel": "A", "datum": "3.7.2026", "uhrzeit": "20:00 Uhr", "spielort": "Rex"}\n'
    '{"titel": "B", "datum": "4.7.2026", "uhrzeit": "20:00 Uhr", "spielort": "Rex"}\n',
    # places, titles and moments as things of their own
    [{"film": {"id": 1, "name": "A"}, "starts_at": "2026-07-03T18:00:00Z", "location":
      {"name": "Rex", "city": "Bern"}},
     {"film": {"id": 2, "name": "B"}, "starts_at": "2026-07-04T18:00:00Z", "location":
      {"name": "Rex", "city": "Bern"}}],
    [{"summary": "A", "start": {"dateTime": ONE + ":00+02:00"}, "location": "Rex"},
     {"summary": "B", "start": {"dateTime": TWO + ":00+02:00"}, "location": "Rex"}],
    [{"title": {"rendered": "A"}, "acf": {"date": "20260703", "hora": "20:00", "lugar": "Rex"}},
     {"title": {"rendered": "B"}, "acf": {"date": "20260704", "hora": "20:00", "lugar": "Rex"}}],
    {"data": {"showings": {"edges": [
        {"node": {"startsAt": ONE, "movie": {"title": "A"}, "venues": [{"name": "Rex"}]}},
        {"node": {"startsAt": TWO, "movie": {"title": "B"}, "venues": [{"name": "Rex"}]}}]}}},
    {"events": [
        {"name": {"text": "A", "html": "<b>A</b>"}, "venue": {"id": "1", "name": "Rex"},
         "start": {"timezone": "Europe/Zurich", "local": ONE, "utc": "2026-07-03T18:00:00Z"}},
        {"name": {"text": "B", "html": "<b>B</b>"}, "venue": {"id": "1", "name": "Rex"},
         "start": {"timezone": "Europe/Zurich", "local": TWO, "utc": "2026-07-04T18:00:00Z"}}]},
    {"values": [["Titre", "Date", "Heure", "Lieu"], ["A", "3.7.2026", "20:00", "Rex"],
                ["B", "4.7.2026", "20:00", "Rex"]]},
    # films with their screenings
    {"films": [{"titre": "A", "cinema": "Rex", "seances": {"2026-07-03": ["20:00"]}},
               {"titre": "B", "cinema": "Rex", "seances": {"2026-07-04": ["20:00"]}}]},
    [{"title": "A", "shows": [{"date": "03.07.2026", "time": "20:00", "kino": "Rex"}]},
     {"title": "B", "shows": [{"date": "04.07.2026", "time": "20:00", "kino": "Rex"}]}],
    # days and places as keys
    {"2026-07-03": {"Rex": [{"artist": "A", "time": "20:00"}]},
     "2026-07-04": {"Rex": [{"artist": "B", "time": "20:00"}]}},
    # lists that refer to each other
    {"films": [{"id": 7, "title": "A"}, {"id": 8, "title": "B"}],
     "venues": [{"id": "v", "name": "Rex"}],
     "screenings": [{"id": 1, "film_id": 7, "venue_id": "v", "start": ONE},
                    {"id": 2, "film_id": 8, "venue_id": "v", "start": TWO}]},
    {"films": {"f7": {"title": "A"}, "f8": {"title": "B"}},
     "sessions": {"s1": {"filmId": "f7", "time": 1783101600, "cinema": "Rex"},
                  "s2": {"filmId": "f8", "time": 1783188000, "cinema": "Rex"}}},
    # all keys with one word before them
    {"Sessions": [{"Session_Title": "A", "Session_Date_Time": "20260703T200000",
                   "Session_Venue": "Rex", "Session_Index": 5},
                  {"Session_Title": "B", "Session_Date_Time": "20260704T200000",
                   "Session_Venue": "Rex", "Session_Index": 6}]},
    "<x><f><titel>A</titel><aanvang>2026-07-03 20:00</aanvang><locatie>Rex</locatie></f>"
    "<f><titel>B</titel><aanvang>2026-07-04 20:00</aanvang><locatie>Rex</locatie></f></x>",
    '<programme><film titre="A"><seances><seance debut="2026-07-03T20:00" lieu="Rex"/></seances>'
    '</film><film titre="B"><seances><seance debut="2026-07-04T20:00" lieu="Rex"/></seances>'
    "</film></programme>",
    '<rss xmlns:ev="http://purl.org/rss/1.0/modules/event/"><channel><title>Festival</title>'
    "<item><title>A</title><ev:startdate>2026-07-03T20:00</ev:startdate><ev:location>Rex"
    "</ev:location></item><item><title>B</title><ev:startdate>2026-07-04T20:00</ev:startdate>"
    "<ev:location>Rex</ev:location></item></channel></rss>",
    '<ns:events xmlns:ns="urn:x"><ns:event><ns:title><![CDATA[A]]></ns:title><ns:start>'
    '2026-07-03T20:00</ns:start><ns:venue id="1">Rex</ns:venue></ns:event><ns:event><ns:title>B'
    '</ns:title><ns:start>2026-07-04T20:00</ns:start><ns:venue id="1">Rex</ns:venue></ns:event>'
    "</ns:events>",
])
def test_the_same_two_screenings_in_many_shapes(data):
    reading = read_any(data)
    found = [(title, when, venue or room, "") for title, when, venue, room in told(reading)]
    assert found == [A, B]
    assert read_any(data, mapping=reading.mapping).screenings == reading.screenings


def test_a_list_of_one_is_a_list_in_xml_too():
    reading = read_any("<events><event><title>A</title><start>2026-07-03T20:00</start>"
                       "<venue>Rex</venue></event></events>")
    assert told(reading) == [A]


def test_texts_by_language():
    for title in (
        {"fr": "Nuit", "de": "Nacht"},
        [{"lang": "fr", "text": "Nuit"}, {"lang": "de", "text": "Nacht"}],
    ):
        (production,) = read_any([{"title": title, "start": ONE, "venue": "Rex"}]).productions
        assert production.title == {"fr": "Nuit", "de": "Nacht"}
    (production,) = read_any(
        '<f><film><title lang="fr">Nuit</title><title xml:lang="de">Nacht</title></film></f>'
    ).productions
    assert production.title == {"fr": "Nuit", "de": "Nacht"}
    (production,) = read_any([{
        "start": ONE, "venue": "Rex", "fr": {"title": "Nuit", "description": "x"},
        "de": {"title": "Nacht", "description": "y"},
    }]).productions
    assert production.title == {"fr": "Nuit", "de": "Nacht"}


def test_json_within_json_and_html_within_texts():
    (production,) = read_any([{
        "title": "A &amp; B", "start": ONE, "venue": "Rex",
        "description": "<p>One<br>two</p><script>",
        "more": json.dumps({"director": {"name": "A. Blanc"}, "runtime": 90}),
        "rating": '<img src="x.png" alt="FSK 12">',
    }]).productions
    assert production.title == {"en": "A & B"}
    assert production.directors == ("A. Blanc",) and production.duration_min == 90
    assert production.description == {"en": "One\ntwo"} and production.age == 12


def test_an_act_and_its_times_under_keys():
    reading = read_any({"stage": {
        "Main": {"A": ["04/17/2026", "19:00", "20:00"], "B": ["04/18/2026", "23:30", "0:30"]},
        "Club": {"A": ["04/18/2026", "21:00", "22:00"]},
    }})
    assert told(reading) == [
        ("A", "17 17:00", "", "Main"), ("B", "18 21:30", "", "Main"), ("A", "18 19:00", "", "Club"),
    ]
    assert reading.screenings[1].ends_at == datetime(2026, 4, 18, 22, 30, tzinfo=UTC)


def test_days_that_hold_stages_that_hold_acts():
    reading = read_any({
        "stages": [{"id": "m", "name": "Main"}, {"id": "c", "name": "Club"}],
        "schedule": [{"id": "fri", "name": "Friday", "date": "2026-07-03", "events": {
            "m": [{"name": "A", "start": "20:00", "end": "21:00"}], "c": []}}],
    })
    assert told(reading) == [("A", "03 18:00", "", "Main")]
    assert reading.counts["productions"] == 1 and codes(reading) == []


def test_one_field_may_hold_several_moments_or_a_range_of_days():
    reading = read_any([
        {"title": "A", "venue": "Rex", "when": "2–4 August 2026, 14:50"},
        {"title": "B", "venue": "Rex", "when": "Sat 8 Aug 2026 7.30pm - 9pm"},
        {"title": "C", "venue": "Rex", "when": "6 Jan 2026 - 2 Apr 2026"},
    ])
    assert [when for _, when, _, _ in told(reading)] == [
        "02 12:50", "03 12:50", "04 12:50", "08 17:30"
    ]
    assert reading.screenings[-1].ends_at == datetime(2026, 8, 8, 19, tzinfo=UTC)
    assert codes(reading) == ["WITHOUT_TIME"] and len(reading.productions) == 3


def test_from_one_day_to_another_at_a_time_is_every_day_and_is_said():
    reading = read_any([
        {"title": "A", "venue": "Rex", "start_date": "2026-08-02", "end_date": "2026-08-04",
         "time": "20:00"},
        {"title": "B", "venue": "Rex", "start_date": "2026-08-02", "end_date": "2026-08-02",
         "time": "22:00"},
    ])
    assert len(reading.screenings) == 4 and codes(reading) == ["READ_AS_DAILY"]


def test_times_of_one_day_in_a_list_and_moments_in_a_list():
    times = [{"film": "A", "cinema": "Rex", "date": "2026-07-03", "showtimes": ["13:00", "16:00"]}]
    assert [when for _, when, _, _ in told(read_any(times))] == ["03 11:00", "03 14:00"]
    moments = [{"film": "A", "cinema": "Rex", "dates": ["2026-07-03 20:00", "2026-07-04 20:00"]}]
    assert [when for _, when, _, _ in told(read_any(moments))] == ["03 18:00", "04 18:00"]


def test_sentinel_dates_cancellations_and_films_without_screenings():
    reading = read_any([
        {"title": "A", "id": 1, "shows": [{"start": "18991230T000000", "venue": "Rex"},
                                          {"start": ONE, "venue": "Rex", "cancelled": True}]},
        {"title": "B", "id": 2, "shows": []},
    ])
    assert [(s.production_refs, s.cancelled) for s in reading.screenings] == [(("1",), True)]
    assert [p.ref for p in reading.productions] == ["1", "2"]
    assert codes(reading) == ["DATE_IMPOSSIBLE", "WITHOUT_TIME"]


def test_a_status_that_is_a_number_cancels_nothing():
    reading = read_any([{"title": "A", "start": ONE, "venue": "Rex", "status": 1}])
    assert not reading.screenings[0].cancelled


def test_missing_references_are_told_once():
    shows = [{"film_id": n % 6, "start": f"2026-07-{n + 1:02}T20:00", "venue": "x"}
             for n in range(24)]
    films = [{"id": n, "title": f"Film {n}"} for n in range(5)]
    reading = read_any({"films": films, "shows": shows})
    assert codes(reading).count("JOIN_MISSED") == 1 and codes(reading).count("TITLE_MISSING") == 4


def test_companions_complete_the_programme():
    shows = [{"movieId": "m1", "theatreId": "t1", "startTime": ONE}]
    companions = (
        json.dumps([{"movieId": "m1", "title": "A"}, {"movieId": "m2", "title": "B"}]).encode(),
        json.dumps([{"theatreId": "t1", "name": "Rex", "address": "Bern"}]).encode(),
    )
    assert told(read_any(shows, companions=companions)) == [A]


def test_a_light_openagenda_export_is_not_half_imported():
    def event(number, first, last):
        return {"uid": number, "title": {"fr": f"E{number}"}, "location": {"name": "Rex"},
                "firstTiming": {"begin": first, "end": first.replace("T20", "T22")},
                "lastTiming": {"begin": last, "end": last.replace("T20", "T22")}}
    reading = read_any([event(1, ONE, ONE), event(2, ONE, TWO)])
    assert [s.ref for s in reading.screenings] == ["1"]
    assert ("DATES_INCOMPLETE", Severity.ERROR) in [(p.code, p.severity) for p in reading.problems]


def test_a_mapping_by_paths_says_which_list_is_meant():
    data = {"films": [{"title": "A", "premiere": ONE, "talks": [
        {"subject": "On A", "at": TWO, "in": "Rex"}]}]}
    mapping = {"title": [{"column": "films.talks.subject"}],
               "start": [{"column": "films.talks.at"}], "venue": [{"column": "films.talks.in"}]}
    assert told(read_any(data, mapping=mapping)) == [("On A", "04 18:00", "Rex", "")]
    with pytest.raises(ImportRefused) as caught:
        read_any(data, mapping={"title": [{"column": "films.nothing"}]})
    assert caught.value.reason == "MAPPING_INVALID"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
def test_encodings(encoding):
    text = json.dumps([{"titre": "Été", "debut": ONE, "lieu": "Rex"}], ensure_ascii=False)
    reading = read_any(text.encode(encoding))
    assert reading.screenings[0].title == {"fr": "Été"}
    declared = encoding.removesuffix("-sig")
    xml = f"<?xml version='1.0' encoding='{declared}'?><s><e><titre>Été</titre></e></s>"
    if encoding != "utf-16-le":
        assert read_any(xml.encode(encoding)).productions[0].title == {"fr": "Été"}
    lie = "<?xml version='1.0' encoding='utf-8'?><s><e><titre>Été</titre></e></s>".encode("cp1252")
    assert codes(read_any(lie)) == ["ENCODING_ASSUMED"]


def test_weekdays_need_the_first_day():
    data = {"Friday": [{"title": "A", "time": "20:00", "venue": "Rex"}],
            "Saturday": [{"title": "B", "time": "20:00", "venue": "Rex"}]}
    assert told(read_any(data, first_day=date(2026, 7, 2))) == [A, B]
    assert codes(read_any(data)) == ["FIRST_DAY_MISSING"] * 2


@pytest.mark.parametrize("data, reason", [
    ('{"a": [1, 2', "JSON_DAMAGED"),
    ("[1, 2, 3]", "NO_RECORDS"),
    ("{}", "NO_RECORDS"),
    ('[{"a": 1}]', "NO_TITLE_COLUMN"),
    ("[" * 60 + "]" * 60, "TOO_DEEP"),
    ('[{"title": "' + "x" * 2000 + '"}]', "CELL_TOO_LONG"),
    ("[" + '{"title": "a"},' * 60 + "{}]", "TOO_MANY_ROWS"),
    ("<a><b>", "XML_DAMAGED"),
    ("<a>" * 60, "TOO_DEEP"),
    ("<a><title>" + "x" * 2000 + "</title></a>", "CELL_TOO_LONG"),
    ("<!DOCTYPE html><html><body>x</body></html>", "IS_HTML"),
    ('<!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><l>&b;</l>', "XML_UNSAFE"),
    ('<!DOCTYPE l [<!ENTITY a SYSTEM "file:///etc/passwd">]><l>&a;</l>', "XML_UNSAFE"),
    ('<!DOCTYPE l [<!ENTITY % a SYSTEM "http://127.0.0.1/x">%a;]><l/>', "XML_UNSAFE"),
])
def test_refusals(data, reason):
    with pytest.raises(ImportRefused) as caught:
        read_any(data, max_cell=1000, max_rows=50)
    assert caught.value.reason == reason
    assert caught.value.detail.endswith(".")


def test_a_document_type_alone_is_harmless():
    assert detect(b'<?xml version="1.0"?><!DOCTYPE x SYSTEM "x.dtd"><x/>', "a.csv") == "xml"
    text = '<!DOCTYPE s SYSTEM "s.dtd"><s><e><title>A</title></e></s>'
    assert len(read_any(text).productions) == 1
