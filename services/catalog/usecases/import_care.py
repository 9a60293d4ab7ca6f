"""Conflicts of an applied import settled, and rows that are gone from their source removed."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from sqlalchemy import delete, select

from contracts.catalog import (
    FieldChange,
    ImportAction,
    ImportChange,
    ImportRemoval,
    KeptThing,
    RemoveMissing,
    ResolveConflict,
    ScreeningState,
    Side,
)
from contracts.errors import Code, DomainError
from contracts.message import dump, load
from services.catalog.models import (
    WHOLE,
    ChangeRow,
    Production,
    Screening,
    SourceLink,
    find_import,
)
from services.catalog.usecases.editing import tell_of
from services.catalog.usecases.fields import Thing, current, plain, put_plain
from services.catalog.usecases.history import (
    CHANGED,
    REMOVED,
    difference,
    remember,
    remember_many,
)
from services.chassis.unit_of_work import UnitOfWork


def resolve_conflict(uow: UnitOfWork, command: ResolveConflict) -> ImportChange:
    """Mine: the file's value becomes the base, so that it is no news any more. Theirs: it becomes
    the value as well."""
    found = find_import(uow.session, command.import_id)
    found.must_be_applied()
    row = uow.session.get(ChangeRow, (found.id, command.number), with_for_update=True)
    fields = [load(FieldChange, field) for field in row.fields] if row else []
    wanted = set(command.fields) or {field.field for field in fields if field.kept}
    chosen = [field for field in fields if field.field in wanted and field.kept]
    if row is None or row.object_id is None or not chosen or len(chosen) < len(wanted):
        raise DomainError(Code.CHANGE_NOT_FOUND, "There is no such conflict, or it is settled.")
    thing = things(uow, row.kind, [row.object_id]).get(row.object_id)
    link = uow.session.get(SourceLink, (found.source, row.kind, row.ref), with_for_update=True)
    if thing is None or link is None:
        raise DomainError(Code.CHANGE_NOT_FOUND, "What this is about does not exist any more.")
    if any(plain(current(thing, one.field)) != one.before for one in chosen):
        raise DomainError(
            Code.VERSION_OUTDATED, "Somebody has edited this since. Upload the file again to see."
        )
    values = {one.field: one.after for one in chosen}
    if command.side == Side.THEIRS:
        put_plain(uow.session, thing, values)
        tell_of(uow, [thing])
        remember(uow, thing, CHANGED, {
            one.field: {"before": one.before, "after": one.after} for one in chosen
        })
    link.base = {**link.base, **values}
    row.fields = [
        dump(FieldChange(
            field=one.field, before=one.before, after=one.after, resolved=command.side,
            kept=command.side == Side.MINE,
        ) if one in chosen else one) for one in fields
    ]
    uow.session.flush()
    return row.view()


def remove_missing(uow: UnitOfWork, command: RemoveMissing) -> ImportRemoval:
    found = find_import(uow.session, command.import_id, lock=True)
    found.must_be_applied()
    flagged = select(ChangeRow).where(
        ChangeRow.import_id == found.id, ChangeRow.action == ImportAction.MISSING
    )
    if command.numbers:
        flagged = flagged.where(ChangeRow.number.in_(command.numbers))
    rows = uow.session.scalars(flagged).all()
    if len(rows) < len(set(command.numbers)):
        raise DomainError(Code.CHANGE_NOT_FOUND, "Not all of these were flagged as gone.")
    screenings = things(uow, "screening", [row.object_id for row in rows if row.object_id])
    kept = [
        KeptThing(kind="screening", object_id=one.id, title=one.title,
                  reason="It is or was on sale: cancel it instead.")
        for one in screenings.values() if was_on_sale(one)
    ]
    gone = [one for one in screenings.values() if not was_on_sale(one)]
    remove(uow, gone)
    return ImportRemoval(import_id=found.id, removed=len(gone), kept=tuple(kept))


def things(uow: UnitOfWork, kind: str, ids: Sequence[UUID]) -> dict[UUID, Thing]:
    """Locked in id order, and read again."""
    cls, options = (Screening, WHOLE) if kind == "screening" else (Production, ())
    found = uow.session.scalars(
        select(cls).where(cls.id.in_(ids)).order_by(cls.id).options(*options)
        .with_for_update(of=cls).execution_options(populate_existing=True)
    )
    return {one.id: one for one in found}


def was_on_sale(thing: Thing) -> bool:
    """Then somebody may have bought it. What never was on sale has no sales."""
    return isinstance(thing, Screening) and (
        thing.on_sale_since is not None or thing.state == ScreeningState.PUBLISHED
    )


def remove(uow: UnitOfWork, gone: Iterable[Thing]) -> None:
    """For good, with what their sources call them."""
    gone = list(gone)
    ids = [thing.id for thing in gone]
    remember_many(uow, [
        (thing, REMOVED, difference(dump(thing.view()), {})) for thing in gone
    ])
    for thing in gone:
        uow.session.delete(thing)
    uow.session.flush()
    uow.session.execute(delete(SourceLink).where(SourceLink.object_id.in_(ids)))
