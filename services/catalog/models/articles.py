"""Articles with their variants and stock, and vouchers."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import CheckConstraint, ForeignKey, Identity
from sqlalchemy.orm import Mapped, mapped_column, relationship

from contracts.catalog import (
    ArticleView,
    StockView,
    VariantInput,
    VariantState,
    VoucherKind,
    VoucherTerms,
    VoucherView,
)
from contracts.errors import Code, DomainError
from contracts.message import dump, load
from contracts.money import CURRENCY
from services.catalog.models.base import Base, Versioned, check_period, invalid
from services.catalog.models.tariffs import Tariff, put_tariffs


class Article(Versioned, Base):
    """Something a bar or shop sells. `tracked`: its stock is counted."""

    __tablename__ = "articles"

    key: Mapped[str] = mapped_column(unique=True)
    name: Mapped[dict[str, str]]
    tracked: Mapped[bool]
    active: Mapped[bool]

    variants: Mapped[list["ArticleVariant"]] = relationship(
        order_by="ArticleVariant.position", cascade="all, delete-orphan"
    )

    def put_variants(self, wanted: Sequence[VariantInput]) -> None:
        """Exactly these; a variant keeps its id when it is given, or where its name was."""
        by_id = {variant.id: variant for variant in self.variants}
        by_name = {variant.name: variant for variant in self.variants}
        kept: list[ArticleVariant] = []
        for position, one in enumerate(wanted):
            known = by_id.get(one.variant_id) if one.variant_id else by_name.get(one.name)
            if one.variant_id and not known:
                raise invalid("variants", f"“{one.name}” has an id that is not of this article.")
            variant = known or ArticleVariant(id=uuid4(), tariffs=[])
            if variant in kept or one.name in {other.name for other in kept}:
                raise invalid("variants", f"The variant “{one.name}” is there twice.")
            variant.position, variant.name, variant.gtin = position, one.name, one.gtin
            put_tariffs(variant.tariffs, one.tariffs)
            kept.append(variant)
        self.variants[:] = kept

    def view(self) -> ArticleView:
        return ArticleView(
            article_id=self.id, version=self.version, key=self.key, name=self.name,
            variants=tuple(variant.state() for variant in self.variants),
            tracked=self.tracked, active=self.active,
        )


class ArticleVariant(Base):
    __tablename__ = "article_variants"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    article_id: Mapped[UUID] = mapped_column(ForeignKey("articles.id"), index=True)
    position: Mapped[int]
    name: Mapped[str]
    gtin: Mapped[str | None] = mapped_column(unique=True)

    tariffs: Mapped[list[Tariff]] = relationship(
        order_by=Tariff.position, cascade="all, delete-orphan"
    )

    def state(self) -> VariantState:
        return VariantState(
            variant_id=self.id, name=self.name, gtin=self.gtin,
            tariffs=tuple(tariff.state() for tariff in self.tariffs),
        )


class Stock(Base):
    """How many of a variant a sale point has; never less than nothing."""

    __tablename__ = "stocks"
    __table_args__ = (CheckConstraint("quantity >= 0", name="quantity_not_negative"),)

    variant_id: Mapped[UUID] = mapped_column(ForeignKey("article_variants.id"), primary_key=True)
    sale_point_id: Mapped[UUID] = mapped_column(primary_key=True)
    quantity: Mapped[int]

    def move(self, change: int) -> None:
        if self.quantity + change < 0:
            raise DomainError(
                Code.STOCK_TOO_LOW, f"There are {self.quantity} left, not {-change}.",
                {"quantity": self.quantity},
            )
        self.quantity += change

    def view(self) -> StockView:
        return StockView(
            variant_id=self.variant_id, sale_point_id=self.sale_point_id, quantity=self.quantity
        )


class StockMove(Base):
    """Why a stock is what it is; only added to."""

    __tablename__ = "stock_moves"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    variant_id: Mapped[UUID] = mapped_column(index=True)
    sale_point_id: Mapped[UUID]
    change: Mapped[int]
    reason: Mapped[str]
    by: Mapped[str]
    at: Mapped[datetime]


class Voucher(Versioned, Base):
    """What a code is good for."""

    __tablename__ = "vouchers"

    key: Mapped[str] = mapped_column(unique=True)
    name: Mapped[dict[str, str]]
    terms: Mapped[dict[str, Any]]
    active: Mapped[bool]

    def put(self, terms: VoucherTerms) -> None:
        check_period("terms", terms.valid_from, terms.valid_until)
        if (terms.kind == VoucherKind.AMOUNT) != (terms.amount is not None):
            raise invalid("terms", "A voucher over an amount, and no other, says how much.")
        if (terms.kind == VoucherKind.PERCENT) != (terms.percent is not None):
            raise invalid("terms", "A voucher over a percentage, and no other, says how much.")
        for money in (terms.amount, terms.budget):
            if money is None:
                continue
            if money.currency != CURRENCY:
                raise DomainError(Code.CURRENCY_MISMATCH, f"Vouchers are in {CURRENCY}.")
            if money.amount <= 0:
                raise invalid("terms", "Amounts of a voucher are more than nothing.")
        self.terms = dump(terms)

    def view(self) -> VoucherView:
        return VoucherView(
            voucher_id=self.id, version=self.version, key=self.key, name=self.name,
            terms=load(VoucherTerms, self.terms, tolerant=True), active=self.active,
        )
