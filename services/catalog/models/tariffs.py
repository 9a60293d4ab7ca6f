"""Prices and what they belong to: tariffs of screenings, grids and ticket types; VAT codes."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID, uuid4

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from contracts.catalog import (
    TariffInput,
    TariffState,
    VatCodeChanged,
    VatCodeView,
    VatRate,
)
from contracts.errors import Code, DomainError
from contracts.message import I18n, dump
from contracts.money import CURRENCY, Money
from services.catalog.models.base import Base, check_period, invalid


class Tariff(Base):
    """A price with its rules, of exactly one screening, price grid, ticket type or variant of an
    article."""

    __tablename__ = "tariffs"
    __table_args__ = (
        UniqueConstraint("screening_id", "key"),
        UniqueConstraint("price_grid_id", "key"),
        UniqueConstraint("ticket_type_id", "key"),
        UniqueConstraint("variant_id", "key"),
        CheckConstraint(
            "num_nonnulls(screening_id, price_grid_id, ticket_type_id, variant_id) = 1",
            name="one_owner",
        ),
        CheckConstraint("price >= 0", name="price_not_negative"),
        CheckConstraint("value >= 0", name="value_not_negative"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    screening_id: Mapped[UUID | None] = mapped_column(ForeignKey("screenings.id"))
    price_grid_id: Mapped[UUID | None] = mapped_column(ForeignKey("price_grids.id"))
    ticket_type_id: Mapped[UUID | None] = mapped_column(ForeignKey("ticket_types.id"))
    variant_id: Mapped[UUID | None] = mapped_column(ForeignKey("article_variants.id"))
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


def _amount(money: Money) -> int:
    if money.currency != CURRENCY:
        raise DomainError(Code.CURRENCY_MISMATCH, f"Prices are in {CURRENCY}.")
    if money.amount < 0:
        raise invalid("price", "A price cannot be negative.")
    return money.amount


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
