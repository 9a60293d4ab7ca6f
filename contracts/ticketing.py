"""What may be said about sales, tickets, bookings and the door."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from contracts.message import event, view
from contracts.money import Money


class LineKind(StrEnum):
    SCREENING = "screening"
    PASS = "pass"
    WALLET_LOAD = "wallet_load"
    ROUNDING = "rounding"


class Channel(StrEnum):
    DESK = "desk"
    WEB = "web"
    MOBILE = "mobile"
    PARTNER = "partner"


class PaymentMethod(StrEnum):
    CASH = "cash"
    CARD = "card"
    ONLINE = "online"
    WALLET = "wallet"
    FREE = "free"


class Direction(StrEnum):
    IN = "in"
    OUT = "out"


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


@view
class PaidPayment:
    payment_id: UUID
    method: PaymentMethod
    amount: Money
    paid_at: datetime
    reference: str | None = None


@view
class TenderTotal:
    """What one register session took by one method: Σ amount and how many payments."""

    method: PaymentMethod
    amount: Money
    count: int


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


@event("ticketing.ticket_issued.v1", consumers=("wallet",))
class TicketIssued:
    """A ticket or pass exists and may be used; the wallet opens an account for it if allowed."""

    ticket_id: UUID
    code: str
    wallet_allowed: bool
    order_id: UUID | None = None
    holder_id: str | None = None
    holder_name: str | None = None


@event("ticketing.ticket_key_published.v1", consumers=("wallet",))
class TicketKeyPublished:
    """A public key that verifies ticket QR codes (contracts/ticket_code.py), raw in hex."""

    key_id: int
    public_key: str


@event("ticketing.checked_in.v1", consumers=("accounting",))
class CheckedIn:
    """`first_entry`: this ticket had not entered this screening before."""

    checkin_id: UUID
    ticket_id: UUID
    screening_id: UUID
    direction: Direction
    first_entry: bool
    checked_at: datetime
    tariff: str | None = None


@event("ticketing.register_session_accepted.v1", consumers=("accounting",))
class RegisterSessionAccepted:
    register_session_id: UUID


@event("ticketing.register_session_totals.v1", consumers=("accounting",))
class RegisterSessionTotals:
    """Selling on the session has stopped; this is everything that was sold on it."""

    register_session_id: UUID
    orders: int
    totals: tuple[TenderTotal, ...]
    first_receipt: int | None = None
    last_receipt: int | None = None
