"""What may be said about registers, sessions, books and statistics."""

from datetime import datetime
from uuid import UUID

from contracts.message import event

# ------------------------------------------------------------------ events


@event("accounting.register_session_opening.v1", consumers=("ticketing",))
class RegisterSessionOpening:
    register_session_id: UUID
    register_id: UUID
    sale_point_id: UUID
    cashier_id: str
    cashier_name: str
    opened_at: datetime


@event("accounting.register_session_closing.v1", consumers=("ticketing",))
class RegisterSessionClosing:
    """Stop selling on this session and say its totals."""

    register_session_id: UUID


@event("accounting.register_session_closed.v1", consumers=("ticketing",))
class RegisterSessionClosed:
    register_session_id: UUID
    z_number: int
