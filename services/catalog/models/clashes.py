"""Two screenings in one room at once, or with too little time between them to clear it."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import groupby
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from contracts.catalog import RoomClash, ScreeningState
from services.catalog.models.screenings import Screening
from services.catalog.models.venues import Room

AROUND = timedelta(days=1)  # nothing lasts longer
MOST = 200  # a person reads no more
Slot = tuple[UUID, datetime, datetime, UUID]  # room, start, end, screening


def clashes(session: Session, looked_at: Iterable[Screening]) -> list[RoomClash]:
    """Of the screenings given with one another and with all others; the earlier one first. One
    whose end is not known is counted by its start alone."""
    ours = {
        screening.id: _slot(screening, screening.room) for screening in looked_at
        if screening.room and screening.state != ScreeningState.CANCELLED
    }
    if not ours:
        return []
    rooms = {
        screening.room.id: screening.room for screening in looked_at if screening.room
    }
    first, last = min(s[1] for s in ours.values()), max(s[2] for s in ours.values())
    with session.no_autoflush:
        others = session.execute(
            select(Screening.id, Screening.room_id, Screening.starts_at, Screening.ends_at).where(
                Screening.room_id.in_(rooms), Screening.state != ScreeningState.CANCELLED,
                Screening.starts_at.between(first - AROUND, last + AROUND),
            )
        ).all()
    slots = [*ours.values(), *(
        (room_id, starts, ends or starts, id)
        for id, room_id, starts, ends in others if id not in ours
    )]
    pairs = [pair for pair in _pairs(slots, rooms) if not ours.keys().isdisjoint(pair[:2])]
    return list(_told(session, pairs[:MOST], rooms, looked_at))


def _slot(screening: Screening, room: Room) -> Slot:
    return room.id, screening.starts_at, screening.ends_at or screening.starts_at, screening.id


def _pairs(
    slots: list[Slot], rooms: dict[UUID, Room]
) -> Iterator[tuple[UUID, UUID, UUID, timedelta]]:
    """Screenings whose pause is shorter than the room needs, their room, and the pause."""
    for room_id, group in groupby(sorted(slots), key=lambda slot: slot[0]):
        turnover = timedelta(minutes=rooms[room_id].turnover_min)
        going: list[Slot] = []
        for slot in group:
            going = [one for one in going if slot[1] < one[2] + turnover]
            for one in going:
                yield one[3], slot[3], room_id, slot[1] - one[2]
            going.append(slot)


def _told(
    session: Session, pairs: list[tuple[UUID, UUID, UUID, timedelta]], rooms: dict[UUID, Room],
    looked_at: Iterable[Screening],
) -> Iterator[RoomClash]:
    known = {screening.id: screening for screening in looked_at}
    wanted = {id for pair in pairs for id in pair[:2]} - known.keys()
    with session.no_autoflush:
        known |= {one.id: one for one in session.scalars(
            select(Screening).where(Screening.id.in_(wanted))
        )}
    for first, second, room_id, pause in pairs:
        yield RoomClash(
            room_id=room_id, room=rooms[room_id].name,
            first=known[first].slot(), second=known[second].slot(),
            pause_min=int(pause.total_seconds()) // 60,
            turnover_min=rooms[room_id].turnover_min,
        )
