"""The VAT report: what was supplied in a period, by code and rate."""

from sqlalchemy import func, select

from contracts.accounting import GetVatReport, SaleKind, VatReport, VatRow
from contracts.money import Money
from services.accounting.models import Sale, SaleLine, Screening
from services.accounting.queries.scope import snapshot, within
from services.chassis.unit_of_work import UnitOfWork

NO_SUPPLY = (SaleKind.WALLET_LOAD, SaleKind.ROUNDING)


def get_vat_report(uow: UnitOfWork, query: GetVatReport) -> VatReport:
    snapshot(uow)
    supplied_at = func.coalesce(Screening.starts_at, Sale.sold_at)
    found = uow.session.execute(
        select(
            SaleLine.vat_code, SaleLine.vat_rate_bp, func.sum(SaleLine.gross),
            func.sum(SaleLine.vat),
        )
        .join(Sale, Sale.id == SaleLine.sale_id)
        .outerjoin(Screening, Screening.id == SaleLine.screening_id)
        .where(SaleLine.kind.not_in(NO_SUPPLY),
               *within(supplied_at, query.first_day, query.last_day))
        .group_by(SaleLine.vat_code, SaleLine.vat_rate_bp)
        .order_by(SaleLine.vat_code, SaleLine.vat_rate_bp)
    ).all()
    rows = tuple(
        VatRow(vat_code=code or "", vat_rate_bp=rate, gross=Money(int(gross)), vat=Money(int(vat)),
               net=Money(int(gross) - int(vat)))
        for code, rate, gross, vat in found
    )
    gross, vat = (sum(getattr(row, name).amount for row in rows) for name in ("gross", "vat"))
    return VatReport(rows=rows, gross=Money(gross), vat=Money(vat), net=Money(gross - vat))
