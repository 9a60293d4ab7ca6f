"""An import undone as a whole, as long as nothing stands on it."""

from collections.abc import Iterator
from uuid import UUID

from sqlalchemy import delete, select

from contracts.catalog import (
    FieldChange,
    ImportAction,
    ImportRemoval,
    KeptThing,
    RollBackImport,
)
from contracts.errors import Code, DomainError
from contracts.message import dump, load
from services.catalog.models import (
    ChangeRow,
    Import,
    Part,
    Room,
    Screening,
    Section,
    SourceLink,
    Venue,
    find_import,
    queue_for,
)
from services.catalog.usecases.editing import tell_of
from services.catalog.usecases.fields import Thing, current, plain, put_plain
from services.catalog.usecases.history import CHANGED, remember_many
from services.catalog.usecases.import_care import remove, things, was_on_sale
from services.chassis.unit_of_work import UnitOfWork

EDITED = "It was edited since."


def roll_back_import(uow: UnitOfWork, command: RollBackImport) -> ImportRemoval:
    queue_for(uow.session, "import")
    found = find_import(uow.session, command.import_id, lock=True)
    found.roll_back(uow.now, uow.actor.name or uow.actor.id)
    rows = uow.session.scalars(
        select(ChangeRow).where(
            ChangeRow.import_id == found.id, ChangeRow.action != ImportAction.MISSING
        ).order_by(ChangeRow.number)
    ).all()
    undo = _Undo(uow, found, list(rows))
    blocked = list(undo.blocked())
    if blocked:
        raise DomainError(
            Code.IMPORT_IN_USE,
            f"This import cannot be undone: {len(blocked)} of its things are on sale, were edited"
            " since, or are used elsewhere.",
            {"blocked": dump(blocked)},
        )
    undo.put_back()
    removed = undo.remove_created()
    return ImportRemoval(
        import_id=found.id, removed=removed + undo.remove_places(), kept=tuple(undo.kept)
    )


class _Undo:
    def __init__(self, uow: UnitOfWork, found: Import, rows: list[ChangeRow]) -> None:
        self.uow = uow
        self.found = found
        self.kept: list[KeptThing] = []
        there: dict[UUID, Thing] = {}
        for kind in ("production", "screening"):
            there |= things(uow, kind, [
                row.object_id for row in rows if row.kind == kind and row.object_id
            ])
        pairs = [(row, there[row.object_id]) for row in rows if row.object_id in there]
        self.created = [pair for pair in pairs if pair[0].action == ImportAction.CREATE]
        self.changed = [pair for pair in pairs if pair[0].action != ImportAction.CREATE]

    def blocked(self) -> Iterator[KeptThing]:
        """Everything that stands in the way, with the reason."""
        used = self._used_elsewhere()
        for row, thing in self.created:
            if was_on_sale(thing):
                yield _kept(row, "It is or was on sale.")
            elif thing.version != row.version:
                yield _kept(row, EDITED)
            elif thing.id in used:
                yield _kept(row, "Another screening shows it.")
        for row, thing in self.changed:
            taken = _taken(row)
            if any(plain(current(thing, one.field)) != one.after for one in taken):
                yield _kept(row, EDITED)
            elif any(one.field == "cancelled" for one in taken):
                yield _kept(row, "It was cancelled, for good.")

    def put_back(self) -> None:
        links = {
            (link.kind, link.object_id): link for link in self.uow.session.scalars(
                select(SourceLink).where(SourceLink.source == self.found.source)
            )
        } if self.changed else {}
        put_back, history = [], []
        for row, thing in self.changed:
            if taken := _taken(row):
                put_plain(self.uow.session, thing, {one.field: one.before for one in taken})
                put_back.append(thing)
                history.append((thing, CHANGED, {
                    one.field: {"before": one.after, "after": one.before} for one in taken
                }))
                link = links[row.kind, thing.id]
                link.base = {**link.base, **{
                    one.field: one.before for one in taken if not one.resolved
                }}
        tell_of(self.uow, put_back)
        remember_many(self.uow, history, self.found.id)

    def remove_created(self) -> int:
        # Screenings first: they show the productions.
        for cls in (True, False):
            remove(self.uow, [
                thing for _, thing in self.created if isinstance(thing, Screening) is cls
            ])
        return len(self.created)

    def remove_places(self) -> int:
        """Rooms, venues and sections that it made, where nothing else uses them by now."""
        session, removed = self.uow.session, 0
        for kind, cls, users in (
            ("room", Room, Screening.room_id), ("section", Section, Screening.section_id),
            ("venue", Venue, Room.venue_id),
        ):
            ids = set(map(UUID, self.found.made.get(kind, ())))
            used = set(session.scalars(select(users).where(users.in_(ids))))
            for thing in session.scalars(select(cls).where(cls.id.in_(ids))):
                if thing.id in used:
                    name = thing.name if isinstance(thing.name, dict) else {"": thing.name}
                    self.kept.append(KeptThing(
                        kind=kind, object_id=thing.id, title=name, reason="It is used elsewhere."
                    ))
            gone = ids - used
            removed += session.execute(delete(cls).where(cls.id.in_(gone))).rowcount
            session.execute(delete(SourceLink).where(SourceLink.object_id.in_(gone)))
        return removed

    def _used_elsewhere(self) -> set[UUID]:
        ids = {thing.id for _, thing in self.created}
        return set(self.uow.session.scalars(select(Part.production_id).where(
            Part.production_id.in_(ids), Part.screening_id.not_in(ids)
        )))


def _taken(row: ChangeRow) -> list[FieldChange]:
    fields = [load(FieldChange, field) for field in row.fields]
    return [field for field in fields if not field.kept]


def _kept(row: ChangeRow, reason: str) -> KeptThing:
    assert row.object_id
    return KeptThing(kind=row.kind, object_id=row.object_id, title=row.title, reason=reason)
