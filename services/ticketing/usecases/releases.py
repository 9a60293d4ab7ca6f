"""Who booked on a pass and has not come: previewed, released, and given back (c-9)."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select

from contracts.errors import Code, DomainError
from contracts.ticketing import (
    BookingState,
    ReleaseBookings,
    ReleaseView,
    TicketState,
    UndoRelease,
)
from services.chassis.unit_of_work import UnitOfWork
from services.ticketing.models import (
    LOCK,
    SINGLE,
    Booking,
    Release,
    Ticket,
    find_screening,
    lock_contingents,
)
from services.ticketing.usecases.bookings import give_places_back

UNSCANNED_FOR = timedelta(minutes=15)


def release_bookings(uow: UnitOfWork, command: ReleaseBookings) -> ReleaseView:
    screening = find_screening(uow.session, command.screening_id)
    if command.dry_run == (command.token is not None):
        raise DomainError(
            Code.VALIDATION_FAILED, "First ask with dry_run, then send the token of the answer.",
            {"token": ["Either dry_run or a token."]},
        )
    if command.token is None:
        release = Release.preview(screening.id, _unscanned(uow, screening.id), uow.now, uow.actor)
        uow.session.add(release)
        return release.view()
    release = _locked(uow, command.token)
    if release.screening_id != screening.id:
        raise _unknown()
    if release.released is None:
        bookings = [
            booking for booking in _locked_bookings(uow, release.candidates)
            if booking.state == BookingState.ACTIVE and booking.first_entry_at is None
        ]
        give_places_back(uow, bookings)
        for booking in bookings:
            booking.window.give_back()
        release.confirm(bookings, uow.now)
    return release.view()


def undo_release(uow: UnitOfWork, command: UndoRelease) -> ReleaseView:
    """As many as there are places left for, those booked first before the others; not what has
    been booked anew, or on a ticket that is good no more."""
    release = _locked(uow, command.token)
    release.must_be_undoable(uow.now)
    if release.restored is None:
        bookings = _locked_bookings(uow, release.undoable)
        contingents = lock_contingents(uow.session, {item.taken_from for item in bookings})
        restored = []
        for booking in sorted(bookings, key=lambda item: (item.booked_at, item.id)):
            contingent = contingents[booking.taken_from]
            if contingent.on_sale and contingent.free and _may_return(uow, booking):
                booking.restore()
                booking.window.use()
                contingent.sell(1)
                restored.append(booking)
        release.undo(restored, uow.now)
    return release.view()


# ------------------------------------------------------------------ parts


def _unscanned(uow: UnitOfWork, screening_id: UUID) -> Sequence[Booking]:
    """Strictly older than the limit. A single ticket's place is paid: it stays."""
    return uow.session.scalars(
        select(Booking)
        .join(Ticket, Ticket.id == Booking.ticket_id)
        .where(Booking.screening_id == screening_id, Booking.state == BookingState.ACTIVE,
               Booking.first_entry_at.is_(None), Ticket.type_key != SINGLE,
               Booking.booked_at < uow.now - UNSCANNED_FOR)
        .order_by(Booking.id)
    ).all()


def _locked(uow: UnitOfWork, token: UUID) -> Release:
    release = uow.session.get(Release, token, with_for_update=LOCK)
    if release is None:
        raise _unknown()
    return release


def _locked_bookings(uow: UnitOfWork, ids: list[UUID]) -> Sequence[Booking]:
    """Their tickets first, as everybody who changes what a ticket has left; then the bookings,
    so that a door that scans one now is waited for."""
    uow.session.execute(
        select(Ticket.id)
        .where(Ticket.id.in_(select(Booking.ticket_id).where(Booking.id.in_(ids))))
        .order_by(Ticket.id).with_for_update(**LOCK)
    )
    return uow.session.scalars(
        select(Booking).where(Booking.id.in_(ids)).order_by(Booking.id).with_for_update(**LOCK)
    ).all()


def _may_return(uow: UnitOfWork, booking: Booking) -> bool:
    ticket = uow.session.get_one(Ticket, booking.ticket_id)
    again = any(
        other.screening_id == booking.screening_id and other.state == BookingState.ACTIVE
        for other in ticket.bookings
    )
    return (
        ticket.state == TicketState.ACTIVATED and booking.window.left > 0 and not again
        and booking.state == BookingState.CANCELLED
    )


def _unknown() -> DomainError:
    return DomainError(Code.RELEASE_NOT_FOUND, "There is no such preview of this screening.")
