"""What several nouns of the wallet say: kinds, codes, article lines, views of wallets and facts."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from marshmallow import validate

from contracts.message import Count, Name, view
from contracts.money import Money

Code = Annotated[str, validate.Length(min=4, max=200)]
Limit = Annotated[int, validate.Range(min=1, max=500)]
Pin = Annotated[str, validate.Regexp(r"\A[0-9]{4,8}\Z", error="4 to 8 digits")]


class MovementKind(StrEnum):
    LOAD = "load"
    GIFT = "gift"
    DEBIT = "debit"
    REVERSAL = "reversal"
    CASH_OUT = "cash_out"
    MOVE_OUT = "move_out"  # the balance follows its holder to another ticket
    MOVE_IN = "move_in"
    EXPIRY = "expiry"  # gifted credit past its date
    REFUND = "refund"  # after the festival: owed to the holder's bank account from now on
    PAYOUT = "payout"  # that debt, paid by the bank
    BREAKAGE = "breakage"  # never claimed, by decision of the accountant


class LoadMethod(StrEnum):
    CASH = "cash"
    CARD = "card"
    TRANSFER = "transfer"


class WalletState(StrEnum):
    ACTIVE = "active"
    BLOCKED = "blocked"


@view
class ArticleLine:
    """What a bar debit was for; the amount of the debit is Σ quantity × unit_price."""

    label: Name
    quantity: Count
    unit_price: Money
    vat_code: str | None = None


@view
class GiftLotView:
    """Gifted credit that came at once and ends at once; without an end it stays."""

    left: Money
    expires_at: datetime | None = None


@view
class WalletView:
    """`available` is what can be spent now: the balance without what is held for others and
    without gifts past their date. `refundable_until`: when the festival stops paying out."""

    wallet_id: UUID
    ticket_id: UUID
    code: str
    state: WalletState
    balance: Money
    paid: Money
    gifted: Money
    held: Money
    available: Money
    gifts: tuple[GiftLotView, ...] = ()
    pin_set: bool = False
    first_name: str | None = None
    refundable_until: datetime | None = None


@view
class Receipt:
    """What a terminal prints. `number` is unique in the festival."""

    number: str
    at: datetime
    seller: str
    total: Money
    lines: tuple[ArticleLine, ...] = ()
    sale_point_id: UUID | None = None


@view
class MovementView:
    """One fact of a wallet. `amount` is signed as the holder sees it: a debit is negative.

    `lost` is what an offline debit took beyond the balance, at the festival's expense.
    """

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
    hold_id: UUID | None = None
    lost: Money | None = None
    hash: str = ""
    available: Money | None = None
    first_name: str | None = None
    receipt: Receipt | None = None


@view
class MovementPage:
    items: tuple[MovementView, ...]
    next_cursor: str | None = None


@view
class WalletDocument:
    """A file; `content` in base64."""

    content_type: str
    filename: str
    content: str
