"""The door: who may come in, and who has."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import any_, bindparam, func, select
from sqlalchemy.orm import aliased

from contracts.errors import Code, DomainError
from contracts.ticketing import (
    BookingState,
    CheckedIn,
    CheckInReason,
    CheckInResult,
    CheckInView,
    Direction,
    TicketState,
)
from contracts.ticketing import CheckIn as Scan
from services.chassis.settings import Settings
from services.chassis.unit_of_work import UnitOfWork
from services.ticketing.models import (
    LOCK,
    UUIDS,
    Booking,
    CheckIn,
    Screening,
    Ticket,
    plain_code,
    save,
)

SENTENCES = {
    CheckInReason.UNKNOWN: "No ticket has this code.",
    CheckInReason.FORGED: "This code was not made by us.",
    CheckInReason.REVOKED: "This code was replaced by a newer one.",
    CheckInReason.VOID: "This ticket is void.",
    CheckInReason.BLOCKED: "This ticket is blocked.",
    CheckInReason.NOT_PAID: "This ticket is not paid.",
    CheckInReason.WRONG_SCREENING: "This ticket has no place in this screening.",
    CheckInReason.SCREENING_CANCELLED: "The screening is cancelled.",
    CheckInReason.TOO_EARLY: "Too early: doors open at {opens}.",
    CheckInReason.TOO_LATE: "Too late: the screening is over.",
    CheckInReason.ALREADY_IN: "Already in, since {entered}.",
    CheckInReason.NOT_IN: "Not in: there is no entry to end.",
}
OF_STATE = {
    TicketState.VOID: CheckInReason.VOID, TicketState.BLOCKED: CheckInReason.BLOCKED,
    TicketState.NEW: CheckInReason.NOT_PAID,
}


@dataclass(slots=True)
class Finding:
    """What a scan has led to so far; `reason` when it stops there."""

    reason: CheckInReason | None = None
    ticket: Ticket | None = None
    booking: Booking | None = None
    screening: Screening | None = None
    inside: int | None = None  # people in the room before the scan


def check_in(uow: UnitOfWork, command: Scan) -> CheckInView:
    """One scan: the booking's row is locked, so that of two doors one admits."""
    finding = _find(uow, command)
    first = False
    if finding.reason is None and command.direction is Direction.IN:
        first = finding.booking.enter(uow.now)
        finding.inside += 1
    elif finding.reason is None:
        finding.booking.leave()
        finding.inside -= 1
    checkin = _log(uow, command, finding, first)
    if finding.reason is None:
        uow.emit(CheckedIn(
            checkin_id=checkin.id, ticket_id=finding.ticket.id, screening_id=finding.screening.id,
            direction=command.direction, first_entry=first, checked_at=uow.now,
            tariff=finding.ticket.tariff,
        ))
    return _view(checkin, finding)


# ------------------------------------------------------------------ finding


_INSIDE = aliased(Booking)
_PLACES = (
    select(Ticket, Booking, Screening,
           select(func.count()).where(_INSIDE.screening_id == Screening.id, _INSIDE.inside)
           .scalar_subquery().label("inside"))
    .join(Booking, Booking.ticket_id == Ticket.id)
    .join(Screening, Screening.id == Booking.screening_id)
    .where(Ticket.code == bindparam("code"), Booking.state == BookingState.ACTIVE,
           Booking.screening_id == any_(bindparam("screenings", type_=UUIDS)))
    .order_by(Screening.starts_at)
    .with_for_update(of=Booking, **LOCK)
)


def _find(uow: UnitOfWork, command: Scan) -> Finding:
    try:
        code, revision = plain_code(uow.session, command.code)
    except DomainError as refusal:
        forged = refusal.code in (Code.TICKET_CODE_FORGED, Code.TICKET_CODE_UNKNOWN_KEY)
        return Finding(CheckInReason.FORGED if forged else CheckInReason.UNKNOWN)
    rows = uow.session.execute(
        _PLACES, {"code": code, "screenings": list(command.screening_ids)}
    ).all()
    ticket = rows[0].Ticket if rows else uow.session.scalar(
        select(Ticket).where(Ticket.code == code)
    )
    if reason := _against_ticket(ticket, revision):
        return Finding(reason, ticket)
    return _best(uow, command.direction, ticket, rows)


def _against_ticket(ticket: Ticket | None, revision: int | None) -> CheckInReason | None:
    if ticket is None:
        return CheckInReason.UNKNOWN
    if revision is not None and revision != ticket.revision:
        return CheckInReason.REVOKED
    return OF_STATE.get(TicketState(ticket.state))


def _best(uow: UnitOfWork, direction: Direction, ticket: Ticket, rows: Sequence) -> Finding:
    """Of the screenings this door serves, the first that lets the ticket through."""
    findings = [
        Finding(_against(uow, direction, row.Booking, row.Screening), ticket, row.Booking,
                row.Screening, row.inside)
        for row in rows
    ]
    passing = [finding for finding in findings if finding.reason is None]
    return (passing or findings or [Finding(CheckInReason.WRONG_SCREENING, ticket)])[0]


def _against(
    uow: UnitOfWork, direction: Direction, booking: Booking, screening: Screening
) -> CheckInReason | None:
    if direction is Direction.OUT:
        return None if booking.inside else CheckInReason.NOT_IN
    if not screening.on_sale:
        return CheckInReason.SCREENING_CANCELLED
    if uow.now < screening.starts_at - doors_open():
        return CheckInReason.TOO_EARLY
    if uow.now > screening.ends_at:
        return CheckInReason.TOO_LATE
    return CheckInReason.ALREADY_IN if booking.inside else None


def doors_open() -> timedelta:
    """How long before its start a screening lets people in."""
    return timedelta(minutes=Settings.from_env("ticketing").admission_minutes)


# ------------------------------------------------------------------ logging and saying


def _log(uow: UnitOfWork, command: Scan, finding: Finding, first: bool) -> CheckIn:
    only = command.screening_ids[0] if len(command.screening_ids) == 1 else None
    checkin = CheckIn.of(
        uow.now, uow.actor, command,
        CheckInResult.REFUSED if finding.reason else CheckInResult.ADMITTED, finding.reason,
        ticket_id=finding.ticket.id if finding.ticket else None,
        screening_id=finding.screening.id if finding.screening else only, first_entry=first,
    )
    save(uow, checkin, *filter(None, [finding.booking]))
    return checkin


def _view(checkin: CheckIn, finding: Finding) -> CheckInView:
    ticket, booking, screening = finding.ticket, finding.booking, finding.screening
    return CheckInView(
        checkin_id=checkin.id, result=CheckInResult(checkin.result), sentence=_sentence(finding),
        direction=Direction(checkin.direction), checked_at=checkin.at, reason=finding.reason,
        ticket_id=ticket.id if ticket else None, code=ticket.code if ticket else None,
        tariff=ticket.tariff_name if ticket else None,
        holder_name=ticket.holder_name if ticket else None,
        screening_id=screening.id if screening else None,
        screening=screening.label() if screening else None,
        starts_at=screening.starts_at if screening else None,
        contingent=booking.contingent if booking else None, first_entry=checkin.first_entry,
        inside=finding.inside,
    )


def _sentence(finding: Finding) -> str:
    if finding.reason is None:
        return f"Valid: {finding.ticket.tariff_name}."
    screening, booking = finding.screening, finding.booking
    times = {}
    if screening and booking:
        zone = ZoneInfo(screening.time_zone)
        times["opens"] = f"{(screening.starts_at - doors_open()).astimezone(zone):%d.%m. %H:%M}"
        if booking.first_entry_at:
            times["entered"] = f"{booking.first_entry_at.astimezone(zone):%H:%M}"
    return SENTENCES[finding.reason].format(**times)
