"""Stored value as rows. What is refused here the database refuses again (migrations).

Signs follow the ledger of the festival: what is owed to a holder is positive.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from contracts.errors import Code, DomainError
from contracts.message import dump
from contracts.money import CURRENCY, Money
from contracts.wallet import GiftLotView, MovementKind, WalletState, WalletView
from services.wallet.models import gifts as lots
from services.wallet.models.base import (
    BREAKAGE,
    GIFTS,
    HOLDER_GIFTED,
    HOLDER_PAID,
    MOVES,
    OFFLINE_LOSSES,
    ORDER_PAYMENTS,
    REFUNDS_PAYABLE,
    Base,
    clearing,
    sales,
)
from services.wallet.models.gifts import Change, Lot
from services.wallet.models.movements import Movement, Posting
from services.wallet.models.rules import Rules

GENESIS = "0" * 64
PIN_ATTEMPTS = 5


class Wallet(Base):
    """The value stored on one ticket. `paid` and `gifted` are kept apart: gifted is spent first,
    only paid can be paid out. `lots` are the parts of `gifted` (gifts.py), `held` what is promised
    to open holds. `head` is the hash of the newest movement, `movements` its number.
    `window_*` counts debits for the velocity limit."""

    __tablename__ = "wallets"
    __table_args__ = (
        CheckConstraint("paid >= 0", name="paid_not_negative"),
        CheckConstraint("gifted >= 0", name="gifted_not_negative"),
        CheckConstraint("held BETWEEN 0 AND paid + gifted", name="held_within_balance"),
        CheckConstraint("lots = '[]' AND gifted = 0 OR gifted = lots_total(lots)",
                        name="lots_are_gifted"),
        Index("ix_wallets_gifts_end_at", "gifts_end_at",
              postgresql_where=text("gifts_end_at IS NOT NULL")),
        Index("ix_wallets_holder_id", "holder_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    ticket_id: Mapped[UUID] = mapped_column(unique=True)
    code: Mapped[str] = mapped_column(unique=True)
    holder_id: Mapped[str | None]
    first_name: Mapped[str | None]
    currency: Mapped[str] = mapped_column(default=CURRENCY)
    state: Mapped[str] = mapped_column(default=WalletState.ACTIVE)
    paid: Mapped[int] = mapped_column(default=0)
    gifted: Mapped[int] = mapped_column(default=0)
    lots: Mapped[list[Any]] = mapped_column(default=list)
    gifts_end_at: Mapped[datetime | None]
    held: Mapped[int] = mapped_column(default=0)
    movements: Mapped[int] = mapped_column(default=0)
    head: Mapped[str] = mapped_column(default=GENESIS)
    window_from: Mapped[datetime | None]
    window_count: Mapped[int] = mapped_column(default=0)
    window_amount: Mapped[int] = mapped_column(default=0)
    pin_hash: Mapped[str | None]
    pin_failures: Mapped[int] = mapped_column(default=0)
    opened_at: Mapped[datetime]

    @classmethod
    def open(
        cls, ticket_id: UUID, code: str, opened_at: datetime, holder_id: str | None = None,
        holder_name: str | None = None,
    ) -> "Wallet":
        """Of the holder's name only the first part is kept: it is for a barman's thank-you."""
        names = (holder_name or "").split()
        return cls(
            id=uuid4(), ticket_id=ticket_id, code=code, holder_id=holder_id,
            first_name=names[0] if names else None, opened_at=opened_at, currency=CURRENCY,
            state=WalletState.ACTIVE, paid=0, gifted=0, lots=[], held=0, movements=0,
            head=GENESIS, window_count=0, window_amount=0, pin_failures=0,
        )

    @property
    def balance(self) -> int:
        return self.paid + self.gifted

    def available(self, at: datetime) -> int:
        """What can be spent: gifts past their date cannot, nor what is held."""
        return max(self.paid + lots.left(lots.alive(self.lots, at)) - self.held, 0)

    # -------------------------------------------------------------- money in

    def load(self, at: datetime, amount: Money, method: str, **details: Any) -> Movement:
        """Paid money in; the other side is what was received by `method`."""
        cents = self.positive(amount)
        return self._move(
            MovementKind.LOAD, at, cents, (), clearing(method), method=method, **details
        )

    def gift(
        self, at: datetime, amount: Money, expires_at: datetime | None = None, **details: Any
    ) -> Movement:
        """Gifted credit in, as a lot of its own, at the festival's expense."""
        cents = self.positive(amount)
        if expires_at is not None and expires_at <= at:
            raise DomainError(
                Code.VALIDATION_FAILED, "This gift would have ended already.",
                {"expires_at": ["Must be in the future."]},
            )
        given = [lots.given(cents, expires_at)]
        return self._move(MovementKind.GIFT, at, 0, given, GIFTS, **details)

    # -------------------------------------------------------------- money spent

    def check_spend(self, rules: Rules, at: datetime, cents: int) -> None:
        """Everything that speaks against spending; counts for velocity when nothing does."""
        rules.check_open(at)
        self.check_active()
        rules.check_amount(cents)
        self.check_funds(at, cents)
        since, count, amount = self.window_from, self.window_count, self.window_amount
        if since is None or at >= since + timedelta(seconds=rules.velocity_seconds):
            since, count, amount = at, 0, 0
        rules.check_velocity(count + 1, amount + cents)
        self.window_from, self.window_count, self.window_amount = since, count + 1, amount + cents

    def check_funds(self, at: datetime, cents: int) -> None:
        left = self.available(at)
        if cents > left:
            raise DomainError(
                Code.INSUFFICIENT_FUNDS,
                f"Not enough on the wallet: {Money(left, self.currency)} left.",
                {"balance": dump(Money(left, self.currency))},
            )

    def check_active(self) -> None:
        if self.state != WalletState.ACTIVE:
            raise DomainError(Code.WALLET_BLOCKED, "This wallet is blocked.")

    def debit(
        self, at: datetime, amount: Money, valid_at: datetime | None = None, lost: int = 0,
        **details: Any,
    ) -> Movement:
        """Gifted credit first, then paid. `lost` of the amount is not taken from the wallet; gifts
        count as they were at `valid_at`."""
        cents = self.positive(amount) - lost
        self.check_funds(valid_at or at, cents)
        changes = lots.taken(lots.alive(self.lots, valid_at or at), cents) if self.gifted else []
        paid = cents + sum(change["amount"] for change in changes)
        other = (
            ORDER_PAYMENTS if details.get("order_id") else sales(details.get("sale_point_id"))
        )
        sides = {other: amount.amount, OFFLINE_LOSSES: -lost}
        return self._move(
            MovementKind.DEBIT, at, -paid, changes, sides, lost=lost or None, **details
        )

    def reverse(
        self, at: datetime, debit: Movement, before: Sequence[Movement], cents: int,
        **details: Any,
    ) -> Movement:
        """Give `cents` of a debit back, of which `before` has been given back already: what was
        taken last first, so that the wallet is as if less had been debited."""
        paid_left = -debit.paid - sum(item.paid for item in before)
        paid = min(cents, paid_left)
        changes = lots.returned(
            debit.gifts or [], [change for item in before for change in item.gifts or []],
            cents - paid,
        )
        return self._move(
            MovementKind.REVERSAL, at, paid, changes, sales(debit.sale_point_id),
            reverses=debit.id, sale_point_id=debit.sale_point_id, **details,
        )

    # -------------------------------------------------------------- money held

    def hold(self, at: datetime, cents: int) -> None:
        self.check_funds(at, cents)
        self.held += cents

    def release(self, cents: int) -> None:
        self.held -= cents

    # -------------------------------------------------------------- money out

    def cash_out(
        self, at: datetime, amount: Money | None, method: str, **details: Any
    ) -> Movement:
        """Paid credit back to its holder; gifts never are."""
        self.check_active()
        left = self.refundable
        cents = left if amount is None else self.positive(amount)
        if cents > left or not cents:
            raise DomainError(
                Code.INSUFFICIENT_FUNDS,
                f"{Money(left, self.currency)} can be paid out; gifted credit cannot.",
                {"balance": dump(Money(left, self.currency))},
            )
        return self._move(
            MovementKind.CASH_OUT, at, -cents, (), clearing(method), method=method, **details
        )

    @property
    def refundable(self) -> int:
        return min(self.paid, self.balance - self.held)

    def move_to(
        self, other: "Wallet", at: datetime, **details: Any
    ) -> tuple[Movement, Movement]:
        """Everything follows its holder to another ticket, lots as they are; this one is empty."""
        other.check_active()
        if self.held:
            raise DomainError(
                Code.WALLET_HAS_HOLDS, "An amount is still held on this wallet: settle it first."
            )
        if not self.balance:
            raise DomainError(Code.INSUFFICIENT_FUNDS, "There is nothing on this wallet to move.")
        paid, changes = self.paid, lots.taken(self.lots, self.gifted)
        arriving = [change | {"amount": -change["amount"]} for change in changes]
        return (
            self._move(MovementKind.MOVE_OUT, at, -paid, changes, MOVES, **details),
            other._move(MovementKind.MOVE_IN, at, paid, arriving, MOVES, **details),
        )

    def expire(self, at: datetime, **details: Any) -> Movement | None:
        """Gifts past their date go back to the festival; what is held of them stays so long."""
        ended = [lot for lot in self.lots if lots.end_of(lot) <= at]
        cents = min(lots.left(ended), self.balance - self.held)
        if cents <= 0:
            return None
        changes = lots.taken(ended, cents)
        return self._move(MovementKind.EXPIRY, at, 0, changes, GIFTS, **details)

    def refund(self, at: datetime, **details: Any) -> Movement:
        """All paid credit becomes a debt to the holder's bank account."""
        return self._move(
            MovementKind.REFUND, at, -self.refundable, (), REFUNDS_PAYABLE, **details
        )

    def payout(self, at: datetime, cents: int, **details: Any) -> Movement:
        """That debt was paid by the bank: the wallet's balance does not change."""
        sides = {REFUNDS_PAYABLE: -cents, clearing("bank"): cents}
        return self._move(MovementKind.PAYOUT, at, 0, (), sides, **details)

    def forfeit(self, at: datetime, **details: Any) -> Movement:
        """What nobody claims is the festival's, by a decision; gifts end with it."""
        paid = self.refundable
        changes = lots.taken(self.lots, min(self.gifted, self.balance - self.held - paid))
        gifted = -sum(change["amount"] for change in changes)
        return self._move(
            MovementKind.BREAKAGE, at, -paid, changes, {BREAKAGE: paid, GIFTS: gifted}, **details
        )

    # -------------------------------------------------------------- the wallet itself

    def block(self) -> None:
        if self.state != WalletState.ACTIVE:
            raise DomainError(Code.WALLET_BLOCKED, "This wallet is blocked already.")
        self.state = WalletState.BLOCKED

    def set_pin(self, pin_hash: str | None) -> None:
        self.pin_hash, self.pin_failures = pin_hash, 0

    def pin_failed(self) -> None:
        self.pin_failures += 1

    def pin_right(self) -> None:
        self.pin_failures = 0

    @property
    def pin_blocked(self) -> bool:
        return self.pin_failures >= PIN_ATTEMPTS

    def view(self, at: datetime, rules: Rules, first_name: bool = False) -> WalletView:
        def money(cents: int) -> Money:
            return Money(cents, self.currency)

        return WalletView(
            wallet_id=self.id, ticket_id=self.ticket_id, code=self.code,
            state=WalletState(self.state), balance=money(self.balance), paid=money(self.paid),
            gifted=money(self.gifted), held=money(self.held), available=money(self.available(at)),
            gifts=tuple(_lot_view(lot) for lot in self.lots), pin_set=self.pin_hash is not None,
            first_name=self.first_name if first_name else None,
            refundable_until=rules.refundable_until,
        )

    def positive(self, amount: Money) -> int:
        """In centimes."""
        if amount.currency != self.currency:
            raise DomainError(Code.CURRENCY_MISMATCH, f"This wallet is kept in {self.currency}.")
        if amount.amount <= 0:
            raise DomainError(
                Code.VALIDATION_FAILED, "The amount must be more than zero.",
                {"amount": ["Must be more than zero."]},
            )
        return amount.amount

    def _move(
        self, kind: MovementKind, at: datetime, paid: int, changes: Sequence[Change],
        other: str | dict[str, int], **details: Any,
    ) -> Movement:
        """One balanced, chained movement; `other` is the account on the other side, or several
        with their amounts."""
        gifted = sum(change["amount"] for change in changes)
        self.paid += paid
        self.gifted += gifted
        if changes:
            self.lots = lots.changed(self.lots, changes)
            ends = [lots.end_of(lot) for lot in self.lots if lot["expires_at"]]
            self.gifts_end_at = min(ends, default=None)
        self.movements += 1
        movement = Movement(
            id=uuid4(), wallet_id=self.id, number=self.movements, kind=kind, at=at, paid=paid,
            gifted=gifted, balance=self.balance, gifts=list(changes) or None, previous=self.head,
            **details,
        )
        movement.hash = self.head = movement.digest()
        sides = other if isinstance(other, dict) else {other: -(paid + gifted)}
        movement.postings = [
            Posting(account=account, amount=amount)
            for account, amount in ({HOLDER_PAID: paid, HOLDER_GIFTED: gifted} | sides).items()
            if amount
        ]
        return movement


def _lot_view(lot: Lot) -> GiftLotView:
    return GiftLotView(
        left=Money(lot["left"]), expires_at=lots.end_of(lot) if lot["expires_at"] else None
    )
