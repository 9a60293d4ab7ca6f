"""The ledger: movements of wallets, and the postings of each."""

import hashlib
import json
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from contracts.errors import Code, DomainError
from contracts.message import dump, load
from contracts.money import Money
from contracts.wallet import ArticleLine, MovementKind, MovementView, Receipt
from services.wallet.models.base import Base


class Movement(Base):
    """One fact. `paid` and `gifted` are signed changes, `balance` what was left after it; `gifts`
    are the changes of each lot (gifts.py), `lost` what an offline debit took beyond the balance."""

    __tablename__ = "movements"
    __table_args__ = (
        UniqueConstraint("wallet_id", "number"),
        CheckConstraint("balance >= 0", name="balance_not_negative"),
        Index("ix_movements_load_line", "order_id", "line_id", unique=True,
              postgresql_where=text("line_id IS NOT NULL")),
        Index("ix_movements_reverses", "reverses", postgresql_where=text("reverses IS NOT NULL")),
        Index("ix_movements_at", "at", postgresql_using="brin"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    wallet_id: Mapped[UUID] = mapped_column(ForeignKey("wallets.id"))
    number: Mapped[int]
    kind: Mapped[str]
    at: Mapped[datetime]
    paid: Mapped[int]
    gifted: Mapped[int]
    balance: Mapped[int]
    method: Mapped[str | None]
    label: Mapped[str] = mapped_column(default="")
    lines: Mapped[list[Any]] = mapped_column(default=list)
    order_id: Mapped[UUID | None]
    line_id: Mapped[UUID | None]
    payment_id: Mapped[UUID | None] = mapped_column(unique=True)
    sale_point_id: Mapped[UUID | None]
    reverses: Mapped[UUID | None] = mapped_column(ForeignKey("movements.id"))
    actor_id: Mapped[str]
    actor_name: Mapped[str]
    previous: Mapped[str]
    hash: Mapped[str]
    gifts: Mapped[list[Any] | None]
    hold_id: Mapped[UUID | None]
    lost: Mapped[int | None]

    postings: Mapped[list["Posting"]] = relationship(order_by="Posting.id")

    @property
    def amount(self) -> int:
        """As the holder sees it: a debit is negative."""
        return self.paid + self.gifted

    @property
    def units(self) -> list[dict[str, Any]]:
        """What can be reversed: the articles, or the whole as one."""
        if self.lines:
            return list(self.lines)
        price = Money(-self.amount)
        return [dump(ArticleLine(label=self.label or "Bar", quantity=1, unit_price=price))]

    def digest(self) -> str:
        """SHA-256 over the previous hash and everything this movement says. What came later to
        the ledger is said only where there is any, so that older hashes stay right."""
        said = [
            self.previous, dump(self.wallet_id), self.number, str(self.kind), dump(self.at),
            self.paid, self.gifted, self.balance, self.method, self.label or "", self.lines or [],
            *map(dump, (self.order_id, self.line_id, self.payment_id, self.sale_point_id,
                        self.reverses)),
            self.actor_id,
        ]
        later = {"gifts": self.gifts, "hold": dump(self.hold_id), "lost": self.lost}
        said += [[name, value] for name, value in later.items() if value]
        return hashlib.sha256(
            json.dumps(said, separators=(",", ":"), sort_keys=True).encode()
        ).hexdigest()

    def check_reversible(self) -> None:
        if self.kind != MovementKind.DEBIT or self.order_id is not None or self.lost:
            raise DomainError(
                Code.MOVEMENT_NOT_REVERSIBLE,
                "Only a debit made outside an order, and covered, can be reversed.",
            )

    def view(self, currency: str, **more: Any) -> MovementView:
        return MovementView(
            movement_id=self.id, wallet_id=self.wallet_id, number=self.number,
            kind=MovementKind(self.kind), amount=Money(self.amount, currency),
            paid=Money(self.paid, currency), gifted=Money(self.gifted, currency),
            balance=Money(self.balance, currency), at=self.at, label=self.label or "",
            lines=tuple(load(ArticleLine, line) for line in self.lines or ()),
            order_id=self.order_id, sale_point_id=self.sale_point_id, reverses=self.reverses,
            hold_id=self.hold_id, lost=Money(self.lost, currency) if self.lost else None,
            hash=self.hash, **more,
        )

    def receipt(self, code: str, currency: str) -> Receipt:
        return Receipt(
            number=f"{code[-4:]}-{self.number}", at=self.at, seller=self.actor_name,
            total=Money(-self.amount + (self.lost or 0), currency),
            lines=tuple(load(ArticleLine, line) for line in self.lines or ()),
            sale_point_id=self.sale_point_id,
        )


class Posting(Base):
    """One side of a movement: an account and a signed amount in centimes."""

    __tablename__ = "postings"
    __table_args__ = (CheckConstraint("amount <> 0", name="amount_not_zero"),)

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    movement_id: Mapped[UUID] = mapped_column(ForeignKey("movements.id"), index=True)
    account: Mapped[str]
    amount: Mapped[int]


class ReversedLine(Base):
    """How much of a debit's line has been given back: never more than there was (CHECK)."""

    __tablename__ = "reversed_lines"
    __table_args__ = (
        CheckConstraint("quantity BETWEEN 1 AND sold", name="quantity_within_sold"),
    )

    debit_id: Mapped[UUID] = mapped_column(ForeignKey("movements.id"), primary_key=True)
    line: Mapped[int] = mapped_column(primary_key=True)
    sold: Mapped[int]
    quantity: Mapped[int]
