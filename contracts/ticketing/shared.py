"""What several nouns of ticketing say: who holds, where it is sold, why not."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from marshmallow import validate

from contracts.message import Name, view

Language = Annotated[str, validate.OneOf(("fr", "de", "it", "en"))]
Limit = Annotated[int, validate.Range(min=1, max=500)]
TicketText = Annotated[str, validate.Length(min=1, max=200)]
Nonce = Annotated[str, validate.Length(min=8, max=100)]


class Channel(StrEnum):
    DESK = "desk"
    WEB = "web"
    MOBILE = "mobile"
    PARTNER = "partner"


@view
class FailedRule:
    """One reason against something, as found in `errors["rules"]` of a refusal.

    `line` is the position of the order line it concerns; `passes_at` the earliest moment at
    which this rule alone would let it pass, when time is all that is missing.
    """

    rule: str
    detail: str
    line: int | None = None
    passes_at: datetime | None = None


@view
class TicketHolder:
    name: Name | None = None
    email: Name | None = None
    language: Language | None = None
