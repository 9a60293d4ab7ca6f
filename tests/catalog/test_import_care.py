"""Imports looked after: undone, conflicts settled, leftovers removed, read by a profile."""

from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from contracts.catalog import (
    CreatePriceGrid,
    CreateProfile,
    GetImport,
    ImportOptions,
    ImportState,
    ListHistory,
    ListProductions,
    ListProfiles,
    ListScreenings,
    ListVenues,
    PublishScreening,
    Recorded,
    RemoveMissing,
    ResolveConflict,
    RollBackImport,
    ScreeningPublished,
    Side,
    UpdateProduction,
    UpdateProfile,
)
from contracts.errors import Code
from services.catalog.importers import ImportRefused
from services.catalog.queries import imports as import_queries
from services.catalog.queries import planning as planning_queries
from services.catalog.queries import programme as queries
from services.catalog.usecases import (
    import_care,
    imports,
    merging,
    productions,
    profiles,
    rolling_back,
    screenings,
    tariffs,
)

FILE = """id;Titre;Date;Heure;Fin;Lieu;Salle;Section
1;Playtime;18.06.2027;20:30;22:40;Capitole;Grande salle;Rétrospective
2;Mon oncle;18.06.2027;18:00;20:00;Capitole;Petite salle;Rétrospective
3;Jour de fête;19.06.2027;14:00;15:20;Rex;;
"""
HERS = ("venues", "rooms", "sections", "productions", "screenings", "contingents", "tariffs",
        "source_links")


def listed(programme, **filters):
    return programme.ask(queries.list_screenings, ListScreenings(**filters)).items


def roll_back(programme, upload):
    return programme.do(
        rolling_back.roll_back_import, RollBackImport(import_id=UUID(upload["import_id"])))


def content_of(programme) -> dict:
    return {table: rows for table, rows in programme.rows().items() if table in HERS}


def retitle(programme, title: str, new: str) -> UUID:
    (found,) = programme.ask(queries.list_productions, ListProductions(text=title)).items
    programme.do(productions.update_production, UpdateProduction(
        production_id=found.production_id, title={"fr": new}, metadata=found.metadata))
    return found.production_id


def history_of(programme, kind: Recorded, id: UUID):
    return programme.ask(
        planning_queries.list_history, ListHistory(kind=kind, object_id=str(id))).items


# ------------------------------------------------------------------ undone


def test_an_import_undone_leaves_nothing_of_it(programme) -> None:
    before = content_of(programme)
    applied = programme.apply(programme.upload(FILE))
    undone = roll_back(programme, applied)
    assert (undone["removed"], undone["kept"]) == (12, [])  # 6 things, 3 rooms, 2 venues, 1 section
    assert content_of(programme) == before
    again = programme.ask(
        import_queries.get_import, GetImport(import_id=UUID(applied["import_id"])))
    assert (again.state, again.rolled_back_by) == (ImportState.ROLLED_BACK, "Ada")
    programme.refused(Code.IMPORT_STATE, lambda: roll_back(programme, applied))
    programme.refused(Code.IMPORT_STATE, lambda: programme.apply(applied))


def test_only_the_changes_of_the_import_that_is_undone_go_back(programme) -> None:
    programme.apply(programme.upload(FILE))
    before = [(one.title, one.starts_at, one.ends_at) for one in listed(programme)]
    second = programme.apply(programme.upload(FILE.replace("18:00;20:00", "18:15;20:15")))
    assert [(one.title, one.starts_at, one.ends_at) for one in listed(programme)] != before
    roll_back(programme, second)
    assert [(one.title, one.starts_at, one.ends_at) for one in listed(programme)] == before
    unchanged = programme.apply(programme.upload(FILE))
    assert unchanged["counts"]["unchanged"] == 6, "its base went back as well"


def test_what_is_on_sale_or_edited_since_is_listed_and_keeps_everything(programme) -> None:
    made = programme.do(tariffs.create_price_grid, CreatePriceGrid(
        name="G", tariffs=(programme.tariff(),)))
    applied = programme.apply(
        programme.upload(FILE, price_grid_id=UUID(made["price_grid_id"])))
    first = listed(programme)[0]
    programme.do(screenings.publish_screening, PublishScreening(screening_id=first.screening_id))
    edited = retitle(programme, "jour de fete", "Jour de fête (1949)")
    refusal = programme.refused(Code.IMPORT_IN_USE, lambda: roll_back(programme, applied))
    assert {(one["object_id"], one["reason"]) for one in refusal.errors["blocked"]} == {
        (str(first.screening_id), "It is or was on sale."), (str(edited), "It was edited since.")}


def test_a_production_that_another_screening_shows_is_in_use(programme) -> None:
    applied = programme.apply(programme.upload(FILE))
    (found,) = programme.ask(queries.list_productions, ListProductions(text="playtime")).items
    programme.screening(production_ids=(found.production_id,), room_id=None)
    refusal = programme.refused(Code.IMPORT_IN_USE, lambda: roll_back(programme, applied))
    assert [one["reason"] for one in refusal.errors["blocked"]] == ["Another screening shows it."]


def test_a_room_that_is_used_by_now_stays(programme) -> None:
    applied = programme.apply(programme.upload(FILE))
    room = listed(programme)[0].place.room_id
    programme.screening(room_id=room)
    kept = roll_back(programme, applied)["kept"]
    assert [(one["kind"], one["title"]) for one in kept] == [
        ("room", {"": "Petite salle"}), ("venue", {"": "Capitole"})]
    (venue,) = programme.ask(queries.list_venues, ListVenues()).items
    assert [one.room_id for one in venue.rooms] == [room]


def test_a_change_of_what_is_on_sale_goes_back_and_is_told(programme) -> None:
    made = programme.do(tariffs.create_price_grid, CreatePriceGrid(
        name="G", tariffs=(programme.tariff(),)))
    options = {"price_grid_id": UUID(made["price_grid_id"]), "publish": True}
    programme.apply(programme.upload(FILE, **options))
    second = programme.apply(
        programme.upload(FILE.replace("18:00;20:00", "18:15;20:15"), **options))
    roll_back(programme, second)
    told = programme.catalog.said(ScreeningPublished)[3:]
    assert [(event.version, event.starts_at.minute) for event in told] == [(2, 15), (3, 0)]


# ------------------------------------------------------------------ conflicts


@pytest.mark.parametrize("side", [*Side])
def test_a_conflict_is_settled_for_one_side_and_is_none_any_more(programme, side) -> None:
    programme.apply(programme.upload(FILE))
    id = retitle(programme, "mon oncle", "Mon Oncle (1958)")
    changed = FILE.replace("Mon oncle", "Mon oncle restauré")
    applied = programme.apply(programme.upload(changed))
    (conflict,) = [one for one in applied["changes"] if one["action"] == "conflict"]
    settle = ResolveConflict(
        import_id=UUID(applied["import_id"]), number=conflict["number"], side=side)
    settled = programme.do(import_care.resolve_conflict, settle)
    assert settled["fields"][0]["resolved"] == side
    title = {Side.MINE: "Mon Oncle (1958)", Side.THEIRS: "Mon oncle restauré"}[side]
    assert title in {one.title["fr"] for one in listed(programme)}
    again = programme.apply(programme.upload(changed))["counts"]
    assert (again["conflicts"], again["unchanged"]) == (0, 6)
    entries = history_of(programme, Recorded.PRODUCTION, id)
    assert len(entries) == (3 if side == Side.THEIRS else 2)


def test_a_conflict_is_settled_once_and_only_as_it_was_seen(programme) -> None:
    programme.apply(programme.upload(FILE))
    retitle(programme, "mon oncle", "Mon Oncle (1958)")
    applied = programme.apply(programme.upload(FILE.replace("Mon oncle", "Mon oncle restauré")))
    (conflict,) = [one for one in applied["changes"] if one["action"] == "conflict"]
    id = UUID(applied["import_id"])

    def settle(number: int, *fields: str):
        return programme.do(import_care.resolve_conflict, ResolveConflict(
            import_id=id, number=number, side=Side.THEIRS, fields=fields))

    programme.refused(Code.CHANGE_NOT_FOUND, lambda: settle(99))
    programme.refused(Code.CHANGE_NOT_FOUND, lambda: settle(conflict["number"], "year"))
    retitle(programme, "mon oncle", "Mein Onkel")
    programme.refused(Code.VERSION_OUTDATED, lambda: settle(conflict["number"]))
    retitle(programme, "mein onkel", "Mon Oncle (1958)")
    settle(conflict["number"])
    programme.refused(Code.CHANGE_NOT_FOUND, lambda: settle(conflict["number"]))


# ------------------------------------------------------------------ gone from the source


def test_flagged_rows_are_removed_on_request_unless_they_were_on_sale(programme) -> None:
    made = programme.do(tariffs.create_price_grid, CreatePriceGrid(
        name="G", tariffs=(programme.tariff(),)))
    programme.apply(programme.upload(FILE, price_grid_id=UUID(made["price_grid_id"])))
    on_sale = listed(programme)[0].screening_id
    programme.do(screenings.publish_screening, PublishScreening(screening_id=on_sale))
    applied = programme.apply(programme.upload("\n".join(FILE.splitlines()[:2])))
    assert applied["counts"]["missing"] == 2
    removal = programme.do(
        import_care.remove_missing, RemoveMissing(import_id=UUID(applied["import_id"])))
    assert removal["removed"] == 1
    assert [one["object_id"] for one in removal["kept"]] == [str(on_sale)]
    assert [one.title["fr"] for one in listed(programme)] == ["Mon oncle", "Playtime"]


def test_only_what_was_flagged_is_removed(programme) -> None:
    applied = programme.apply(programme.upload(FILE))
    programme.refused(Code.CHANGE_NOT_FOUND, lambda: programme.do(
        import_care.remove_missing,
        RemoveMissing(import_id=UUID(applied["import_id"]), numbers=(1,))))


# ------------------------------------------------------------------ profiles


def test_a_profile_says_how_a_source_is_read_and_translates_its_words(programme) -> None:
    profile = programme.do(profiles.create_profile, CreateProfile(
        name="Cinémathèque", values={
            "section": {"retrospective": "Jacques Tati"}, "room": {"Grande salle": "Salle 1"}},
        options=ImportOptions(source="cine", room_capacity=77)))
    upload = programme.upload(FILE, profile=UUID(profile["profile_id"]))
    assert (upload["source"], upload["profile_id"]) == ("cine", profile["profile_id"])
    programme.apply(upload)
    rows = listed(programme)
    assert [one.section and one.section.name["fr"] for one in rows] == [
        "Jacques Tati", "Jacques Tati", None]
    assert [(one.place.room, one.capacity) for one in rows[:2]] == [
        ("Petite salle", 77), ("Salle 1", 77)]


def test_profiles_are_told_apart_by_name_and_checked(programme) -> None:
    made = programme.do(profiles.create_profile, CreateProfile(name="A"))
    programme.refused(Code.NAME_TAKEN, lambda: programme.do(
        profiles.create_profile, CreateProfile(name="a")))
    for values in ({"colour": {}}, {"section": {"a": 1}}, {"section": "x"}):
        programme.refused(Code.VALIDATION_FAILED, lambda values=values: programme.do(
            profiles.create_profile, CreateProfile(name="B", values=values)))
    programme.refused(Code.VERSION_OUTDATED, lambda: programme.do(
        profiles.update_profile, UpdateProfile(
            profile_id=UUID(made["profile_id"]), name="A2", version=7)))
    programme.refused(Code.PROFILE_NOT_FOUND, lambda: programme.upload(FILE, profile=uuid4()))
    assert [one.name for one in programme.ask(
        import_queries.list_profiles, ListProfiles()).items] == ["A"]


def test_files_that_belong_together_are_joined(programme) -> None:
    sessions = "id;film_id;Date;Heure;Fin;Lieu\n1;f1;18.06.2027;20:30;22:40;Rex\n"
    films = "film_id;Titre\nf1;Playtime\n"
    programme.apply(programme.upload(sessions, companions=(films,)))
    assert [list(one.title.values()) for one in listed(programme)] == [["Playtime"]]


def test_a_start_before_the_cutoff_belongs_to_the_night(programme) -> None:
    text = "Titre;Date;Heure;Fin;Lieu\nPlaytime;18.06.2027;00:30;02:00;Rex\n"
    programme.apply(programme.upload(text, day_cutoff="06:00"))
    assert listed(programme)[0].starts_at.isoformat() == "2027-06-18T22:30:00+00:00"


# ------------------------------------------------------------------ in the background


def state_of(programme, upload):
    return programme.ask(import_queries.get_import, GetImport(import_id=UUID(upload["import_id"])))


def test_a_long_import_is_applied_in_the_background(programme) -> None:
    upload = programme.upload(FILE)
    waiting = programme.apply(upload, background=True)
    assert (waiting["state"], waiting["percent"]) == ("applying", 0)
    assert listed(programme) == ()
    programme.refused(Code.IMPORT_STATE, lambda: programme.apply(upload))
    assert programme.catalog.tick(imports.apply_waiting) == 1
    assert programme.catalog.tick(imports.apply_waiting) == 0
    done = state_of(programme, upload)
    assert (done.state, done.percent, done.applied_by) == (ImportState.APPLIED, 100, "Ada")
    assert len(listed(programme)) == 3


def test_its_progress_is_seen_while_nothing_of_it_is_and_a_death_undoes_it(
    programme, monkeypatch
) -> None:
    upload = programme.upload(FILE)
    programme.apply(upload, background=True)
    seen = []
    monkeypatch.setattr("services.catalog.usecases.progress.PAUSE_MS", 0)
    record = merging.Merge._screening

    def look(self, *args):
        seen.append(state_of(programme, upload))
        if len(seen) == 3:
            raise KeyboardInterrupt  # as abrupt as a process that ends
        return record(self, *args)

    monkeypatch.setattr(merging.Merge, "_screening", look)
    with pytest.raises(KeyboardInterrupt):
        programme.catalog.tick(imports.apply_waiting)
    assert [(one.percent, one.row, one.progress) for one in seen] == [
        (50, 4, 3), (66, 2, 4), (83, 3, 5)]
    assert seen[-1].seconds_left is not None
    assert listed(programme) == ()
    monkeypatch.undo()
    assert programme.catalog.tick(imports.apply_waiting) == 1, "it is found waiting after a restart"
    assert len(listed(programme)) == 3


def test_one_that_fails_says_why_and_may_be_tried_again(programme, monkeypatch) -> None:
    upload = programme.upload(FILE)
    programme.apply(upload, background=True)

    def broken(*_):
        raise ImportRefused("TOO_SLOW", "This file takes too long to read.")

    monkeypatch.setattr(imports, "read", broken)
    assert programme.catalog.tick(imports.apply_waiting) == 1
    assert programme.catalog.tick(imports.apply_waiting) == 0
    failed = state_of(programme, upload)
    assert (failed.state, failed.failure) == (
        ImportState.FAILED, "This file takes too long to read.")
    monkeypatch.undo()
    assert programme.apply(upload)["counts"]["created"] == 6


# ------------------------------------------------------------------ warnings, and harmless texts


def test_a_preview_warns_of_what_a_person_should_look_at(programme) -> None:
    text = """id;Titre;Date;Heure;Fin;Lieu
1;A;18.06.2027;20:00;22:00;Rex
2;B;18.06.2027;21:00;23:00;Rex
3;C;28.03.2027;02:30;04:00;Rex
"""
    upload = programme.upload(text)
    assert {(one["row"], one["code"], one["severity"]) for one in upload["problems"]} >= {
        (2, "VENUE_NEW", "warning"), (3, "ROOM_CLASH", "warning"), (4, "TIME_SKIPPED", "error")}


def test_imported_texts_hold_no_html_and_links_run_nothing(programme) -> None:
    text = ("Titre;Description;Affiche;Date;Heure;Fin;Lieu\n"
            "<b>Playtime</b>;<p>Un <i>film</i></p><script>alert(1)</script><img src=x onerror=y;"
            "javascript:alert(1);18.06.2027;20:00;22:00;Rex\n")
    programme.apply(programme.upload(text))
    (found,) = programme.ask(queries.list_productions, ListProductions()).items
    assert (found.title, found.poster) == ({"fr": "Playtime"}, "")
    assert found.description["fr"].startswith("Un film") and "alert" not in found.description["fr"]
    assert "<" not in found.description["fr"]


# ------------------------------------------------------------------ history


def test_files_leave_their_trace_in_the_history(programme) -> None:
    programme.apply(programme.upload(FILE))
    second = programme.apply(programme.upload(FILE.replace("18:00;20:00", "18:15;20:15")))
    id = listed(programme)[0].screening_id
    newest, oldest = history_of(programme, Recorded.SCREENING, id)
    assert (newest.action, newest.by, newest.version) == ("changed", "Ada", 2)
    assert str(newest.import_id) == second["import_id"]
    assert newest.changes["starts_at"] == {
        "before": "2027-06-18T16:00:00Z", "after": "2027-06-18T16:15:00Z"}
    assert (oldest.action, oldest.version) == ("created", 1)


def test_the_history_is_only_added_to(programme) -> None:
    programme.room()
    with pytest.raises(Exception, match="append-only"), programme.catalog.uow() as uow:
        uow.session.execute(text("DELETE FROM history"))
