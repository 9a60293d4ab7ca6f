"""What was, and what is owed: statements, balances at an instant, the ledger, settlements."""

from datetime import datetime
from uuid import UUID

from contracts.message import query, view
from contracts.money import Money
from contracts.wallet.shared import Code, Limit, MovementView


@query("wallet.get_statement.v1")
class GetStatement:
    """A wallet's movements from `since` (included) to `until` (excluded), newest first."""

    code: Code
    since: datetime
    until: datetime
    cursor: str | None = None
    limit: Limit = 50


@view
class StatementView:
    """`opening` + `received` + `spent` = `closing`; `spent` is negative. The sums are those of
    the whole period, on every page."""

    wallet_id: UUID
    since: datetime
    until: datetime
    opening: Money
    received: Money
    spent: Money
    closing: Money
    items: tuple[MovementView, ...]
    next_cursor: str | None = None


@query("wallet.get_balance_at.v1")
class GetBalanceAt:
    """What was on a wallet at an instant, it included."""

    code: Code
    at: datetime


@view
class BalanceView:
    wallet_id: UUID
    at: datetime
    balance: Money
    paid: Money
    gifted: Money


@query("wallet.get_ledger.v1")
class GetLedger:
    """Balances of the ledger accounts, now or at an instant."""

    at: datetime | None = None


@view
class LedgerView:
    """Σ of every account, in centimes. `total` is always zero; `liability` is what is owed."""

    accounts: dict[str, int]
    total: int
    liability: Money


@query("wallet.get_liability.v1")
class GetLiability:
    """What is owed to holders, now or at an instant."""

    at: datetime | None = None


@view
class LiabilityView:
    """Added up twice: from the wallets' movements, and from the ledger's accounts."""

    at: datetime
    wallets: int
    paid: Money
    gifted: Money
    payable: Money
    liability: Money
    ledger: Money
    agrees: bool


@query("wallet.get_vendor_settlement.v1")
class GetVendorSettlement:
    """What one sale point took from wallets, for a bar that is not run on the system."""

    sale_point_id: UUID
    since: datetime
    until: datetime


@query("wallet.get_vendor_settlement_document.v1")
class GetVendorSettlementDocument:
    """The same as a page to print → DocumentView"""

    sale_point_id: UUID
    since: datetime
    until: datetime


@view
class SettlementRow:
    """One business day (local, from 04:00); `reversed` is negative."""

    day: str
    debits: int
    debited: Money
    reversals: int
    reversed: Money
    net: Money


@view
class VendorSettlement:
    sale_point_id: UUID
    since: datetime
    until: datetime
    rows: tuple[SettlementRow, ...]
    debits: int
    debited: Money
    reversals: int
    reversed: Money
    net: Money
