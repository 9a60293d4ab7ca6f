"""What accountants ask for a period: past sessions, and VAT by date of supply."""

from datetime import date, datetime
from uuid import UUID

from contracts.accounting.registers import Limit
from contracts.accounting.statements import SaleKind
from contracts.message import query, view
from contracts.money import Money
from contracts.ticketing import PaymentMethod


@view
class SoldLine:
    """So much of one article or tariff; passes and loads too."""

    kind: SaleKind
    label: str
    quantity: int
    gross: Money
    vat: Money


@view
class SoldBy:
    """One tender of a session; `difference` None where nothing was counted."""

    tender: PaymentMethod
    payments: int
    sold: Money
    counted: Money | None = None
    difference: Money | None = None


@view
class CashSession:
    """A closed session as its Z report tells it. `counted`: False when nobody has counted."""

    register_session_id: UUID
    z_report_id: UUID
    z_number: int
    register: str
    sale_point: str
    cashier_id: str
    cashier: str
    opened_at: datetime
    closed_at: datetime
    counted: bool
    orders: int
    gross: Money
    tenders: tuple[SoldBy, ...]
    lines: tuple[SoldLine, ...]


@view
class CashierSum:
    cashier_id: str
    cashier: str
    sessions: int
    orders: int
    gross: Money
    difference: Money


@view
class CashStatement:
    """Newest first. `by_cashier` and `by_tender` are of the whole filter, on the first page only.
    """

    items: tuple[CashSession, ...]
    by_cashier: tuple[CashierSum, ...] = ()
    by_tender: tuple[SoldBy, ...] = ()
    next_cursor: str | None = None


@view
class VatRow:
    """What was supplied under one code and rate; negative amounts are refunds."""

    vat_code: str
    vat_rate_bp: int
    gross: Money
    net: Money
    vat: Money


@view
class VatReport:
    """By date of supply: a place on the day of its screening, whatever day it was sold; anything
    else on the day of sale. Totals by rate are what the VAT form asks for."""

    rows: tuple[VatRow, ...]
    gross: Money
    net: Money
    vat: Money


@query("accounting.get_cash_statement.v1")
class GetCashStatement:
    """Past sessions, by the business day on which they were sealed. Without the role `accounting`:
    own sessions only."""

    first_day: date | None = None
    last_day: date | None = None
    register_id: UUID | None = None
    cashier_id: str | None = None
    cursor: str | None = None
    limit: Limit = 50


@query("accounting.get_vat_report.v1")
class GetVatReport:
    """Business days of supply."""

    first_day: date | None = None
    last_day: date | None = None
