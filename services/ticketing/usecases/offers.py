"""What is asked for in an order, looked up in our copies of the programme with few questions."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import ARRAY, Text, and_, any_, bindparam, select

from contracts.errors import Code, DomainError
from contracts.ticketing import LineKind, OrderLine
from services.chassis.unit_of_work import UnitOfWork
from services.ticketing.models import UUIDS, Screening, Tariff, Ticket, TicketType, VatCode

NEEDED: dict[LineKind, frozenset[str]] = {
    LineKind.SCREENING: frozenset({"screening_id", "tariff", "quantity"}),
    LineKind.PASS: frozenset({"ticket_type_id", "tariff", "quantity"}),
    LineKind.WALLET_LOAD: frozenset({"ticket_id", "amount"}),
}
POSSIBLE: dict[LineKind, frozenset[str]] = {
    **NEEDED, LineKind.SCREENING: NEEDED[LineKind.SCREENING] | {"contingent_id", "overbook_reason"},
}


@dataclass(frozen=True, slots=True)
class Offers:
    """Everything the lines name. Screenings and ticket types have their tariffs by key."""

    screenings: dict[UUID, Screening] = field(default_factory=dict)
    ticket_types: dict[UUID, TicketType] = field(default_factory=dict)
    tariffs: dict[tuple[UUID, str], tuple[Tariff, VatCode | None]] = field(default_factory=dict)
    tickets: dict[UUID, Ticket] = field(default_factory=dict)


def check_shape(lines: tuple[OrderLine, ...]) -> None:
    """Each kind has its own fields: all of them, and no others."""
    errors = {
        str(number): wrong for number, line in enumerate(lines)
        if (wrong := dict(_wrong_fields(line)))
    }
    if errors:
        raise DomainError(
            Code.VALIDATION_FAILED, "Some fields of the lines are missing or wrong.",
            {"lines": errors},
        )


_OFFERED = {
    kind: select(kind, Tariff, VatCode)
    .outerjoin(Tariff, and_(Tariff.owner_id == kind.id,
                            Tariff.key == any_(bindparam("keys", type_=ARRAY(Text())))))
    .outerjoin(VatCode, VatCode.key == Tariff.vat_code)
    .where(kind.id == any_(bindparam("ids", type_=UUIDS)))
    for kind in (Screening, TicketType)
}


def load_offers(uow: UnitOfWork, lines: tuple[OrderLine, ...]) -> Offers:
    """Raises DomainError …_NOT_FOUND for what does not exist; a missing tariff is a rule."""
    offers = Offers()
    keys = list({line.tariff for line in lines if line.tariff})
    for kind, wanted, found in (
        (Screening, {line.screening_id for line in lines} - {None}, offers.screenings),
        (TicketType, {line.ticket_type_id for line in lines} - {None}, offers.ticket_types),
    ):
        if not wanted:
            continue
        for owner, tariff, vat_code in uow.session.execute(
            _OFFERED[kind], {"ids": list(wanted), "keys": keys}
        ):
            found[owner.id] = owner
            if tariff:
                offers.tariffs[owner.id, tariff.key] = (tariff, vat_code)
        if wanted - found.keys():
            code = (Code.SCREENING_NOT_FOUND if kind is Screening
                    else Code.TICKET_TYPE_NOT_FOUND)
            raise DomainError(code, "One of the lines names something that does not exist.")
    _load_tickets(uow, lines, offers)
    return offers


def _load_tickets(uow: UnitOfWork, lines: tuple[OrderLine, ...], offers: Offers) -> None:
    wanted = {line.ticket_id for line in lines} - {None}
    if wanted:
        rows = uow.session.scalars(select(Ticket).where(Ticket.id.in_(wanted)))
        offers.tickets.update({row.id: row for row in rows})


def _wrong_fields(line: OrderLine) -> Iterator[tuple[str, list[str]]]:
    if line.kind not in NEEDED:
        yield "kind", ["Cannot be asked for."]
        return
    given = {
        name for name in ("screening_id", "contingent_id", "ticket_type_id", "ticket_id",
                          "tariff", "quantity", "amount", "overbook_reason")
        if getattr(line, name) is not None
    }
    for name in sorted(NEEDED[line.kind] - given):
        yield name, ["Missing data for required field."]
    for name in sorted(given - POSSIBLE[line.kind]):
        yield name, [f"Has no meaning for {line.kind}."]
    if line.amount is not None and line.amount.amount <= 0:
        yield "amount", ["Must be more than zero."]
