"""Statistics from counters, and the copies of what others own: the highest version wins."""

from datetime import date, datetime
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest

from contracts.accounting import GetStatistics, StatisticsAxis, StatisticsBy
from contracts.catalog import ScreeningCancelled, VatCodeChanged, VatRate
from contracts.errors import Code, DomainError
from contracts.money import Money
from contracts.ticketing import CheckedIn, Direction, LineKind, PaymentMethod
from services.accounting.models import Screening, VatCode
from services.accounting.queries import statistics as figures
from services.accounting.usecases import programme, statistics
from services.chassis.testing import Harness
from tests.accounting.books import (
    ACCOUNTANT,
    ROOM,
    SATURDAY_NIGHT,
    SCREENING,
    VENUE,
    order,
    place,
    plain_line,
    screening,
    sell,
)

FRIDAY_NOON = datetime(2026, 11, 20, 12, 5, tzinfo=ZoneInfo("Europe/Zurich"))


def ask(ledger: Harness, by: StatisticsBy, axis: StatisticsAxis = StatisticsAxis.SUPPLY,
        **options: date) -> list[tuple[str, int, int, int]]:
    """(key, sold, entries, revenue) of each row."""
    found = ledger.ask(
        figures.get_statistics, GetStatistics(by=by, axis=axis, **options), ACCOUNTANT)
    assert sum(row.sold for row in found.rows) == found.sold
    return [(row.key, row.sold, row.entries, row.revenue.amount) for row in found.rows]


def scan(ledger: Harness, first: bool = True, direction: Direction = Direction.IN) -> None:
    ledger.react_many(statistics.count_entries, CheckedIn(
        checkin_id=uuid4(), ticket_id=uuid4(), screening_id=SCREENING, direction=direction,
        first_entry=first, checked_at=SATURDAY_NIGHT, tariff="adult",
    ))


@pytest.fixture
def sold(ledger: Harness) -> Harness:
    """Three places sold on Friday at noon, a pass and a load with them; two of the three go in."""
    sell(ledger, order(
        (place(1500, 2), place(1500), plain_line(LineKind.PASS, 9000, "Pass"),
         plain_line(LineKind.WALLET_LOAD, 5000)),
        {PaymentMethod.ONLINE: 18500}, paid_at=FRIDAY_NOON,
    ))
    scan(ledger)
    scan(ledger)
    scan(ledger, first=False)
    scan(ledger, direction=Direction.OUT)
    return ledger


def test_places_and_entries_by_when_they_take_place(sold: Harness) -> None:
    """The screening begins at half past midnight on Sunday: it is Saturday's, at hour 00."""
    assert ask(sold, StatisticsBy.WEEKDAY) == [("6", 3, 2, 4500)]
    assert ask(sold, StatisticsBy.HOUR) == [("00", 3, 2, 4500)]
    assert ask(sold, StatisticsBy.TARIFF) == [("adult", 3, 2, 4500)]
    assert ask(sold, StatisticsBy.VENUE) == [(str(VENUE), 3, 2, 4500)]
    assert ask(sold, StatisticsBy.ROOM) == [(str(ROOM), 3, 2, 4500)]


def test_revenue_by_when_it_was_sold_includes_passes(sold: Harness) -> None:
    by = StatisticsAxis.SALE
    assert ask(sold, StatisticsBy.WEEKDAY, by) == [("5", 3, 0, 13500), ("6", 0, 2, 0)]
    assert ask(sold, StatisticsBy.HOUR, by) == [("00", 0, 2, 0), ("12", 3, 0, 13500)]
    assert ask(sold, StatisticsBy.TARIFF, by) == [("", 0, 0, 9000), ("adult", 3, 2, 4500)]


def test_the_top_list_shows_capacity_and_cancellation(sold: Harness) -> None:
    query = GetStatistics(by=StatisticsBy.TOP)
    row, = sold.ask(figures.get_statistics, query, ACCOUNTANT).rows
    assert (row.label, row.capacity, row.cancelled, row.revenue) == ("Home", 50, False, Money(4500))
    sold.react(programme.keep_cancellation, ScreeningCancelled(screening_id=SCREENING, version=2))
    row, = sold.ask(figures.get_statistics, query, ACCOUNTANT).rows
    assert row.cancelled


def test_periods_are_business_days_of_the_axis(sold: Harness) -> None:
    friday, saturday = date(2026, 11, 20), date(2026, 11, 21)
    weekday = StatisticsBy.WEEKDAY
    assert ask(sold, weekday, first_day=saturday, last_day=saturday) == [("6", 3, 2, 4500)]
    assert ask(sold, weekday, last_day=friday) == []
    assert ask(sold, weekday, StatisticsAxis.SALE, last_day=friday) == [("5", 3, 0, 13500)]
    for options in ({"first_day": saturday, "last_day": friday},):
        with pytest.raises(DomainError) as refusal:
            ask(sold, weekday, **options)
        assert refusal.value.code is Code.PERIOD_INVALID


def test_where_is_known_by_supply_only(sold: Harness) -> None:
    for by in (StatisticsBy.VENUE, StatisticsBy.ROOM, StatisticsBy.TOP):
        with pytest.raises(DomainError) as refusal:
            ask(sold, by, StatisticsAxis.SALE)
        assert refusal.value.code is Code.VALIDATION_FAILED


def test_sales_may_be_heard_before_their_screening(accounting: Harness) -> None:
    sell(accounting, order((place(),), {PaymentMethod.ONLINE: 1500}))
    assert ask(accounting, StatisticsBy.WEEKDAY) == []
    accounting.react(programme.keep_screening, screening())
    assert ask(accounting, StatisticsBy.WEEKDAY) == [("6", 1, 0, 1500)]


# ------------------------------------------------------------------ own copies


def known(ledger: Harness, id: UUID = SCREENING) -> Screening:
    with ledger.uow() as uow:
        return uow.session.get_one(Screening, id)


def test_the_highest_version_wins(ledger: Harness) -> None:
    for version, title in ((3, "Third"), (2, "Second"), (3, "Third again")):
        ledger.react(programme.keep_screening, screening(version, title))
    assert (known(ledger).version, known(ledger).title) == (3, {"fr": "Third"})


def test_a_cancellation_heard_first_stays(accounting: Harness) -> None:
    accounting.react(programme.keep_cancellation, ScreeningCancelled(
        screening_id=SCREENING, version=5))
    accounting.react(programme.keep_screening, screening(4))
    found = known(accounting)
    assert (found.version, found.cancelled_version, found.venue) == (4, 5, "Capitole")


def test_the_rate_is_the_one_of_the_day_of_supply(ledger: Harness) -> None:
    ledger.react(programme.keep_vat_code, VatCodeChanged(
        key="normal", version=2, label={"fr": "Normal"}, rates=(
            VatRate(valid_from=date(2024, 1, 1), rate_bp=810),
            VatRate(valid_from=date(2018, 1, 1), rate_bp=770),
        ),
    ))
    with ledger.uow() as uow:
        code = uow.session.get_one(VatCode, "normal")
        zone = ZoneInfo("Europe/Zurich")
        assert [code.rate_bp(datetime(*day, tzinfo=zone)) for day in (
            (2017, 12, 31, 23, 59), (2023, 12, 31, 23, 59), (2024, 1, 1, 0, 0),
        )] == [0, 770, 810]
        assert uow.session.get_one(VatCode, "excluded").rate_bp(SATURDAY_NIGHT) == 0
