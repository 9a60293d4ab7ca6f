"""The two handshakes with accounting (HOUSE §7)."""

from uuid import UUID

from contracts.message import event, view
from contracts.money import Money
from contracts.ticketing.orders import PaymentMethod


@view
class TenderTotal:
    """What one register session took by one method: Σ payments − Σ refunds, and how many of
    both."""

    method: PaymentMethod
    amount: Money
    count: int


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
