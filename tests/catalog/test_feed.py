"""The public programme: filters, and a calendar that calendars understand."""

import base64
from datetime import timedelta
from uuid import uuid4

from contracts.catalog import (
    GetCalendar,
    GetProgramme,
    GetProgrammeVersion,
    UpdateProduction,
    UpdateScreening,
)
from services.catalog import importers
from services.catalog.queries import programme as queries
from services.catalog.usecases import productions, screenings
from tests.catalog.conftest import EVENING


def feed(programme, **filters):
    return programme.ask(queries.get_programme, GetProgramme(**filters)).items


def calendar(programme, **filters) -> bytes:
    file = programme.ask(queries.get_calendar, GetCalendar(**filters))
    assert (file.content_type, file.filename) == ("text/calendar", "programme.ics")
    return base64.b64decode(file.content)


def version(programme) -> str:
    return programme.ask(
        queries.get_programme_version, GetProgrammeVersion()).version.split(".")[0]


def test_the_programme_is_filtered_by_production_and_language(programme) -> None:
    room = programme.room()
    french, german = (programme.production(title, languages=(language,)) for title, language in (
        ("Playtime", "fr"), ("Metropolis", "de")))
    first = programme.published(room_id=room, production_ids=(french,))
    second = programme.published(room_id=room, production_ids=(german,))
    dubbed = programme.published(
        room_id=room, production_ids=(german,), metadata={"languages": ["fr"]})
    programme.screening(room_id=room, production_ids=(french,))  # a draft

    def ids(**filters):
        return {one.screening_id for one in feed(programme, **filters)}

    assert ids(production_id=french) == {first}
    assert ids(language="fr") == {first, dubbed}
    assert ids(language="de", production_id=german) == {second}
    assert ids(language="xx") == ids(venue_id=uuid4()) == set()


def test_the_calendar_reads_back_as_what_was_written(programme) -> None:
    title = "Les vacances de M. Hulot; ou, “l’été” à Saint-Marc-sur-Mer \\ un très long titre"
    id = programme.published(production_ids=(programme.production(title),), note="avec débat\n2e")
    text = calendar(programme)
    assert all(len(line) <= 75 for line in text.split(b"\r\n"))
    reading = importers.read(text, "programme.ics")
    (back,) = reading.screenings
    assert reading.format == "icalendar" and not reading.problems
    assert list(back.title.values()) == [title]
    assert (back.starts_at, back.ends_at) == (EVENING, EVENING + timedelta(hours=2))
    assert (str(id) in back.ref, "Capitole" in back.venue) == (True, True)
    assert calendar(programme) == text, "the same to the letter"


def test_the_version_rises_with_every_edit_that_shows(programme) -> None:
    production = programme.production()
    id = programme.published(production_ids=(production,))
    seen = [version(programme)]
    programme.do(productions.update_production, UpdateProduction(
        production_id=production, title={"fr": "Mon oncle"}))
    seen.append(version(programme))
    view = programme.get(id)
    programme.do(screenings.update_screening, UpdateScreening(
        screening_id=id, production_ids=(production,), starts_at=view.starts_at,
        ends_at=view.ends_at, room_id=view.place.room_id, note="avec débat"))
    seen.append(version(programme))
    assert len(set(seen)) == 3
    assert version(programme) == seen[-1]
