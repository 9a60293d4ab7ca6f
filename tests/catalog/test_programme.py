"""What is read of the programme: lists with their filters and pages, and what everybody sees."""

from datetime import UTC, date, datetime, timedelta

import pytest

from contracts.catalog import (
    CancelScreening,
    CreateSection,
    CreateVenue,
    GetProgramme,
    ListProductions,
    ListScreenings,
    ListSections,
    ListVenues,
    RoomInput,
    ScreeningState,
)
from contracts.errors import Code, DomainError
from contracts.roles import anonymous
from services.catalog.queries import programme as queries
from services.catalog.usecases import screenings, venues


def listed(programme, **filters) -> list:
    return [row.title["fr"] for row in
            programme.ask(queries.list_screenings, ListScreenings(**filters)).items]


def shown(programme, **filters) -> list:
    page = programme.catalog.ask(
        queries.get_programme, GetProgramme(**filters), anonymous("192.0.2.1"))
    return list(page.items)


def at(day: int, hour: int, minute: int = 0) -> dict:
    start = datetime(2027, 6, day, hour, minute, tzinfo=UTC)
    return {"starts_at": start, "ends_at": start + timedelta(hours=1)}


@pytest.fixture
def festival(programme):
    """Late shows in Locarno (UTC+2) and one in New York; sections and states."""
    room = programme.room()
    venue = programme.do(venues.create_venue, CreateVenue(
        name="Far", time_zone="America/New_York", rooms=(RoomInput(name="A", capacity=50),)))
    section = programme.do(venues.create_section, CreateSection(name={"fr": "Rétrospective"}))
    def add(title, **more):
        production = programme.production(title, directors=("Jacques Tâti",))
        return programme.published(production_ids=(production,), **{"room_id": room, **more})
    add("Minuit", **at(18, 22, 30), section_id=section["section_id"])
    add("Une heure", **at(18, 23, 0))
    add("Quatre heures", **at(19, 2, 0))
    add("Ailleurs", **at(19, 3, 0), room_id=venue["rooms"][0]["room_id"])
    gone = add("Annulé", **at(19, 18))
    programme.do(screenings.cancel_screening, CancelScreening(screening_id=gone))
    programme.screening(**at(19, 20), room_id=room, title={"fr": "Brouillon"})
    programme.section_id, programme.far = section["section_id"], venue["venue_id"]
    return programme


def test_a_festival_day_turns_at_four_where_it_takes_place(festival) -> None:
    assert listed(festival, day=date(2027, 6, 18)) == ["Minuit", "Une heure", "Ailleurs"]
    assert listed(festival, day=date(2027, 6, 19)) == ["Quatre heures", "Annulé", "Brouillon"]


@pytest.mark.parametrize("day", [date(1, 1, 1), date(9999, 12, 31)])
def test_any_day_of_the_calendar_may_be_asked_for(festival, day: date) -> None:
    assert listed(festival, day=day) == []


def test_filters(festival) -> None:
    assert listed(festival, section_id=festival.section_id) == ["Minuit"]
    assert listed(festival, venue_id=festival.far) == ["Ailleurs"]
    assert listed(festival, state=ScreeningState.DRAFT) == ["Brouillon"]
    assert listed(festival, text="HEURE") == ["Une heure", "Quatre heures"]
    assert listed(festival, text="brouillon") == ["Brouillon"]
    assert len(listed(festival, text="tati")) == 5
    assert listed(festival, text="%") == []


def test_pages_give_every_line_once(festival) -> None:
    whole, seen, cursor = listed(festival), [], None
    while True:
        page = festival.ask(queries.list_screenings, ListScreenings(limit=2, cursor=cursor))
        seen += [row.title["fr"] for row in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert seen == whole and len(seen) == 6
    titles = festival.ask(queries.list_productions, ListProductions(limit=4))
    rest = festival.ask(queries.list_productions, ListProductions(cursor=titles.next_cursor))
    names = [one.title["fr"] for one in titles.items + rest.items]
    assert names[:2] == ["Ailleurs", "Annulé"] and len(names) == 6
    assert [one.name for one in festival.ask(queries.list_venues, ListVenues()).items] == [
        "Capitole", "Far"]
    assert len(festival.ask(queries.list_sections, ListSections()).items) == 1


@pytest.mark.parametrize("cursor", ["", "x", "W10", "WzEsMl0", "WyJhIiwgImIiXQ", "é", "bnVsbA"])
def test_a_foreign_cursor_is_refused(festival, cursor: str) -> None:
    for query, message in ((queries.list_screenings, ListScreenings(cursor=cursor)),
                           (queries.get_programme, GetProgramme(cursor=cursor))):
        with pytest.raises(DomainError) as refusal:
            festival.ask(query, message)
        assert refusal.value.code is Code.VALIDATION_FAILED


def test_everybody_sees_what_is_on_sale_and_what_they_may_buy(programme) -> None:
    id = programme.published(tariffs=(
        programme.tariff("full"), programme.tariff("web", roles=("eshop",)),
        programme.tariff("staff", roles=("accred",))))
    programme.screening(room_id=programme.room(name="Autre"))
    (entry,) = shown(programme)
    assert entry.screening_id == id
    assert [tariff.key for tariff in entry.tariffs] == ["full", "web"]
    assert shown(programme, day=date(2027, 6, 19)) == []
    assert shown(programme, day=date(2027, 6, 18), text="playtime") == [entry]


def test_what_is_over_is_shown_for_its_day_only(programme) -> None:
    start = datetime(2020, 6, 18, 18, tzinfo=UTC)
    programme.published(starts_at=start, ends_at=start + timedelta(hours=2))
    assert shown(programme) == []
    assert len(shown(programme, day=date(2020, 6, 18))) == 1
