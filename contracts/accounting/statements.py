"""Statements: sales, wallets, journal, trial balance, and the files they are written to."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from contracts.accounting.registers import Limit
from contracts.message import I18n, query, view
from contracts.money import Money
from contracts.ticketing import PaymentMethod


class SaleKind(StrEnum):
    SCREENING = "screening"
    PASS = "pass"
    ARTICLE = "article"  # taken from a wallet at a bar
    WALLET_LOAD = "wallet_load"  # no turnover (c-19)
    ROUNDING = "rounding"


class StatementFormat(StrEnum):
    CSV = "csv"
    XLSX = "xlsx"
    JOURNAL = "journal"  # plain text that hledger reads; accounting statement only
    BEANCOUNT = "beancount"  # the same for beancount


class Language(StrEnum):
    FR = "fr"
    DE = "de"
    IT = "it"
    EN = "en"


# ------------------------------------------------------------------ views


@view
class ReportDocument:
    """A file; `content` in base64."""

    content_type: str
    filename: str
    content: str


@view
class VatSum:
    vat_code: str | None
    vat_rate_bp: int
    gross: Money
    vat: Money
    net: Money


@view
class TenderSum:
    tender: PaymentMethod
    amount: Money


@view
class SaleRow:
    """One line of one sale (c-8). Amounts are signed: a reversal is negative."""

    sale_id: UUID
    line_number: int
    sold_at: datetime
    sold_at_local: str
    business_day: date
    channel: str
    kind: SaleKind
    label: str
    quantity: int
    unit_price: Money
    gross: Money
    net: Money
    vat: Money
    vat_rate_bp: int
    tenders: str
    overbooked: bool
    late: bool
    vat_code: str | None = None
    order_number: int | None = None
    receipt_number: int | None = None
    sale_point: str | None = None
    register: str | None = None
    register_session_id: UUID | None = None
    z_number: int | None = None
    cashier: str | None = None
    ticket_ids: tuple[UUID, ...] = ()
    screening: I18n | None = None
    starts_at: datetime | None = None
    venue: str | None = None
    room: str | None = None
    contingent: str | None = None
    tariff: str | None = None
    refund_of: UUID | None = None


@view
class SalesTotals:
    """Of the whole filter, not of one page. `by_tender`: what was paid for the sales in it."""

    rows: int
    quantity: int
    gross: Money
    net: Money
    vat: Money
    by_vat: tuple[VatSum, ...]
    by_tender: tuple[TenderSum, ...]


@view
class SalesPage:
    """`totals` come with the first page only."""

    items: tuple[SaleRow, ...]
    filter: dict[str, str]
    totals: SalesTotals | None = None
    next_cursor: str | None = None


@view
class WalletRow:
    """One movement as booked; `paid` and `gifted` are signed as the holder sees them."""

    movement_id: UUID
    at: datetime
    business_day: date
    wallet_id: UUID
    label: str
    paid: Money
    gifted: Money


@view
class WalletStatement:
    """`opening` + `loaded` + `gifted` + `spent` (negative) = `closing`: what is owed to holders."""

    items: tuple[WalletRow, ...]
    opening: Money
    loaded: Money
    gifted: Money
    spent: Money
    closing: Money
    next_cursor: str | None = None


@view
class JournalRow:
    """One side of an entry; one of `debit` and `credit` is zero. `source` and `source_id`: the
    message and the fact it was booked from."""

    entry_id: UUID
    booked_on: date
    at: datetime
    document: str
    label: str
    account: str
    account_name: I18n
    debit: Money
    credit: Money
    source: str
    source_id: UUID
    vat_code: str | None = None
    sale_point: str | None = None
    register: str | None = None


@view
class AccountingPage:
    """`entries`, `debit` and `credit` are of the whole filter, with the first page only."""

    items: tuple[JournalRow, ...]
    entries: int | None = None
    debit: Money | None = None
    credit: Money | None = None
    next_cursor: str | None = None


@view
class AccountBalance:
    """`balance` = debit - credit."""

    key: str
    number: str
    name: I18n
    clearing: bool
    debit: Money
    credit: Money
    balance: Money


@view
class TrialBalance:
    """Σ debit = Σ credit. `settled`: the accounts where wallets and orders meet are zero."""

    accounts: tuple[AccountBalance, ...]
    debit: Money
    credit: Money
    settled: bool


@view
class RegisterCheck:
    """`drawer` = `booked`: the drawer's movements and its side of the journal say the same."""

    register_id: UUID
    register: str
    drawer: Money
    booked: Money


@view
class MoneyCheck:
    """Everything that has to agree to the centime; `faults` says in sentences what does not."""

    registers: tuple[RegisterCheck, ...]
    sales: Money
    sales_by_tender: tuple[TenderSum, ...]
    journal_sales: Money
    journal_debit: Money
    journal_credit: Money
    wallet_liability: Money
    clearing: dict[str, int]
    faults: tuple[str, ...]
    agrees: bool


# ------------------------------------------------------------------ queries


@view
class SalesFilter:
    first_day: date | None = None
    last_day: date | None = None
    sale_point_id: UUID | None = None
    register_session_id: UUID | None = None
    cashier_id: str | None = None
    tender: PaymentMethod | None = None
    kind: SaleKind | None = None


@query("accounting.get_sales_statement.v1")
class GetSalesStatement(SalesFilter):
    """Answers SalesPage, oldest first. Without the role `accounting`: own sales only."""

    cursor: str | None = None
    limit: Limit = 100


@view
class WalletFilter:
    first_day: date | None = None
    last_day: date | None = None
    wallet_id: UUID | None = None


@query("accounting.get_wallet_statement.v1")
class GetWalletStatement(WalletFilter):
    """Answers WalletStatement, oldest first."""

    cursor: str | None = None
    limit: Limit = 100


@view
class JournalFilter:
    """`account`: by number."""

    first_day: date | None = None
    last_day: date | None = None
    account: str | None = None


@query("accounting.get_accounting_statement.v1")
class GetAccountingStatement(JournalFilter):
    """Answers AccountingPage, in the order of booking."""

    cursor: str | None = None
    limit: Limit = 100


@query("accounting.get_trial_balance.v1")
class GetTrialBalance:
    """Up to and with `last_day`."""

    last_day: date | None = None


@query("accounting.get_money_check.v1")
class GetMoneyCheck:
    """Answers MoneyCheck, over everything ever booked."""


# Answered by the process accounting-reports, since writing files takes its time: ReportDocument.


@query("accounting_reports.export_sales_statement.v1")
class ExportSalesStatement(SalesFilter):
    """CSV or XLSX."""

    format: StatementFormat
    language: Language = Language.FR


@query("accounting_reports.export_wallet_statement.v1")
class ExportWalletStatement(WalletFilter):
    """CSV or XLSX."""

    format: StatementFormat
    language: Language = Language.FR


@query("accounting_reports.export_accounting_statement.v1")
class ExportAccountingStatement(JournalFilter):
    """CSV, XLSX, or the journal of hledger or beancount (with whole entries only: no `account`)."""

    format: StatementFormat
    language: Language = Language.FR


@query("accounting_reports.print_z_report.v1")
class PrintZReport:
    """A PDF."""

    z_report_id: UUID
    language: Language = Language.FR
