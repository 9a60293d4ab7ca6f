"""Places and people: what is left of a screening, and the door."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from marshmallow import validate

from contracts.message import command, event, query, view
from contracts.ticketing.shared import Nonce, TicketText


class Direction(StrEnum):
    IN = "in"
    OUT = "out"


class CheckInResult(StrEnum):
    ADMITTED = "admitted"
    REFUSED = "refused"


class CheckInReason(StrEnum):
    """Why somebody was not let in (or out)."""

    UNKNOWN = "unknown"  # no ticket has this code
    FORGED = "forged"  # a signature that is not ours
    REVOKED = "revoked"  # reprinted or transferred since: an older QR code
    VOID = "void"
    BLOCKED = "blocked"
    NOT_PAID = "not_paid"
    WRONG_SCREENING = "wrong_screening"
    SCREENING_CANCELLED = "screening_cancelled"
    TOO_EARLY = "too_early"
    TOO_LATE = "too_late"
    ALREADY_IN = "already_in"
    NOT_IN = "not_in"  # an exit without an entry


# ------------------------------------------------------------------ views


@view
class ContingentAvailability:
    """capacity + overbooked ≥ held + unconfirmed + confirmed. `available` = what is left of it.

    held: in orders not paid yet; unconfirmed: in orders being paid now; confirmed: sold or
    booked; scanned: of those, entered; stealable: what may be borrowed from others when full;
    overbooked: taken beyond the capacity; open: sold to the asking caller at this moment.
    """

    contingent_id: UUID
    name: str
    capacity: int
    available: int
    held: int
    unconfirmed: int
    confirmed: int
    scanned: int
    stealable: int
    overbooked: int
    open: bool


@view
class AvailabilityView:
    """Sums of the contingents, and each of them."""

    screening_id: UUID
    on_sale: bool
    capacity: int
    available: int
    held: int
    unconfirmed: int
    confirmed: int
    scanned: int
    overbooked: int
    contingents: tuple[ContingentAvailability, ...]


@view
class CheckInView:
    """What the door shows. A refusal is an answer too: `reason` for machines, `sentence` to read.

    `first_entry`: this ticket had not entered this screening before; `inside`: people in it now.
    """

    checkin_id: UUID
    result: CheckInResult
    sentence: str
    direction: Direction
    checked_at: datetime
    reason: CheckInReason | None = None
    ticket_id: UUID | None = None
    code: str | None = None
    tariff: str | None = None
    holder_name: str | None = None
    screening_id: UUID | None = None
    screening: str | None = None
    starts_at: datetime | None = None
    contingent: str | None = None
    first_entry: bool = False
    inside: int | None = None


@view
class AttendanceView:
    """entered: tickets that came in at least once; inside: now; refused: failed scans."""

    screening_id: UUID
    booked: int
    entered: int
    inside: int
    refused: int


# ------------------------------------------------------------------ commands


@command("ticketing.check_in.v1")
class CheckIn:
    """Somebody shows a ticket at a door → CheckInView, also when refused.

    `code` is the QR text, or the code as typed. `nonce` is made by the device, one per scan, and
    is the envelope's id: the same nonce gets the same answer.
    """

    code: TicketText
    screening_ids: Annotated[tuple[UUID, ...], validate.Length(min=1, max=50)]
    nonce: Nonce
    direction: Direction = Direction.IN


# ------------------------------------------------------------------ queries


@query("ticketing.get_availability.v1")
class GetAvailability:
    screening_id: UUID


@query("ticketing.get_attendance.v1")
class GetAttendance:
    screening_id: UUID


# ------------------------------------------------------------------ events


@event("ticketing.checked_in.v1", consumers=("accounting",))
class CheckedIn:
    """`first_entry`: this ticket had not entered this screening before."""

    checkin_id: UUID
    ticket_id: UUID
    screening_id: UUID
    direction: Direction
    first_entry: bool
    checked_at: datetime
    tariff: str | None = None
