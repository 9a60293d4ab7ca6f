"""The rules of the edition: every version is a row, the newest is in force."""

from datetime import datetime
from typing import Any

from sqlalchemy import Identity, Select, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from contracts.errors import Code, DomainError
from contracts.message import dump
from contracts.money import Money
from contracts.wallet import RulesView
from services.wallet.models.base import Base


class Rules(Base):
    """Amounts in centimes; None is no limit. The first row comes with the migration."""

    __tablename__ = "rules"

    number: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    max_balance: Mapped[int | None]
    max_debit: Mapped[int | None]
    velocity_count: Mapped[int | None]
    velocity_amount: Mapped[int | None]
    velocity_seconds: Mapped[int]
    pin_above: Mapped[int | None]
    frozen_at: Mapped[datetime | None]
    refundable_until: Mapped[datetime | None]
    reason: Mapped[str]
    changed_at: Mapped[datetime]
    changed_by: Mapped[str]

    def changed(self, **values: Any) -> "Rules":
        """The next version: as this one, but for `values`."""
        kept = {
            column.key: getattr(self, column.key) for column in Rules.__table__.columns
            if column.key != "number"
        }
        return Rules(**kept | values)

    def frozen(self, at: datetime) -> bool:
        return self.frozen_at is not None and self.frozen_at <= at

    def check_open(self, at: datetime) -> None:
        if self.frozen(at):
            raise DomainError(
                Code.WALLETS_FROZEN, "The festival is over: wallets are only paid back now."
            )

    def check_frozen(self, at: datetime) -> None:
        if not self.frozen(at):
            raise DomainError(
                Code.WALLETS_NOT_FROZEN, "Freeze the wallets first: they can still be spent."
            )

    def check_amount(self, cents: int) -> None:
        if self.max_debit is not None and cents > self.max_debit:
            raise _limit("max_debit", self.max_debit, "One debit may take at most {}.")

    def check_balance(self, cents: int) -> None:
        if self.max_balance is not None and cents > self.max_balance:
            raise _limit("max_balance", self.max_balance, "A wallet may hold at most {}.")

    def check_velocity(self, debits: int, cents: int) -> None:
        """`debits` of `cents` together, within `velocity_seconds`."""
        if self.velocity_count is not None and debits > self.velocity_count:
            raise DomainError(
                Code.WALLET_LIMIT, "Too many debits of this wallet in a short time.",
                {"limit": "velocity_count", "at": self.velocity_count},
            )
        if self.velocity_amount is not None and cents > self.velocity_amount:
            raise _limit("velocity_amount", self.velocity_amount,
                         "In such a short time a wallet may spend at most {}.")

    def view(self) -> RulesView:
        return RulesView(
            version=self.number, changed_at=self.changed_at, changed_by=self.changed_by,
            velocity_seconds=self.velocity_seconds, max_balance=_money(self.max_balance),
            max_debit=_money(self.max_debit), velocity_count=self.velocity_count,
            velocity_amount=_money(self.velocity_amount), pin_above=_money(self.pin_above),
            frozen_at=self.frozen_at, refundable_until=self.refundable_until,
        )


NEWEST = select(func.max(Rules.number)).scalar_subquery()


def rules_in_force(session: Session) -> Rules:
    statement: Select[tuple[Rules]] = select(Rules).where(Rules.number == NEWEST)
    return session.scalars(statement).one()


def _limit(name: str, cents: int, sentence: str) -> DomainError:
    return DomainError(
        Code.WALLET_LIMIT, sentence.format(Money(cents)), {"limit": name, "at": dump(Money(cents))}
    )


def _money(cents: int | None) -> Money | None:
    return None if cents is None else Money(cents)
