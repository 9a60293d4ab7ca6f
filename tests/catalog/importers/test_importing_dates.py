"""Dates, times and durations: what is read, what is refused, and what is never invented."""

from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.catalog.importers.dates import (
    Calendar,
    Unreadable,
    date_order,
    read_date,
    read_duration,
    read_moment,
    read_time,
    read_times,
    to_instant,
)

FIRST_DAY = date(2026, 7, 2)  # a Thursday
ZURICH = ZoneInfo("Europe/Zurich")


@pytest.mark.parametrize("text, expected", [
    ("2026-10-21", date(2026, 10, 21)),
    ("20261021", date(2026, 10, 21)),
    ("2026-08-06 00:00:00", date(2026, 8, 6)),
    ("21.10.2026", date(2026, 10, 21)),
    ("21/10/26", date(2026, 10, 21)),
    ("15 juin 2017", date(2017, 6, 15)),
    ("1er août 2026", date(2026, 8, 1)),
    ("jeudi 15 juin 2017", date(2017, 6, 15)),
    ("Do, 15. Juni 2017", date(2017, 6, 15)),
    ("Sonntag, den 5. März 2028", date(2028, 3, 5)),
    ("giovedì 15 giugno 2017", date(2017, 6, 15)),
    ("June 15th, 2017", date(2017, 6, 15)),
    ("15 Feb 2014", date(2014, 2, 15)),
    ("mar 15 juin 2021", date(2021, 6, 15)),
    ("3 mar 2026", date(2026, 3, 3)),
])
def test_full_dates_need_no_first_day(text, expected):
    assert read_date(text, Calendar()) == expected


@pytest.mark.parametrize("text, expected", [
    ("08.07", date(2026, 7, 8)),
    ("8.7.", date(2026, 7, 8)),
    ("Do 09.07.", date(2026, 7, 9)),
    ("3 janvier", date(2027, 1, 3)),
    ("30.06", date(2026, 6, 30)),
    ("29.02", date(2028, 2, 29)),
    ("Thursday", date(2026, 7, 2)),
    ("mercredi", date(2026, 7, 8)),
    ("Samstag", date(2026, 7, 4)),
    ("mar", date(2026, 7, 7)),
    ("domenica", date(2026, 7, 5)),
])
def test_incomplete_dates_are_resolved_from_the_first_day_only(text, expected):
    assert read_date(text, Calendar(FIRST_DAY)) == expected
    with pytest.raises(Unreadable) as caught:
        read_date(text, Calendar())
    assert caught.value.code == "FIRST_DAY_MISSING"


@pytest.mark.parametrize("text, code", [
    ("31.06.2026", "DATE_IMPOSSIBLE"),
    ("1899-12-31", "DATE_IMPOSSIBLE"),
    ("Freitag 15.06.2017", "WEEKDAY_CONTRADICTS"),
    ("1", "DATE_UNREADABLE"),
    ("soon", "DATE_UNREADABLE"),
    ("di", "DATE_UNREADABLE"),  # Dienstag or dimanche
    ("32.13", "DATE_IMPOSSIBLE"),
    ("", "DATE_UNREADABLE"),
])
def test_refused_dates(text, code):
    with pytest.raises(Unreadable) as caught:
        read_date(text, Calendar(FIRST_DAY))
    assert caught.value.code == code


def test_the_order_of_day_and_month_is_proved_by_a_whole_column():
    assert date_order(["04/05/2024", "04/17/2024"]) == "mdy"
    assert date_order(["04/05/2024", "17/04/2024"]) == "dmy"
    assert date_order(["04/05/2024"]) is None
    assert date_order(["04/17/2024", "17/04/2024"]) is None
    assert date_order(["2026-10-21", "08.07"]) == "dmy"
    assert read_date("04/17/2024", Calendar(order="mdy")) == date(2024, 4, 17)
    assert read_date("04.05.2024", Calendar(order="mdy")) == date(2024, 5, 4)


@pytest.mark.parametrize("text, expected", [
    ("10h30", "10:30"), ("9h00", "9:00"), ("14 h", "14:00"), ("14h", "14:00"),
    ("0930", "9:30"), ("14:15", "14:15"), ("20.00", "20:00"), ("20:00 Uhr", "20:00"),
    ("20 Uhr", "20:00"), ("ore 20.30", "20:30"), ("à 20h15", "20:15"), ("7:30pm", "19:30"),
    ("7 p.m.", "19:00"), ("12:30am", "0:30"), ("12pm", "12:00"), ("Midnight", "0:00"),
    ("minuit", "0:00"), ("midi", "12:00"), ("24:00", "24:00"), ("20:30:00", "20:30"),
])
def test_times(text, expected):
    hours, minutes = expected.split(":")
    assert read_time(text) == int(hours) * 60 + int(minutes)


@pytest.mark.parametrize("text", ["25:00", "24:30", "12:75", "12", "Various times", "", "٣:٠٠"])
def test_refused_times(text):
    with pytest.raises(Unreadable):
        read_time(text)


def test_several_times_in_one_cell():
    assert read_times("13:00, 16:00 et 19h") == [(780, None), (960, None), (1140, None)]
    assert read_times("10:00-18:00") == [(600, 1080)]


@pytest.mark.parametrize("text, expected", [
    ("90", 90), ("137'", 137), ("95′", 95), ("65 mins", 65), ("105 min", 105), ("1h30", 90),
    ("2h 31m", 151), ("1:30", 90), ("01:35:00", 95), ("PT1H30M", 90), ("2 Std.", 120),
    ("1 h", 60), ("90 Minuten", 90),
])
def test_durations(text, expected):
    assert read_duration(text) == expected


@pytest.mark.parametrize("text", ["", "0", "5400", "long", "h", "min"])
def test_refused_durations(text):
    with pytest.raises(Unreadable):
        read_duration(text)


@pytest.mark.parametrize("text, expected", [
    ("2025-08-18T06:20:00", (date(2025, 8, 18), 380)),
    ("21.10.2026 20:30", (date(2026, 10, 21), 1230)),
    ("21.10.2026, 20h30", (date(2026, 10, 21), 1230)),
    ("jeudi 15 juin 2017 à 20h30", (date(2017, 6, 15), 1230)),
    ("15 Feb 2014 7:30pm", (date(2014, 2, 15), 1170)),
    ("2026-10-21T20:30:00+02:00", datetime(2026, 10, 21, 18, 30, tzinfo=UTC)),
    ("2026-10-21 18:30Z", datetime(2026, 10, 21, 18, 30, tzinfo=UTC)),
])
def test_moments(text, expected):
    assert read_moment(text, Calendar()) == expected


def test_the_hour_that_happens_twice_is_the_earlier_and_said_to_be_so():
    instant, twice = to_instant(date(2026, 10, 25), 150, ZURICH)
    assert (instant, twice) == (datetime(2026, 10, 25, 0, 30, tzinfo=UTC), True)
    instant, twice = to_instant(date(2026, 10, 25), 240, ZURICH)
    assert (instant, twice) == (datetime(2026, 10, 25, 3, 0, tzinfo=UTC), False)


def test_the_hour_that_never_happens_is_refused():
    with pytest.raises(Unreadable) as caught:
        to_instant(date(2026, 3, 29), 150, ZURICH)
    assert caught.value.code == "TIME_SKIPPED"


days = st.dates(date(1900, 1, 1), date(2099, 12, 31))


@given(days, st.sampled_from([
    "{:%Y-%m-%d}", "{:%Y%m%d}", "{:%d.%m.%Y}", "{:%d/%m/%Y}", "{:%d %B %Y}", "{:%a %d.%m.%Y}",
    "{:%A, %d %b %Y}", "{:%B %d, %Y}",
]))
def test_every_full_form_of_a_day_reads_as_that_day(day, form):
    assert read_date(form.format(day), Calendar()) == day


@given(st.integers(-60, 300))
def test_a_day_without_year_is_found_near_the_first_day(distance):
    day = FIRST_DAY + timedelta(days=distance)
    assert read_date(f"{day:%d.%m}", Calendar(FIRST_DAY)) == day


@given(st.times(), st.sampled_from([
    "{:%H:%M}", "{:%Hh%M}", "{:%H.%M Uhr}", "{:%I:%M %p}", "{:%H%M}",
]))
def test_every_form_of_a_time_reads_as_that_time(moment, form):
    assert read_time(form.format(moment)) == moment.hour * 60 + moment.minute


@given(st.integers(1, 1440), st.sampled_from([
    "{m}", "{m}'", "{m} min", "{h}h{r:02}", "{h}:{r:02}",
]))
def test_every_form_of_a_duration_reads_as_that_duration(minutes, form):
    text = form.format(m=minutes, h=minutes // 60, r=minutes % 60)
    assert read_duration(text) == minutes


@given(st.text(max_size=120))
def test_any_text_is_read_or_refused(text):
    for reader in (read_time, read_times, read_duration):
        with suppress(Unreadable):
            reader(text)
    for reader in (read_date, read_moment):
        with suppress(Unreadable):
            reader(text, Calendar(FIRST_DAY))
