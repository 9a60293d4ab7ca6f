"""Screenings from draft to sale: what they need, what they say, what refuses."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID, uuid4

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from contracts.catalog import (
    CancelScreening,
    ContingentInput,
    CreateVenue,
    GetVenue,
    PublishScreening,
    RoomInput,
    ScreeningCancelled,
    ScreeningPublished,
    ScreeningState,
    SetContingents,
    SetTariffs,
    UpdateProduction,
    UpdateScreening,
    UpdateVenue,
)
from contracts.errors import Code, DomainError
from contracts.money import Money
from services.catalog.queries import programme as queries
from services.catalog.usecases import productions, screenings, venues


def said(programme, id):
    return [event for event in programme.catalog.said(ScreeningPublished)
            if event.screening_id == id]


def set_contingents(programme, id, *contingents, version=None):
    return programme.do(screenings.set_contingents, SetContingents(
        screening_id=id, contingents=contingents, version=version))


def publish(programme, id):
    return programme.do(screenings.publish_screening, PublishScreening(screening_id=id))


def test_a_draft_starts_with_a_public_contingent_of_the_rooms_capacity(programme) -> None:
    view = programme.get(programme.screening(room_id=programme.room(80)))
    assert [(one.name, one.capacity) for one in view.contingents] == [("Public", 80)]
    assert (view.capacity, view.state, view.version) == (80, ScreeningState.DRAFT, 1)
    assert view.title == {"fr": "Playtime"} and view.missing == ()
    assert not programme.catalog.said(ScreeningPublished)


def test_a_screening_ends_after_its_productions_when_nothing_else_is_said(programme) -> None:
    short, long = (programme.production(f"p{m}", duration_min=m) for m in (20, 100))
    view = programme.get(programme.screening(production_ids=(short, long), ends_at=None))
    assert view.ends_at - view.starts_at == timedelta(minutes=120)
    assert view.title == {"fr": "p20 + p100"}


def test_publishing_says_what_is_missing(programme) -> None:
    id = programme.screening(room_id=None, ends_at=None, tariffs=())
    refusal = programme.refused(Code.SCREENING_INCOMPLETE, lambda: publish(programme, id))
    assert refusal.errors == {"missing": ["room", "ends_at", "contingents", "tariffs"]}


def test_publishing_tells_the_full_state_and_changes_raise_the_version(programme) -> None:
    id = programme.published()
    (first,) = said(programme, id)
    assert (first.version, first.venue, first.room, first.capacity) == (
        2, "Capitole", "Grande salle", 100)
    assert (first.tariffs[0].price, first.tariffs[0].value) == (Money(1800), Money(1800))

    programme.do(screenings.set_tariffs, SetTariffs(
        screening_id=id, tariffs=(programme.tariff(cents=2000),)))
    second = said(programme, id)[1]
    assert (second.version, second.tariffs[0].price) == (3, Money(2000))
    assert second.tariffs[0].tariff_id == first.tariffs[0].tariff_id

    programme.do(screenings.set_tariffs, SetTariffs(
        screening_id=id, tariffs=(programme.tariff(cents=2000),)))
    assert len(said(programme, id)) == 2, "the same again is no change"

    programme.do(screenings.cancel_screening, CancelScreening(screening_id=id))
    (cancelled,) = programme.catalog.said(ScreeningCancelled)
    assert (cancelled.screening_id, cancelled.version) == (id, 4)


def test_a_cancelled_screening_stays_as_it_is(programme) -> None:
    id = programme.published()
    programme.do(screenings.cancel_screening, CancelScreening(screening_id=id))
    for act in (
        lambda: publish(programme, id),
        lambda: set_contingents(programme, id, ContingentInput(name="A", capacity=1)),
        lambda: programme.do(screenings.cancel_screening, CancelScreening(screening_id=id)),
    ):
        programme.refused(Code.SCREENING_STATE, act)


def test_a_cancelled_draft_was_never_known_to_others(programme) -> None:
    programme.do(screenings.cancel_screening, CancelScreening(screening_id=programme.screening()))
    assert not programme.catalog.said(ScreeningCancelled)


def test_what_is_on_sale_stays_complete(programme) -> None:
    id = programme.published()
    programme.refused(Code.SCREENING_INCOMPLETE, lambda: set_contingents(programme, id))
    programme.refused(Code.SCREENING_INCOMPLETE, lambda: programme.do(
        screenings.set_tariffs, SetTariffs(screening_id=id, tariffs=())))


@pytest.mark.parametrize("ids", ["production_ids", "room_id", "section_id", "price_grid_id"])
def test_what_a_screening_is_made_of_exists(programme, ids: str) -> None:
    room, production = programme.room(), programme.production()
    wrong = {ids: (uuid4(),) if ids == "production_ids" else uuid4()}
    programme.refused(
        Code(ids.removesuffix("s").removesuffix("_id").upper() + "_NOT_FOUND"),
        lambda: programme.screening(
            **{"room_id": room, "production_ids": (production,), **wrong}),
    )


# ------------------------------------------------------------------ contingents


def test_contingents_keep_their_ids_and_name_each_other(programme) -> None:
    id = programme.screening(room_id=programme.room(100, 120))
    first = programme.get(id).contingents[0]
    view = set_contingents(
        programme, id,
        ContingentInput(name="Presse", capacity=20, roles=("on-site",), steal_from=("Public",)),
        ContingentInput(name="Public", capacity=90, floor=10),
    )
    press, public = view["contingents"]
    assert view["capacity"] == 110
    assert public["contingent_id"] == str(first.contingent_id)
    assert press["steal_from"] == [public["contingent_id"]]

    swapped = set_contingents(
        programme, id,
        ContingentInput(contingent_id=UUID(press["contingent_id"]), name="Public", capacity=20),
        ContingentInput(contingent_id=first.contingent_id, name="Presse", capacity=90),
    )
    assert [(one["contingent_id"], one["name"]) for one in swapped["contingents"]] == [
        (press["contingent_id"], "Public"), (public["contingent_id"], "Presse")]


@pytest.mark.parametrize("wrong", [
    (ContingentInput(name="A", capacity=5), ContingentInput(name="A", capacity=5)),
    (ContingentInput(name="A", capacity=5, steal_from=("A",)),),
    (ContingentInput(name="A", capacity=5, steal_from=("B",)),),
    (ContingentInput(name="A", capacity=5, floor=6),),
    (ContingentInput(name="A", capacity=5, contingent_id=uuid4()),),
    (ContingentInput(name="A", capacity=121),),
])
def test_wrong_contingents_change_nothing(programme, wrong) -> None:
    id = programme.published(room_id=programme.room(100, 120))
    programme.refused(Code.CONTINGENTS_INVALID, lambda: set_contingents(programme, id, *wrong))


def test_every_wrong_contingent_is_named(programme) -> None:
    id = programme.screening()
    refusal = programme.refused(Code.CONTINGENTS_INVALID, lambda: set_contingents(
        programme, id,
        ContingentInput(name="A", capacity=1, floor=2), ContingentInput(name="B", capacity=1),
        ContingentInput(name="C", capacity=1, steal_from=("C", "X")),
    ))
    assert {key: len(found) for key, found in refusal.errors["contingents"].items()} == {
        "0": 1, "2": 2}


def test_an_unknown_ticket_type_is_refused(programme) -> None:
    id = programme.screening()
    programme.refused(Code.TICKET_TYPE_NOT_FOUND, lambda: set_contingents(
        programme, id, ContingentInput(name="A", capacity=5, ticket_types=("gold",))))


@settings(max_examples=15, deadline=None,
          suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(st.integers(0, 90), max_size=4), min_size=1, max_size=4))
def test_capacity_is_always_the_sum_of_the_contingents(programme, rounds) -> None:
    id = programme.screening(room_id=programme.room(name=str(uuid4())))
    for capacities in rounds:
        try:
            set_contingents(programme, id, *(
                ContingentInput(name=str(number), capacity=capacity)
                for number, capacity in enumerate(capacities)))
        except DomainError as refusal:
            assert refusal.code is Code.CONTINGENTS_INVALID and sum(capacities) > 100
        else:
            assert programme.get(id).capacity == sum(capacities)
        view = programme.get(id)
        assert view.capacity == sum(one.capacity for one in view.contingents) <= 100


@pytest.mark.parametrize("statement", [
    "UPDATE screenings SET capacity = capacity + 1",
    "UPDATE contingents SET capacity = capacity - 1",
    "DELETE FROM contingents",
    "INSERT INTO contingents SELECT gen_random_uuid(), screening_id, 1, 'x', 5, roles,"
    " ticket_types, null, null, false, steal_from, 0 FROM contingents",
    "UPDATE contingents SET floor = 101",
    "UPDATE screenings SET room_id = null",
    "UPDATE screenings SET ends_at = starts_at",
    "UPDATE tariffs SET price = -1",
])
def test_the_database_refuses(programme, statement: str) -> None:
    programme.published()
    before = programme.rows()
    with pytest.raises((DBAPIError, psycopg.Error)), programme.catalog.uow() as uow:
        uow.session.execute(text(statement))
    assert programme.rows() == before


# ------------------------------------------------------------------ two editors, and what is shared


def test_the_second_of_two_editors_sees_the_firsts_work_first(programme) -> None:
    id = programme.published()
    read = programme.get(id).version
    set_contingents(programme, id, ContingentInput(name="A", capacity=50), version=read)
    programme.refused(Code.VERSION_OUTDATED, lambda: set_contingents(
        programme, id, ContingentInput(name="B", capacity=60), version=read))


def test_many_editors_at_once_lose_no_version(programme) -> None:
    """Fails without the row lock: two editors would then tell different states as one version."""
    id = programme.published()

    def edit(number: int) -> None:
        if number % 2:
            set_contingents(programme, id, ContingentInput(name="A", capacity=number + 1))
        else:
            programme.do(screenings.set_tariffs, SetTariffs(
                screening_id=id, tariffs=(programme.tariff(cents=1000 + number),)))

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(edit, range(12)))
    versions = [event.version for event in said(programme, id)]
    assert versions == list(range(2, 15))
    last, view = said(programme, id)[-1], programme.get(id)
    assert (last.contingents, last.tariffs) == (view.contingents, view.tariffs)


def test_a_renamed_venue_and_production_are_told_again(programme) -> None:
    production, room = programme.production(), programme.room()
    id = programme.published(production_ids=(production,), room_id=room)
    place = programme.get(id).place
    venue = programme.ask(queries.get_venue, GetVenue(venue_id=place.venue_id))
    programme.do(venues.update_venue, UpdateVenue(
        venue_id=venue.venue_id, name="Cinématographe", time_zone="Europe/Zurich",
        rooms=(RoomInput(room_id=room, name="Salle 1", capacity=100, legal_ceiling=100),)))
    programme.do(productions.update_production, UpdateProduction(
        production_id=production, title={"fr": "Mon oncle"}))
    events = said(programme, id)
    assert [event.version for event in events] == [2, 3, 4]
    assert (events[1].venue, events[1].room) == ("Cinématographe", "Salle 1")
    assert (events[2].title, events[2].productions) == ({"fr": "Mon oncle"}, ("Mon oncle",))


def test_a_room_with_screenings_stays_and_holds_them(programme) -> None:
    id = programme.screening(room_id=programme.room(100, 120))
    place = programme.get(id).place
    def update(*rooms):
        return lambda: programme.do(venues.update_venue, UpdateVenue(
            venue_id=place.venue_id, name="Capitole", time_zone="Europe/Zurich", rooms=rooms))
    programme.refused(Code.ROOM_IN_USE, update())
    programme.refused(Code.CONTINGENTS_INVALID, update(
        RoomInput(room_id=place.room_id, name="Grande salle", capacity=90)))
    update(RoomInput(room_id=place.room_id, name="Grande salle", capacity=90, legal_ceiling=100))()


def test_a_ceiling_waits_for_an_editor_who_is_adding_places(programme) -> None:
    """Fails when a room's screenings are not locked before its ceiling is lowered."""
    id = programme.screening(room_id=programme.room(50, 100))
    place = programme.get(id).place
    lower = UpdateVenue(venue_id=place.venue_id, name="Capitole", time_zone="Europe/Zurich", rooms=(
        RoomInput(room_id=place.room_id, name="Grande salle", capacity=50, legal_ceiling=60),))
    with ThreadPoolExecutor(1) as pool:
        with programme.catalog.uow() as uow:
            screenings.set_contingents(uow, SetContingents(
                screening_id=id, contingents=(ContingentInput(name="A", capacity=90),)))
            uow.session.flush()
            waiting = pool.submit(programme.do, venues.update_venue, lower)
            with pytest.raises(TimeoutError):
                waiting.result(0.5)
        with pytest.raises(DomainError) as refusal:
            waiting.result(10)
    assert refusal.value.code is Code.CONTINGENTS_INVALID
    assert programme.get(id).place.legal_ceiling == 100


def test_moving_to_a_smaller_room_needs_fewer_places_first(programme) -> None:
    id = programme.published(production_ids=(production := programme.production(),))
    small, view = programme.room(50, name="Petit"), programme.get(id)
    move = UpdateScreening(
        screening_id=id, production_ids=(production,), starts_at=view.starts_at,
        ends_at=view.ends_at, room_id=small)
    programme.refused(Code.CONTINGENTS_INVALID,
                      lambda: programme.do(screenings.update_screening, move))
    set_contingents(programme, id, ContingentInput(name="Public", capacity=50))
    programme.do(screenings.update_screening, move)
    assert said(programme, id)[-1].room_id == small


def test_names_are_told_apart_whatever_their_accents(programme) -> None:
    programme.room(name="Théâtre de l'Été")
    programme.refused(Code.NAME_TAKEN, lambda: programme.room(name="theatre de l’ete"))


def test_a_time_zone_is_one(programme) -> None:
    programme.refused(Code.VALIDATION_FAILED, lambda: programme.do(
        venues.create_venue, CreateVenue(name="X", time_zone="Europe/Geneve")))
