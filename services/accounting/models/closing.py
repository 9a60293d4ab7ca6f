"""Readings of a session (X) and sealed, chained closings (Z): one layout for both."""

import hashlib
import json
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from contracts.accounting import (
    LateEntryView,
    RegisterSessionState,
    SaleKind,
    ZReportView,
)
from contracts.message import dump
from contracts.ticketing import PaymentMethod
from services.accounting.models.base import Base
from services.accounting.models.programme import SalePoint
from services.accounting.models.registers import FLOAT_KINDS, CashRegister, DrawerMovement
from services.accounting.models.sessions import Counted, RegisterSession, SessionCounter

COUNTED_TENDERS = (PaymentMethod.CASH, PaymentMethod.CARD)


class ZReport(Base):
    """Sealed and numbered. `content` is what is printed for ever; `hash` covers it, and through
    `previous_hash` in it every Z report of the register before."""

    __tablename__ = "z_reports"
    __table_args__ = (
        UniqueConstraint("register_id", "number"),
        CheckConstraint("number > 0", name="number_positive"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    register_id: Mapped[UUID] = mapped_column(ForeignKey("cash_registers.id"))
    register_session_id: Mapped[UUID] = mapped_column(
        ForeignKey("register_sessions.id"), unique=True
    )
    number: Mapped[int]
    sealed_at: Mapped[datetime]
    content: Mapped[dict[str, Any]]
    previous_hash: Mapped[str | None]
    hash: Mapped[str]

    def view(self, late: list["LateEntry"]) -> ZReportView:
        return ZReportView(
            z_report_id=self.id, register_session_id=self.register_session_id,
            register_id=self.register_id, z_number=self.number, sealed_at=self.sealed_at,
            content=self.content, previous_hash=self.previous_hash, hash=self.hash,
            late_entries=tuple(LateEntryView(
                number=item.number, booked_at=item.booked_at, content=item.content, hash=item.hash,
            ) for item in late),
        )


class LateEntry(Base):
    """A sale, or a refund, that was told after its session's Z report (c-6): numbered per report,
    the first chained to the report itself. `id` is the sale's."""

    __tablename__ = "late_entries"
    __table_args__ = (UniqueConstraint("z_report_id", "number"),)

    id: Mapped[UUID] = mapped_column(ForeignKey("sales.id"), primary_key=True)
    z_report_id: Mapped[UUID] = mapped_column(ForeignKey("z_reports.id"))
    number: Mapped[int]
    booked_at: Mapped[datetime]
    content: Mapped[dict[str, Any]]
    hash: Mapped[str]


def late_entries(session: Session, report: ZReport) -> list[LateEntry]:
    """In their order."""
    return list(session.scalars(
        select(LateEntry).where(LateEntry.z_report_id == report.id).order_by(LateEntry.number)
    ))


def broken_late_entry(session: Session, report: ZReport) -> str | None:
    head = report.hash
    for number, item in enumerate(late_entries(session, report), start=1):
        if (item.number, item.content["previous_hash"]) != (number, head):
            return f"late entry {number} of Z {report.number} does not follow the one before"
        if item.hash != digest(item.content):
            return f"late entry {number} of Z {report.number} was altered"
        head = item.hash
    return None


def digest(content: dict[str, Any]) -> str:
    """SHA-256 of the canonical JSON (keys sorted, no spaces, UTF-8)."""
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()


def counters(session: Session, session_id: UUID) -> list[SessionCounter]:
    return list(session.scalars(
        select(SessionCounter).where(SessionCounter.register_session_id == session_id)
        .order_by(SessionCounter.dimension, SessionCounter.label, SessionCounter.key)
    ))


def disagreement(session: Session, found: RegisterSession) -> str | None:
    """In a sentence what ticketing sold and what is booked; None when they are the same."""
    booked = {
        item.key: [item.amount, item.count]
        for item in counters(session, found.id) if item.dimension == Counted.TENDER
    }
    said = found.said or {"orders": 0, "totals": {}}
    if (said["orders"], said["totals"]) == (found.orders, booked):
        return None
    return (
        f"Ticketing sold {said['orders']} orders ({_sums(said['totals'])}),"
        f" booked are {found.orders} ({_sums(booked)})."
    )


def _sums(totals: dict[str, list[int]]) -> str:
    return ", ".join(f"{tender} {amount}" for tender, (amount, _) in sorted(totals.items())) or "0"


def reading(session: Session, found: RegisterSession, register: CashRegister) -> dict[str, Any]:
    """What stands on an X or Z report. Centimes of `currency`; `expected` cash is the drawer."""
    kept = counters(session, found.id)
    vat = [
        {"code": item.label, "rate_bp": item.rate_bp or None, "gross": item.amount,
         "net": item.amount - item.vat, "vat": item.vat}
        for item in kept if item.dimension == Counted.VAT
    ]
    return {
        "register": register.name,
        "sale_point": session.get_one(SalePoint, register.sale_point_id).name,
        "currency": register.currency,
        "opened_at": dump(found.opened_at), "opened_by": found.cashier_name,
        "closed_at": dump(found.closing_at), "closed_by": found.closing_by,
        "counted": not is_counted(found) or found.counted_cash is not None,
        "counts": found.counts, "reason": found.reason,
        "opening_float": found.opening_float,
        "tenders": [_tender(item, found, register) for item in _tenders(kept)],
        "gross": sum(item["gross"] for item in vat), "net": sum(item["net"] for item in vat),
        "vat": vat,
        "wallet_loads": _of_kind(kept, SaleKind.WALLET_LOAD),
        "rounding": _of_kind(kept, SaleKind.ROUNDING),
        "lines": [
            {"kind": item.dimension, "label": item.label, "key": item.key, "quantity": item.count,
             "gross": item.amount, "vat": item.vat}
            for item in kept if item.dimension not in set(Counted)
        ],
        "float_operations": _float_operations(session, found),
        "sales_count": found.orders,
        "first_receipt": _receipt(found.first_receipt),
        "last_receipt": _receipt(found.last_receipt),
    }


def _tenders(kept: list[SessionCounter]) -> list[SessionCounter]:
    """Cash and card always, the others when something was sold by them."""
    found = {item.key: item for item in kept if item.dimension == Counted.TENDER}
    for tender in COUNTED_TENDERS:
        found.setdefault(tender, SessionCounter(key=tender, count=0, amount=0))
    return [found[tender] for tender in PaymentMethod if tender in found]


def _tender(item: SessionCounter, found: RegisterSession, register: CashRegister) -> dict[str, Any]:
    expected = register.balance if item.key == PaymentMethod.CASH else item.amount
    counted = found.counted(item.key)
    return {
        "tender": str(item.key), "sold": item.amount, "payments": item.count,
        "expected": expected, "counted": counted,
        "difference": 0 if counted is None else counted - expected,
    }


def _of_kind(kept: list[SessionCounter], kind: SaleKind) -> int:
    return sum(item.amount for item in kept if item.dimension == kind)


def _float_operations(session: Session, found: RegisterSession) -> list[dict[str, Any]]:
    rows = session.scalars(
        select(DrawerMovement)
        .where(DrawerMovement.register_session_id == found.id,
               DrawerMovement.kind.in_(FLOAT_KINDS))
        .order_by(DrawerMovement.number)
    )
    return [
        {"at": dump(row.at), "type": row.kind, "amount": row.amount, "by": row.actor_name,
         "comment": row.comment}
        for row in rows
    ]


def _receipt(number: int | None) -> str | None:
    return None if number is None else str(number)


def is_counted(found: RegisterSession) -> bool:
    """The count is committed: what was expected may be shown."""
    return found.state in (RegisterSessionState.CLOSING, RegisterSessionState.CLOSED)
