"""Dates, times and prices as each language writes them, with no locale of the machine."""

from datetime import UTC, datetime

import pytest

from contracts.money import Money
from services.ticketing.documents.texts import (
    LABELS,
    LANGUAGES,
    date_text,
    night_text,
    price_text,
    time_text,
)

ZURICH = "Europe/Zurich"


@pytest.mark.parametrize(
    ("language", "date", "time"),
    [
        ("fr", "mardi 1er décembre 2026", "9\u00a0h\u00a005"),
        ("de", "Dienstag, 1. Dezember 2026", "9.05\u00a0Uhr"),
        ("it", "martedì 1º dicembre 2026", "ore\u00a09.05"),
        ("en", "Tuesday 1 December 2026", "9:05"),
    ],
)
def test_the_first_of_a_month(language, date, time):
    moment = datetime(2026, 12, 1, 8, 5, tzinfo=UTC)
    assert date_text(moment, ZURICH, language) == date
    assert time_text(moment, ZURICH, language) == time
    assert night_text(moment, ZURICH, language) is None


def test_the_clock_is_the_one_of_the_venue_in_summer_and_winter():
    summer = datetime(2026, 8, 5, 19, 30, tzinfo=UTC)
    winter = datetime(2026, 11, 21, 19, 30, tzinfo=UTC)
    assert time_text(summer, ZURICH, "en") == "21:30"
    assert time_text(winter, ZURICH, "en") == "20:30"
    assert date_text(winter, "Asia/Tokyo", "en") == "Sunday 22 November 2026"


@pytest.mark.parametrize(
    ("language", "night"),
    [
        ("fr", "dans la nuit de samedi à dimanche"),
        ("de", "in der Nacht von Samstag auf Sonntag"),
        ("it", "nella notte tra sabato e domenica"),
        ("en", "in the night from Saturday to Sunday"),
    ],
)
def test_a_screening_after_midnight_says_of_which_night(language, night):
    assert night_text(datetime(2026, 11, 21, 23, 15, tzinfo=UTC), ZURICH, language) == night


def test_prices():
    assert price_text(Money(5), "fr") == "CHF\u00a00.05"
    assert price_text(Money(123_456_789), "de") == "CHF\u00a01’234’567.89"
    assert price_text(Money(-1650, "EUR"), "it") == "EUR\u00a0-16.50"
    assert [price_text(Money(0), language) for language in LANGUAGES] == [
        "Gratuit", "Gratis", "Gratuito", "Free",
    ]


def test_every_language_has_every_label():
    assert {frozenset(labels) for labels in LABELS.values()} == {frozenset(LABELS["fr"])}
    assert set(LABELS) == set(LANGUAGES)
