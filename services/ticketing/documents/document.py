"""What is printed on one ticket, already chosen in the language of its reader."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from contracts.money import Money


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketDocument:
    """One ticket or pass. What is None, or empty, is left out of the page without a gap."""

    kind: Literal["single", "pass"]
    title: str
    tariff: str
    price: Money
    order_number: str
    code: str  # ten characters, as `contracts.ticket_code.new_code` gives them
    qr_text: str  # as `contracts.ticket_code.sign` gives it
    organiser: str
    subtitle: str | None = None
    productions: tuple[str, ...] = ()  # when the screening shows several
    starts_at: datetime | None = None  # aware, UTC; a pass has none
    zone: str = "Europe/Zurich"  # of the venue: what its clock shows is what is printed
    venue: str | None = None
    room: str | None = None
    holder: str | None = None
    vat: str | None = None  # one sentence, such as "VAT 2.6 % included: CHF 0.41"
    sale_point: str | None = None
    rules: str | None = None  # conditions of the organiser, paragraphs apart by a newline

    def __post_init__(self) -> None:
        if self.starts_at and self.starts_at.tzinfo is None:
            raise ValueError("starts_at must be aware")
