"""Changing things that have a version, and telling others what a screening has become."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, select

from contracts.catalog import ScreeningState
from contracts.errors import Code
from services.catalog.models import WHOLE, Screening, find
from services.chassis.unit_of_work import UnitOfWork


@contextmanager
def editing(thing: Any, read: int | None = None) -> Iterator[None]:
    """Raise the version if the block really changes what `thing` says. `read` is the version that
    the editor saw, if they say so."""
    thing.must_be_version(read)
    before = thing.view()
    yield
    if thing.view() != before:
        thing.version += 1


@contextmanager
def editing_screening(
    uow: UnitOfWork, screening_id: UUID, read: int | None = None
) -> Iterator[Screening]:
    """A screening under its lock; what is on sale must stay complete, and its change is told."""
    screening = find(
        uow.session, Screening, screening_id, Code.SCREENING_NOT_FOUND, lock=True
    )
    screening.must_not_be_cancelled()
    version, published = screening.version, screening.state == ScreeningState.PUBLISHED
    with editing(screening, read):
        yield screening
        if screening.state == ScreeningState.PUBLISHED:
            screening.must_be_complete()
    public = published or screening.state == ScreeningState.PUBLISHED
    if screening.version != version and public:
        uow.emit(screening.said())


def published(uow: UnitOfWork, *conditions: ColumnElement[bool]) -> list[Screening]:
    """Screenings on sale, locked in id order and wholly read."""
    return list(uow.session.scalars(
        select(Screening)
        .where(Screening.state == ScreeningState.PUBLISHED, *conditions)
        .order_by(Screening.id)
        .with_for_update(of=Screening)
        .options(*WHOLE)
        .execution_options(populate_existing=True)
    ))


def tell_again(uow: UnitOfWork, screenings: Iterable[Screening]) -> None:
    """Something that they are made of has changed."""
    for screening in screenings:
        screening.version += 1
        uow.emit(screening.said())
