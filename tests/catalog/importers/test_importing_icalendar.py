"""Calendars: identities, zones, repetitions, and the small print of RFC 5545."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.catalog.importers import ImportRefused, Options, read
from services.catalog.importers.dates import Unreadable
from services.catalog.importers.recurrence import Rule


def calendar(*events, head=""):
    body = "".join(f"BEGIN:VEVENT\n{event}\nEND:VEVENT\n" for event in events)
    return f"BEGIN:VCALENDAR\nVERSION:2.0\n{head}{body}END:VCALENDAR\n"


def read_text(text, **options):
    data = text if isinstance(text, bytes) else text.encode()
    return read(data, "anything", options=Options(venue="Rex", **options))


def starts(reading, zone="Europe/Zurich"):
    return [f"{s.starts_at.astimezone(ZoneInfo(zone)):%d.%m. %H:%M}" for s in reading.screenings]


FULL = """UID:s-1@example.org
SUMMARY;LANGUAGE=fr:Le Fjord\\, suite
DTSTART;TZID=Europe/Zurich:20260703T200000
DTEND;TZID=Europe/Zurich:20260703T213500
LOCATION:Rex\\, Bahnhofstrasse 12\\, 3011 Bern
CATEGORIES:Fiction,Courts\\, longs
DESCRIPTION:Duration: 95 mins (1h35m)\\nScreen: 2\\n\\n<b>Fort</b> &amp
 ; beau\\nhttps://tickets.example.org/1
ATTACH:https://example.org/p.jpg
BEGIN:VALARM
SUMMARY:Not this
END:VALARM"""


def test_an_event_with_all():
    reading = read_text(calendar(FULL))
    (screening,) = reading.screenings
    assert (reading.format, screening.ref) == ("icalendar", "s-1@example.org")
    assert screening.title == {"fr": "Le Fjord, suite"}
    assert screening.starts_at == datetime(2026, 7, 3, 18, tzinfo=UTC)
    assert screening.ends_at == datetime(2026, 7, 3, 19, 35, tzinfo=UTC)
    assert (screening.venue, screening.room) == ("Rex", "2")
    assert screening.sections == ("Fiction", "Courts, longs")
    assert screening.url == "https://tickets.example.org/1"
    (production,) = reading.productions
    assert production.duration_min == 95 and production.poster == "https://example.org/p.jpg"
    assert "Fort & beau" in next(iter(production.description.values()))
    assert reading.problems == ()


def test_crlf_bom_and_a_fold_inside_a_character():
    data = calendar("UID:1\nSUMMARY:Nuit d’été\nDTSTART:20260703T180000Z").replace("\n", "\r\n")
    folded = data.encode().replace("é".encode(), b"\xc3\r\n \xa9", 1)
    (screening,) = read_text(b"\xef\xbb\xbf" + folded).screenings
    assert screening.title == {"en": "Nuit d’été"}


@pytest.mark.parametrize("start, head", [
    ("DTSTART:20260703T180000Z", ""),
    ("DTSTART:20260703T200000", ""),
    ("DTSTART:20260703T190000", "X-WR-TIMEZONE:Europe/London\n"),
    ("DTSTART;TZID=W. Europe Standard Time:20260703T200000", ""),
    ('DTSTART;TZID="Europe/Helsinki":20260703T210000', ""),
    ("DTSTART;TZID=/mozilla.org/20050126_1/Europe/Zurich:20260703T200000", ""),
])
def test_zones(start, head):
    reading = read_text(calendar(f"UID:1\nSUMMARY:Alpha\n{start}\nDURATION:PT1H30M", head=head))
    (screening,) = reading.screenings
    assert screening.starts_at == datetime(2026, 7, 3, 18, tzinfo=UTC)
    assert screening.ends_at == datetime(2026, 7, 3, 19, 30, tzinfo=UTC)
    assert reading.problems == ()


def test_an_unknown_zone_is_said():
    reading = read_text(calendar("UID:1\nSUMMARY:A\nDTSTART;TZID=Nowhere:20260703T200000"))
    assert [p.code for p in reading.problems] == ["ZONE_ASSUMED"]


def test_cancelled_whole_day_and_undated_events():
    reading = read_text(calendar(
        "UID:1\nSUMMARY:A\nDTSTART:20260703T180000Z\nSTATUS:CANCELLED",
        "UID:2\nSUMMARY:B\nDTSTART;VALUE=DATE:20260703",
        "UID:3\nSUMMARY:C\nDTSTART:nonsense",
    ))
    assert [s.cancelled for s in reading.screenings] == [True]
    assert [p.code for p in reading.problems] == ["WITHOUT_TIME", "MOMENT_UNREADABLE"]
    assert len(reading.productions) == 3


def test_a_repetition_keeps_its_wall_clock_and_its_references():
    master = ("UID:w\nSUMMARY:Weekly\nDTSTART;TZID=Europe/Zurich:20261017T200000\n"
              "RRULE:FREQ=WEEKLY;COUNT=4\nEXDATE;TZID=Europe/Zurich:20261031T200000")
    moved = ("UID:w\nSUMMARY:Weekly\nRECURRENCE-ID;TZID=Europe/Zurich:20261024T200000\n"
             "DTSTART;TZID=Europe/Zurich:20261024T213000")
    reading = read_text(calendar(master, moved))
    assert starts(reading) == ["17.10. 20:00", "07.11. 20:00", "24.10. 21:30"]
    assert [s.ref for s in reading.screenings] == [
        "w", "w/20261107T190000Z", "w/20261024T180000Z"
    ]
    assert [s.ref for s in read_text(calendar(master)).screenings][1] == "w/20261024T180000Z"


def test_one_uid_for_several_events_is_told_apart_by_the_start():
    reading = read_text(calendar(
        "UID:same\nSUMMARY:A\nDTSTART:20260703T180000Z",
        "UID:same\nSUMMARY:A\nDTSTART:20260704T180000Z",
    ))
    assert [s.ref for s in reading.screenings] == [
        "same/20260703T180000Z", "same/20260704T180000Z"
    ]


@pytest.mark.parametrize("rule, days", [
    ("FREQ=DAILY;COUNT=3", [1, 2, 3]),
    ("FREQ=DAILY;INTERVAL=10;UNTIL=20260725", [1, 11, 21]),
    ("FREQ=WEEKLY;BYDAY=WE,SA;COUNT=4", [1, 4, 8, 11]),
    ("FREQ=WEEKLY;INTERVAL=2;UNTIL=20260731T235959Z", [1, 15, 29]),
    ("FREQ=MONTHLY;BYDAY=1WE,-1WE;UNTIL=20260731", [1, 29]),
    ("FREQ=DAILY;BYDAY=WE;UNTIL=20260731", [1, 8, 15, 22, 29]),
    ("FREQ=MONTHLY;BYMONTHDAY=1,-1;UNTIL=20260731", [1, 31]),
])
def test_rules(rule, days):
    assert [day.day for day in Rule(rule, date(2026, 7, 1)).days()] == days


@pytest.mark.parametrize("rule", [
    "FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30", "FREQ=YEARLY;BYSETPOS=1", "FREQ=DAILY;COUNT=x", "",
])
def test_a_rule_that_is_not_understood_leaves_the_first_date(rule):
    with pytest.raises(Unreadable):
        Rule(rule, date(2026, 7, 1))
    reading = read_text(calendar(f"UID:1\nSUMMARY:A\nDTSTART:20260703T180000Z\nRRULE:{rule}x=1"))
    assert len(reading.screenings) == 1


def test_an_impossible_rule_ends():
    rule = Rule("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", date(2026, 7, 1))
    assert list(rule.days()) == [date(2026, 7, 1)]


@pytest.mark.parametrize("text, reason", [
    ("BEGIN:VCALENDAR\nEND:VCALENDAR", "NO_RECORDS"),
    (calendar("UID:1\nSUMMARY:" + "x" * 3000), "CELL_TOO_LONG"),
    (calendar(*["UID:1\nSUMMARY:x"] * 60), "TOO_MANY_ROWS"),
    (calendar("SUMMARY:x\nDTSTART:20260703T180000Z\nRRULE:FREQ=DAILY"), "TOO_MANY_ROWS"),
    ("BEGIN:VCALENDAR\n" + "BEGIN:VEVENT\n" * 20, "TOO_DEEP"),
])
def test_refusals(text, reason):
    with pytest.raises(ImportRefused) as caught:
        read_text(text, max_cell=1000, max_rows=50)
    assert caught.value.reason == reason


def test_a_calendar_that_was_cut_says_so():
    reading = read_text(calendar(FULL, FULL.replace("s-1", "s-2"))[:-40])
    assert [p.code for p in reading.problems] == ["CALENDAR_CUT"]


LINES = st.sampled_from([
    "UID:1", "SUMMARY:Alpha", "DTSTART:20260703T180000Z", "DTSTART;VALUE=DATE:20260703",
    "DTSTART;TZID=X:00000101T000000", "DTEND:99991231T235959Z", "DURATION:P999DT999H",
    "RRULE:FREQ=DAILY;INTERVAL=99999999999999999999", "RRULE:FREQ=MONTHLY;BYDAY=53SU",
    "RDATE:20260704T180000Z,x", "EXDATE:20260703", "RECURRENCE-ID:20260703T180000Z", "END:VEVENT",
    "BEGIN:VEVENT", "DTSTART:99991231T235959", "RRULE:FREQ=YEARLY", "LOCATION:,,1,", ";:;", "A;B=,",
])


@settings(max_examples=200, deadline=None)
@given(st.lists(LINES | st.text(max_size=30), max_size=12))
def test_any_calendar_is_read_or_refused(lines):
    try:
        reading = read_text(calendar("\n".join(lines)).encode("utf-8", "replace"), max_rows=2000)
    except ImportRefused:
        return
    assert len({s.ref for s in reading.screenings}) == len(reading.screenings)
