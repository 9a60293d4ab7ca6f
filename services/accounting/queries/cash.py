"""The cash statement: past sessions with what was sold, by whom, and how it was paid.

It reads the frozen Z reports, so it says for ever what was signed; not the number of sales but
that of the sessions decides how long it takes.
"""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Select, select, tuple_

from contracts.accounting import (
    CashierSum,
    CashSession,
    CashStatement,
    GetCashStatement,
    SaleKind,
    SoldBy,
    SoldLine,
)
from contracts.money import Money
from contracts.roles import Role
from contracts.ticketing import PaymentMethod
from services.accounting.models import RegisterSession, ZReport
from services.accounting.queries.scope import cursor_after, seen, snapshot, within
from services.chassis.unit_of_work import UnitOfWork


def get_cash_statement(uow: UnitOfWork, query: GetCashStatement) -> CashStatement:
    snapshot(uow)
    rows = _matching(uow, query)
    page = rows.order_by(ZReport.sealed_at.desc(), ZReport.id.desc()).limit(query.limit + 1)
    if query.cursor is not None:
        page = page.where(tuple_(ZReport.sealed_at, ZReport.id) < seen(query.cursor)[:2])
    found = [_session(report, session) for report, session in uow.session.execute(page)]
    items = tuple(found[: query.limit])
    sums: dict[str, Any] = {}
    if query.cursor is None:
        every = [_session(report, session) for report, session in uow.session.execute(rows)]
        sums = {"by_cashier": _by_cashier(every), "by_tender": _by_tender(every)}
    last = items[-1] if len(found) > query.limit else None
    return CashStatement(
        items=items, **sums,
        next_cursor=cursor_after(last.closed_at, last.z_report_id) if last else None,
    )


def _matching(uow: UnitOfWork, query: GetCashStatement) -> Select[Any]:
    rows = select(ZReport, RegisterSession).join(
        RegisterSession, RegisterSession.id == ZReport.register_session_id
    ).where(*within(ZReport.sealed_at, query.first_day, query.last_day))
    if query.register_id is not None:
        rows = rows.where(ZReport.register_id == query.register_id)
    if query.cashier_id is not None:
        rows = rows.where(RegisterSession.cashier_id == query.cashier_id)
    if not uow.actor.may(Role.ACCOUNTING):
        rows = rows.where(RegisterSession.cashier_id == uow.actor.id)
    return rows


def _session(report: ZReport, session: RegisterSession) -> CashSession:
    content = report.content
    return CashSession(
        register_session_id=session.id, z_report_id=report.id, z_number=report.number,
        register=content["register"], sale_point=content["sale_point"],
        cashier_id=session.cashier_id, cashier=session.cashier_name, opened_at=session.opened_at,
        closed_at=report.sealed_at, counted=content["counted"], orders=content["sales_count"],
        gross=Money(content["gross"]),
        tenders=tuple(_tender(item) for item in content["tenders"]),
        lines=tuple(
            SoldLine(kind=SaleKind(line["kind"]), label=line["label"], quantity=line["quantity"],
                     gross=Money(line["gross"]), vat=Money(line["vat"]))
            for line in content["lines"]
        ),
    )


def _tender(item: dict[str, Any]) -> SoldBy:
    counted = item["counted"]
    return SoldBy(
        tender=PaymentMethod(item["tender"]), payments=item["payments"], sold=Money(item["sold"]),
        counted=None if counted is None else Money(counted),
        difference=None if counted is None else Money(item["difference"]),
    )


def _difference(tenders: Iterable[SoldBy]) -> int:
    return sum(item.difference.amount for item in tenders if item.difference is not None)


def _by_cashier(sessions: list[CashSession]) -> tuple[CashierSum, ...]:
    names = {session.cashier_id: session.cashier for session in sessions}
    own = {id: [item for item in sessions if item.cashier_id == id] for id in names}
    return tuple(
        CashierSum(
            cashier_id=id, cashier=name, sessions=len(own[id]),
            orders=sum(item.orders for item in own[id]),
            gross=Money(sum(item.gross.amount for item in own[id])),
            difference=Money(sum(_difference(item.tenders) for item in own[id])),
        )
        for id, name in sorted(names.items(), key=lambda pair: (pair[1], pair[0]))
    )


def _by_tender(sessions: list[CashSession]) -> tuple[SoldBy, ...]:
    found = [item for session in sessions for item in session.tenders]
    return tuple(
        SoldBy(
            tender=tender, payments=sum(item.payments for item in same),
            sold=Money(sum(item.sold.amount for item in same)),
            difference=Money(_difference(same)),
        )
        for tender in PaymentMethod
        if (same := [item for item in found if item.tender is tender])
    )
