"""Venues, sections, productions and screenings, and the public programme."""

import base64
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Date, Select, and_, cast, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, selectinload

from contracts.catalog import (
    CalendarFile,
    GetCalendar,
    GetProduction,
    GetProgramme,
    GetProgrammeVersion,
    GetScreening,
    GetVenue,
    ListProductions,
    ListScreenings,
    ListSections,
    ListVenues,
    ProductionPage,
    ProductionView,
    ProgrammePage,
    ProgrammeVersion,
    ScreeningPage,
    ScreeningState,
    ScreeningView,
    SectionPage,
    VenuePage,
    VenueView,
)
from contracts.errors import Code
from services.catalog.importers.text import fold
from services.catalog.models import (
    DAY_TURNS,
    DEFAULT_ZONE,
    SUMMARY,
    HistoryRow,
    Part,
    Production,
    Room,
    Screening,
    Section,
    Venue,
    find,
)
from services.catalog.queries.calendar import calendar
from services.catalog.queries.paging import page
from services.chassis.unit_of_work import UnitOfWork

FARTHEST_ZONE = timedelta(hours=14)
MOST_EVENTS = 5_000
LEAVES_WITHIN_S = 60


def get_venue(uow: UnitOfWork, query: GetVenue) -> VenueView:
    return find(uow.session, Venue, query.venue_id, Code.VENUE_NOT_FOUND).view()


def list_venues(uow: UnitOfWork, query: ListVenues) -> VenuePage:
    statement = select(Venue).options(selectinload(Venue.rooms))
    venues, cursor = page(uow.session, statement, (Venue.key,), query.cursor, query.limit)
    return VenuePage(items=tuple(venue.view() for venue in venues), next_cursor=cursor)


def list_sections(uow: UnitOfWork, query: ListSections) -> SectionPage:
    found, cursor = page(
        uow.session, select(Section), (Section.key,), query.cursor, query.limit
    )
    return SectionPage(items=tuple(section.view() for section in found), next_cursor=cursor)


def get_production(uow: UnitOfWork, query: GetProduction) -> ProductionView:
    return find(
        uow.session, Production, query.production_id, Code.PRODUCTION_NOT_FOUND
    ).view()


def list_productions(uow: UnitOfWork, query: ListProductions) -> ProductionPage:
    statement = select(Production).options(selectinload(Production.links))
    if query.text is not None:
        statement = statement.where(_mentions(Production.search, query.text))
    found, cursor = page(
        uow.session, statement, (Production.key, Production.id), query.cursor, query.limit
    )
    return ProductionPage(items=tuple(one.view() for one in found), next_cursor=cursor)


def get_screening(uow: UnitOfWork, query: GetScreening) -> ScreeningView:
    return find(uow.session, Screening, query.screening_id, Code.SCREENING_NOT_FOUND).view()


def list_screenings(uow: UnitOfWork, query: ListScreenings) -> ScreeningPage:
    statement = _filtered(query)
    if query.state is not None:
        statement = statement.where(Screening.state == query.state)
    found, cursor = page(
        uow.session, statement, (Screening.starts_at, Screening.id), query.cursor, query.limit
    )
    return ScreeningPage(items=tuple(one.summary() for one in found), next_cursor=cursor)


def get_programme(uow: UnitOfWork, query: GetProgramme) -> ProgrammePage:
    found, cursor = page(
        uow.session, _public(uow, query), (Screening.starts_at, Screening.id), query.cursor,
        query.limit,
    )
    return ProgrammePage(items=tuple(one.entry() for one in found), next_cursor=cursor)


def get_calendar(uow: UnitOfWork, query: GetCalendar) -> CalendarFile:
    found = uow.session.scalars(
        _public(uow, query).order_by(Screening.starts_at, Screening.id).limit(MOST_EVENTS)
    )
    changed_at = uow.session.scalar(select(func.max(HistoryRow.at)))
    return CalendarFile(
        content_type="text/calendar", filename="programme.ics",
        content=base64.b64encode(calendar(found, changed_at or uow.now).encode()).decode(),
    )


def get_programme_version(uow: UnitOfWork, _query: GetProgrammeVersion) -> ProgrammeVersion:
    """The newest entry of the history: every edit has one. And the time, in steps: what is over
    leaves the programme by itself."""
    newest = uow.session.scalar(select(func.max(HistoryRow.id))) or 0
    step = int(uow.now.timestamp()) // LEAVES_WITHIN_S
    return ProgrammeVersion(version=f"{newest}.{step}")


def _public(uow: UnitOfWork, query: GetProgramme | GetCalendar) -> Select[Any]:
    statement = _filtered(query).where(Screening.state == ScreeningState.PUBLISHED)
    if query.production_id is not None:
        statement = statement.where(Screening.id.in_(select(Part.screening_id).where(
            Part.production_id == query.production_id
        )))
    if query.language is not None:
        speaks_it = select(Part.screening_id).join(Part.production).where(
            Production.languages.contains([query.language])
        )
        said = Screening.details["languages"]
        statement = statement.where(or_(
            said.contains([query.language]), and_(said.is_(None), Screening.id.in_(speaks_it))
        ))
    if query.day is None:
        statement = statement.where(Screening.ends_at > uow.now)
    return statement


def _filtered(query: ListScreenings | GetProgramme | GetCalendar) -> Select[Any]:
    return (
        select(Screening)
        .outerjoin(Room, Room.id == Screening.room_id)
        .outerjoin(Venue, Venue.id == Room.venue_id)
        .where(*_conditions(query))
        .options(*SUMMARY)
    )


def _conditions(
    query: ListScreenings | GetProgramme | GetCalendar
) -> Iterator[ColumnElement[bool]]:
    if query.day is not None:
        yield from on_day(query.day)
    if query.venue_id is not None:
        yield Venue.id == query.venue_id
    if query.section_id is not None:
        yield Screening.section_id == query.section_id
    if query.text is not None:
        shows_it = select(Part.screening_id).join(Part.production).where(
            _mentions(Production.search, query.text)
        )
        yield or_(_mentions(Screening.search, query.text), Screening.id.in_(shows_it))


def on_day(day: date) -> Iterator[ColumnElement[bool]]:
    """The festival day where it takes place; first, roughly, what an index finds."""
    try:
        midnight = datetime.combine(day, time(), UTC)
        yield Screening.starts_at >= midnight - FARTHEST_ZONE
        yield Screening.starts_at < midnight + timedelta(days=1) + FARTHEST_ZONE + DAY_TURNS
    except OverflowError:  # the first and the last days of the calendar
        pass
    zone = func.coalesce(Venue.time_zone, DEFAULT_ZONE)
    yield cast(func.timezone(zone, Screening.starts_at) - DAY_TURNS, Date) == day


def _mentions(column: InstrumentedAttribute[str], text: str) -> ColumnElement[bool]:
    return column.contains(fold(text), autoescape=True)
