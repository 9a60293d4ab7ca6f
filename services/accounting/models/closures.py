"""Closures of the books: numbered without gaps, chained, signed; and which entries each one took.

An entry belongs to the first closure that found it. So what arrives late, for days that are closed
already, changes no closure and is in the next one (c-6).
"""

import csv
import io
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)
from sqlalchemy import ForeignKey, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from contracts.accounting import ClosureItem, ClosureView
from services.accounting.models.base import Base
from services.accounting.models.closing import digest
from services.accounting.models.journal import JournalEntry, JournalLine

CLOSURES = "closures"
COLUMNS = (
    JournalEntry.id.label("entry_id"), JournalEntry.booked_on, JournalEntry.at,
    JournalEntry.document, JournalEntry.label, JournalEntry.source, JournalEntry.source_id,
    JournalLine.account, JournalLine.amount, JournalLine.vat_code, JournalLine.sale_point_id,
    JournalLine.register_id,
)
CHUNK = 2_000  # lines fetched at a time


class SigningKey(Base):
    """A private key of accounting's own, raw in hex; made by `seed.prepare`."""

    __tablename__ = "signing_keys"

    purpose: Mapped[str] = mapped_column(primary_key=True)
    private_key: Mapped[str]
    created_at: Mapped[datetime]

    @classmethod
    def generate(cls, purpose: str, now: datetime) -> "SigningKey":
        private = Ed25519PrivateKey.generate().private_bytes_raw().hex()
        return cls(purpose=purpose, private_key=private, created_at=now)

    def sign(self, text: str) -> tuple[str, str]:
        """Signature and public key, both in hex."""
        private = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(self.private_key))
        return private.sign(text.encode()).hex(), private.public_key().public_bytes_raw().hex()


class Closure(Base):
    """`content` is frozen; `hash` covers it and, through `previous_hash` in it, all before."""

    __tablename__ = "closures"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    number: Mapped[int] = mapped_column(unique=True)
    last_day: Mapped[date]
    closed_at: Mapped[datetime]
    closed_by: Mapped[str]
    entries: Mapped[int]
    late: Mapped[int]
    content: Mapped[dict[str, Any]]
    previous_hash: Mapped[str | None]
    hash: Mapped[str]
    signature: Mapped[str]
    public_key: Mapped[str]

    def view(self) -> ClosureView:
        return ClosureView(
            closure_id=self.id, number=self.number, last_day=self.last_day,
            closed_at=self.closed_at, closed_by=self.closed_by, entries=self.entries,
            late=self.late, content=self.content, previous_hash=self.previous_hash,
            hash=self.hash, signature=self.signature, public_key=self.public_key,
        )

    def item(self) -> ClosureItem:
        return ClosureItem(
            closure_id=self.id, number=self.number, last_day=self.last_day,
            closed_at=self.closed_at, closed_by=self.closed_by, entries=self.entries,
            late=self.late, hash=self.hash,
        )

    def is_genuine(self) -> bool:
        """Its hash is of its content, and signed."""
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(self.public_key))
        try:
            key.verify(bytes.fromhex(self.signature), self.hash.encode())
        except InvalidSignature:
            return False
        return self.hash == digest(self.content)


class ClosedEntry(Base):
    __tablename__ = "closed_entries"

    entry_id: Mapped[UUID] = mapped_column(ForeignKey("journal_entries.id"), primary_key=True)
    number: Mapped[int] = mapped_column(
        ForeignKey("closures.number", deferrable=True, initially="DEFERRED"), index=True
    )


def all_closures(session: Session) -> list[Closure]:
    """Oldest first."""
    return list(session.scalars(select(Closure).order_by(Closure.number)))


def broken_closures(session: Session) -> Iterator[str]:
    """Verify the chain: a sentence for each closure that does not hold."""
    head = None
    for number, closure in enumerate(all_closures(session), start=1):
        if closure.number != number:
            yield f"Closure {number} is missing."
            return
        if (closure.previous_hash, closure.content["previous_hash"]) != (head, head):
            yield f"Closure {number} does not follow the one before."
        elif not closure.is_genuine():
            yield f"Closure {number} was altered."
        head = closure.hash


def journal_csv(session: Session, number: int) -> Iterator[bytes]:
    """The lines that a closure took, always the same bytes: what its journal hash covers."""
    rows = session.execute(
        select(*COLUMNS).join(JournalLine, JournalLine.entry_id == JournalEntry.id)
        .join(ClosedEntry, ClosedEntry.entry_id == JournalEntry.id)
        .where(ClosedEntry.number == number)
        .order_by(JournalEntry.at, JournalEntry.id, JournalLine.id),
        execution_options={"yield_per": CHUNK},
    )
    yield _csv([tuple(rows.keys())])
    for part in rows.partitions():
        yield _csv([
            tuple(value.isoformat() if isinstance(value, date) else value for value in row)
            for row in part
        ])


def _csv(rows: list[tuple[Any, ...]]) -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue().encode()
