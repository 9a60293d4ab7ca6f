"""Money back and places back: each without the other, or both at once."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from marshmallow import validate

from contracts.message import Name, command, event, query, view
from contracts.money import Money
from contracts.ticketing.orders import PaidLine, PaidPayment
from contracts.ticketing.shared import Channel


class RefundTo(StrEnum):
    """ORIGINAL: the way it was paid, what is not cash first."""

    ORIGINAL = "original"
    WALLET = "wallet"
    CASH = "cash"


# ------------------------------------------------------------------ views


@view
class CreditNoteView:
    """A credit note. `lines`: what was taken back, with the money given for it (quantity 0 where
    only money was); `payments`: how it was given. Σ gross = Σ payments."""

    refund_id: UUID
    credit_note: int
    order_id: UUID
    refunded_at: datetime
    amount: Money
    reason: str
    lines: tuple[PaidLine, ...]
    payments: tuple[PaidPayment, ...]
    cashier_name: str | None = None


@view
class CreditNoteList:
    items: tuple[CreditNoteView, ...]


# ------------------------------------------------------------------ commands


@view
class RefundLine:
    """`ticket_ids`: the tickets taken back, all that are left of the line when none is named.
    `amount`: the money for them when it is not their price; 0 takes them back for nothing."""

    line_id: UUID
    ticket_ids: tuple[UUID, ...] = ()
    amount: Money | None = None


@command("ticketing.refund_order.v1")
class RefundOrder:
    """Give money back for lines of a paid order → CreditNoteView.

    `cancel`: the tickets become void and their places free; without it the tickets stay good and
    each line says its `amount`. `to` cash needs an open register session of the caller, and so
    does what was paid in cash; wallet needs the ticket whose wallet takes it (`wallet_ticket_id`).
    REFUND_REFUSED for more than was paid and not given back yet, and for tickets already used.
    """

    order_id: UUID
    lines: Annotated[tuple[RefundLine, ...], validate.Length(min=1, max=100)]
    reason: Name
    to: RefundTo = RefundTo.ORIGINAL
    cancel: bool = True
    register_session_id: UUID | None = None
    wallet_ticket_id: UUID | None = None


# ------------------------------------------------------------------ queries


@query("ticketing.list_refunds.v1")
class ListRefunds:
    """The credit notes of an order, oldest first → CreditNoteList."""

    order_id: UUID


# ------------------------------------------------------------------ events


@event("ticketing.order_refunded.v1", consumers=("accounting",))
class OrderRefunded:
    """A credit note. All amounts are positive and mean money going back: Σ gross of the lines
    (rounding included) = Σ payments. A line of quantity 0 took no place back."""

    refund_id: UUID
    credit_note: int
    order_id: UUID
    order_number: int
    channel: Channel
    sale_point_id: UUID
    refunded_at: datetime
    reason: str
    lines: tuple[PaidLine, ...]
    payments: tuple[PaidPayment, ...]
    currency: str
    register_session_id: UUID | None = None
    cashier_id: str | None = None
    cashier_name: str | None = None
