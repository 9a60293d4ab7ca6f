"""Clashes, contingent templates, and the history of objects."""

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from contracts.catalog import (
    HistoryPage,
    ListClashes,
    ListHistory,
    ListTemplates,
    RoomClashes,
    ScreeningState,
    TemplatePage,
)
from services.catalog.models import (
    SUMMARY,
    ContingentTemplate,
    HistoryRow,
    Room,
    Screening,
    Venue,
)
from services.catalog.models.clashes import clashes
from services.catalog.queries.paging import page
from services.catalog.queries.programme import on_day
from services.chassis.unit_of_work import UnitOfWork


def list_clashes(uow: UnitOfWork, query: ListClashes) -> RoomClashes:
    statement = select(Screening).join(Room, Room.id == Screening.room_id).join(
        Venue, Venue.id == Room.venue_id
    ).where(Screening.state != ScreeningState.CANCELLED).options(*SUMMARY)
    if query.day is None:
        statement = statement.where(Screening.starts_at > uow.now)
    else:
        statement = statement.where(*on_day(query.day))
    return RoomClashes(items=tuple(clashes(uow.session, uow.session.scalars(statement).all())))


def list_templates(uow: UnitOfWork, query: ListTemplates) -> TemplatePage:
    statement = select(ContingentTemplate).options(selectinload(ContingentTemplate.rooms))
    found, cursor = page(
        uow.session, statement, (ContingentTemplate.key,), query.cursor, query.limit
    )
    return TemplatePage(items=tuple(one.view() for one in found), next_cursor=cursor)


def list_history(uow: UnitOfWork, query: ListHistory) -> HistoryPage:
    statement = select(HistoryRow).where(
        HistoryRow.kind == query.kind, HistoryRow.object_id == query.object_id
    )
    found, cursor = page(
        uow.session, statement, (HistoryRow.id,), query.cursor, query.limit, newest_first=True
    )
    return HistoryPage(items=tuple(one.view() for one in found), next_cursor=cursor)
