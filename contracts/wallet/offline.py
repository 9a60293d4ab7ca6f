"""Selling without any network, at a risk that is known beforehand (c-27).

Backed: an allowance keeps an amount of one wallet for one terminal; nothing can be lost.
Unbacked: terms let a terminal debit wallets it cannot ask about, within caps; what the wallet
does not cover in the end is the festival's loss, on the name of whoever granted the terms.
"""

from dataclasses import field
from datetime import datetime
from typing import Annotated
from uuid import UUID

from marshmallow import validate

from contracts.message import Count, Name, command, query, view
from contracts.money import Money
from contracts.wallet.shared import ArticleLine, Code, MovementView, Pin

Minutes = Annotated[int, validate.Range(min=5, max=2_880)]
BATCH_MAX = 200


@view
class AllowanceView:
    """`signed` is a JWT of the wallet's own key saying the same, to show without a network."""

    allowance_id: UUID
    wallet_id: UUID
    code: str
    terminal_id: UUID
    amount: Money
    expires_at: datetime
    signed: str


@view
class OfflineTermsView:
    """Caps in force for a terminal until `expires_at`; `signed` says the same."""

    terms_id: UUID
    terminal_id: UUID
    per_debit: Money
    per_wallet: Money
    per_outage: Money
    per_terminal: Money
    expires_at: datetime
    authorised_by: str
    signed: str


@command("wallet.grant_allowance.v1")
class GrantAllowance:
    """By a terminal: keep `amount` of this wallet for it until it comes back."""

    code: Code
    amount: Money
    minutes: Minutes = 240
    pin: Pin | None = field(default=None, repr=False)


@command("wallet.grant_offline_terms.v1")
class GrantOfflineTerms:
    """By a manager, who answers for it. `per_outage`: under these terms in all; `per_terminal`:
    of this terminal over all its terms."""

    terminal_id: UUID
    per_debit: Money
    per_wallet: Money
    per_outage: Money
    per_terminal: Money
    minutes: Minutes = 720


@query("wallet.fetch_offline_terms.v1")
class FetchOfflineTerms:
    """By a terminal: its terms in force, signed."""


@command("wallet.settle_offline.v1")
class SettleOffline:
    """One debit made offline: a JWT signed by the terminal, claims as OfflineDebit."""

    signed: Annotated[str, validate.Length(max=20_000)]


@view
class OfflineDebit:
    """What a terminal signs for each debit without a network. `sequence` counts its offline
    debits from 1; `grant_id` is the allowance or the terms it relied on."""

    sequence: Count
    code: Code
    amount: Money
    at: datetime
    grant_id: UUID
    lines: tuple[ArticleLine, ...] = ()


@view
class SettledView:
    """`taken` from the wallet, `lost` beyond it or beyond the caps (`within_caps`)."""

    sequence: int
    wallet_id: UUID
    amount: Money
    taken: Money
    lost: Money
    within_caps: bool
    authorised_by: str
    movement: MovementView


@view
class SettlementAnswer:
    """One debit of a batch: settled, or refused with its reason."""

    signed: str
    settled: SettledView | None = None
    code: str | None = None
    detail: str | None = None


@view
class OfflineBatch:
    """What a terminal sends when it is back, and the answers, in the order of settlement:
    by sequence, then wallet."""

    debits: Annotated[tuple[str, ...], validate.Length(min=1, max=BATCH_MAX)]


@view
class OfflineBatchAnswer:
    items: tuple[SettlementAnswer, ...]


@view
class TerminalExposure:
    terminal_id: UUID
    name: str
    authorised_by: str
    expires_at: datetime
    at_risk: Money
    lost: Money


@query("wallet.get_offline_exposure.v1")
class GetOfflineExposure:
    """What an outage starting now can cost at worst."""


@view
class OfflineExposure:
    """`backed` cannot be lost: it is held. `worst_case` = Σ `at_risk` of the terms in force."""

    at: datetime
    backed: Money
    worst_case: Money
    lost: Money
    terminals: tuple[TerminalExposure, ...]


@query("wallet.list_offline_losses.v1")
class ListOfflineLosses:
    since: datetime


@view
class OfflineLossView:
    movement_id: UUID
    wallet_id: UUID
    terminal_id: UUID
    sequence: int
    at: datetime
    amount: Money
    lost: Money
    within_caps: bool
    authorised_by: Name


@view
class OfflineLosses:
    items: tuple[OfflineLossView, ...]
    lost: Money
