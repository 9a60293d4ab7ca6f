"""E-mails to buyers, as far as those who sell look after them."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from contracts.message import Name, command, query, view


class MailKind(StrEnum):
    CONFIRMATION = "confirmation"  # with the tickets
    REFUND = "refund"


class MailState(StrEnum):
    """BOUNCED: refused for good, or not taken after all attempts."""

    WAITING = "waiting"
    SENT = "sent"
    BOUNCED = "bounced"


@view
class MailView:
    mail_id: UUID
    kind: MailKind
    state: MailState
    recipient: str
    attempts: int
    written_at: datetime
    sent_at: datetime | None = None
    trouble: str | None = None


@view
class MailList:
    items: tuple[MailView, ...]


@command("ticketing.resend_confirmation.v1")
class ResendConfirmation:
    """Mail the tickets of a paid order once more → MailView; to another address when one is
    given. VALIDATION_FAILED when the order has none."""

    order_id: UUID
    email: Name | None = None


@query("ticketing.list_mails.v1")
class ListMails:
    """What was mailed about an order, oldest first → MailList."""

    order_id: UUID
