"""What may be said about stored value: asked of the wallet, told by it, answered by it."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from marshmallow import validate

from contracts.message import Count, Name, command, event, query, view
from contracts.money import Money

Code = Annotated[str, validate.Length(min=4, max=200)]


class MovementKind(StrEnum):
    LOAD = "load"
    GIFT = "gift"
    DEBIT = "debit"
    REVERSAL = "reversal"


class LoadMethod(StrEnum):
    CASH = "cash"
    CARD = "card"
    TRANSFER = "transfer"


class WalletState(StrEnum):
    ACTIVE = "active"
    BLOCKED = "blocked"


# ------------------------------------------------------------------ parts and views


@view
class ArticleLine:
    """What a bar debit was for; the amount of the debit is Σ quantity × unit_price."""

    label: Name
    quantity: Count
    unit_price: Money
    vat_code: str | None = None


@view
class WalletView:
    wallet_id: UUID
    ticket_id: UUID
    code: str
    state: WalletState
    balance: Money
    paid: Money
    gifted: Money


@view
class MovementView:
    """One fact of a wallet. `amount` is signed as the holder sees it: a debit is negative."""

    movement_id: UUID
    wallet_id: UUID
    number: int
    kind: MovementKind
    amount: Money
    paid: Money
    gifted: Money
    balance: Money
    at: datetime
    label: str = ""
    lines: tuple[ArticleLine, ...] = ()
    order_id: UUID | None = None
    sale_point_id: UUID | None = None
    reverses: UUID | None = None
    hash: str = ""


@view
class MovementPage:
    items: tuple[MovementView, ...]
    next_cursor: str | None = None


@view
class LedgerView:
    """Σ of every account, in centimes. `total` is always zero; `liability` is what is owed."""

    accounts: dict[str, int]
    total: int
    liability: Money


# ------------------------------------------------------------------ commands


@command("wallet.debit_wallet.v1")
class DebitWallet:
    """Take `amount` out of a wallet, outside any order (M §5.2).

    `code` is the ticket's code as typed, or the whole text scanned from its QR code. The sale
    point may be left out by a caller who has only one.
    """

    code: Code
    amount: Money
    lines: tuple[ArticleLine, ...] = ()
    sale_point_id: UUID | None = None


@command("wallet.credit_wallet.v1")
class CreditWallet:
    """Put money received by `method` on a wallet."""

    code: Code
    amount: Money
    method: LoadMethod
    reason: Name
    sale_point_id: UUID | None = None


@command("wallet.debit.v1", consumers=("wallet",))
class DebitForOrder:
    """On the bus: pay an order. Always answered by `wallet.debited.v1` or
    `wallet.debit_declined.v1` with the same `payment_id`."""

    code: Code
    amount: Money
    order_id: UUID
    payment_id: UUID
    sale_point_id: UUID | None = None


@command("wallet.credit.v1", consumers=("wallet",))
class CreditForOrder:
    """On the bus: a load line has been paid. Never refused."""

    code: Code
    ticket_id: UUID
    amount: Money
    order_id: UUID
    line_id: UUID
    sale_point_id: UUID | None = None


@command("wallet.gift.v1")
class GiftWallet:
    """Put gifted credit on a wallet: spent first, never paid out."""

    code: Code
    amount: Money
    reason: Name


@command("wallet.reverse.v1")
class ReverseMovement:
    """Undo a debit, once and whole; paid and gifted parts return to where they came from."""

    movement_id: UUID
    reason: Name


@command("wallet.block.v1")
class BlockWallet:
    code: Code
    reason: Name


@query("wallet.get_wallet.v1")
class GetWallet:
    code: Code


@query("wallet.list_movements.v1")
class ListMovements:
    """Newest first."""

    code: Code
    cursor: str | None = None
    limit: Annotated[int, validate.Range(min=1, max=500)] = 50


@query("wallet.get_debit.v1")
class GetDebit:
    """What became of the debit sent under this idempotency key by the same caller."""

    idempotency_key: Name


@query("wallet.get_ledger.v1")
class GetLedger:
    """Balances of the ledger accounts, for the money check and the liability report."""


# ------------------------------------------------------------------ events


@event("wallet.debited.v1", consumers=("ticketing", "accounting"))
class WalletDebited:
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
    """A debit undone: the same parts, given back."""

    movement_id: UUID
    reverses: UUID
    wallet_id: UUID
    amount: Money
    paid: Money
    gifted: Money
    reversed_at: datetime
    reason: str
    sale_point_id: UUID | None = None
