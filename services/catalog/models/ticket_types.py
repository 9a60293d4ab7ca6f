"""Kinds of passes: what they cover, when they may book, what is asked of their holders."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import CheckConstraint, ForeignKey, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from contracts.catalog import (
    AskedField,
    BookingPolicy,
    FieldKind,
    TariffInput,
    TicketTypeChanged,
    TicketTypeKind,
    TicketTypeView,
    WindowInput,
    WindowState,
)
from contracts.errors import Code, DomainError
from contracts.message import dump, load
from services.catalog.models.base import Base, Versioned, check_period, invalid
from services.catalog.models.tariffs import Tariff, VatCode


class TicketType(Versioned, Base):
    """A kind of pass. A single ticket is one too, whose window is its screening (c-14)."""

    __tablename__ = "ticket_types"

    key: Mapped[str] = mapped_column(unique=True)
    name: Mapped[dict[str, str]]
    kind: Mapped[str]
    wallet_allowed: Mapped[bool]
    active: Mapped[bool]
    policy: Mapped[dict[str, Any]]
    fields: Mapped[list[Any]]

    windows: Mapped[list["Window"]] = relationship(
        order_by="Window.position", cascade="all, delete-orphan"
    )
    tariffs: Mapped[list[Tariff]] = relationship(
        order_by=Tariff.position, cascade="all, delete-orphan"
    )

    def put_windows(self, wanted: Sequence[WindowInput]) -> None:
        single = self.kind == TicketTypeKind.SINGLE
        if single and wanted:
            raise invalid("windows", "A single ticket has no windows: its screening is its window.")
        if not single and not wanted:
            raise invalid("windows", "Say what the pass covers: at least one window is needed.")
        known = {window.id: window for window in self.windows}
        kept = []
        for position, one in enumerate(wanted):
            if one.window_id is not None and one.window_id not in known:
                raise invalid("windows", "A window that is to be kept is not of this ticket type.")
            check_period("windows", one.starts_at, one.ends_at)
            if one.screening_id and (one.duration_min or one.starts_at or one.ends_at):
                raise invalid("windows", "A window of one screening has no other frame.")
            window = known.pop(one.window_id) if one.window_id else Window(id=uuid4())
            window.position, window.bookings = position, one.bookings
            window.starts_at, window.ends_at = one.starts_at, one.ends_at
            window.duration_min, window.screening_id = one.duration_min, one.screening_id
            kept.append(window)
        self.windows[:] = kept

    def put_rules(self, policy: BookingPolicy, fields: Sequence[AskedField]) -> None:
        opens, closes = policy.opens_before_min, policy.closes_before_min
        if opens is not None and closes is not None and opens <= closes:
            raise invalid("policy", "Booking would close before it opens.")
        if policy.strike_block_min is not None and policy.strikes is None:
            raise invalid("policy", "Say after how many no-shows booking is blocked.")
        seen: set[tuple[str, UUID | None]] = set()
        for one in fields:
            if (one.kind == FieldKind.CHOICE) != bool(one.choices):
                raise invalid("fields", f"“{one.key}”: a choice, and nothing else, has choices.")
            places = {(one.key, place) for place in one.sale_points or (None,)}
            if places & seen:
                raise invalid("fields", f"“{one.key}” is asked twice at the same sale point.")
            seen |= places
        self.policy, self.fields = dump(policy), [dump(one) for one in fields]

    def view(self) -> TicketTypeView:
        return TicketTypeView(
            ticket_type_id=self.id, version=self.version, key=self.key, name=self.name,
            kind=TicketTypeKind(self.kind), wallet_allowed=self.wallet_allowed,
            windows=tuple(window.state() for window in self.windows),
            tariffs=tuple(tariff.state() for tariff in self.tariffs), active=self.active,
            policy=load(BookingPolicy, self.policy, tolerant=True),
            fields=tuple(load(AskedField, one, tolerant=True) for one in self.fields),
        )

    def changed(self) -> TicketTypeChanged:
        return TicketTypeChanged(**vars(self.view()))


class Window(Base):
    """What a pass covers: so many bookings within a frame, a time from the first use, or one
    screening."""

    __tablename__ = "windows"
    __table_args__ = (
        CheckConstraint("bookings > 0", name="bookings_positive"),
        CheckConstraint("ends_at > starts_at", name="ends_after_start"),
        CheckConstraint("duration_min > 0", name="duration_min_positive"),
        CheckConstraint(
            "screening_id IS NULL OR num_nonnulls(duration_min, starts_at, ends_at) = 0",
            name="one_kind",
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    ticket_type_id: Mapped[UUID] = mapped_column(ForeignKey("ticket_types.id"), index=True)
    position: Mapped[int]
    bookings: Mapped[int]
    starts_at: Mapped[datetime | None]
    ends_at: Mapped[datetime | None]
    duration_min: Mapped[int | None]
    screening_id: Mapped[UUID | None] = mapped_column(ForeignKey("screenings.id"))

    def state(self) -> WindowState:
        return WindowState(
            window_id=self.id, bookings=self.bookings, starts_at=self.starts_at,
            ends_at=self.ends_at, duration_min=self.duration_min,
            screening_id=self.screening_id,
        )


def check_tariffs(session: Session, tariffs: Iterable[TariffInput]) -> None:
    """The VAT codes and ticket types that they name exist."""
    tariffs = tuple(tariffs)
    wanted = {one.vat_code for one in tariffs}
    with session.no_autoflush:
        known = set(session.scalars(select(VatCode.key).where(VatCode.key.in_(wanted))))
    for key in sorted(wanted - known):
        raise DomainError(Code.VAT_CODE_UNKNOWN, f"There is no VAT code “{key}”.")
    check_ticket_types(session, {key for one in tariffs for key in one.ticket_types})


def check_ticket_types(session: Session, keys: set[str]) -> None:
    with session.no_autoflush:
        known = set(session.scalars(select(TicketType.key).where(TicketType.key.in_(keys))))
    for key in sorted(keys - known):
        raise DomainError(Code.TICKET_TYPE_NOT_FOUND, f"There is no ticket type “{key}”.")
