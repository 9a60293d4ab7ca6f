"""Value promised to a sale that is not settled yet, or to a terminal that may lose its network."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID, uuid4

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from contracts.errors import Code, DomainError
from contracts.money import Money
from contracts.wallet import HoldState, HoldView
from services.wallet.models.base import Base
from services.wallet.models.wallets import Wallet


class Purpose(StrEnum):
    SALE = "sale"  # captured once
    ALLOWANCE = "allowance"  # captured in parts until it ends


class Hold(Base):
    """`amount` of a wallet, of which `captured` has been taken. Open: the rest is in `held`."""

    __tablename__ = "holds"
    __table_args__ = (
        CheckConstraint("amount > 0", name="amount_positive"),
        CheckConstraint("captured BETWEEN 0 AND amount", name="captured_within_amount"),
        Index("ix_holds_open", "expires_at", postgresql_where=text("state = 'open'")),
        Index("ix_holds_wallet_id", "wallet_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    wallet_id: Mapped[UUID] = mapped_column(ForeignKey("wallets.id"))
    purpose: Mapped[str]
    state: Mapped[str]
    amount: Mapped[int]
    captured: Mapped[int]
    label: Mapped[str]
    sale_point_id: Mapped[UUID | None]
    actor_id: Mapped[str]
    actor_name: Mapped[str]
    placed_at: Mapped[datetime]
    expires_at: Mapped[datetime]

    @classmethod
    def place(
        cls, wallet: Wallet, at: datetime, cents: int, expires_at: datetime, purpose: Purpose,
        label: str, sale_point_id: UUID | None, actor_id: str, actor_name: str,
    ) -> "Hold":
        wallet.hold(at, cents)
        return cls(
            id=uuid4(), wallet_id=wallet.id, purpose=purpose, state=HoldState.OPEN, amount=cents,
            captured=0, label=label, sale_point_id=sale_point_id, actor_id=actor_id,
            actor_name=actor_name, placed_at=at, expires_at=expires_at,
        )

    @property
    def left(self) -> int:
        return self.amount - self.captured if self.state == HoldState.OPEN else 0

    def capture(self, wallet: Wallet, at: datetime, cents: int) -> None:
        """OPEN → CAPTURED for a sale, the rest being free again; an allowance stays open. The
        debit follows."""
        self.check_open(at)
        if cents > self.left:
            raise DomainError(
                Code.HOLD_STATE, f"Only {Money(self.left)} was held: less can be taken, not more."
            )
        if self.purpose == Purpose.SALE:
            wallet.release(self.left)
            self.state = HoldState.CAPTURED
        else:
            wallet.release(cents)
        self.captured += cents

    def void(self, wallet: Wallet, at: datetime) -> None:
        """OPEN → VOID"""
        self.check_open(at)
        wallet.release(self.left)
        self.state = HoldState.VOID

    def expire(self, wallet: Wallet) -> None:
        """OPEN → EXPIRED"""
        wallet.release(self.left)
        self.state = HoldState.EXPIRED

    def check_open(self, at: datetime) -> None:
        if self.state != HoldState.OPEN or at >= self.expires_at:
            raise DomainError(Code.HOLD_STATE, "This hold has been settled or has ended already.")

    def view(self, wallet: Wallet, at: datetime) -> HoldView:
        def money(cents: int) -> Money:
            return Money(cents, wallet.currency)

        return HoldView(
            hold_id=self.id, wallet_id=wallet.id, state=HoldState(self.state),
            amount=money(self.amount), captured=money(self.captured), expires_at=self.expires_at,
            available=money(wallet.available(at)),
        )
