"""Debits made without a network, and the terms under which they were."""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from contracts.money import Money
from contracts.wallet import MovementView, OfflineLossView, OfflineTermsView, SettledView
from services.wallet.models.base import Base
from services.wallet.models.keys import SigningKey


class OfflineTerms(Base):
    """Caps, in centimes, within which a terminal may debit wallets it cannot ask about."""

    __tablename__ = "offline_terms"
    __table_args__ = (
        CheckConstraint("per_debit > 0 AND per_wallet > 0 AND per_outage > 0 AND per_terminal > 0",
                        name="caps_positive"),
        Index("ix_offline_terms_terminal_id", "terminal_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    terminal_id: Mapped[UUID] = mapped_column(ForeignKey("terminals.id"))
    per_debit: Mapped[int]
    per_wallet: Mapped[int]
    per_outage: Mapped[int]
    per_terminal: Mapped[int]
    granted_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    authorised_id: Mapped[str]
    authorised_by: Mapped[str]

    def signed(self, key: SigningKey) -> OfflineTermsView:
        """What the terminal is told, and may show."""
        signed = key.sign({
            "sub": str(self.terminal_id), "jti": str(self.id), "kind": "terms",
            "per_debit": self.per_debit, "per_wallet": self.per_wallet,
            "per_outage": self.per_outage, "per_terminal": self.per_terminal,
            "authorised_by": self.authorised_by,
        }, self.expires_at)
        return OfflineTermsView(
            terms_id=self.id, terminal_id=self.terminal_id, per_debit=Money(self.per_debit),
            per_wallet=Money(self.per_wallet), per_outage=Money(self.per_outage),
            per_terminal=Money(self.per_terminal), expires_at=self.expires_at,
            authorised_by=self.authorised_by, signed=signed,
        )


class SettledDebit(Base):
    """One offline debit as it was settled: `taken` from the wallet, `lost` beyond it."""

    __tablename__ = "offline_debits"
    __table_args__ = (
        CheckConstraint("taken + lost = amount", name="whole"),
        Index("ix_offline_debits_terms_id", "terms_id"),
        Index("ix_offline_debits_lost", "settled_at", postgresql_where=text("lost > 0")),
    )

    terminal_id: Mapped[UUID] = mapped_column(ForeignKey("terminals.id"), primary_key=True)
    sequence: Mapped[int] = mapped_column(primary_key=True)
    wallet_id: Mapped[UUID] = mapped_column(ForeignKey("wallets.id"))
    hold_id: Mapped[UUID | None] = mapped_column(ForeignKey("holds.id"))
    terms_id: Mapped[UUID | None] = mapped_column(ForeignKey("offline_terms.id"))
    amount: Mapped[int]
    taken: Mapped[int]
    lost: Mapped[int]
    within_caps: Mapped[bool]
    authorised_by: Mapped[str]
    movement_id: Mapped[UUID] = mapped_column(
        ForeignKey("movements.id", deferrable=True, initially="DEFERRED"), unique=True)
    made_at: Mapped[datetime]
    settled_at: Mapped[datetime]
    signed: Mapped[str]

    def view(self, movement: MovementView) -> SettledView:
        return SettledView(
            sequence=self.sequence, wallet_id=self.wallet_id, amount=Money(self.amount),
            taken=Money(self.taken), lost=Money(self.lost), within_caps=self.within_caps,
            authorised_by=self.authorised_by, movement=movement,
        )

    def loss_view(self) -> OfflineLossView:
        return OfflineLossView(
            movement_id=self.movement_id, wallet_id=self.wallet_id, terminal_id=self.terminal_id,
            sequence=self.sequence, at=self.made_at, amount=Money(self.amount),
            lost=Money(self.lost), within_caps=self.within_caps, authorised_by=self.authorised_by,
        )
