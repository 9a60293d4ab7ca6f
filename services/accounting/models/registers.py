"""Cash registers and what moves in their drawers."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from contracts.accounting import (
    FloatOperationType,
    FloatOperationView,
    RegisterSessionState,
    RegisterView,
)
from contracts.errors import Code, DomainError
from contracts.money import CURRENCY, Money
from contracts.roles import Role
from services.accounting.models.base import Base
from services.chassis.unit_of_work import UnitOfWork


class DrawerKind(StrEnum):
    """Every way in which a drawer's content changes."""

    CREDIT = "credit"
    DEBIT = "debit"
    CREDIT_ERROR = "credit_error"
    DEBIT_ERROR = "debit_error"
    PICKUP = "pickup"
    SUPPLY = "supply"
    TRANSFER_OUT = "transfer_out"
    TRANSFER_IN = "transfer_in"
    SALE_CASH = "sale_cash"
    OPENING_DIFFERENCE = "opening_difference"
    CLOSING_DIFFERENCE = "closing_difference"


BY_HAND = text("kind <> 'sale_cash'")
FLOAT_KINDS = frozenset(FloatOperationType) | {
    DrawerKind.PICKUP, DrawerKind.SUPPLY, DrawerKind.TRANSFER_OUT, DrawerKind.TRANSFER_IN,
}
SIGN = {
    FloatOperationType.CREDIT: 1, FloatOperationType.DEBIT: -1,
    FloatOperationType.CREDIT_ERROR: -1, FloatOperationType.DEBIT_ERROR: 1,
}
CORRECTS = {
    FloatOperationType.CREDIT_ERROR: FloatOperationType.CREDIT,
    FloatOperationType.DEBIT_ERROR: FloatOperationType.DEBIT,
}


class CashRegister(Base):
    """A drawer at a sale point. `balance` is Σ of its movements. `z_number`, `z_head` and
    `grand_total` belong to the newest Z report: the row's lock makes the numbers gap-free."""

    __tablename__ = "cash_registers"
    __table_args__ = (UniqueConstraint("sale_point_id", "name"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    sale_point_id: Mapped[UUID] = mapped_column(ForeignKey("sale_points.id"))
    name: Mapped[str]
    currency: Mapped[str] = mapped_column(default=CURRENCY)
    tolerance: Mapped[int] = mapped_column(default=0)
    balance: Mapped[int] = mapped_column(default=0)
    movements: Mapped[int] = mapped_column(default=0)
    z_number: Mapped[int] = mapped_column(default=0)
    z_head: Mapped[str | None]
    grand_total: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]

    def move(
        self, uow: UnitOfWork, kind: DrawerKind, signed: int, **details: Any
    ) -> "DrawerMovement":
        """Money in (+) or out (-) of the drawer. The register must be locked."""
        by = {"at": uow.now, "actor_id": uow.actor.id, "actor_name": uow.actor.name}
        movement = DrawerMovement(id=uuid4(), **self.next_movement(kind, signed, **by | details))
        uow.session.add(movement)
        return movement

    def next_movement(self, kind: DrawerKind, signed: int, **details: Any) -> dict[str, Any]:
        """The same as a row still to be written, for many at a time."""
        self.balance += signed
        self.movements += 1
        return {
            "register_id": self.id, "number": self.movements, "kind": kind,
            "amount": abs(signed), "signed": signed, "balance": self.balance, **details,
        }

    def move_by_hand(
        self, uow: UnitOfWork, kind: DrawerKind, sign: int, amount: Money, confirm_negative: bool,
        **details: Any,
    ) -> "DrawerMovement":
        """Refused when the drawer would hold less than nothing, unless an admin confirms it."""
        signed = sign * positive(amount, self.currency)
        confirmed = confirm_negative and uow.actor.may(Role.ADMIN)
        if signed < 0 and self.balance + signed < 0 and not confirmed:
            raise DomainError(
                Code.DRAWER_NEGATIVE,
                f"There is only {Money(self.balance, self.currency)} in this drawer.",
                {"confirm_negative": ["An admin may confirm a drawer below zero."]},
            )
        return self.move(uow, kind, signed, **details)

    def seal(self, number: int, hash: str, turnover: int) -> None:
        """The newest Z report is `number`; the grand total is never reset."""
        self.z_number = number
        self.z_head = hash
        self.grand_total += turnover

    def view(
        self, sale_point: str, session_id: UUID | None = None,
        session_state: RegisterSessionState | None = None, hidden: bool = False,
    ) -> RegisterView:
        shown = self.movements and not hidden
        return RegisterView(
            register_id=self.id, name=self.name, sale_point_id=self.sale_point_id,
            sale_point=sale_point, tolerance=Money(self.tolerance, self.currency),
            operations=self.movements,
            balance=Money(self.balance, self.currency) if shown else None,
            session_id=session_id, session_state=session_state, z_number=self.z_number,
        )


class DrawerMovement(Base):
    """One fact of a drawer. `amount` is positive, `signed` what it did, `balance` what was left.

    `source_id`: the sale, or the session, that moved it; None for float operations.
    """

    __tablename__ = "drawer_movements"
    __table_args__ = (
        UniqueConstraint("register_id", "number"),
        UniqueConstraint("source_id", "kind"),
        CheckConstraint("amount > 0 AND abs(signed) = amount", name="amount_positive"),
        CheckConstraint("(corrects IS NOT NULL) = (kind IN ('credit_error', 'debit_error'))",
                        name="errors_correct"),
        Index("ix_drawer_movements_session", "register_session_id", postgresql_where=BY_HAND),
        Index("ix_drawer_movements_history", "register_id", "number", postgresql_where=BY_HAND),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    register_id: Mapped[UUID] = mapped_column(ForeignKey("cash_registers.id"))
    number: Mapped[int]
    kind: Mapped[str]
    amount: Mapped[int]
    signed: Mapped[int]
    balance: Mapped[int]
    comment: Mapped[str] = mapped_column(default="")
    at: Mapped[datetime]
    actor_id: Mapped[str]
    actor_name: Mapped[str]
    register_session_id: Mapped[UUID | None] = mapped_column(ForeignKey("register_sessions.id"))
    corrects: Mapped[UUID | None] = mapped_column(ForeignKey("drawer_movements.id"), index=True)
    source_id: Mapped[UUID | None]

    def view(self, currency: str) -> FloatOperationView:
        return FloatOperationView(
            operation_id=self.id, register_id=self.register_id, type=self.kind,
            amount=Money(self.amount, currency), signed=Money(self.signed, currency),
            balance=Money(self.balance, currency), comment=self.comment or "", at=self.at,
            by=self.actor_name, corrects=self.corrects,
        )


def find_register(session: Session, register_id: UUID, lock: bool = False) -> CashRegister:
    register = session.get(CashRegister, register_id, with_for_update=lock or None)
    if register is None:
        raise DomainError(Code.REGISTER_NOT_FOUND, "There is no such register.")
    return register


def lock_registers(session: Session, ids: set[UUID]) -> dict[UUID, CashRegister]:
    """Of sessions that are locked, in the order of their ids."""
    return {register.id: register for register in session.scalars(
        select(CashRegister).where(CashRegister.id.in_(ids)).order_by(CashRegister.id)
        .with_for_update()
    )} if ids else {}


def positive(amount: Money, currency: str = CURRENCY) -> int:
    """In centimes."""
    if amount.currency != currency:
        raise DomainError(Code.CURRENCY_MISMATCH, f"This is kept in {currency}.")
    if amount.amount <= 0:
        raise DomainError(
            Code.VALIDATION_FAILED, "The amount must be more than zero: its type says the sign.",
            {"amount": ["Must be more than zero."]},
        )
    return amount.amount
