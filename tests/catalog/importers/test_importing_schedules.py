"""Conference schedules: one small conference as frab's XML and JSON, and pentabarf's older XML."""

import json
from datetime import UTC, datetime

import pytest

from services.catalog.importers import ImportRefused, Options, read

FRAB = """<?xml version="1.0"?>
<schedule><conference><acronym>tc</acronym><time_zone_name>Europe/Berlin</time_zone_name>
</conference>
<day date="2026-07-03" index="1">
 <room name="Saal 1">
  <event guid="g-1" id="1"><date>2026-07-03T20:00:00+02:00</date><start>20:00</start>
   <duration>01:30</duration><title>Anfang</title><track>Film</track><language>de</language>
   <abstract>Kurz.</abstract><description>&lt;p&gt;Lang.&lt;/p&gt;</description>
   <persons><person id="4">Ada</person><person id="5">Bo</person></persons></event>
  <event guid="g-2" id="2"><date>2026-07-04T00:30:00+02:00</date><start>00:30</start>
   <duration>1:00:00</duration><title>Night</title><language>en, de</language></event>
 </room><room name="empty"/></day>
</schedule>"""
EVENTS = [
    {"guid": "g-1", "id": 1, "date": "2026-07-03T20:00:00+02:00", "start": "20:00",
     "duration": "01:30", "title": "Anfang", "track": {"de": "Film", "name": "Film"},
     "language": "de", "abstract": "Kurz.", "description": "Lang.",
     "persons": [{"public_name": "Ada"}, {"full_public_name": "Bo"}]},
    {"guid": "g-2", "id": 2, "date": "2026-07-04T00:30:00+02:00", "start": "00:30",
     "duration": "1:00:00", "title": "Night", "language": "en, de", "persons": []},
]
FRAB_JSON = json.dumps({"schedule": {"conference": {
    "acronym": "tc", "time_zone_name": "Europe/Berlin",
    "days": [{"date": "2026-07-03", "rooms": {"Saal 1": EVENTS, "empty": []}}],
}}})
PENTABARF = """<schedule><conference><acronym>fos</acronym><day_change>04:00:00</day_change>
</conference><day date="2026-01-31"><room name="K.1">
<event id="77"><start>23:30</start><duration>00:00</duration><title>Late</title></event>
<event id="78"><start>02:15</start><duration>00:25</duration><title>Later</title></event>
<event id="79"><start>soon</start><duration>00:25</duration><title>Never</title></event>
</room></day></schedule>"""


def read_text(text, **options):
    return read(text.encode(), "file", options=Options(**options))


@pytest.mark.parametrize("text", [FRAB, FRAB_JSON])
def test_the_same_schedule_as_xml_and_as_json(text):
    reading = read_text(text, zone="Asia/Tokyo")
    first, second = reading.screenings
    assert (reading.format, first.ref, first.room) == ("schedule", "g-1", "Saal 1")
    assert first.title == {"de": "Anfang"} and first.sections == ("Film",)
    assert first.starts_at == datetime(2026, 7, 3, 18, tzinfo=UTC)
    assert first.ends_at == datetime(2026, 7, 3, 19, 30, tzinfo=UTC)
    assert second.starts_at == datetime(2026, 7, 3, 22, 30, tzinfo=UTC)
    assert second.languages == ("en", "de")
    assert reading.productions[0].people == ("Ada", "Bo")
    assert list(reading.productions[0].description.values()) == ["Kurz.\n\nLang."]
    assert reading.problems == ()


def test_pentabarf_has_days_and_times_without_offsets():
    reading = read_text(PENTABARF, zone="Europe/Brussels")
    late, later = reading.screenings
    assert late.ref == "fos-77" and late.ends_at is None
    assert late.starts_at == datetime(2026, 1, 31, 22, 30, tzinfo=UTC)
    assert later.starts_at == datetime(2026, 2, 1, 1, 15, tzinfo=UTC)
    assert [(p.row, p.code) for p in reading.problems] == [(3, "MOMENT_UNREADABLE")]


def test_a_wrong_offset_is_doubted():
    reading = read_text(FRAB.replace("+02:00", "+00:00"))
    assert [p.code for p in reading.problems] == ["OFFSET_DOUBTFUL"]


def test_a_schedule_without_events_is_refused():
    with pytest.raises(ImportRefused) as caught:
        read_text("<schedule><conference/><day date='2026-01-01'/></schedule>")
    assert caught.value.reason == "NO_RECORDS"
