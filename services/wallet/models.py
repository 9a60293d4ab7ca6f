"""Stored value as rows: wallets, their movements, and the postings of each movement.

Signs follow the ledger of the festival: what is owed to a holder is positive. The database checks
again what the models refuse: no negative balance, Σ postings of a movement = 0, movements and
postings are never updated or deleted (migrations/versions/0001).
"""

import hashlib
import json
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, UniqueConstraint, select, text
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship

from contracts import ticket_code
from contracts.errors import Code, DomainError
from contracts.message import dump, load
from contracts.money import CURRENCY, Money
from contracts.wallet import ArticleLine, MovementKind, MovementView, WalletState, WalletView
from services.chassis.tables import COLUMN_TYPES, service_metadata
from services.chassis.unit_of_work import UnitOfWork, to_json

GENESIS = "0" * 64

HOLDER_PAID = "holder:paid"
HOLDER_GIFTED = "holder:gifted"
GIFTS = "gifts"
SALES = "sales"
ORDER_PAYMENTS = "clearing:payments"


class Base(DeclarativeBase):
    metadata = service_metadata()
    type_annotation_map = COLUMN_TYPES


class Wallet(Base):
    """The value stored on one ticket. `paid` and `gifted` are kept apart: gifted is spent first,
    only paid can be paid out. `head` is the hash of the newest movement, `movements` its number."""

    __tablename__ = "wallets"
    __table_args__ = (
        CheckConstraint("paid >= 0", name="paid_not_negative"),
        CheckConstraint("gifted >= 0", name="gifted_not_negative"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    ticket_id: Mapped[UUID] = mapped_column(unique=True)
    code: Mapped[str] = mapped_column(unique=True)
    holder_id: Mapped[str | None]
    currency: Mapped[str] = mapped_column(default=CURRENCY)
    state: Mapped[str] = mapped_column(default=WalletState.ACTIVE)
    paid: Mapped[int] = mapped_column(default=0)
    gifted: Mapped[int] = mapped_column(default=0)
    movements: Mapped[int] = mapped_column(default=0)
    head: Mapped[str] = mapped_column(default=GENESIS)
    opened_at: Mapped[datetime]

    @classmethod
    def open(
        cls, ticket_id: UUID, code: str, opened_at: datetime, holder_id: str | None = None
    ) -> "Wallet":
        return cls(
            id=uuid4(), ticket_id=ticket_id, code=code, holder_id=holder_id, opened_at=opened_at,
            currency=CURRENCY, state=WalletState.ACTIVE, paid=0, gifted=0, movements=0,
            head=GENESIS,
        )

    @property
    def balance(self) -> int:
        return self.paid + self.gifted

    def load(self, at: datetime, amount: Money, method: str, **details: Any) -> "Movement":
        """Paid money in; the other side is what was received by `method`."""
        cents = self._positive(amount)
        return self._move(
            MovementKind.LOAD, at, cents, 0, f"clearing:{method}", method=method, **details
        )

    def gift(self, at: datetime, amount: Money, **details: Any) -> "Movement":
        """Gifted credit in, at the festival's expense."""
        cents = self._positive(amount)
        return self._move(MovementKind.GIFT, at, 0, cents, GIFTS, **details)

    def debit(self, at: datetime, amount: Money, **details: Any) -> "Movement":
        """Gifted credit first, then paid. Refused when blocked or when the balance is too low."""
        cents = self._positive(amount)
        if self.state != WalletState.ACTIVE:
            raise DomainError(Code.WALLET_BLOCKED, "This wallet is blocked.")
        if cents > self.balance:
            raise DomainError(
                Code.INSUFFICIENT_FUNDS,
                f"Not enough on the wallet: {Money(self.balance, self.currency)} left.",
                {"balance": dump(Money(self.balance, self.currency))},
            )
        gifted = min(cents, self.gifted)
        other = ORDER_PAYMENTS if details.get("order_id") else SALES
        return self._move(MovementKind.DEBIT, at, -(cents - gifted), -gifted, other, **details)

    def reverse(self, at: datetime, debit: "Movement", **details: Any) -> "Movement":
        """Give a debit back, once (the database keeps `reverses` unique), in the same parts."""
        if debit.kind != MovementKind.DEBIT or debit.order_id is not None:
            raise DomainError(
                Code.MOVEMENT_NOT_REVERSIBLE, "Only a debit made outside an order can be reversed."
            )
        return self._move(
            MovementKind.REVERSAL, at, -debit.paid, -debit.gifted, SALES,
            reverses=debit.id, sale_point_id=debit.sale_point_id, lines=debit.lines, **details,
        )

    def view(self) -> WalletView:
        return WalletView(
            wallet_id=self.id, ticket_id=self.ticket_id, code=self.code,
            state=WalletState(self.state), balance=Money(self.balance, self.currency),
            paid=Money(self.paid, self.currency), gifted=Money(self.gifted, self.currency),
        )

    def block(self) -> None:
        if self.state != WalletState.ACTIVE:
            raise DomainError(Code.WALLET_BLOCKED, "This wallet is blocked already.")
        self.state = WalletState.BLOCKED

    def _positive(self, amount: Money) -> int:
        if amount.currency != self.currency:
            raise DomainError(Code.CURRENCY_MISMATCH, f"This wallet is kept in {self.currency}.")
        if amount.amount <= 0:
            raise DomainError(
                Code.VALIDATION_FAILED, "The amount must be more than zero.",
                {"amount": ["Must be more than zero."]},
            )
        return amount.amount

    def _move(
        self, kind: MovementKind, at: datetime, paid: int, gifted: int, other: str, **details: Any
    ) -> "Movement":
        """One balanced, chained movement; `other` is the account on the other side."""
        self.paid += paid
        self.gifted += gifted
        self.movements += 1
        movement = Movement(
            id=uuid4(), wallet_id=self.id, number=self.movements, kind=kind, at=at,
            paid=paid, gifted=gifted, balance=self.balance, previous=self.head, **details,
        )
        movement.hash = self.head = movement.digest()
        sides = {HOLDER_PAID: paid, HOLDER_GIFTED: gifted, other: -(paid + gifted)}
        movement.postings = [
            Posting(account=account, amount=amount) for account, amount in sides.items() if amount
        ]
        return movement


class Movement(Base):
    """One fact. `paid` and `gifted` are signed changes, `balance` what was left after it."""

    __tablename__ = "movements"
    __table_args__ = (
        UniqueConstraint("wallet_id", "number"),
        CheckConstraint("balance >= 0", name="balance_not_negative"),
        Index("ix_movements_load_line", "order_id", "line_id", unique=True,
              postgresql_where=text("line_id IS NOT NULL")),
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
    reverses: Mapped[UUID | None] = mapped_column(ForeignKey("movements.id"), unique=True)
    actor_id: Mapped[str]
    actor_name: Mapped[str]
    previous: Mapped[str]
    hash: Mapped[str]

    postings: Mapped[list["Posting"]] = relationship(order_by="Posting.id")

    @property
    def amount(self) -> int:
        """As the holder sees it: a debit is negative."""
        return self.paid + self.gifted

    def digest(self) -> str:
        """SHA-256 over the previous hash and everything this movement says."""
        said = [
            self.previous, dump(self.wallet_id), self.number, str(self.kind), dump(self.at),
            self.paid, self.gifted, self.balance, self.method, self.label or "", self.lines or [],
            *map(dump, (self.order_id, self.line_id, self.payment_id, self.sale_point_id,
                        self.reverses)),
            self.actor_id,
        ]
        return hashlib.sha256(json.dumps(said, separators=(",", ":")).encode()).hexdigest()

    def view(self, currency: str) -> MovementView:
        return MovementView(
            movement_id=self.id, wallet_id=self.wallet_id, number=self.number,
            kind=MovementKind(self.kind), amount=Money(self.amount, currency),
            paid=Money(self.paid, currency), gifted=Money(self.gifted, currency),
            balance=Money(self.balance, currency), at=self.at, label=self.label or "",
            lines=tuple(load(ArticleLine, line) for line in self.lines or ()),
            order_id=self.order_id, sale_point_id=self.sale_point_id, reverses=self.reverses,
            hash=self.hash,
        )


class Posting(Base):
    """One side of a movement: an account and a signed amount in centimes."""

    __tablename__ = "postings"
    __table_args__ = (CheckConstraint("amount <> 0", name="amount_not_zero"),)

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    movement_id: Mapped[UUID] = mapped_column(ForeignKey("movements.id"), index=True)
    account: Mapped[str] = mapped_column(index=True)
    amount: Mapped[int]


class VerifyingKey(Base):
    """A public key published by another service: ticket codes (`ticket`), tokens (`token`)."""

    __tablename__ = "verifying_keys"

    purpose: Mapped[str] = mapped_column(primary_key=True)
    key_id: Mapped[str] = mapped_column(primary_key=True)
    public_key: Mapped[str]


RECORD = """
    WITH changed AS (
        UPDATE wallets SET paid = %(left_paid)s, gifted = %(left_gifted)s,
                           movements = %(number)s, head = %(hash)s
        WHERE id = %(wallet_id)s
    ), said AS (
        INSERT INTO movements (
            id, wallet_id, number, kind, at, paid, gifted, balance, method, label, lines, order_id,
            line_id, payment_id, sale_point_id, reverses, actor_id, actor_name, previous, hash
        ) VALUES (
            %(id)s, %(wallet_id)s, %(number)s, %(kind)s, %(at)s, %(paid)s, %(gifted)s, %(balance)s,
            %(method)s, %(label)s, %(lines)s, %(order_id)s, %(line_id)s, %(payment_id)s,
            %(sale_point_id)s, %(reverses)s, %(actor_id)s, %(actor_name)s, %(previous)s, %(hash)s
        )
    )
    INSERT INTO postings (movement_id, account, amount)
    SELECT %(id)s, account, amount
    FROM unnest(%(accounts)s::text[], %(amounts)s::bigint[]) AS side (account, amount)
"""


def record(uow: UnitOfWork, wallet: Wallet, movement: Movement) -> None:
    """Write a movement, its postings and its wallet's new state: one statement, with the commit,
    where the session would send four."""
    uow.session.expunge(wallet)
    row = {column: getattr(movement, column) for column in Movement.__table__.columns.keys()}
    uow.write(RECORD, row | {
        "left_paid": wallet.paid, "left_gifted": wallet.gifted,
        "kind": str(movement.kind), "label": movement.label or "",
        "lines": to_json(movement.lines or []),
        "accounts": [posting.account for posting in movement.postings],
        "amounts": [posting.amount for posting in movement.postings],
    })


def find_wallet(session: Session, code: str, lock: bool = False) -> Wallet:
    """By the code of its ticket: as typed, or the whole text scanned from the QR code."""
    statement = select(Wallet).where(Wallet.code == _plain_code(session, code))
    wallet = session.scalar(statement.with_for_update() if lock else statement)
    if wallet is None:
        raise DomainError(Code.WALLET_NOT_FOUND, "No wallet has this code.")
    return wallet


def _plain_code(session: Session, code: str) -> str:
    if len(code) < ticket_code.TEXT_LENGTH:
        return ticket_code.normalise(code)
    try:
        return ticket_code.read(code, _TICKET_KEYS).code
    except DomainError as refusal:
        if refusal.code is not Code.TICKET_CODE_UNKNOWN_KEY:
            raise
    rows = session.scalars(select(VerifyingKey).where(VerifyingKey.purpose == "ticket"))
    _TICKET_KEYS.update({
        int(row.key_id): Ed25519PublicKey.from_public_bytes(bytes.fromhex(row.public_key))
        for row in rows
    })
    return ticket_code.read(code, _TICKET_KEYS).code


_TICKET_KEYS: dict[int, Ed25519PublicKey] = {}  # a published key never changes: read once
