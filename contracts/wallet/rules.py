"""The rules of an edition: limits, PIN, freeze. Changed as a whole; every version is kept."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from marshmallow import validate

from contracts.message import Count, Name, command, query, view
from contracts.money import Money

Seconds = Annotated[int, validate.Range(min=10, max=86_400)]


@view
class RulesView:
    """In force since `changed_at`. What is absent is not limited.

    `velocity_*`: at most so many debits, and so much, of one wallet within `velocity_seconds`.
    `pin_above`: a debit of more needs the wallet's PIN. `frozen_at`: from then on nothing is
    loaded or spent. `refundable_until`: printed on every balance.
    """

    version: int
    changed_at: datetime
    changed_by: str
    velocity_seconds: int
    max_balance: Money | None = None
    max_debit: Money | None = None
    velocity_count: int | None = None
    velocity_amount: Money | None = None
    pin_above: Money | None = None
    frozen_at: datetime | None = None
    refundable_until: datetime | None = None


@command("wallet.change_rules.v1")
class ChangeRules:
    """All limits at once; what is left out is not limited any more. Does not touch the freeze."""

    max_balance: Money | None = None
    max_debit: Money | None = None
    velocity_count: Count | None = None
    velocity_amount: Money | None = None
    velocity_seconds: Seconds = 600
    pin_above: Money | None = None
    refundable_until: datetime | None = None


@command("wallet.freeze.v1")
class FreezeWallets:
    """The end of the festival: from `at` on nothing is loaded or spent, only given back.
    Without an instant the freeze is lifted."""

    reason: Name
    at: datetime | None = None


@query("wallet.get_rules.v1")
class GetRules:
    pass


@query("wallet.list_anomalies.v1")
class ListAnomalies:
    """What a manager should look at, since `since`."""

    since: datetime


@view
class AnomalyView:
    """`kind`: fast_debits (a wallet), many_reversals (a seller), pin_failures (a wallet),
    offline_loss (a terminal)."""

    kind: str
    count: int
    amount: Money
    wallet_id: UUID | None = None
    actor_id: str | None = None
    actor_name: str | None = None


@view
class AnomalyList:
    items: tuple[AnomalyView, ...]
