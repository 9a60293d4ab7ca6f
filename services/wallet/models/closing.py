"""What becomes of balances after the festival: claims, refunds in runs, and breakage."""

from datetime import date, datetime
from uuid import UUID, uuid4

from sqlalchemy import CheckConstraint, ForeignKey, Index, func, select, text, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from contracts.errors import Code, DomainError
from contracts.money import Money
from contracts.wallet import (
    BreakageView,
    RefundRunView,
    RefundState,
    RefundView,
    RunState,
)
from services.wallet.models.base import Base


class RefundClaim(Base):
    """Where the money of a wallet goes; `payee` is the same for all wallets of one holder."""

    __tablename__ = "refund_claims"

    wallet_id: Mapped[UUID] = mapped_column(ForeignKey("wallets.id"), primary_key=True)
    payee: Mapped[str] = mapped_column(index=True)
    name: Mapped[str]
    iban: Mapped[str]
    claimed_at: Mapped[datetime]
    claimed_by: Mapped[str]


class RefundRun(Base):
    """One bank file: COLLECTING what is owed, a batch at a time, until READY."""

    __tablename__ = "refund_runs"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    state: Mapped[str]
    debtor_name: Mapped[str]
    debtor_iban: Mapped[str]
    execute_on: Mapped[date]
    created_at: Mapped[datetime]
    created_by: Mapped[str]

    def ready(self, session: Session) -> None:
        """COLLECTING → READY; with it every PAYABLE refund is SENT, in this run."""
        session.execute(
            update(Refund).where(Refund.state == RefundState.PAYABLE)
            .values(state=RefundState.SENT, run_id=self.id, failure=None))
        self.state = RunState.READY

    def view(self, session: Session) -> RefundRunView:
        count, amount, paid = session.execute(select(
            func.count(), func.coalesce(func.sum(Refund.amount), 0),
            func.coalesce(func.sum(Refund.amount).filter(Refund.state == RefundState.PAID), 0),
        ).where(Refund.run_id == self.id)).one()
        return RefundRunView(
            run_id=self.id, state=RunState(self.state), created_at=self.created_at,
            execute_on=self.execute_on, refunds=count, amount=Money(int(amount)),
            paid=Money(int(paid)),
        )

    def check_ready(self) -> None:
        if self.state != RunState.READY:
            raise DomainError(Code.REFUND_RUN_STATE, "This run is still being collected.")


class Refund(Base):
    """What one holder gets. PAYABLE grows and waits for a run (one such row per holder at most),
    SENT is in its file, PAID for ever."""

    __tablename__ = "refunds"
    __table_args__ = (
        CheckConstraint("amount > 0", name="amount_positive"),
        CheckConstraint("(state = 'payable') = (run_id IS NULL)", name="sent_in_a_run"),
        Index("ix_refunds_payable", "payee", unique=True,
              postgresql_where=text("state = 'payable'")),
        Index("ix_refunds_run_id", "run_id", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    payee: Mapped[str]
    state: Mapped[str]
    name: Mapped[str]
    iban: Mapped[str]
    amount: Mapped[int]
    run_id: Mapped[UUID | None] = mapped_column(ForeignKey("refund_runs.id"))
    failure: Mapped[str | None]

    @classmethod
    def payable(cls, claim: RefundClaim) -> "Refund":
        return cls(id=uuid4(), payee=claim.payee, state=RefundState.PAYABLE, name=claim.name,
                   iban=claim.iban, amount=0)

    def add(self, cents: int) -> None:
        self.amount += cents

    def pay(self) -> bool:
        """SENT → PAID; False when it is paid already."""
        if self.state == RefundState.PAID:
            return False
        self._check_sent()
        self.state = RefundState.PAID
        return True

    def fail(self, reason: str) -> None:
        """SENT → PAYABLE"""
        self._check_sent()
        self.state, self.run_id, self.failure = RefundState.PAYABLE, None, reason

    def _check_sent(self) -> None:
        if self.state != RefundState.SENT:
            raise DomainError(Code.REFUND_RUN_STATE, "This refund is not on its way to the bank.")

    def view(self) -> RefundView:
        return RefundView(
            refund_id=self.id, state=RefundState(self.state), name=self.name, iban=self.iban,
            amount=Money(self.amount), run_id=self.run_id, failure=self.failure,
        )


class RefundPart(Base):
    """What of a refund comes from which wallet."""

    __tablename__ = "refund_parts"
    __table_args__ = (CheckConstraint("amount > 0", name="amount_positive"),)

    movement_id: Mapped[UUID] = mapped_column(
        ForeignKey("movements.id", deferrable=True, initially="DEFERRED"), primary_key=True)
    refund_id: Mapped[UUID] = mapped_column(ForeignKey("refunds.id"), index=True)
    wallet_id: Mapped[UUID] = mapped_column(ForeignKey("wallets.id"))
    amount: Mapped[int]


class Breakage(Base):
    """A decision that what is left is owed no longer; carried out a batch at a time."""

    __tablename__ = "breakages"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    state: Mapped[str]
    reason: Mapped[str]
    decided_at: Mapped[datetime]
    decided_by: Mapped[str]
    wallets: Mapped[int]
    amount: Mapped[int]

    def take(self, cents: int) -> None:
        self.wallets += 1
        self.amount += cents

    def ready(self) -> None:
        """COLLECTING → READY"""
        self.state = RunState.READY

    def view(self) -> BreakageView:
        return BreakageView(
            decision_id=self.id, state=RunState(self.state), decided_at=self.decided_at,
            decided_by=self.decided_by, reason=self.reason, wallets=self.wallets,
            amount=Money(self.amount),
        )


def find_refund_run(session: Session, run_id: UUID, lock: bool = False) -> RefundRun:
    run = session.get(RefundRun, run_id, with_for_update=lock or None)
    if run is None:
        raise DomainError(Code.REFUND_RUN_NOT_FOUND, "There is no such refund run.")
    return run
