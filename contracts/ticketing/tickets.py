"""Tickets and passes, the places booked on them, and how they are printed."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from marshmallow import validate

from contracts.message import Name, command, event, query, view
from contracts.ticketing.shared import FailedRule, Language, Limit, TicketHolder, TicketText


class TicketState(StrEnum):
    """NEW is not paid yet; only ACTIVATED enters. VOID is for ever."""

    NEW = "new"
    ACTIVATED = "activated"
    BLOCKED = "blocked"
    VOID = "void"


class BookingState(StrEnum):
    ACTIVE = "active"
    CANCELLED = "cancelled"


class QrFormat(StrEnum):
    SVG = "svg"
    PNG = "png"


# ------------------------------------------------------------------ views


@view
class BookingView:
    booking_id: UUID
    ticket_id: UUID
    screening_id: UUID
    state: BookingState
    title: str
    starts_at: datetime
    contingent: str
    booked_at: datetime
    inside: bool = False
    first_entry_at: datetime | None = None


@view
class WindowView:
    """`left` places may still be booked within the frame; for one screening when it is named."""

    window_id: UUID
    bookings: int
    left: int
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    screening_id: UUID | None = None


@view
class TicketView:
    """`single`: a pass of one window with its booking. `qr_text` is what its QR code says; doors
    are not told."""

    ticket_id: UUID
    code: str
    revision: int
    state: TicketState
    single: bool
    label: str
    tariff: str
    wallet_allowed: bool
    order_id: UUID
    issued_at: datetime
    windows: tuple[WindowView, ...]
    bookings: tuple[BookingView, ...]
    ticket_type_id: UUID | None = None
    holder: TicketHolder | None = None
    qr_text: str | None = None


@view
class TicketItem:
    """A ticket in a list; the booking of the screening asked for, when one was."""

    ticket_id: UUID
    code: str
    state: TicketState
    single: bool
    label: str
    tariff: str
    order_id: UUID
    issued_at: datetime
    holder_name: str | None = None
    booking: BookingView | None = None


@view
class TicketPage:
    items: tuple[TicketItem, ...]
    next_cursor: str | None = None


@view
class BookabilityView:
    """`rules` lists everything that stands against booking; empty when `bookable`."""

    ticket_id: UUID
    screening_id: UUID
    bookable: bool
    rules: tuple[FailedRule, ...] = ()


@view
class DocumentView:
    """A file; `content` in base64."""

    content_type: str
    filename: str
    content: str


# ------------------------------------------------------------------ commands


@command("ticketing.book_screening.v1")
class BookScreening:
    """Book a place on a pass → BookingView; BOOKING_REFUSED with every failing FailedRule."""

    ticket_id: UUID
    screening_id: UUID


@command("ticketing.cancel_booking.v1")
class CancelBooking:
    """Give a pass its booking back → BookingView. Not for single tickets, nor once entered."""

    booking_id: UUID


# ------------------------------------------------------------------ queries


@query("ticketing.get_ticket.v1")
class GetTicket:
    ticket_id: UUID


@query("ticketing.list_tickets.v1")
class ListTickets:
    """With a place in a screening, of an order, or found by a code typed or scanned.

    `contingent_id`, `scanned` (has come in) and `single` (or on a pass) choose among the places
    of a screening.
    """

    screening_id: UUID | None = None
    order_id: UUID | None = None
    code: TicketText | None = None
    state: TicketState | None = None
    tariff: Name | None = None
    contingent_id: UUID | None = None
    scanned: bool | None = None
    single: bool | None = None
    cursor: str | None = None
    limit: Limit = 50


@query("ticketing.get_bookability.v1")
class GetBookability:
    ticket_id: UUID
    screening_id: UUID


# Documents are made by a process of their own: its name comes first, so that calls find it.


@query("ticketing_documents.tickets_pdf.v1")
class TicketsPdf:
    """The tickets of a paid order, a page each → DocumentView. Language: the holder's."""

    order_id: UUID
    language: Language | None = None


@query("ticketing_documents.tickets_pdf_by_ids.v1")
class TicketsPdfByIds:
    """Any tickets, in the order given → DocumentView."""

    ticket_ids: Annotated[tuple[UUID, ...], validate.Length(min=1, max=1_000)]
    language: Language | None = None


@query("ticketing_documents.tickets_csv.v1")
class TicketsCsv:
    """Everybody who has a place in a screening, in the order of issue → DocumentView: UTF-8 with
    semicolons. The filters are those of the list."""

    screening_id: UUID
    state: TicketState | None = None
    tariff: Name | None = None
    contingent_id: UUID | None = None
    scanned: bool | None = None
    single: bool | None = None


@query("ticketing_documents.ticket_qr.v1")
class TicketQr:
    """The QR code of a ticket alone → DocumentView."""

    ticket_id: UUID
    format: QrFormat = QrFormat.SVG


# ------------------------------------------------------------------ events


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
