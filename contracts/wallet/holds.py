"""Two phases: value is held first, then captured (whole or less) or let go."""

from dataclasses import field
from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from marshmallow import validate

from contracts.message import Name, command, query, view
from contracts.money import Money
from contracts.wallet.shared import ArticleLine, Code, Pin

HoldSeconds = Annotated[int, validate.Range(min=10, max=86_400)]


class HoldState(StrEnum):
    OPEN = "open"
    CAPTURED = "captured"
    VOID = "void"
    EXPIRED = "expired"


@view
class HoldView:
    hold_id: UUID
    wallet_id: UUID
    state: HoldState
    amount: Money
    captured: Money
    expires_at: datetime
    available: Money


@command("wallet.place_hold.v1")
class PlaceHold:
    """Keep an amount for a sale that is not settled yet, for `seconds` at most."""

    code: Code
    amount: Money
    label: Name
    seconds: HoldSeconds = 900
    sale_point_id: UUID | None = None
    pin: Pin | None = field(default=None, repr=False)


@command("wallet.capture_hold.v1")
class CaptureHold:
    """Take what was held, or less; the rest is free again. → MovementView"""

    hold_id: UUID
    amount: Money | None = None
    lines: tuple[ArticleLine, ...] = ()


@command("wallet.void_hold.v1")
class VoidHold:
    hold_id: UUID


@query("wallet.get_hold.v1")
class GetHold:
    hold_id: UUID
