"""Orders: what is bought, its lines, its payments."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from marshmallow import validate

from contracts.message import Count, LongText, Name, command, event, query, view
from contracts.money import Money
from contracts.ticketing.shared import Channel, Limit, TicketHolder, TicketText


class LineKind(StrEnum):
    SCREENING = "screening"
    PASS = "pass"
    WALLET_LOAD = "wallet_load"
    ROUNDING = "rounding"


class OrderState(StrEnum):
    """HELD → PAYING → PAID, or EXPIRED / CANCELLED. PAYING: a wallet is being debited."""

    HELD = "held"
    PAYING = "paying"
    PAID = "paid"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


class PaymentMethod(StrEnum):
    CASH = "cash"
    CARD = "card"
    ONLINE = "online"
    WALLET = "wallet"
    FREE = "free"


class PaymentState(StrEnum):
    """TO_REFUND: money arrived that no order can use (too late, twice, another amount)."""

    REQUESTED = "requested"
    CAPTURED = "captured"
    DECLINED = "declined"
    CANCELLED = "cancelled"
    TO_REFUND = "to_refund"


# ------------------------------------------------------------------ parts of events


@view
class PaidLine:
    """A line as sold: prices and VAT frozen. `gross` = quantity × unit_price, VAT included.

    A wallet load has no VAT code (c-19); the rounding line of a cash total may be negative.
    """

    line_id: UUID
    kind: LineKind
    label: str
    quantity: int
    unit_price: Money
    gross: Money
    vat: Money
    vat_code: str | None = None
    vat_rate_bp: int = 0
    supply_at: datetime | None = None
    screening_id: UUID | None = None
    contingent_id: UUID | None = None
    contingent: str | None = None
    overbooked: bool = False
    ticket_type_id: UUID | None = None
    tariff: str | None = None
    tariff_name: str | None = None
    ticket_ids: tuple[UUID, ...] = ()
    lender_id: UUID | None = None  # the contingent whose places were borrowed (c-10)
    loaded_ticket_id: UUID | None = None  # whose wallet a load line fills


@view
class PaidPayment:
    payment_id: UUID
    method: PaymentMethod
    amount: Money
    paid_at: datetime
    reference: str | None = None


# ------------------------------------------------------------------ views


@view
class PaymentView:
    """`redirect_url` is where the payer of an online payment is sent, until `expires_at`."""

    payment_id: UUID
    method: PaymentMethod
    state: PaymentState
    amount: Money
    requested_at: datetime
    captured_at: datetime | None = None
    reference: str | None = None
    redirect_url: str | None = None
    expires_at: datetime | None = None
    declined_code: str | None = None
    declined_detail: str | None = None


@view
class OrderTicket:
    ticket_id: UUID
    line_id: UUID
    code: str


@view
class OrderView:
    """`total` = Σ gross of the lines; `due` is what is left to pay, `due_cash` the same in coins.

    No `hold_expires_at`: the places do not come back alone (part paid, being paid, finished).
    """

    order_id: UUID
    order_number: int
    state: OrderState
    channel: Channel
    sale_point_id: UUID
    created_at: datetime
    total: Money
    due: Money
    due_cash: Money
    lines: tuple[PaidLine, ...]
    payments: tuple[PaymentView, ...]
    tickets: tuple[OrderTicket, ...] = ()
    holder: TicketHolder | None = None
    hold_expires_at: datetime | None = None
    register_session_id: UUID | None = None
    receipt_number: int | None = None
    paid_at: datetime | None = None


@view
class OrderItem:
    """An order in a list."""

    order_id: UUID
    order_number: int
    state: OrderState
    channel: Channel
    sale_point_id: UUID
    created_at: datetime
    total: Money
    holder_name: str | None = None
    hold_expires_at: datetime | None = None
    register_session_id: UUID | None = None
    receipt_number: int | None = None
    paid_at: datetime | None = None


@view
class OrderPage:
    items: tuple[OrderItem, ...]
    next_cursor: str | None = None


# ------------------------------------------------------------------ commands


@view
class OrderLine:
    """What is wanted; the price is never said by the client.

    screening: screening_id, tariff, quantity, and contingent_id or whichever has room ·
    pass: ticket_type_id, tariff, quantity · wallet_load: ticket_id, amount.

    `overbook_reason`: sell a full screening all the same, up to the room's legal ceiling; needs
    the role overbooker.
    """

    kind: LineKind
    screening_id: UUID | None = None
    contingent_id: UUID | None = None
    ticket_type_id: UUID | None = None
    ticket_id: UUID | None = None
    tariff: Name | None = None
    quantity: Count | None = None
    amount: Money | None = None
    overbook_reason: Name | None = None


@command("ticketing.place_order.v1")
class PlaceOrder:
    """Hold the places and freeze the prices → OrderView, HELD until `hold_expires_at`.

    `channel` may be left out: it follows from the caller and the sale point. `hold_seconds`: a
    shorter hold than the festival's, for a kiosk or a queue.
    Refused with SOLD_OUT, NOT_ON_SALE, TARIFF_NOT_AVAILABLE (`errors["rules"]`: every FailedRule
    of all lines), SALE_POINT_NOT_YOURS, REGISTER_SESSION_NOT_OPEN, …_NOT_FOUND.
    """

    sale_point_id: UUID
    lines: Annotated[tuple[OrderLine, ...], validate.Length(min=1, max=100)]
    register_session_id: UUID | None = None
    channel: Channel | None = None
    holder: TicketHolder | None = None
    hold_seconds: Annotated[int, validate.Range(min=1, max=86_400)] | None = None


@command("ticketing.extend_hold.v1")
class ExtendHold:
    """A fresh hold time from now → OrderView; ORDER_EXPIRED when it is too late."""

    order_id: UUID


@command("ticketing.cancel_order.v1")
class CancelOrder:
    """Give the places back → OrderView. Cash of a part payment is handed back at once; other
    captured payments become TO_REFUND. ORDER_BUSY while a wallet is being debited."""

    order_id: UUID


@command("ticketing.pay_order.v1")
class PayOrder:
    """Pay all or a part → OrderView; PAID, with its tickets, as soon as nothing is due.

    cash: `due_cash`, or less in coins as a part; needs an open register session of the caller ·
    card: `reference` is the terminal's transaction id; session as for cash · online: the view's
    payment has a `redirect_url`; PAID when the provider's webhook says so · wallet: all that is
    due, `wallet_code` typed or scanned; PAYING until the wallet answers · free: amount 0.
    """

    order_id: UUID
    method: PaymentMethod
    amount: Money
    wallet_code: TicketText | None = None
    reference: Name | None = None
    register_session_id: UUID | None = None  # when not the one named with the order


@command("ticketing.handle_payment_webhook.v1")
class HandlePaymentWebhook:
    """What the online payment provider says (contracts/payment_webhook.py) → PaymentView.

    `body` is the raw text received, `signature` its header. Duplicates change nothing.
    WEBHOOK_SIGNATURE when not genuine or older than five minutes; PAYMENT_NOT_FOUND.
    """

    body: LongText
    signature: Name


# ------------------------------------------------------------------ queries


@query("ticketing.get_order.v1")
class GetOrder:
    order_id: UUID


@query("ticketing.list_orders.v1")
class ListOrders:
    """Newest first; of the caller's sale points, or of the holder."""

    state: OrderState | None = None
    sale_point_id: UUID | None = None
    register_session_id: UUID | None = None
    screening_id: UUID | None = None
    to_refund: bool | None = None  # only orders with a payment that must go back
    stuck: bool | None = None  # only orders that somebody must look at; none in good health
    cursor: str | None = None
    limit: Limit = 50


# ------------------------------------------------------------------ events


@event("ticketing.order_paid.v1", consumers=("accounting",))
class OrderPaid:
    """A sale. Σ gross of the lines (rounding included) = Σ payments."""

    order_id: UUID
    order_number: int
    channel: Channel
    sale_point_id: UUID
    paid_at: datetime
    lines: tuple[PaidLine, ...]
    payments: tuple[PaidPayment, ...]
    currency: str
    register_session_id: UUID | None = None
    receipt_number: int | None = None
    cashier_id: str | None = None
    cashier_name: str | None = None
