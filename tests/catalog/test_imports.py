"""Programme files: previewed, applied, applied again, and merged with what people edited."""

import base64
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from uuid import UUID

import pytest

from contracts.catalog import (
    CancelScreening,
    CreatePriceGrid,
    CreateVenue,
    GetImport,
    ImportOptions,
    ListImportChanges,
    ListImportProblems,
    ListImports,
    ListProductions,
    ListScreenings,
    ListVenues,
    PublishScreening,
    RoomInput,
    ScreeningCancelled,
    ScreeningPublished,
    ScreeningState,
    UpdateProduction,
    UpdateScreening,
    UploadImport,
)
from contracts.errors import Code
from services.catalog import seed
from services.catalog.queries import imports as import_queries
from services.catalog.queries import programme as queries
from services.catalog.usecases import imports, productions, screenings, tariffs, venues

FILE = """id;Titre;Date;Heure;Fin;Lieu;Salle;Section;Statut
1;Playtime;18.06.2027;20:30;22:40;Capitole;Grande salle;Rétrospective;
2;Mon oncle;18.06.2027;18:00;20:00;Capitole;Petite salle;Rétrospective;
3;Jour de fête;19.06.2027;14:00;15:20;Rex;;;
"""


def listed(programme, **filters):
    return programme.ask(queries.list_screenings, ListScreenings(**filters)).items


def imported(programme, text: str = FILE, **options):
    """Upload and apply; the counts of what was written."""
    return programme.apply(programme.upload(text, **options))["counts"]


def content_of(rows: dict) -> dict:
    """Without what an import says about itself."""
    return {table: rows[table] for table in rows if table not in ("imports", "import_changes")}


def published_grid(programme) -> dict:
    made = programme.do(tariffs.create_price_grid, CreatePriceGrid(
        name="Demo", tariffs=(programme.tariff(),)))
    return {"price_grid_id": UUID(made["price_grid_id"]), "publish": True}


def test_a_preview_says_what_would_happen_and_does_nothing(programme) -> None:
    before = content_of(programme.rows())
    upload = programme.upload(FILE)
    assert content_of(programme.rows()) == before
    assert (upload["state"], upload["format"], upload["separator"]) == ("previewed", "csv", ";")
    assert upload["counts"] == {
        "rows": 3, "productions": 3, "screenings": 3, "errors": 0, "warnings": 2, "created": 6,
        "changed": 0, "unchanged": 0, "conflicts": 0, "missing": 0, "published": 0}
    assert upload["new_venues"] == ["Capitole", "Rex"]
    assert upload["new_rooms"] == [
        "Capitole · Grande salle", "Capitole · Petite salle", "Rex · Rex"]
    assert (upload["progress"], upload["total"]) == (0, 6)
    assert upload["mapping"]["room"] == [{"column": "Salle"}]


def test_applied_once_it_is_there_and_a_second_time_it_writes_nothing(programme) -> None:
    upload = programme.upload(FILE, room_capacity=80)
    applied = programme.apply(upload)
    assert (applied["state"], applied["progress"], applied["counts"]["created"]) == (
        "applied", 6, 6)
    first = listed(programme)[0]
    assert (first.title, first.place.room, first.capacity, first.section.name) == (
        {"fr": "Mon oncle"}, "Petite salle", 80, {"fr": "Rétrospective"})
    assert programme.get(first.screening_id).refs == {"programme.csv": "2"}
    programme.refused(Code.IMPORT_STATE, lambda: programme.apply(upload))

    before = content_of(programme.rows())
    counts = imported(programme, room_capacity=80)
    assert (counts["unchanged"], counts["created"], counts["changed"]) == (6, 0, 0)
    assert content_of(programme.rows()) == before


def test_reordered_rows_are_no_change(programme) -> None:
    imported(programme)
    head, *rows = FILE.splitlines()
    before = content_of(programme.rows())
    imported(programme, "\n".join([head, *reversed(rows)]))
    assert content_of(programme.rows()) == before


def test_a_changed_row_changes_only_what_the_source_changed(programme) -> None:
    imported(programme, **published_grid(programme))
    told = programme.catalog.said(ScreeningPublished)
    assert [event.version for event in told] == [1, 1, 1]
    counts = imported(programme, FILE.replace("18:00;20:00", "18:15;20:15"))
    assert (counts["changed"], counts["unchanged"]) == (1, 5)
    (again,) = programme.catalog.said(ScreeningPublished)[3:]
    assert (again.version, again.starts_at.hour, again.starts_at.minute) == (2, 16, 15)
    assert again.tariffs == next(
        event for event in told if event.screening_id == again.screening_id).tariffs


def test_what_was_edited_by_hand_stays_and_a_contradiction_is_listed(programme) -> None:
    imported(programme)
    row = listed(programme)[0]
    view = programme.get(row.screening_id)
    programme.do(screenings.update_screening, UpdateScreening(
        screening_id=row.screening_id, starts_at=row.starts_at, ends_at=row.ends_at,
        production_ids=tuple(one.production_id for one in view.productions),
        room_id=row.place.room_id, section_id=row.section.section_id, note="avec débat"))
    edited = programme.do(productions.update_production, UpdateProduction(
        production_id=view.productions[0].production_id, title={"fr": "Mon Oncle (1958)"}))

    assert imported(programme)["unchanged"] == 6, "the file says nothing new"
    assert programme.get(row.screening_id).note == "avec débat"

    upload = programme.upload(FILE.replace("Mon oncle", "Mon oncle restauré"))
    applied = programme.apply(upload)
    (conflict,) = [one for one in applied["changes"] if one["action"] == "conflict"]
    assert upload["changes"] == applied["changes"], "the preview said so"
    assert conflict["object_id"] == edited["production_id"]
    assert conflict["fields"] == [{
        "field": "title", "kept": True, "resolved": "", "before": {"fr": "Mon Oncle (1958)"},
        "after": {"fr": "Mon oncle restauré"}}]
    assert programme.get(row.screening_id).title == {"fr": "Mon Oncle (1958)"}


def test_a_production_known_by_its_title_is_followed_when_renamed(programme) -> None:
    imported(programme)
    counts = imported(programme, FILE.replace("Mon oncle", "My uncle"))
    assert (counts["changed"], counts["created"], counts["unchanged"]) == (1, 0, 5)
    assert listed(programme)[0].title == {"fr": "My uncle"}
    assert imported(programme, FILE.replace("Mon oncle", "My uncle"))["unchanged"] == 6


def test_a_changed_production_is_told_for_all_its_screenings(programme) -> None:
    imported(programme, **published_grid(programme))
    counts = imported(programme, FILE.replace("Playtime", "PlayTime"))
    assert counts["changed"] == 1
    (again,) = programme.catalog.said(ScreeningPublished)[3:]
    assert (again.version, again.title) == (2, {"fr": "PlayTime"})


def test_a_row_that_is_gone_is_said_and_stays(programme) -> None:
    imported(programme)
    applied = programme.apply(programme.upload("\n".join(FILE.splitlines()[:3])))
    assert applied["counts"]["missing"] == 1
    assert [(one["ref"], one["action"]) for one in applied["changes"]] == [("3", "missing")]
    assert len(listed(programme)) == 3


def test_a_cancellation_in_the_file_cancels(programme) -> None:
    imported(programme, **published_grid(programme))
    gone = FILE.replace("Petite salle;Rétrospective;", "Petite salle;Rétrospective;annulé")
    assert imported(programme, gone)["changed"] == 1
    assert len(programme.catalog.said(ScreeningCancelled)) == 1
    assert imported(programme, gone)["unchanged"] == 6
    assert [row.state for row in listed(programme)].count(ScreeningState.CANCELLED) == 1


def test_what_was_cancelled_by_hand_is_left_alone(programme) -> None:
    imported(programme)
    row = listed(programme)[0]
    programme.do(screenings.cancel_screening, CancelScreening(screening_id=row.screening_id))
    assert imported(programme, FILE.replace("18:00;20:00", "18:15;20:15"))["changed"] == 0


def test_good_rows_are_imported_without_the_bad_ones(programme) -> None:
    text = FILE + "4;Trafic;35.06.2027;20:00;21:00;Rex;;;\n5;;20.06.2027;20:00;21:00;Rex;;;\n"
    applied = programme.apply(programme.upload(text))
    assert (applied["counts"]["screenings"], applied["counts"]["errors"]) == (3, 2)
    page = programme.ask(import_queries.list_import_problems, ListImportProblems(
        import_id=UUID(applied["import_id"]), limit=1))
    rest = programme.ask(import_queries.list_import_problems, ListImportProblems(
        import_id=UUID(applied["import_id"]), cursor=page.next_cursor))
    assert [(one.row, one.code) for one in page.items + rest.items if one.severity == "error"] == [
        (5, "DATE_IMPOSSIBLE"), (6, "TITLE_MISSING")]
    assert rest.next_cursor is None
    changes = programme.ask(import_queries.list_import_changes, ListImportChanges(
        import_id=UUID(applied["import_id"])))
    assert len(changes.items) == applied["counts"]["created"]


def test_incomplete_screenings_stay_drafts(programme) -> None:
    text = ("id;Titre;Date;Heure;Fin;Lieu\n"
            "1;Trafic;18.06.2027;20:00;;Rex\n2;Parade;18.06.2027;21:00;22:00;\n")
    assert imported(programme, text, **published_grid(programme))["published"] == 0
    assert [row.missing for row in listed(programme)] == [
        ("ends_at",), ("room", "contingents")]
    assert imported(programme, text, duration_min=90)["changed"] == 1, "a person says how long"
    assert [row.missing for row in listed(programme)] == [(), ("room", "contingents")]


def test_a_value_that_cannot_be_is_kept_out_of_what_is_on_sale(programme) -> None:
    imported(programme, **published_grid(programme))
    applied = programme.apply(programme.upload(FILE.replace(";18:00;20:00;", ";18:00;;")))
    (kept,) = applied["changes"]
    assert (kept["action"], kept["fields"][0]["field"], kept["fields"][0]["kept"]) == (
        "conflict", "ends_at", True)
    assert len(programme.catalog.said(ScreeningPublished)) == 3
    assert listed(programme)[0].ends_at is not None


def test_places_are_found_by_name_and_followed_when_renamed(programme) -> None:
    programme.do(venues.create_venue, CreateVenue(name="REX", rooms=(
        RoomInput(name="Salle unique", capacity=200),)))
    imported(programme)
    assert listed(programme)[-1].place.room == "Salle unique"
    assert listed(programme)[-1].capacity == 200
    found = programme.ask(queries.list_venues, ListVenues()).items
    assert [venue.name for venue in found] == ["Capitole", "REX"]


def test_the_same_file_applied_twice_at_once_is_there_once(programme) -> None:
    """Fails without the queue of imports: both would create everything."""
    uploads = [programme.upload(FILE) for _ in range(3)]
    with ThreadPoolExecutor(3) as pool:
        counts = [one["counts"] for one in pool.map(programme.apply, uploads)]
    assert sorted(one["created"] for one in counts) == [0, 0, 6]
    assert len(listed(programme)) == 3


def test_two_sources_do_not_meet(programme) -> None:
    imported(programme, source="a")
    assert imported(programme, source="b")["created"] == 6
    assert len(programme.ask(queries.list_productions, ListProductions()).items) == 6


@pytest.mark.parametrize(("content", "code"), [
    ("", Code.VALIDATION_FAILED),
    ("***", Code.VALIDATION_FAILED),
    (base64.b64encode(b"\x00\x01\x02\x03" * 50).decode(), Code.IMPORT_REFUSED),
    (base64.b64encode(b"a,b\n1,2\n").decode(), Code.IMPORT_REFUSED),
])
def test_what_is_no_programme_is_refused(programme, content: str, code: Code) -> None:
    programme.refused(code, lambda: programme.do(imports.upload_import, UploadImport(
        filename="x.csv", content=content)))


def test_imports_are_listed(programme) -> None:
    first, second = programme.upload(FILE), programme.upload(FILE)
    page = programme.ask(import_queries.list_imports, ListImports(limit=1))
    assert [str(one.import_id) for one in page.items] == [second["import_id"]]
    rest = programme.ask(import_queries.list_imports, ListImports(cursor=page.next_cursor))
    assert [str(one.import_id) for one in rest.items] == [first["import_id"]]
    found = programme.ask(import_queries.get_import, GetImport(import_id=UUID(first["import_id"])))
    assert found.options == ImportOptions()


def test_the_demo_festival_is_there_after_one_run_and_the_same_after_two(programme) -> None:
    created = seed.seed_demo(programme.catalog.database, date(2027, 6, 16))
    assert created[-1] == "1253 screenings on sale"
    before = programme.rows()
    assert seed.seed_demo(programme.catalog.database, date(2027, 7, 30)) == []
    assert programme.rows() == before
    thursday = listed(programme, day=date(2027, 6, 17), limit=500)
    assert len(thursday) == 474 and {row.state for row in thursday} == {ScreeningState.PUBLISHED}
    assert len(programme.catalog.said(ScreeningPublished)) == 1253
    again = programme.do(imports.upload_import, seed._programme(None, date(2027, 6, 16)))
    counts = programme.apply(again)["counts"]
    assert (counts["unchanged"], counts["created"], counts["changed"]) == (2215, 0, 0)
    same = ("screenings", "productions", "tariffs", "contingents", "source_links", "outbox")
    after = programme.rows()
    assert all(after[table] == before[table] for table in same)


def test_a_draft_of_an_import_is_published_by_hand(programme) -> None:
    grid = published_grid(programme) | {"publish": False}
    imported(programme, **grid)
    row = listed(programme)[0]
    programme.do(screenings.publish_screening, PublishScreening(screening_id=row.screening_id))
    assert imported(programme, **grid)["unchanged"] == 6
