"""Many screenings at once: scheduled, edited, looked at for clashes; templates; history."""

from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contracts.catalog import (
    BulkState,
    ContingentInput,
    CreatePriceGrid,
    CreateTemplate,
    EditScreenings,
    GetVenue,
    ListClashes,
    ListHistory,
    ListScreenings,
    Recorded,
    RoomInput,
    ScheduleScreenings,
    ScreeningCancelled,
    ScreeningPublished,
    ScreeningState,
    SetTariffs,
    SetVatCode,
    UpdatePriceGrid,
    UpdateTemplate,
    UpdateVenue,
)
from contracts.errors import Code, DomainError
from services.catalog.queries import planning as planning_queries
from services.catalog.queries import programme as queries
from services.catalog.usecases import planning, screenings, tariffs, templates, venues
from tests.catalog.conftest import EVENING

HOUR = timedelta(hours=1)


def grid(programme, name: str = "G", **prices: int) -> UUID:
    made = programme.do(tariffs.create_price_grid, CreatePriceGrid(
        name=name, tariffs=tuple(programme.tariff(key, cents) for key, cents in prices.items())))
    return UUID(made["price_grid_id"])


def edit(programme, *ids: UUID, **more):
    return programme.do(planning.edit_screenings, EditScreenings(screening_ids=ids, **more))


def schedule(programme, **more):
    wanted = {"days": (date(2027, 6, 18), date(2027, 6, 19)), "times": ("14:00", "20:30"),
              "duration_min": 100, **more}
    return programme.do(planning.schedule_screenings, ScheduleScreenings(**wanted))


def everything(programme):
    return programme.ask(queries.list_screenings, ListScreenings(limit=500)).items


def prices(programme, id: UUID) -> dict[str, int]:
    return {one.key: one.price.amount for one in programme.get(id).tariffs}


def template(programme, *shares: int, rooms=(), name: str = "T"):
    return programme.do(templates.create_template, CreateTemplate(
        name=name, room_ids=rooms, contingents=tuple(
            ContingentInput(name=f"C{number}", capacity=share)
            for number, share in enumerate(shares))))


# ------------------------------------------------------------------ one production, many times


def test_one_production_in_rooms_on_days_at_times(programme) -> None:
    rooms = (programme.room(), programme.room(name="Rex"))
    wanted = {"production_ids": (programme.production(),), "room_ids": rooms,
              "price_grid_id": grid(programme, full=1800), "publish": True}
    before = programme.rows()
    preview = schedule(programme, preview=True, **wanted)
    assert len(preview["screenings"]) == 8 and preview["screenings"][0]["screening_id"] is None
    assert programme.rows() == before
    made = schedule(programme, **wanted)
    assert [one["starts_at"] for one in made["screenings"]] == [
        one["starts_at"] for one in preview["screenings"]]
    rows = everything(programme)
    assert len(rows) == 8 and {one.state for one in rows} == {ScreeningState.PUBLISHED}
    assert rows[0].ends_at - rows[0].starts_at == timedelta(minutes=100)
    assert len(programme.catalog.said(ScreeningPublished)) == 8


def test_a_time_after_midnight_is_of_the_night_before(programme) -> None:
    schedule(programme, production_ids=(programme.production(),), room_ids=(programme.room(),),
             days=(date(2027, 6, 18),), times=("00:30",))
    (row,) = programme.ask(queries.list_screenings, ListScreenings(day=date(2027, 6, 18))).items
    assert row.starts_at.isoformat() == "2027-06-18T22:30:00+00:00"


def test_times_that_do_not_exist_and_too_many_are_refused(programme) -> None:
    wanted = {"production_ids": (programme.production(),), "room_ids": (programme.room(),)}
    refusal = programme.refused(Code.VALIDATION_FAILED, lambda: schedule(
        programme, days=(date(2027, 3, 27),), times=("02:30", "20:00"), **wanted))
    assert len(refusal.errors["times"]) == 1
    programme.refused(Code.VALIDATION_FAILED, lambda: schedule(
        programme, days=tuple(date(2027, 1, 1) + timedelta(days=n) for n in range(100)),
        times=tuple(f"{hour:02}:00" for hour in range(10, 16)), **wanted))
    programme.refused(Code.SCREENING_INCOMPLETE, lambda: schedule(
        programme, publish=True, **wanted))
    programme.refused(Code.ROOM_NOT_FOUND, lambda: schedule(
        programme, **{**wanted, "room_ids": (uuid4(),)}))


# ------------------------------------------------------------------ clashes


@pytest.mark.parametrize(("pause", "clash"), [(-30, True), (0, True), (14, True), (15, False)])
def test_screenings_of_a_room_need_time_between_them(programme, pause: int, clash: bool) -> None:
    room = programme.room()
    first = programme.screening(room_id=room)
    later = EVENING + 2 * HOUR + timedelta(minutes=pause)
    programme.screening(room_id=room, starts_at=later, ends_at=later + HOUR)
    programme.screening(room_id=programme.room(name="Rex"))
    found = programme.ask(planning_queries.list_clashes, ListClashes(day=EVENING.date())).items
    assert bool(found) is clash
    if clash:
        assert (found[0].first.screening_id, found[0].pause_min, found[0].turnover_min) == (
            first, pause, 15)


def test_the_pause_is_the_rooms(programme) -> None:
    room = programme.room()
    venue = programme.ask(queries.get_venue, GetVenue(
        venue_id=programme.get(programme.screening(room_id=room)).place.venue_id))
    programme.screening(
        room_id=room, starts_at=EVENING + 2 * HOUR, ends_at=EVENING + 3 * HOUR)
    programme.do(venues.update_venue, UpdateVenue(
        venue_id=venue.venue_id, name=venue.name, time_zone=venue.time_zone, rooms=(
            RoomInput(room_id=room, name="Grande salle", capacity=100, turnover_min=0),)))
    assert not programme.ask(planning_queries.list_clashes, ListClashes()).items


# ------------------------------------------------------------------ bulk edits


def test_many_are_shifted_at_once_after_a_preview(programme) -> None:
    room = programme.room()
    ids = [programme.published(room_id=room, starts_at=EVENING + n * 3 * HOUR,
                               ends_at=EVENING + (n * 3 + 2) * HOUR) for n in range(3)]
    before = programme.rows()
    preview = edit(programme, *ids, shift_min=-30, preview=True)
    assert programme.rows() == before
    assert [one["fields"] for one in preview["changed"]] == [["starts_at", "ends_at"]] * 3
    done = edit(programme, *ids, shift_min=-30)
    assert done == {**preview, "preview": False}
    assert programme.get(ids[0]).starts_at == EVENING - timedelta(minutes=30)
    told = programme.catalog.said(ScreeningPublished)[3:]
    assert sorted(event.version for event in told) == [3, 3, 3]
    (entry, *_) = programme.ask(planning_queries.list_history, ListHistory(
        kind=Recorded.SCREENING, object_id=str(ids[0]))).items
    assert set(entry.changes) == {"starts_at", "ends_at"}


def test_moved_into_another_it_warns(programme) -> None:
    room = programme.room()
    first = programme.screening(room_id=room)
    second = programme.screening(room_id=room, starts_at=EVENING + 3 * HOUR,
                                 ends_at=EVENING + 5 * HOUR)
    (clash,) = edit(programme, second, shift_min=-60, preview=True)["clashes"]
    assert clash["first"]["screening_id"] == str(first)
    elsewhere = programme.room(name="Rex")
    assert edit(programme, second, shift_min=-60, room_id=elsewhere)["clashes"] == []
    assert programme.get(second).place.room_id == elsewhere


def test_all_or_none_and_the_refusal_names_the_one(programme) -> None:
    good, draft = programme.published(), programme.screening(room_id=None, tariffs=())
    refusal = programme.refused(Code.SCREENING_INCOMPLETE, lambda: edit(
        programme, good, draft, shift_min=5, state=BulkState.PUBLISH))
    assert refusal.errors["screening_id"] == str(draft)
    unknown = uuid4()
    refusal = programme.refused(
        Code.SCREENING_NOT_FOUND, lambda: edit(programme, good, unknown, shift_min=5))
    assert refusal.errors["screening_id"] == str(unknown)


def test_published_and_cancelled_together(programme) -> None:
    room = programme.room()
    ids = [programme.screening(room_id=room) for _ in range(2)]
    edit(programme, *ids, state=BulkState.PUBLISH)
    assert edit(programme, *ids, state=BulkState.PUBLISH)["unchanged"] == 2
    edit(programme, *ids, state=BulkState.CANCEL)
    assert len(programme.catalog.said(ScreeningCancelled)) == 2


def test_a_template_shares_out_many_rooms(programme) -> None:
    room = programme.room()
    ids = [programme.published(room_id=room) for _ in range(2)]
    made = UUID(template(programme, 60, 30)["template_id"])
    edit(programme, *ids, contingent_template_id=made)
    assert [one.capacity for one in programme.get(ids[1]).contingents] == [60, 30]
    assert programme.get(ids[0]).capacity == 90
    large = UUID(template(programme, 101, name="large")["template_id"])
    programme.refused(Code.CONTINGENTS_INVALID, lambda: edit(
        programme, *ids, contingent_template_id=large))
    programme.refused(Code.TEMPLATE_NOT_FOUND, lambda: edit(
        programme, *ids, contingent_template_id=uuid4()))


def test_a_room_with_a_template_starts_its_screenings_with_it(programme) -> None:
    room = programme.room()
    made = template(programme, 60, 30, rooms=(room,))
    id = programme.screening(room_id=room)
    assert [one.name for one in programme.get(id).contingents] == ["C0", "C1"]
    programme.refused(Code.CONTINGENTS_INVALID, lambda: programme.do(
        templates.update_template, UpdateTemplate(
            template_id=UUID(made["template_id"]), name="T", room_ids=(room,),
            contingents=(ContingentInput(name="A", capacity=101),))))
    programme.do(templates.update_template, UpdateTemplate(
        template_id=UUID(made["template_id"]), name="T", contingents=()))
    assert [one.name for one in programme.get(programme.screening(room_id=room)).contingents] == [
        "Public"]


@settings(max_examples=15, deadline=None,
          suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(st.integers(0, 90), max_size=4), min_size=1, max_size=3))
def test_capacity_is_the_sum_after_bulk_edits_too(programme, rounds) -> None:
    room = programme.room(name=str(uuid4()))
    ids = [programme.screening(room_id=room) for _ in range(2)]
    for shares in rounds:
        made = template(programme, *shares, name=str(uuid4()))
        try:
            edit(programme, *ids, contingent_template_id=UUID(made["template_id"]))
        except DomainError as refusal:
            assert refusal.code is Code.CONTINGENTS_INVALID and sum(shares) > 100
        for id in ids:
            view = programme.get(id)
            assert view.capacity == sum(one.capacity for one in view.contingents) <= 100


# ------------------------------------------------------------------ price grids and local edits


def test_a_grid_applied_again_keeps_what_was_edited_by_hand(programme) -> None:
    id, made = programme.published(), grid(programme, full=1800, reduced=1200, child=600)
    edit(programme, id, price_grid_id=made)
    programme.do(screenings.set_tariffs, SetTariffs(screening_id=id, tariffs=(
        programme.tariff("full", 2000), programme.tariff("reduced", 1200),
        programme.tariff("gala", 9000))))  # full dearer, child gone, gala new
    programme.do(tariffs.update_price_grid, UpdatePriceGrid(
        price_grid_id=made, name="G", tariffs=(
            programme.tariff("full", 1900), programme.tariff("reduced", 1300),
            programme.tariff("child", 700), programme.tariff("member", 1000))))
    preview = edit(programme, id, price_grid_id=made, preview=True)
    assert preview["changed"][0]["tariffs_kept"] == ["full", "gala", "child"]
    edit(programme, id, price_grid_id=made)
    assert prices(programme, id) == {"full": 2000, "reduced": 1300, "member": 1000, "gala": 9000}
    assert edit(programme, id, price_grid_id=made)["unchanged"] == 1
    edit(programme, id, price_grid_id=made, overwrite_tariffs=True)
    assert prices(programme, id) == {"full": 1900, "reduced": 1300, "child": 700, "member": 1000}


def test_another_grid_takes_what_the_first_one_gave(programme) -> None:
    id = programme.screening(tariffs=())
    edit(programme, id, price_grid_id=grid(programme, "A", full=1800, reduced=1200))
    edit(programme, id, price_grid_id=grid(programme, "B", full=2500))
    assert prices(programme, id) == {"full": 2500}


# ------------------------------------------------------------------ history


def test_every_object_has_its_history(programme) -> None:
    room = programme.room()
    programme.do(tariffs.set_vat_code, SetVatCode(key="opted", label={"fr": "Culture"}))
    template(programme, 10)
    id = programme.published(room_id=room)
    screening = programme.get(id)

    def actions(kind: Recorded, object_id: object) -> list[tuple[str, int, str]]:
        page = programme.ask(planning_queries.list_history, ListHistory(
            kind=kind, object_id=str(object_id)))
        return [(one.action, one.version, one.by) for one in page.items]

    assert actions(Recorded.SCREENING, id) == [("changed", 2, "Ada"), ("created", 1, "Ada")]
    assert actions(Recorded.VENUE, screening.place.venue_id) == [("created", 1, "Ada")]
    assert actions(Recorded.PRODUCTION, screening.productions[0].production_id) == [
        ("created", 1, "Ada")]
    assert actions(Recorded.VAT_CODE, "opted") == [
        ("changed", 2, "Ada"), ("created", 1, "catalog")]
