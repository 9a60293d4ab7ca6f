"""Our own copies of what catalog and identity say. The highest version of each is kept.

What may be sold to whom is decided from these copies alone: their `failing` methods list every
rule that stands against a sale, so that a refusal can name them all.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from contracts.catalog import ContingentState, ScreeningPublished, ScreeningState
from contracts.roles import Actor, Principal
from contracts.ticketing import FailedRule
from services.ticketing.models.base import Base, text_in

SINGLE = "single"  # the ticket type of a place sold by itself (c-14)


@dataclass(frozen=True, slots=True)
class Seller:
    """Who sells, as contingent and tariff rules see it. A holder buys in the web shop."""

    roles: frozenset[str]
    sale_point_id: UUID | None = None

    @classmethod
    def of(cls, actor: Actor, sale_point_id: UUID | None = None) -> "Seller":
        roles = {str(grant) for grant in actor.grants()}
        if actor.kind is Principal.HOLDER:
            roles.add(str(Principal.ESHOP))
        return cls(frozenset(roles), sale_point_id)


class Screening(Base):
    __tablename__ = "screenings"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    state: Mapped[str]
    title: Mapped[dict[str, str]]
    productions: Mapped[list[str]]
    venue: Mapped[str]
    room: Mapped[str]
    time_zone: Mapped[str]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    capacity: Mapped[int]
    legal_ceiling: Mapped[int]
    section: Mapped[str | None]
    minimum_age: Mapped[int | None]

    @classmethod
    def cancelled(cls, screening_id: UUID, version: int, at: datetime) -> "Screening":
        """Cancelled before we heard of it: kept, so that an older state does not sell it."""
        return cls(
            id=screening_id, version=version, state=ScreeningState.CANCELLED, title={},
            productions=[], venue="", room="", time_zone="UTC", starts_at=at, ends_at=at,
            capacity=0, legal_ceiling=0,
        )

    def become(self, state: ScreeningPublished) -> None:
        for name in ("version", "venue", "room", "time_zone", "starts_at", "ends_at", "capacity",
                     "legal_ceiling", "section", "minimum_age"):
            setattr(self, name, getattr(state, name))
        self.state = state.state
        self.title = dict(state.title)
        self.productions = list(state.productions)

    def cancel(self, version: int) -> None:
        self.version = version
        self.state = ScreeningState.CANCELLED

    @property
    def on_sale(self) -> bool:
        return self.state == ScreeningState.PUBLISHED

    def label(self) -> str:
        return text_in(self.title)

    def supply_date(self) -> date:
        """The day, on the venue's clock, that decides the VAT rate (c-22)."""
        return self.starts_at.astimezone(ZoneInfo(self.time_zone)).date()

    def failing(self, now: datetime) -> Iterator[FailedRule]:
        if self.state == ScreeningState.CANCELLED:
            yield FailedRule(rule="screening_cancelled", detail="The screening is cancelled.")
        elif not self.on_sale:
            yield FailedRule(rule="screening_not_published",
                             detail="The screening is not on sale yet.")
        elif self.ends_at <= now:
            yield FailedRule(rule="screening_over", detail="The screening is over.")


class Contingent(Base):
    """A share of a screening's capacity, its rules, and what is taken of it.

    held: in orders not paid yet; sold: paid or booked; overbooked: how far both together are
    above the capacity, by an overbooker or because catalog has shrunk a contingent that is taken
    already: nobody loses a place, and the excess shows. Change the counters under the row's lock
    only.
    """

    __tablename__ = "contingents"
    __table_args__ = (
        CheckConstraint("held >= 0", name="held_not_negative"),
        CheckConstraint("sold >= 0", name="sold_not_negative"),
        CheckConstraint("overbooked >= 0", name="overbooked_not_negative"),
        CheckConstraint("held + sold <= capacity + overbooked", name="not_oversold"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    screening_id: Mapped[UUID] = mapped_column(ForeignKey("screenings.id"), index=True)
    position: Mapped[int]
    name: Mapped[str]
    on_sale: Mapped[bool]
    capacity: Mapped[int]
    roles: Mapped[list[str]]
    ticket_types: Mapped[list[str]]
    not_before: Mapped[datetime | None]
    not_after: Mapped[datetime | None]
    stash: Mapped[bool]
    steal_from: Mapped[list[str]]
    floor: Mapped[int]
    held: Mapped[int] = mapped_column(default=0)
    sold: Mapped[int] = mapped_column(default=0)
    overbooked: Mapped[int] = mapped_column(default=0)

    @classmethod
    def new(cls, screening_id: UUID, contingent_id: UUID) -> "Contingent":
        return cls(id=contingent_id, screening_id=screening_id, held=0, sold=0, overbooked=0)

    @property
    def free(self) -> int:
        return max(0, self.capacity - self.held - self.sold)

    @property
    def lendable(self) -> int:
        """What others may borrow: never the last `floor` places (c-10)."""
        return max(0, self.free - self.floor)

    @property
    def lenders(self) -> list[UUID]:
        return [UUID(lender) for lender in self.steal_from]

    def become(self, state: ContingentState, position: int, on_sale: bool) -> None:
        for name in ("name", "not_before", "not_after", "stash", "floor"):
            setattr(self, name, getattr(state, name))
        self.position, self.on_sale = position, on_sale
        self.roles, self.ticket_types = list(state.roles), list(state.ticket_types)
        self.steal_from = [str(lender) for lender in state.steal_from]
        self._resize(state.capacity)

    def close(self) -> None:
        self.on_sale = False

    def remove(self) -> None:
        """Gone at the source: sells no more, but whoever has a place keeps it."""
        self.on_sale = False
        self._resize(0)

    def hold(self, places: int) -> None:
        self.held += places

    def overbook(self, places: int) -> None:
        """Held beyond the capacity, which grows by what is missing (c-11)."""
        self.hold(places)
        self._resize(self.capacity)

    def release(self, places: int) -> None:
        self.held -= places
        self._resize(self.capacity)

    def confirm(self, places: int) -> None:
        self.held -= places
        self.sold += places

    def sell(self, places: int) -> None:
        self.sold += places

    def give_back(self, places: int) -> None:
        self.sold -= places
        self._resize(self.capacity)

    def failing(self, seller: Seller, ticket_type: str, now: datetime) -> Iterator[FailedRule]:
        """Cumulative: each one alone is enough to refuse."""
        if self.stash:
            yield self._failed("stash", "is kept back")
        if self.roles and not seller.roles & set(self.roles):
            yield self._failed("role", f"is for {', '.join(self.roles)}")
        if self.ticket_types and ticket_type not in self.ticket_types:
            yield self._failed("ticket_type", f"is for {', '.join(self.ticket_types)}")
        if self.not_before and now < self.not_before:
            yield self._failed("too_early", "is not open yet", self.not_before)
        if self.not_after and now >= self.not_after:
            yield self._failed("too_late", "is not open any more")

    def _failed(self, rule: str, why: str, passes_at: datetime | None = None) -> FailedRule:
        return FailedRule(
            rule=f"contingent_{rule}", detail=f"The contingent {self.name} {why}.",
            passes_at=passes_at,
        )

    def _resize(self, capacity: int) -> None:
        self.capacity = capacity
        self.overbooked = max(0, self.held + self.sold - capacity)


class Tariff(Base):
    """A price of one screening or one ticket type (`owner_id`), and who may sell it."""

    __tablename__ = "tariffs"

    owner_id: Mapped[UUID] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    tariff_id: Mapped[UUID]
    name: Mapped[dict[str, str]]
    price: Mapped[int]
    value: Mapped[int]
    currency: Mapped[str]
    vat_code: Mapped[str]
    roles: Mapped[list[str]]
    sale_points: Mapped[list[str]]
    ticket_types: Mapped[list[str]]
    valid_from: Mapped[datetime | None]
    valid_until: Mapped[datetime | None]

    def label(self) -> str:
        return text_in(self.name) or self.key

    def failing(self, seller: Seller, ticket_type: str, now: datetime) -> Iterator[FailedRule]:
        if self.roles and not seller.roles & set(self.roles):
            yield self._failed("role", f"is sold by {', '.join(self.roles)}")
        if self.sale_points and str(seller.sale_point_id) not in self.sale_points:
            yield self._failed("sale_point", "is not sold at this sale point")
        if self.ticket_types and ticket_type not in self.ticket_types:
            yield self._failed("ticket_type", f"is for {', '.join(self.ticket_types)}")
        if self.valid_from and now < self.valid_from:
            yield self._failed("too_early", "is not sold yet", self.valid_from)
        if self.valid_until and now >= self.valid_until:
            yield self._failed("too_late", "is not sold any more")

    def _failed(self, rule: str, why: str, passes_at: datetime | None = None) -> FailedRule:
        return FailedRule(
            rule=f"tariff_{rule}", detail=f"The tariff {self.label()} {why}.", passes_at=passes_at
        )


class TicketType(Base):
    __tablename__ = "ticket_types"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    key: Mapped[str]
    name: Mapped[dict[str, str]]
    kind: Mapped[str]
    wallet_allowed: Mapped[bool]
    active: Mapped[bool]
    windows: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)

    def label(self) -> str:
        return text_in(self.name) or self.key

    def failing(self) -> Iterator[FailedRule]:
        if not self.active:
            yield FailedRule(rule="ticket_type_inactive", detail=f"{self.label()} is not sold.")


class VatCode(Base):
    """`rates`: `[[first day, basis points], …]`; empty for excluded supplies."""

    __tablename__ = "vat_codes"

    key: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int]
    rates: Mapped[list[Any]]

    def rate_on(self, day: date) -> int:
        """In basis points; 0 before the first rate, and for excluded supplies."""
        valid = [rate for first, rate in sorted(self.rates) if date.fromisoformat(first) <= day]
        return valid[-1] if valid else 0


class SalePoint(Base):
    __tablename__ = "sale_points"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    name: Mapped[str]
    kind: Mapped[str]
    active: Mapped[bool]
