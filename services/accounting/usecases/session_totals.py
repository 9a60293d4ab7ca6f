"""Adding sales to their sessions' totals and their registers' drawers, as they arrive."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import select

from contracts.accounting import RegisterSessionState
from contracts.message import dump
from contracts.ticketing import LineKind, OrderPaid, PaymentMethod
from services.accounting.models import (
    CashRegister,
    DrawerKind,
    DrawerMovement,
    RegisterSession,
    SessionCounter,
    ZReport,
)
from services.accounting.models.closing import LateEntry, digest, late_entries
from services.accounting.models.rows import insert_rows
from services.accounting.models.sessions import Counted
from services.accounting.usecases.sessions import seal_if_complete
from services.chassis.unit_of_work import UnitOfWork

TURNOVER = (LineKind.SCREENING, LineKind.PASS)  # loads and rounding are none
SUMMED = ("count", "amount", "vat")


def add_to_sessions(
    uow: UnitOfWork, sessions: dict[UUID, RegisterSession], registers: dict[UUID, CashRegister],
    events: list[OrderPaid], orders: bool = True,
) -> None:
    """Sessions and registers must be locked. A sealed session's totals stay, its drawer does
    not. Not `orders` are refunds: their amounts are negative, and they have no receipt."""
    sums: dict[tuple[Any, ...], dict[str, Any]] = {}
    moves, late = [], []
    for event in events:
        if event.register_session_id is None:
            continue
        session = sessions[event.register_session_id]
        moves += _into_drawer(registers[session.register_id], session, event)
        if session.state == RegisterSessionState.CLOSED:
            late.append(event)
        else:
            if orders:
                session.add_order(event.receipt_number)
            _count(sums, session.id, event)
    insert_rows(uow.session, DrawerMovement, moves)
    _chain_late_entries(uow, late)
    insert_rows(uow.session, SessionCounter, list(sums.values()), add_up=SUMMED)
    for session in sessions.values():
        seal_if_complete(uow, session)


def _chain_late_entries(uow: UnitOfWork, events: list[OrderPaid]) -> None:
    """After the Z report of their sessions, in the order of arrival."""
    for event in events:
        report = uow.session.scalars(
            select(ZReport).where(ZReport.register_session_id == event.register_session_id)
        ).one()
        before = late_entries(uow.session, report)
        content = {
            "z_number": report.number, "number": len(before) + 1,
            "order_number": event.order_number, "paid_at": dump(event.paid_at),
            "cashier": event.cashier_name,
            "tenders": {item.method.value: item.amount.amount for item in event.payments},
            "previous_hash": before[-1].hash if before else report.hash,
        }
        uow.session.add(LateEntry(
            id=event.order_id, z_report_id=report.id, number=len(before) + 1,
            booked_at=uow.now, content=content, hash=digest(content),
        ))
        uow.session.flush()


def _into_drawer(
    register: CashRegister, session: RegisterSession, event: OrderPaid
) -> Iterator[dict[str, Any]]:
    cash = sum(
        payment.amount.amount for payment in event.payments
        if payment.method is PaymentMethod.CASH
    )
    if cash:
        yield {"id": uuid5(event.order_id, DrawerKind.SALE_CASH), "comment": ""} | (
            register.next_movement(
                DrawerKind.SALE_CASH, cash, register_session_id=session.id,
                source_id=event.order_id, at=event.paid_at,
                actor_id=event.cashier_id or session.cashier_id,
                actor_name=event.cashier_name or session.cashier_name,
            )
        )


def _count(
    sums: dict[tuple[Any, ...], dict[str, Any]], session_id: UUID, event: OrderPaid
) -> None:
    for share in _shares(event):
        kept = sums.setdefault((session_id, share["dimension"], share["key"]), share)
        if kept is share:
            share["register_session_id"] = session_id
        else:
            for name in SUMMED:
                kept[name] += share[name]


def _shares(event: OrderPaid) -> Iterator[dict[str, Any]]:
    """What one order adds to which counter."""
    for payment in event.payments:
        yield {
            "dimension": Counted.TENDER, "key": payment.method, "label": "", "rate_bp": 0,
            "count": 1, "amount": payment.amount.amount, "vat": 0,
        }
    for line in event.lines:
        share = {
            "dimension": line.kind, "label": line.label, "rate_bp": 0,
            "key": f"{line.tariff or ''} {line.screening_id or ''}".strip() or line.label,
            "count": line.quantity, "amount": line.gross.amount, "vat": line.vat.amount,
        }
        if line.kind in TURNOVER:
            code, rate = line.vat_code or "", line.vat_rate_bp
            yield share | {
                "dimension": Counted.VAT, "key": f"{code} {rate}", "label": code, "rate_bp": rate,
            }
        yield share
