"""What a bar that is not run on the system is to be paid: as figures, and as a page to print."""

import base64
from html import escape
from zoneinfo import ZoneInfo

from sqlalchemy import text

from contracts.errors import Code, DomainError
from contracts.money import Money, total
from contracts.wallet import (
    GetVendorSettlement,
    GetVendorSettlementDocument,
    SettlementRow,
    VendorSettlement,
    WalletDocument,
)
from services.chassis.settings import Settings
from services.chassis.unit_of_work import UnitOfWork

# A business day turns at 04:00 local.
_ROWS = text("""
    SELECT to_char((at AT TIME ZONE :zone) - INTERVAL '4 hours', 'YYYY-MM-DD') AS day,
           count(*) FILTER (WHERE kind = 'debit') AS debits,
           coalesce(-sum(paid + gifted - coalesce(lost, 0)) FILTER (WHERE kind = 'debit'), 0)
               AS debited,
           count(*) FILTER (WHERE kind = 'reversal') AS reversals,
           coalesce(-sum(paid + gifted) FILTER (WHERE kind = 'reversal'), 0) AS reversed
    FROM movements
    WHERE sale_point_id = :sale_point AND at >= :since AND at < :until
      AND kind IN ('debit', 'reversal') AND order_id IS NULL
    GROUP BY day ORDER BY day
""")


def get_vendor_settlement(
    uow: UnitOfWork, query: GetVendorSettlement | GetVendorSettlementDocument
) -> VendorSettlement:
    """Debits outside orders less what was given back, a row per business day."""
    if query.until <= query.since:
        raise DomainError(Code.PERIOD_INVALID, "The period ends before it begins.")
    rows = tuple(
        SettlementRow(
            day=row.day, debits=row.debits, debited=Money(int(row.debited)),
            reversals=row.reversals, reversed=Money(int(row.reversed)),
            net=Money(int(row.debited + row.reversed)),
        )
        for row in uow.session.execute(_ROWS, {
            "sale_point": query.sale_point_id, "since": query.since, "until": query.until,
            "zone": _settings().time_zone,
        })
    )
    return VendorSettlement(
        sale_point_id=query.sale_point_id, since=query.since, until=query.until, rows=rows,
        debits=sum(row.debits for row in rows), debited=total(row.debited for row in rows),
        reversals=sum(row.reversals for row in rows),
        reversed=total(row.reversed for row in rows), net=total(row.net for row in rows),
    )


def get_vendor_settlement_document(
    uow: UnitOfWork, query: GetVendorSettlementDocument
) -> WalletDocument:
    page = _page(get_vendor_settlement(uow, query))
    return WalletDocument(
        content_type="text/html", filename=f"settlement-{query.sale_point_id}.html",
        content=base64.b64encode(page.encode()).decode(),
    )


def _settings() -> Settings:
    return Settings.from_env("wallet")


def _page(settled: VendorSettlement) -> str:
    zone = ZoneInfo(_settings().time_zone)
    since, until = (
        moment.astimezone(zone).strftime("%d.%m.%Y %H:%M")
        for moment in (settled.since, settled.until)
    )
    rows = "".join(
        _row("td", row.day, row.debits, row.debited, row.reversals, row.reversed, row.net)
        for row in settled.rows
    )
    sums = _row("th", "Total", settled.debits, settled.debited, settled.reversals,
                settled.reversed, settled.net)
    heads = _row("th", "Day", "Debits", "Debited", "Reversals", "Reversed", "To pay")
    return (
        "<!doctype html><html lang=en><meta charset=utf-8><title>Settlement</title>"
        "<style>body{font:14px sans-serif;margin:2cm}table{border-collapse:collapse}"
        "td,th{border-bottom:1px solid #999;padding:4px 12px;text-align:right}</style>"
        f"<h1>{escape(_settings().festival_name)}: vendor settlement</h1>"
        f"<p>Sale point {settled.sale_point_id}<br>{since} to {until} ({escape(zone.key)})</p>"
        f"<table>{heads}{rows}{sums}</table>"
        f"<p>To be paid to the vendor: <b>{settled.net}</b></p></html>"
    )


def _row(cell: str, *values: object) -> str:
    return "<tr>" + "".join(f"<{cell}>{escape(str(value))}" for value in values) + "</tr>"
