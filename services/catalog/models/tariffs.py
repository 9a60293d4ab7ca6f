"""Prices and what they belong to: tariffs of screenings, grids and ticket types; VAT codes."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from uuid import UUID, uuid4

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from contracts.catalog import (
    TariffInput,
    TariffState,
    TicketTypeChanged,
    TicketTypeKind,
    TicketTypeView,
    VatCodeChanged,
    VatCodeView,
    VatRate,
    WindowInput,
    WindowState,
)
from contracts.errors import Code, DomainError
from contracts.message import I18n, dump
from contracts.money import CURRENCY, Money
from services.catalog.models.base import Base, Versioned, check_period, invalid


class Tariff(Base):
    """A price with its rules, of exactly one screening, price grid or ticket type."""

    __tablename__ = "tariffs"
    __table_args__ = (
        UniqueConstraint("screening_id", "key"),
        UniqueConstraint("price_grid_id", "key"),
        UniqueConstraint("ticket_type_id", "key"),
        CheckConstraint(
            "num_nonnulls(screening_id, price_grid_id, ticket_type_id) = 1", name="one_owner"
        ),
        CheckConstraint("price >= 0", name="price_not_negative"),
        CheckConstraint("value >= 0", name="value_not_negative"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    screening_id: Mapped[UUID | None] = mapped_column(ForeignKey("screenings.id"))
    price_grid_id: Mapped[UUID | None] = mapped_column(ForeignKey("price_grids.id"))
    ticket_type_id: Mapped[UUID | None] = mapped_column(ForeignKey("ticket_types.id"))
    position: Mapped[int]
    key: Mapped[str]
    name: Mapped[dict[str, str]]
    price: Mapped[int]
    value: Mapped[int]
    currency: Mapped[str]
    vat_code: Mapped[str] = mapped_column(ForeignKey("vat_codes.key"))
    roles: Mapped[list[str]]
    sale_points: Mapped[list[str]]
    ticket_types: Mapped[list[str]]
    valid_from: Mapped[datetime | None]
    valid_until: Mapped[datetime | None]
    tags: Mapped[list[str]]

    def put(self, wanted: TariffInput | TariffState, position: int) -> None:
        check_period("valid_until", wanted.valid_from, wanted.valid_until)
        value = wanted.price if wanted.value is None else wanted.value
        self.position, self.name, self.vat_code = position, wanted.name, wanted.vat_code
        self.price, self.value = _amount(wanted.price), _amount(value)
        self.currency = CURRENCY
        self.roles, self.sale_points = list(wanted.roles), dump(wanted.sale_points)
        self.ticket_types, self.tags = list(wanted.ticket_types), list(wanted.tags)
        self.valid_from, self.valid_until = wanted.valid_from, wanted.valid_until

    def state(self) -> TariffState:
        return TariffState(
            tariff_id=self.id, key=self.key, name=self.name,
            price=Money(self.price, self.currency), value=Money(self.value, self.currency),
            vat_code=self.vat_code, roles=tuple(self.roles),
            sale_points=tuple(map(UUID, self.sale_points)),
            ticket_types=tuple(self.ticket_types), valid_from=self.valid_from,
            valid_until=self.valid_until, tags=tuple(self.tags),
        )


def put_tariffs(
    current: list[Tariff], wanted: Sequence[TariffInput | TariffState]
) -> None:
    """Make `current` exactly `wanted`; a tariff keeps its id where its key was there before."""
    known = {tariff.key: tariff for tariff in current}
    kept: dict[str, Tariff] = {}
    for position, one in enumerate(wanted):
        if one.key in kept:
            raise invalid("tariffs", f"Two tariffs have the key “{one.key}”.")
        kept[one.key] = known.get(one.key) or Tariff(id=uuid4(), key=one.key)
        kept[one.key].put(one, position)
    current[:] = kept.values()


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


def _amount(money: Money) -> int:
    if money.currency != CURRENCY:
        raise DomainError(Code.CURRENCY_MISMATCH, f"Prices are in {CURRENCY}.")
    if money.amount < 0:
        raise invalid("price", "A price cannot be negative.")
    return money.amount


class TicketType(Versioned, Base):
    """A kind of pass. A single ticket is one too, whose window is its screening (c-14)."""

    __tablename__ = "ticket_types"

    key: Mapped[str] = mapped_column(unique=True)
    name: Mapped[dict[str, str]]
    kind: Mapped[str]
    wallet_allowed: Mapped[bool]
    active: Mapped[bool]

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
            window = known.pop(one.window_id) if one.window_id else Window(id=uuid4())
            window.position, window.bookings = position, one.bookings
            window.starts_at, window.ends_at = one.starts_at, one.ends_at
            kept.append(window)
        self.windows[:] = kept

    def view(self) -> TicketTypeView:
        return TicketTypeView(
            ticket_type_id=self.id, version=self.version, key=self.key, name=self.name,
            kind=TicketTypeKind(self.kind), wallet_allowed=self.wallet_allowed,
            windows=tuple(window.state() for window in self.windows),
            tariffs=tuple(tariff.state() for tariff in self.tariffs), active=self.active,
        )

    def changed(self) -> TicketTypeChanged:
        return TicketTypeChanged(**vars(self.view()))


class Window(Base):
    """What a pass covers: so many bookings within a frame."""

    __tablename__ = "windows"
    __table_args__ = (
        CheckConstraint("bookings > 0", name="bookings_positive"),
        CheckConstraint("ends_at > starts_at", name="ends_after_start"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    ticket_type_id: Mapped[UUID] = mapped_column(ForeignKey("ticket_types.id"), index=True)
    position: Mapped[int]
    bookings: Mapped[int]
    starts_at: Mapped[datetime | None]
    ends_at: Mapped[datetime | None]

    def state(self) -> WindowState:
        return WindowState(
            window_id=self.id, bookings=self.bookings, starts_at=self.starts_at,
            ends_at=self.ends_at,
        )


class VatCode(Base):
    """A treatment of supplies. Its rates are dated: the date of supply decides (c-22)."""

    __tablename__ = "vat_codes"

    key: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int]
    label: Mapped[dict[str, str]]

    rates: Mapped[list["DatedRate"]] = relationship(
        order_by="DatedRate.valid_from", cascade="all, delete-orphan"
    )

    def put(self, label: I18n, rates: Sequence[VatRate]) -> None:
        self.label = label
        known = {rate.valid_from: rate for rate in self.rates}
        kept: dict[date, DatedRate] = {}
        for one in sorted(rates, key=lambda rate: rate.valid_from):
            if one.valid_from in kept:
                raise invalid("rates", f"Two rates are valid from {one.valid_from}.")
            kept[one.valid_from] = known.get(one.valid_from) or DatedRate(valid_from=one.valid_from)
            kept[one.valid_from].rate_bp = one.rate_bp
        self.rates[:] = kept.values()

    def view(self) -> VatCodeView:
        return VatCodeView(
            key=self.key, version=self.version, label=self.label,
            rates=tuple(VatRate(valid_from=r.valid_from, rate_bp=r.rate_bp) for r in self.rates),
        )

    def changed(self) -> VatCodeChanged:
        return VatCodeChanged(**vars(self.view()))


class DatedRate(Base):
    """`rate_bp` basis points for supplies from `valid_from` on, until the next row."""

    __tablename__ = "vat_rates"
    __table_args__ = (CheckConstraint("rate_bp BETWEEN 0 AND 10000", name="rate_bp_range"),)

    vat_code: Mapped[str] = mapped_column(ForeignKey("vat_codes.key"), primary_key=True)
    valid_from: Mapped[date] = mapped_column(primary_key=True)
    rate_bp: Mapped[int]
