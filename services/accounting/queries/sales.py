"""The sales statement. One query says which lines are in it and what stands in their columns:
the screen pages through it, the files stream it, the sums are summed over it."""

from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select, tuple_

from contracts.accounting import (
    GetSalesStatement,
    SaleRow,
    SalesFilter,
    SalesPage,
    SalesTotals,
    TenderSum,
    VatSum,
)
from contracts.money import Money
from contracts.roles import Role
from contracts.ticketing import PaymentMethod
from services.accounting.models import (
    CashRegister,
    Sale,
    SaleLine,
    SalePayment,
    SalePoint,
    Screening,
    ZReport,
    local,
)
from services.accounting.queries.scope import asked, cursor_after, seen, snapshot, within
from services.chassis.unit_of_work import UnitOfWork

FILTERS = ("first_day", "last_day", "sale_point_id", "register_session_id", "cashier_id",
           "tender", "kind")
ORDER = (Sale.sold_at, Sale.id, SaleLine.number)
MONEY = ("unit_price", "gross", "net", "vat")


def get_sales_statement(uow: UnitOfWork, query: GetSalesStatement) -> SalesPage:
    snapshot(uow)
    rows = sale_rows(uow, query)
    if query.cursor is not None:
        rows = rows.where(tuple_(*ORDER) > seen(query.cursor))
    found = uow.session.execute(rows.limit(query.limit + 1)).mappings().all()
    page = found[: query.limit]
    last = page[-1] if len(found) > query.limit else None
    return SalesPage(
        items=tuple(_view(dict(row)) for row in page), filter=asked(query, FILTERS),
        totals=sales_totals(uow, query) if query.cursor is None else None,
        next_cursor=cursor_after(last["sold_at"], last["sale_id"], last["line_number"])
        if last else None,
    )


def sale_rows(uow: UnitOfWork, filter: SalesFilter) -> Select[Any]:
    """Every column of the statement, oldest first; amounts in centimes."""
    return (
        _matching(uow, filter, select(
            Sale.id.label("sale_id"), SaleLine.number.label("line_number"), Sale.sold_at,
            Sale.business_day, Sale.channel, SaleLine.kind, SaleLine.label, SaleLine.quantity,
            SaleLine.unit_price, SaleLine.gross, (SaleLine.gross - SaleLine.vat).label("net"),
            SaleLine.vat, SaleLine.vat_rate_bp, SaleLine.vat_code, Sale.tenders,
            SaleLine.overbooked, Sale.late, Sale.order_number, Sale.receipt_number,
            SalePoint.name.label("sale_point"), CashRegister.name.label("register"),
            Sale.register_session_id, ZReport.number.label("z_number"),
            Sale.cashier_name.label("cashier"), SaleLine.ticket_ids,
            Screening.title.label("screening"), Screening.starts_at, Screening.venue,
            Screening.room, SaleLine.contingent,
            func.coalesce(SaleLine.tariff_name, SaleLine.tariff).label("tariff"), Sale.refund_of,
        ))
        .outerjoin(SalePoint, SalePoint.id == Sale.sale_point_id)
        .outerjoin(CashRegister, CashRegister.id == Sale.register_id)
        .outerjoin(ZReport, ZReport.register_session_id == Sale.register_session_id)
        .outerjoin(Screening, Screening.id == SaleLine.screening_id)
        .order_by(*ORDER)
    )


def sales_totals(uow: UnitOfWork, filter: SalesFilter) -> SalesTotals:
    sums = (func.count(), func.sum(SaleLine.quantity), func.sum(SaleLine.gross),
            func.sum(SaleLine.vat))
    by_vat = uow.session.execute(
        _matching(uow, filter, select(SaleLine.vat_code, SaleLine.vat_rate_bp, *sums))
        .group_by(SaleLine.vat_code, SaleLine.vat_rate_bp)
        .order_by(SaleLine.vat_code, SaleLine.vat_rate_bp)
    ).all()
    rows, quantity, gross, vat = (int(sum(row[place] for row in by_vat)) for place in range(2, 6))
    return SalesTotals(
        rows=rows, quantity=quantity, gross=Money(gross), net=Money(gross - vat), vat=Money(vat),
        by_vat=tuple(
            VatSum(vat_code=code, vat_rate_bp=rate, gross=Money(int(gross)), vat=Money(int(vat)),
                   net=Money(int(gross - vat)))
            for code, rate, _, _, gross, vat in by_vat
        ),
        by_tender=_by_tender(uow, filter),
    )


def _by_tender(uow: UnitOfWork, filter: SalesFilter) -> tuple[TenderSum, ...]:
    sales = _matching(uow, filter, select(Sale.id)).distinct()
    rows = uow.session.execute(
        select(SalePayment.method, func.sum(SalePayment.amount))
        .where(SalePayment.sale_id.in_(sales)).group_by(SalePayment.method)
        .order_by(SalePayment.method)
    )
    return tuple(
        TenderSum(tender=PaymentMethod(method), amount=Money(int(amount)))
        for method, amount in rows
    )


def _matching(uow: UnitOfWork, filter: SalesFilter, statement: Select[Any]) -> Select[Any]:
    """Lines with their sales; without `accounting` one sees one's own sales only."""
    statement = statement.select_from(SaleLine).join(Sale, Sale.id == SaleLine.sale_id).where(
        *within(Sale.sold_at, filter.first_day, filter.last_day)
    )
    equals = {
        Sale.sale_point_id: filter.sale_point_id,
        Sale.register_session_id: filter.register_session_id,
        Sale.cashier_id: filter.cashier_id,
        SaleLine.kind: filter.kind,
    }
    statement = statement.where(*(
        column == value for column, value in equals.items() if value is not None
    ))
    if filter.tender is not None:
        statement = statement.where(
            select(SalePayment.id)
            .where(SalePayment.sale_id == Sale.id, SalePayment.method == filter.tender).exists()
        )
    if not uow.actor.may(Role.ACCOUNTING):
        statement = statement.where(Sale.cashier_id == uow.actor.id)
    return statement


def _view(row: dict[str, Any]) -> SaleRow:
    sold_at: datetime = row["sold_at"]
    return SaleRow(**row | {name: Money(row[name]) for name in MONEY} | {
        "sold_at_local": local(sold_at).isoformat(),
        "ticket_ids": tuple(row["ticket_ids"]),
    })

