"""Tickets, what they cover, and the places booked on them.

One model for all (c-14): a single ticket is a pass of one window, for one screening, with its
booking made; a card or subscription has windows of its type and books later.
"""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from contracts import ticket_code
from contracts.errors import Code, DomainError
from contracts.roles import Actor, Principal
from contracts.ticketing import (
    BookingState,
    BookingView,
    OrderTicket,
    TicketHolder,
    TicketIssued,
    TicketItem,
    TicketState,
    TicketView,
    WindowView,
)
from services.ticketing.models.base import LOCK, Base
from services.ticketing.models.keys import keys_of
from services.ticketing.models.orders import Line, Order
from services.ticketing.models.places import Share
from services.ticketing.models.programme import SINGLE, Screening, TicketType


class Window(Base):
    """`used` of `bookings` places are booked; changed under the lock of its ticket's row."""

    __tablename__ = "windows"
    __table_args__ = (CheckConstraint("used BETWEEN 0 AND bookings", name="used_within"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    ticket_id: Mapped[UUID] = mapped_column(ForeignKey("tickets.id"), index=True)
    screening_id: Mapped[UUID | None]
    starts_at: Mapped[datetime | None]
    ends_at: Mapped[datetime | None]
    bookings: Mapped[int]
    used: Mapped[int] = mapped_column(default=0)

    @property
    def left(self) -> int:
        return self.bookings - self.used

    def covers(self, screening: Screening) -> bool:
        if self.screening_id:
            return self.screening_id == screening.id
        return not (
            (self.starts_at and screening.starts_at < self.starts_at)
            or (self.ends_at and screening.starts_at >= self.ends_at)
        )

    def use(self) -> None:
        self.used += 1

    def give_back(self) -> None:
        self.used -= 1

    def view(self) -> WindowView:
        return WindowView(
            window_id=self.id, bookings=self.bookings, left=self.left, starts_at=self.starts_at,
            ends_at=self.ends_at, screening_id=self.screening_id,
        )


class Booking(Base):
    """One place of one contingent kept for a ticket; and whether its holder is in the room."""

    __tablename__ = "bookings"
    __table_args__ = (
        Index("ix_bookings_once", "ticket_id", "screening_id", unique=True,
              postgresql_where=text("state = 'active'")),
        Index("ix_bookings_screening", "screening_id", "contingent_id",
              postgresql_where=text("state = 'active'")),
        Index("ix_bookings_inside", "screening_id", postgresql_where=text("inside")),
        CheckConstraint("NOT inside OR first_entry_at IS NOT NULL", name="inside_entered"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    ticket_id: Mapped[UUID] = mapped_column(ForeignKey("tickets.id"))
    window_id: Mapped[UUID] = mapped_column(ForeignKey("windows.id"))
    screening_id: Mapped[UUID] = mapped_column(ForeignKey("screenings.id"))
    contingent_id: Mapped[UUID] = mapped_column(ForeignKey("contingents.id"))
    contingent: Mapped[str]
    lender_id: Mapped[UUID | None] = mapped_column(ForeignKey("contingents.id"))
    state: Mapped[str]
    booked_at: Mapped[datetime]
    cancelled_at: Mapped[datetime | None]
    inside: Mapped[bool] = mapped_column(default=False)
    first_entry_at: Mapped[datetime | None]

    window: Mapped[Window] = relationship()

    @property
    def taken_from(self) -> UUID:
        return self.lender_id or self.contingent_id

    def cancel(self, at: datetime) -> None:
        if self.state != BookingState.ACTIVE:
            raise DomainError(Code.BOOKING_REFUSED, "This booking is cancelled already.")
        if self.first_entry_at:
            raise DomainError(Code.BOOKING_REFUSED, "This booking has been used at the door.")
        self.state, self.cancelled_at = BookingState.CANCELLED, at

    def restore(self) -> None:
        """Cancelled by a release that is undone."""
        if self.state != BookingState.CANCELLED:
            raise DomainError(Code.BOOKING_REFUSED, "This booking is not cancelled.")
        self.state, self.cancelled_at = BookingState.ACTIVE, None

    def enter(self, at: datetime) -> bool:
        """In; True for the first time."""
        first = self.first_entry_at is None
        self.inside, self.first_entry_at = True, self.first_entry_at or at
        return first

    def leave(self) -> None:
        self.inside = False

    def view(self, screening: Screening) -> BookingView:
        return BookingView(
            booking_id=self.id, ticket_id=self.ticket_id, screening_id=self.screening_id,
            state=BookingState(self.state), title=screening.label(),
            starts_at=screening.starts_at, contingent=self.contingent, booked_at=self.booked_at,
            inside=self.inside or False, first_entry_at=self.first_entry_at,
        )


class Ticket(Base):
    """The right to enter, with its code. `revision`: a reprint or transfer raises it."""

    __tablename__ = "tickets"
    __table_args__ = (CheckConstraint("revision BETWEEN 1 AND 65535", name="revision_fits"),)
    __mapper_args__ = {"eager_defaults": False}  # noqa: RUF012  (`number` is for lists only)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    number: Mapped[int] = mapped_column(Identity(always=True), unique=True)
    code: Mapped[str] = mapped_column(unique=True)
    revision: Mapped[int]
    state: Mapped[str]
    type_key: Mapped[str]
    ticket_type_id: Mapped[UUID | None] = mapped_column(ForeignKey("ticket_types.id"))
    label: Mapped[str]
    tariff: Mapped[str]
    tariff_name: Mapped[str]
    wallet_allowed: Mapped[bool]
    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders.id"), index=True)
    line_id: Mapped[UUID] = mapped_column(ForeignKey("order_lines.id"))
    holder_id: Mapped[str | None] = mapped_column(index=True)
    holder_name: Mapped[str | None]
    holder_email: Mapped[str | None]
    language: Mapped[str | None]
    issued_at: Mapped[datetime]

    windows: Mapped[list[Window]] = relationship()
    bookings: Mapped[list[Booking]] = relationship(order_by=Booking.booked_at)

    @classmethod
    def of_line(cls, order: Order, line: Line, ticket_type: TicketType | None) -> "Ticket":
        """A paid one; `ticket_type` is None for a place sold by itself, which may carry money."""
        return cls(
            id=uuid4(), code=ticket_code.new_code(), revision=1, state=TicketState.ACTIVATED,
            type_key=ticket_type.key if ticket_type else SINGLE,
            ticket_type_id=line.ticket_type_id, label=line.label, tariff=line.tariff,
            tariff_name=line.tariff_name,
            wallet_allowed=ticket_type.wallet_allowed if ticket_type else True,
            order_id=order.id, line_id=line.id, holder_id=order.holder_id,
            holder_name=order.holder_name, holder_email=order.holder_email,
            language=order.language, issued_at=order.paid_at,
        )

    @classmethod
    def single(cls, order: Order, line: Line) -> "Ticket":
        """One place: its window and its booking are made with it."""
        ticket = cls.of_line(order, line, None)
        window = Window(
            id=uuid4(), ticket_id=ticket.id, screening_id=line.screening_id, bookings=1, used=1
        )
        ticket.windows = [window]
        ticket.bookings = [Booking(
            id=uuid4(), ticket_id=ticket.id, window_id=window.id, screening_id=line.screening_id,
            contingent_id=line.contingent_id, contingent=line.contingent,
            lender_id=line.lender_id, state=BookingState.ACTIVE, booked_at=order.paid_at,
            inside=False,
        )]
        return ticket

    @classmethod
    def of_type(cls, order: Order, line: Line, ticket_type: TicketType) -> "Ticket":
        """A pass, with the windows of its type as they are today."""
        ticket = cls.of_line(order, line, ticket_type)
        ticket.bookings = []
        ticket.windows = [
            Window(
                id=uuid4(), ticket_id=ticket.id, bookings=window["bookings"], used=0,
                starts_at=_instant(window["starts_at"]), ends_at=_instant(window["ends_at"]),
            )
            for window in ticket_type.windows
        ]
        return ticket

    def void(self) -> None:
        """Taken back: it is good for nothing any more, for ever."""
        if self.state == TicketState.VOID:
            raise DomainError(Code.TICKET_STATE, "This ticket is void already.")
        self.state = TicketState.VOID

    @property
    def is_single(self) -> bool:
        return self.type_key == SINGLE

    def book(self, window: Window, screening_id: UUID, at: datetime, place: Share) -> Booking:
        window.use()
        booking = Booking(
            id=uuid4(), ticket_id=self.id, window_id=window.id, screening_id=screening_id,
            contingent_id=place.contingent.id, contingent=place.contingent.name,
            lender_id=place.lender_id, state=BookingState.ACTIVE, booked_at=at, inside=False,
        )
        self.bookings.append(booking)
        return booking

    def in_order(self) -> OrderTicket:
        return OrderTicket(ticket_id=self.id, line_id=self.line_id, code=self.code)

    def fact(self) -> TicketIssued:
        return TicketIssued(
            ticket_id=self.id, code=self.code, wallet_allowed=self.wallet_allowed,
            order_id=self.order_id, holder_id=self.holder_id, holder_name=self.holder_name,
        )

    def view(self, qr_text: str | None, screenings: dict[UUID, Screening]) -> TicketView:
        return TicketView(
            ticket_id=self.id, code=self.code, revision=self.revision, qr_text=qr_text,
            state=TicketState(self.state), single=self.is_single, label=self.label,
            tariff=self.tariff, wallet_allowed=self.wallet_allowed, order_id=self.order_id,
            issued_at=self.issued_at, ticket_type_id=self.ticket_type_id,
            windows=tuple(window.view() for window in self.windows),
            bookings=tuple(item.view(screenings[item.screening_id]) for item in self.bookings),
            holder=TicketHolder(
                name=self.holder_name, email=self.holder_email, language=self.language
            ),
        )

    def item(self, booking: BookingView | None) -> TicketItem:
        return TicketItem(
            ticket_id=self.id, code=self.code, state=TicketState(self.state),
            single=self.is_single, label=self.label, tariff=self.tariff, order_id=self.order_id,
            issued_at=self.issued_at, holder_name=self.holder_name, booking=booking,
        )


def find_ticket(session: Session, ticket_id: UUID, actor: Actor, lock: bool = False) -> Ticket:
    """A ticket, if the caller may see it: a holder's own, or any one for those who sell."""
    statement = select(Ticket).where(Ticket.id == ticket_id)
    ticket = session.scalar(statement.with_for_update(**LOCK) if lock else statement)
    if ticket is None or (actor.kind is Principal.HOLDER and ticket.holder_id != actor.id):
        raise DomainError(Code.TICKET_NOT_FOUND, "There is no such ticket.")
    return ticket


def plain_code(session: Session, text: str) -> tuple[str, int | None]:
    """The code in a QR text, with its revision, or as typed, without one.

    Raises DomainError TICKET_CODE_….
    """
    if len(text) < ticket_code.TEXT_LENGTH:
        return ticket_code.normalise(text), None
    found = keys_of(session).read(session, text)
    return found.code, found.revision


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
