"""What the wallet tells: each movement is one fact, for the books and for the order it pays."""

from datetime import datetime
from uuid import UUID

from contracts.message import event
from contracts.money import Money
from contracts.wallet.shared import ArticleLine, MovementKind


@event("wallet.debited.v1", consumers=("ticketing", "accounting"))
class WalletDebited:
    """`paid` + `gifted` + `lost` = `amount`: an offline debit may have taken more than there was,
    at the risk of whoever is named in `authorised_by`."""

    movement_id: UUID
    wallet_id: UUID
    ticket_id: UUID
    amount: Money
    paid: Money
    gifted: Money
    balance: Money
    debited_at: datetime
    lines: tuple[ArticleLine, ...] = ()
    order_id: UUID | None = None
    payment_id: UUID | None = None
    sale_point_id: UUID | None = None
    cashier_id: str = ""
    cashier_name: str = ""
    lost: Money = Money(0)
    authorised_by: str = ""


@event("wallet.debit_declined.v1", consumers=("ticketing",))
class WalletDebitDeclined:
    order_id: UUID
    payment_id: UUID
    code: str
    detail: str


@event("wallet.credited.v1", consumers=("accounting",))
class WalletCredited:
    """`kind` load: paid money, by `method`; kind gift: given by the festival."""

    movement_id: UUID
    wallet_id: UUID
    ticket_id: UUID
    kind: MovementKind
    amount: Money
    method: str
    credited_at: datetime
    order_id: UUID | None = None
    sale_point_id: UUID | None = None
    reason: str = ""


@event("wallet.reversed.v1", consumers=("accounting",))
class WalletReversed:
    """A debit undone, whole or in part: what is given back, and where it came from. `lines`: which
    articles, empty when the debit named none; `left`: what remains of the debit after it."""

    movement_id: UUID
    reverses: UUID
    wallet_id: UUID
    amount: Money
    paid: Money
    gifted: Money
    reversed_at: datetime
    reason: str
    sale_point_id: UUID | None = None
    lines: tuple[ArticleLine, ...] = ()
    left: Money = Money(0)


@event("wallet.moved.v1", consumers=("accounting",))
class WalletMoved:
    """Any other movement; `paid` and `gifted` are signed as the holder sees them. `amount` is what
    was paid by the bank where neither changes (kind payout)."""

    movement_id: UUID
    wallet_id: UUID
    ticket_id: UUID
    kind: MovementKind
    paid: Money
    gifted: Money
    amount: Money
    moved_at: datetime
    method: str | None = None
    sale_point_id: UUID | None = None
    reason: str = ""
