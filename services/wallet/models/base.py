"""The base of the wallet's rows, and the accounts of its ledger."""

from uuid import UUID

from sqlalchemy.orm import DeclarativeBase

from services.chassis.tables import COLUMN_TYPES, service_metadata

HOLDER_PAID = "holder:paid"
HOLDER_GIFTED = "holder:gifted"
GIFTS = "gifts"
ORDER_PAYMENTS = "clearing:payments"
MOVES = "clearing:moves"  # between two wallets: zero in sum
REFUNDS_PAYABLE = "refunds:payable"
OFFLINE_LOSSES = "losses:offline"
BREAKAGE = "breakage"


class Base(DeclarativeBase):
    metadata = service_metadata()
    type_annotation_map = COLUMN_TYPES


def clearing(method: str) -> str:
    """What was received, or given back, by a tender."""
    return f"clearing:{method}"


def sales(sale_point_id: UUID | None) -> str:
    """What a bar has taken."""
    return f"sales:{sale_point_id}" if sale_point_id else "sales"
