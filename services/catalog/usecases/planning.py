"""Many screenings at once: made by the dozen, or edited together."""

from datetime import date, datetime, time, timedelta
from itertools import product
from uuid import UUID
from zoneinfo import ZoneInfo

from contracts.catalog import (
    BulkChange,
    BulkEdit,
    BulkState,
    EditScreenings,
    Schedule,
    ScheduledScreening,
    ScheduleScreenings,
    ScreeningView,
)
from contracts.errors import Code, DomainError
from contracts.message import dump
from services.catalog.importers.dates import Unreadable, to_instant
from services.catalog.models import (
    DAY_TURNS,
    ContingentTemplate,
    PriceGrid,
    Production,
    Room,
    Screening,
    Section,
    find,
    find_all,
    room_to_use,
)
from services.catalog.models.base import invalid
from services.catalog.models.clashes import clashes
from services.catalog.usecases.editing import edit_many, rehearsing, whole
from services.catalog.usecases.history import CREATED, difference, remember_many
from services.chassis.unit_of_work import UnitOfWork

MOST = 500
TURNS = time(DAY_TURNS.seconds // 3600)


# ------------------------------------------------------------------ one production, many times


def schedule_screenings(uow: UnitOfWork, command: ScheduleScreenings) -> Schedule:
    with rehearsing(uow, command.preview):
        made = _drafts(uow, command)
        found = clashes(uow.session, made)
        answer = Schedule(
            preview=command.preview, clashes=tuple(found),
            screenings=tuple(_scheduled(one, command.preview) for one in made),
        )
        if not command.preview:
            _add(uow, made)
    return answer


def _drafts(uow: UnitOfWork, command: ScheduleScreenings) -> list[Screening]:
    session = uow.session
    productions = find_all(
        session, Production, command.production_ids, Code.PRODUCTION_NOT_FOUND
    )
    rooms = [room for id in sorted(set(command.room_ids)) if (room := room_to_use(session, id))]
    section = find(
        session, Section, command.section_id, Code.SECTION_NOT_FOUND
    ) if command.section_id else None
    grid = find(
        session, PriceGrid, command.price_grid_id, Code.PRICE_GRID_NOT_FOUND
    ) if command.price_grid_id else None
    made = []
    for starts_at, room in _starts(command, rooms):
        ends_at = starts_at + timedelta(minutes=command.duration_min or 0)
        screening = Screening.draft(
            productions=productions, room=room, section=section, starts_at=starts_at,
            ends_at=ends_at if command.duration_min else None, own_title=command.title,
            note=command.note, minimum_age=command.minimum_age,
        )
        if grid:
            screening.price_by(grid)
        if command.publish:
            screening.publish(uow.now)
        made.append(screening)
    return made


def _starts(command: ScheduleScreenings, rooms: list[Room]) -> list[tuple[datetime, Room]]:
    """In order of time. Times that do not exist are named all at once."""
    slots = set(product(command.days, command.times, range(len(rooms))))
    if len(slots) > MOST:
        raise invalid("times", f"These are {len(slots)} screenings; {MOST} at once are the most.")
    starts, skipped = [], []
    for day, clock, number in slots:
        try:
            starts.append((_instant(day, clock, rooms[number].venue.time_zone), rooms[number]))
        except Unreadable as trouble:
            skipped.append(str(trouble.sentence))
    if skipped:
        raise DomainError(
            Code.VALIDATION_FAILED, skipped[0], {"times": sorted(set(skipped))}
        )
    return sorted(starts, key=lambda one: (one[0], one[1].id))


def _instant(day: date, clock: str, zone: str) -> datetime:
    """What comes before the day turns belongs to the night of that day."""
    at = time.fromisoformat(clock)
    night = timedelta(days=at < TURNS)
    return to_instant(day + night, at.hour * 60 + at.minute, ZoneInfo(zone))[0]


def _scheduled(screening: Screening, preview: bool) -> ScheduledScreening:
    assert screening.room
    return ScheduledScreening(
        starts_at=screening.starts_at, ends_at=screening.ends_at, room_id=screening.room.id,
        room=screening.room.name, screening_id=None if preview else screening.id,
    )


def _add(uow: UnitOfWork, made: list[Screening]) -> None:
    uow.session.add_all(made)
    uow.session.flush()
    remember_many(uow, ((one, CREATED, difference({}, dump(one.view()))) for one in made))
    for one in made:
        if one.on_sale_since:
            uow.emit(one.said())


# ------------------------------------------------------------------ many screenings, one edit


def edit_screenings(uow: UnitOfWork, command: EditScreenings) -> BulkEdit:
    with rehearsing(uow, command.preview):
        screenings = whole(uow, command.screening_ids, lock=not command.preview)
        edit = _Edit(uow, command)
        changed = edit_many(uow, screenings, edit, command.preview)
        moved = [
            one for one, before in changed
            if (one.starts_at, one.room_id) != (before.starts_at, _room_of(before))
            or edit.room is not None
        ]
        return BulkEdit(
            preview=command.preview, unchanged=len(screenings) - len(changed),
            changed=tuple(edit.told(one, before) for one, before in changed),
            clashes=tuple(clashes(uow.session, moved)),
        )


class _Edit:
    """What the command does to one screening after the other."""

    def __init__(self, uow: UnitOfWork, command: EditScreenings) -> None:
        self.command = command
        self.now = uow.now
        self.grid = find(
            uow.session, PriceGrid, command.price_grid_id, Code.PRICE_GRID_NOT_FOUND
        ) if command.price_grid_id else None
        self.template = find(
            uow.session, ContingentTemplate, command.contingent_template_id,
            Code.TEMPLATE_NOT_FOUND,
        ) if command.contingent_template_id else None
        self.room = room_to_use(uow.session, command.room_id)
        self.kept: dict[UUID, tuple[str, ...]] = {}

    def __call__(self, screening: Screening) -> None:
        command, shift = self.command, timedelta(minutes=self.command.shift_min)
        if shift:
            ends_at = screening.ends_at and screening.ends_at + shift
            screening.put(starts_at=screening.starts_at + shift, ends_at=ends_at)
        if self.template:
            screening.put_contingents(self.template.inputs())
        if self.room:
            screening.put(room=self.room)
        if self.grid:
            difference = screening.price_by(self.grid, command.overwrite_tariffs)
            self.kept[screening.id] = difference.kept
        if command.state == BulkState.PUBLISH and not screening.on_sale_since:
            screening.publish(self.now)
        elif command.state == BulkState.CANCEL:
            screening.cancel()

    def told(self, screening: Screening, before: ScreeningView) -> BulkChange:
        return BulkChange(
            screening_id=screening.id, title=screening.title, starts_at=screening.starts_at,
            capacity=screening.capacity, tariffs_kept=self.kept.get(screening.id, ()),
            fields=tuple(difference(vars(before), vars(screening.view()))),
        )


def _room_of(view: ScreeningView) -> UUID | None:
    return view.place.room_id if view.place else None
