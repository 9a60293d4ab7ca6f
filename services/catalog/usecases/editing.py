"""Changing things that have a version, and telling others what a screening has become."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import selectinload

from contracts.catalog import ScreeningState, ScreeningView
from contracts.errors import Code, DomainError
from contracts.message import dump
from services.catalog.models import WHOLE, Part, Production, Screening, find, shown
from services.catalog.usecases.history import CHANGED, difference, remember, remember_many
from services.chassis.unit_of_work import UnitOfWork


@contextmanager
def editing(uow: UnitOfWork, thing: Any, read: int | None = None) -> Iterator[None]:
    """Raise the version if the block really changes what `thing` says, and remember it. `read` is
    the version that the editor saw, if they say so."""
    if read is not None:
        thing.must_be_version(read)
    before = thing.view()
    yield
    after = thing.view()
    if after != before:
        thing.version += 1
        remember(uow, thing, CHANGED, difference(dump(before), dump(after)))


def edit_many(
    uow: UnitOfWork, screenings: Iterable[Screening], edit: Callable[[Screening], None],
    preview: bool = False,
) -> list[tuple[Screening, ScreeningView]]:
    """Those that really changed, with what they were: versions raised, remembered and told, unless
    it is only a preview. One that refuses names itself."""
    changed = []
    for screening in screenings:
        before, public = screening.view(), screening.state == ScreeningState.PUBLISHED
        try:
            screening.must_not_be_cancelled()
            edit(screening)
            if screening.state == ScreeningState.PUBLISHED:
                screening.must_be_complete()
        except DomainError as refusal:
            raise DomainError(
                refusal.code, f"{shown(before.title)}: {refusal.detail}",
                {**refusal.errors, "screening_id": str(screening.id)},
            ) from None
        if screening.view() == before:
            continue
        changed.append((screening, before))
        screening.version += 1
        if not preview and (public or screening.state == ScreeningState.PUBLISHED):
            uow.emit(screening.said())
    if not preview:
        remember_many(uow, (
            (one, CHANGED, difference(dump(before), dump(one.view()))) for one, before in changed
        ))
    return changed


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
    with editing(uow, screening, read):
        yield screening
        if screening.state == ScreeningState.PUBLISHED:
            screening.must_be_complete()
    public = published or screening.state == ScreeningState.PUBLISHED
    if screening.version != version and public:
        uow.emit(screening.said())


def whole(uow: UnitOfWork, ids: tuple[UUID, ...], lock: bool = True) -> list[Screening]:
    """Screenings in the order of `ids`, with all that they say, in a handful of queries; locked in
    id order and read again. SCREENING_NOT_FOUND."""
    statement = select(Screening).where(Screening.id.in_(ids)).order_by(Screening.id)
    if lock:
        statement = statement.with_for_update(of=Screening)
    found = {one.id: one for one in uow.session.scalars(
        statement.options(*WHOLE, selectinload(Screening.links))
        .execution_options(populate_existing=True)
    )}
    for id in ids:
        if id not in found:
            raise DomainError(
                Code.SCREENING_NOT_FOUND, "There is no such screening.", {"screening_id": str(id)}
            )
    return [found[id] for id in dict.fromkeys(ids)]


@contextmanager
def rehearsing(uow: UnitOfWork, preview: bool) -> Iterator[None]:
    """With `preview` everything is done to rows in memory, which are then forgotten."""
    if not preview:
        yield
        return
    with uow.session.no_autoflush:
        yield
    uow.session.expunge_all()


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


def tell_of(uow: UnitOfWork, changed: Iterable[Production | Screening]) -> None:
    """Things that have been changed get a new version, and others hear of what is on sale."""
    changed = list(changed)
    for thing in changed:
        thing.version += 1
    screenings = {one.id: one for one in changed if isinstance(one, Screening)}
    for screening in screenings.values():
        if screening.on_sale_since:
            uow.emit(screening.said())
    if productions := [one.id for one in changed if isinstance(one, Production)]:
        shows_it = select(Part.screening_id).where(Part.production_id.in_(productions))
        tell_again(uow, published(
            uow, Screening.id.in_(shows_it), Screening.id.not_in(screenings)
        ))


def tell_again(uow: UnitOfWork, screenings: Iterable[Screening]) -> None:
    """Something that they are made of has changed."""
    for screening in screenings:
        screening.version += 1
        uow.emit(screening.said())
