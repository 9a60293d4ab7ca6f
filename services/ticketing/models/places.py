"""Which contingent gives a place, and why none does (c-10)."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import any_, bindparam, or_, select
from sqlalchemy.orm import Session

from contracts.errors import Code, DomainError
from contracts.message import dump
from contracts.roles import Role
from contracts.ticketing import FailedRule
from services.ticketing.models.base import LOCK, UUIDS
from services.ticketing.models.programme import Contingent, Seller


@dataclass(frozen=True, slots=True)
class Share:
    """So many places under the rules of `contingent`, borrowed from `lender` if there is one."""

    contingent: Contingent
    places: int
    lender: Contingent | None = None

    @property
    def source(self) -> Contingent:
        """Whose capacity is used up."""
        return self.lender or self.contingent

    @property
    def lender_id(self) -> UUID | None:
        return self.lender.id if self.lender else None


# Statements of the hottest paths are built once: building costs as much as running them.
_LOCKED = (
    select(Contingent)
    .where(or_(Contingent.id == any_(bindparam("ids", type_=UUIDS)),
               Contingent.screening_id == any_(bindparam("screenings", type_=UUIDS))))
    .order_by(Contingent.id).with_for_update(**LOCK)
    .execution_options(populate_existing=True)
)


def lock_contingents(
    session: Session, ids: Collection[UUID] = (), screenings: Collection[UUID] = ()
) -> dict[UUID, Contingent]:
    """By id, or all of some screenings; locked in id order, as everybody does."""
    if not ids and not screenings:
        return {}
    rows = session.scalars(_LOCKED, {"ids": list(ids), "screenings": list(screenings)})
    return {row.id: row for row in rows}


def of_screening(contingents: Iterable[Contingent], screening_id: UUID) -> list[Contingent]:
    """In the order in which catalog wants them used."""
    mine = [item for item in contingents if item.screening_id == screening_id and item.on_sale]
    return sorted(mine, key=lambda item: item.position)


def allocate(
    contingents: list[Contingent], places: int, seller: Seller, ticket_type: str, now: datetime,
    named: UUID | None = None,
) -> tuple[list[Share], list[FailedRule]]:
    """Where `places` come from, or every rule that stands against it. Takes nothing yet.

    `contingents` are all of the screening: only `named` may sell when it is given, but it
    borrows from the others as its `steal_from` says, whatever their own rules are.
    """
    offered = [item for item in contingents if named in (None, item.id)]
    failing = {item.id: list(item.failing(seller, ticket_type, now)) for item in offered}
    selling = [item for item in offered if not failing[item.id]]
    if not selling:
        rules = [rule for found in failing.values() for rule in found]
        nothing = FailedRule(rule="no_contingent", detail="No contingent of it is on sale.")
        return [], rules or [nothing]
    # a group stays in one contingent when one has room for all of it
    selling.sort(key=lambda item: item.free < places)
    shares = _shares(selling, {item.id: item for item in contingents}, places)
    found = sum(share.places for share in shares)
    if found < places:
        left = f"Only {found} are left." if found else "No place is left."
        return [], [FailedRule(rule="sold_out", detail=left)]
    return shares, []


def overbook(
    contingents: list[Contingent], ceiling: int, places: int, seller: Seller, ticket_type: str,
    now: datetime, named: UUID | None = None,
) -> tuple[list[Share], list[FailedRule]]:
    """The places of a full screening all the same, by who may do that, while the law allows it.

    `contingents` are all of the screening, on sale or not; `ceiling` is its room's (c-11).
    """
    if Role.OVERBOOKER not in seller.roles:
        return [], [FailedRule(rule="overbooker", detail="You may not sell beyond the capacity.")]
    left = ceiling - sum(item.held + item.sold for item in contingents)
    if left < places:
        return [], [FailedRule(
            rule="legal_ceiling",
            detail=f"The law allows {max(left, 0)} more people in this room.",
        )]
    selling = [
        item for item in contingents
        if item.on_sale and named in (None, item.id)
        and not any(item.failing(seller, ticket_type, now))
    ]
    return [Share(min(selling, key=lambda item: item.position), places)], []


def _shares(
    selling: list[Contingent], every: dict[UUID, Contingent], places: int
) -> list[Share]:
    spare = {item.id: item.free for item in every.values()}
    shares: list[Share] = []
    missing = places

    def take(contingent: Contingent, at_most: int, lender: Contingent | None = None) -> None:
        nonlocal missing
        taken = min(missing, at_most)
        if taken > 0:
            shares.append(Share(contingent, taken, lender))
            spare[shares[-1].source.id] -= taken
            missing -= taken

    for contingent in selling:
        take(contingent, spare[contingent.id])
    for contingent in selling:
        for lender in filter(None, map(every.get, contingent.lenders)):
            take(contingent, spare[lender.id] - lender.floor, lender)
    return shares


def refused(rules: list[FailedRule], code: Code | None = None) -> DomainError:
    """The refusal that names every failing rule; its code is that of the first one."""
    more = f" ({len(rules) - 1} more reasons.)" if len(rules) > 1 else ""
    return DomainError(
        code or _code_of(rules[0].rule), rules[0].detail + more, {"rules": dump(rules)}
    )


def _code_of(rule: str) -> Code:
    if rule in ("sold_out", "legal_ceiling"):
        return Code.SOLD_OUT
    if rule == "overbooker":
        return Code.ROLE_MISSING
    return Code.TARIFF_NOT_AVAILABLE if rule.startswith("tariff_") else Code.NOT_ON_SALE
