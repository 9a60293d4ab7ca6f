"""Places booked on a pass, and given back."""

from collections.abc import Collection

from sqlalchemy import select

from contracts.errors import Code, DomainError
from contracts.ticketing import BookingView, BookScreening, CancelBooking
from services.chassis.unit_of_work import UnitOfWork
from services.ticketing.models import (
    LOCK,
    Booking,
    Screening,
    Seller,
    find_screening,
    find_ticket,
    lock_contingents,
    plan_booking,
    refused,
)


def book_screening(uow: UnitOfWork, command: BookScreening) -> BookingView:
    """Paid already by the pass: the place is confirmed at once."""
    ticket = find_ticket(uow.session, command.ticket_id, uow.actor, lock=True)
    screening = find_screening(uow.session, command.screening_id)
    contingents = lock_contingents(uow.session, screenings=[screening.id])
    plan = plan_booking(
        uow.session, ticket, screening, list(contingents.values()), Seller.of(uow.actor), uow.now
    )
    if plan.rules:
        raise refused(plan.rules, Code.BOOKING_REFUSED)
    plan.share.source.sell(1)
    booking = ticket.book(plan.window, screening.id, uow.now, plan.share)
    return booking.view(screening)


def give_places_back(uow: UnitOfWork, bookings: Collection[Booking]) -> None:
    """Each to the contingent that it was taken from, the lender of a borrowed one."""
    contingents = lock_contingents(uow.session, {booking.taken_from for booking in bookings})
    for booking in bookings:
        booking.cancel(uow.now)
        contingents[booking.taken_from].give_back(1)


def cancel_booking(uow: UnitOfWork, command: CancelBooking) -> BookingView:
    """The place goes back to the contingent it came from, the booking to its window."""
    found = uow.session.execute(
        select(Booking.ticket_id).where(Booking.id == command.booking_id)
    ).one_or_none()
    if found is None:
        raise DomainError(Code.BOOKING_NOT_FOUND, "There is no such booking.")
    try:
        ticket = find_ticket(uow.session, found.ticket_id, uow.actor, lock=True)
    except DomainError:
        raise DomainError(Code.BOOKING_NOT_FOUND, "There is no such booking.") from None
    if ticket.is_single:
        raise DomainError(
            Code.BOOKING_REFUSED, "The place of a single ticket was bought: it is not booked."
        )
    booking = uow.session.get_one(Booking, command.booking_id, with_for_update=LOCK)
    give_places_back(uow, [booking])
    booking.window.give_back()
    return booking.view(uow.session.get_one(Screening, booking.screening_id))
