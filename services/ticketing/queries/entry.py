"""What is left of a screening, and who is in it."""

from uuid import UUID

from sqlalchemy import func, select

from contracts.ticketing import (
    AttendanceView,
    AvailabilityView,
    BookingState,
    CheckInResult,
    ContingentAvailability,
    GetAttendance,
    GetAvailability,
    OrderState,
)
from services.chassis.unit_of_work import UnitOfWork
from services.ticketing.models import (
    SINGLE,
    Booking,
    CheckIn,
    Contingent,
    Line,
    Order,
    Seller,
    find_screening,
)


def get_availability(uow: UnitOfWork, query: GetAvailability) -> AvailabilityView:
    screening = find_screening(uow.session, query.screening_id)
    contingents = uow.session.scalars(
        select(Contingent).where(Contingent.screening_id == screening.id)
        .order_by(Contingent.position, Contingent.id)
    ).all()
    paying, scanned = _paying(uow, screening.id), _scanned(uow, screening.id)
    every = {item.id: item for item in contingents}
    seller = Seller.of(uow.actor)
    parts = tuple(
        ContingentAvailability(
            contingent_id=item.id, name=item.name, capacity=item.capacity, available=item.free,
            held=item.held - paying.get(item.id, 0), unconfirmed=paying.get(item.id, 0),
            confirmed=item.sold, scanned=scanned.get(item.id, 0),
            stealable=sum(every[key].lendable for key in item.lenders if key in every),
            overbooked=item.overbooked,
            open=item.on_sale and not any(item.failing(seller, SINGLE, uow.now)),
        )
        for item in contingents
        if item.capacity or item.overbooked
    )
    sums = {
        name: sum(getattr(part, name) for part in parts)
        for name in ("capacity", "available", "held", "unconfirmed", "confirmed", "scanned",
                     "overbooked")
    }
    return AvailabilityView(
        screening_id=screening.id, on_sale=not any(screening.failing(uow.now)),
        contingents=parts, **sums,
    )


def get_attendance(uow: UnitOfWork, query: GetAttendance) -> AttendanceView:
    screening = find_screening(uow.session, query.screening_id)
    booked, entered, inside = uow.session.execute(
        select(
            func.count(), func.count(Booking.first_entry_at),
            func.count().filter(Booking.inside),
        ).where(Booking.screening_id == screening.id, Booking.state == BookingState.ACTIVE)
    ).one()
    refused = uow.session.scalar(
        select(func.count())
        .where(CheckIn.screening_id == screening.id, CheckIn.result == CheckInResult.REFUSED)
    )
    return AttendanceView(
        screening_id=screening.id, booked=booked, entered=entered, inside=inside, refused=refused
    )


def _paying(uow: UnitOfWork, screening_id: UUID) -> dict[UUID, int]:
    """Places in orders whose wallet is being debited now, by contingent."""
    taken_from = func.coalesce(Line.lender_id, Line.contingent_id)
    return dict(uow.session.execute(
        select(taken_from, func.sum(Line.quantity))
        .join(Order, Order.id == Line.order_id)
        .where(Line.screening_id == screening_id, Order.state == OrderState.PAYING)
        .group_by(taken_from)
    ).all())


def _scanned(uow: UnitOfWork, screening_id: UUID) -> dict[UUID, int]:
    taken_from = func.coalesce(Booking.lender_id, Booking.contingent_id)
    return dict(uow.session.execute(
        select(taken_from, func.count())
        .where(Booking.screening_id == screening_id, Booking.state == BookingState.ACTIVE,
               Booking.first_entry_at.is_not(None))
        .group_by(taken_from)
    ).all())
