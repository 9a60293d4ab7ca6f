"""What may be said about people, sale points and keys."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from contracts.message import event


class SalePointKind(StrEnum):
    DESK = "desk"
    BAR = "bar"
    PARTNER = "partner"
    ESHOP = "eshop"


# ------------------------------------------------------------------ events


@event("identity.sale_point_changed.v1", consumers=("ticketing", "accounting"))
class SalePointChanged:
    """Full state; the highest version wins."""

    sale_point_id: UUID
    version: int
    name: str
    kind: SalePointKind
    active: bool


@event("identity.signing_key_published.v1", consumers=("wallet",))
class SigningKeyPublished:
    """A public key that verifies access tokens; `public_key` is the raw Ed25519 key in hex."""

    key_id: str
    public_key: str
    not_before: datetime
