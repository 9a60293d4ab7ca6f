"""Whether a pass may book a screening: every rule against it, or where its place comes from."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from contracts.errors import Code, DomainError
from contracts.ticketing import BookingState, FailedRule, TicketState
from services.ticketing.models.places import Share, allocate, of_screening
from services.ticketing.models.programme import Contingent, Screening, Seller
from services.ticketing.models.tickets import Ticket, Window


@dataclass(frozen=True, slots=True)
class Plan:
    """`window` and `share` are there when `rules` is empty."""

    rules: list[FailedRule]
    window: Window | None = None
    share: Share | None = None


def find_screening(session: Session, screening: object) -> Screening:
    found = session.get(Screening, screening)
    if found is None:
        raise DomainError(Code.SCREENING_NOT_FOUND, "There is no such screening.")
    return found


def plan_booking(
    session: Session, ticket: Ticket, screening: Screening, contingents: list[Contingent],
    seller: Seller, now: datetime,
) -> Plan:
    """The window that expires first is used up first (c-13)."""
    rules = [*_against(session, ticket, screening), *screening.failing(now)]
    windows = [window for window in ticket.windows if window.covers(screening)]
    usable = sorted(
        (window for window in windows if window.left > 0),
        key=lambda window: (window.ends_at is None, window.ends_at or now),
    )
    if not windows:
        rules.append(FailedRule(rule="window", detail="This pass does not cover the screening."))
    elif not usable:
        rules.append(FailedRule(rule="window_used_up", detail="All its bookings are used up."))
    shares, failing = allocate(
        of_screening(contingents, screening.id), 1, seller, ticket.type_key, now
    )
    if screening.on_sale:  # otherwise no contingent is either, which says nothing new
        rules += failing
    if rules:
        return Plan(rules)
    return Plan([], usable[0], shares[0])


def _against(session: Session, ticket: Ticket, screening: Screening) -> Iterator[FailedRule]:
    if ticket.state != TicketState.ACTIVATED:
        yield FailedRule(rule="ticket_state", detail=f"The ticket is {ticket.state}.")
    booked = {
        booking.screening_id for booking in ticket.bookings
        if booking.state == BookingState.ACTIVE
    }
    if screening.id in booked:
        yield FailedRule(rule="already_booked", detail="It is booked on this ticket already.")
    others = session.scalars(
        select(Screening).where(
            Screening.id.in_(booked - {screening.id}),
            Screening.starts_at < screening.ends_at, Screening.ends_at > screening.starts_at,
        )
    ) if booked - {screening.id} else ()
    for other in others:
        yield FailedRule(
            rule="overlap", detail=f"{other.label()}, booked already, is at the same time."
        )
