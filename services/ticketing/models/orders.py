"""One purchase: its lines with frozen prices, its payments, and its states.

    HELD → PAYING → PAID     HELD → EXPIRED (→ PAID, when its money comes late)    HELD → CANCELLED

Part paid orders do not expire: somebody's money is in them. `hold_expires_at` is then empty, as
it is while a wallet is being debited.
"""

from dataclasses import replace
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Identity,
    Index,
    UniqueConstraint,
    bindparam,
    select,
    text,
)
from sqlalchemy.orm import Mapped, Session, joinedload, mapped_column, relationship

from contracts.errors import Code, DomainError
from contracts.money import Money, cash_rounding
from contracts.roles import Actor, Principal, Role
from contracts.ticketing import (
    Channel,
    LineKind,
    OrderItem,
    OrderPaid,
    OrderState,
    OrderTicket,
    OrderView,
    PaidLine,
    TicketHolder,
)
from services.chassis.unit_of_work import UnitOfWork
from services.ticketing.models.base import LOCK, Base
from services.ticketing.models.payments import Payment
from services.ticketing.models.register_sessions import RegisterSession


class Line(Base):
    """`lender_id`: the contingent whose places are used when it is not `contingent_id`'s own.
    `overbooked`: sold beyond the capacity, for the reason given."""

    __tablename__ = "order_lines"
    __table_args__ = (
        UniqueConstraint("order_id", "position"),
        CheckConstraint("quantity > 0", name="quantity_positive"),
        CheckConstraint("gross = quantity * unit_price", name="gross_adds_up"),
        CheckConstraint("kind = 'rounding' OR unit_price >= 0", name="price_not_negative"),
        CheckConstraint("overbooked = (overbook_reason IS NOT NULL)",
                        name="overbooked_for_a_reason"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders.id"))
    position: Mapped[int]
    kind: Mapped[str]
    label: Mapped[str]
    quantity: Mapped[int]
    unit_price: Mapped[int]
    gross: Mapped[int]
    value: Mapped[int]
    vat: Mapped[int] = mapped_column(default=0)
    vat_code: Mapped[str | None]
    vat_rate_bp: Mapped[int] = mapped_column(default=0)
    supply_at: Mapped[datetime | None]
    screening_id: Mapped[UUID | None] = mapped_column(ForeignKey("screenings.id"), index=True)
    contingent_id: Mapped[UUID | None] = mapped_column(ForeignKey("contingents.id"))
    contingent: Mapped[str | None]
    lender_id: Mapped[UUID | None] = mapped_column(ForeignKey("contingents.id"))
    ticket_type_id: Mapped[UUID | None] = mapped_column(ForeignKey("ticket_types.id"))
    tariff: Mapped[str | None]
    tariff_name: Mapped[str | None]
    loaded_ticket_id: Mapped[UUID | None]
    overbooked: Mapped[bool] = mapped_column(default=False)
    overbook_reason: Mapped[str | None]

    @property
    def taken_from(self) -> UUID | None:
        """The contingent whose capacity this line uses up."""
        return self.lender_id or self.contingent_id

    def taken_back(
        self, currency: str, quantity: int, gross: Money, vat: Money, ticket_ids: tuple[UUID, ...]
    ) -> PaidLine:
        """As in a credit note: so much of it, and the money given for that."""
        return replace(
            self.view(currency, ticket_ids), quantity=quantity, gross=gross, vat=vat
        )

    def view(self, currency: str, ticket_ids: tuple[UUID, ...] = ()) -> PaidLine:
        return PaidLine(
            line_id=self.id, kind=LineKind(self.kind), label=self.label, quantity=self.quantity,
            unit_price=Money(self.unit_price, currency), gross=Money(self.gross, currency),
            vat=Money(self.vat or 0, currency), vat_code=self.vat_code,
            vat_rate_bp=self.vat_rate_bp or 0, supply_at=self.supply_at,
            screening_id=self.screening_id, contingent_id=self.contingent_id,
            contingent=self.contingent, ticket_type_id=self.ticket_type_id, tariff=self.tariff,
            tariff_name=self.tariff_name, ticket_ids=ticket_ids, lender_id=self.lender_id,
            loaded_ticket_id=self.loaded_ticket_id, overbooked=self.overbooked or False,
        )


class Order(Base):
    __tablename__ = "orders"
    __table_args__ = (
        UniqueConstraint("register_id", "receipt_number"),
        CheckConstraint("(state = 'paid') = (paid_at IS NOT NULL)", name="paid_at_when_paid"),
        Index("ix_orders_expiring", "hold_expires_at", postgresql_where=text("state = 'held'")),
        Index("ix_orders_sale_point", "sale_point_id", "number"),
        Index("ix_orders_holder", "holder_id", "number"),
        Index("ix_orders_email", text("lower(holder_email)")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    number: Mapped[int] = mapped_column(Identity(start=1001), unique=True)
    state: Mapped[str]
    channel: Mapped[str]
    sale_point_id: Mapped[UUID] = mapped_column(ForeignKey("sale_points.id"))
    currency: Mapped[str]
    total: Mapped[int]
    created_at: Mapped[datetime]
    hold_expires_at: Mapped[datetime | None]
    paid_at: Mapped[datetime | None]
    register_session_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("register_sessions.id"), index=True
    )
    register_id: Mapped[UUID | None]
    receipt_number: Mapped[int | None]
    cashier_id: Mapped[str | None]
    cashier_name: Mapped[str | None]
    holder_id: Mapped[str | None]
    holder_name: Mapped[str | None]
    holder_email: Mapped[str | None]
    language: Mapped[str | None]

    lines: Mapped[list[Line]] = relationship(order_by=Line.position)
    register_session: Mapped[RegisterSession | None] = relationship(viewonly=True)
    payments: Mapped[list[Payment]] = relationship(order_by=Payment.requested_at)

    # ------------------------------------------------------------------ what it says

    @property
    def captured(self) -> Money:
        return Money(sum(item.amount for item in self.payments if item.captured), self.currency)

    @property
    def due(self) -> Money:
        return Money(self.total, self.currency) - self.captured

    @property
    def due_cash(self) -> Money:
        """What is due, in coins: only a cash remainder is rounded (c-21)."""
        return self.due + cash_rounding(self.due)

    @property
    def places(self) -> dict[UUID, int]:
        """How many places it takes of which contingent."""
        taken: dict[UUID, int] = {}
        for line in self.lines:
            if line.taken_from:
                taken[line.taken_from] = taken.get(line.taken_from, 0) + line.quantity
        return taken

    # ------------------------------------------------------------------ states

    def must_be_held(self, now: datetime) -> None:
        """Refuses what only an order waiting for its money may do."""
        if self.state == OrderState.PAYING:
            raise DomainError(Code.ORDER_BUSY, "This order is being paid right now.")
        if self.state == OrderState.EXPIRED or (
            self.state == OrderState.HELD and self.hold_expires_at and self.hold_expires_at <= now
        ):
            raise DomainError(Code.ORDER_EXPIRED, "The places of this order are not held any more.")
        if self.state != OrderState.HELD:
            raise DomainError(Code.ORDER_STATE, f"This order is {self.state} already.")

    def extend(self, until: datetime) -> None:
        """A part paid order has no end to extend."""
        if self.hold_expires_at:
            self.hold_expires_at = until

    def stop_expiring(self) -> None:
        self.hold_expires_at = None

    def start_paying(self) -> None:
        """HELD → PAYING: a wallet is asked; until it answers nothing else happens here."""
        self._leave(OrderState.HELD, to=OrderState.PAYING)
        self.hold_expires_at = None

    def hold_again(self, until: datetime) -> None:
        """PAYING → HELD: the wallet has declined. Other money in it stays in it."""
        self._leave(OrderState.PAYING, to=OrderState.HELD)
        self.hold_expires_at = None if self.captured else until

    def expire(self) -> None:
        self._leave(OrderState.HELD, to=OrderState.EXPIRED)
        self.hold_expires_at = None

    def cancel(self) -> None:
        self._leave(OrderState.HELD, to=OrderState.CANCELLED)
        self.hold_expires_at = None

    def finish(self, at: datetime) -> None:
        """→ PAID: to the centime, whatever the way it was paid."""
        if self.due:
            raise ValueError(f"order {self.number} is not paid: {self.due} due")
        self._leave(OrderState.HELD, OrderState.PAYING, OrderState.EXPIRED, to=OrderState.PAID)
        self.paid_at, self.hold_expires_at = at, None

    def _leave(self, *states: OrderState, to: OrderState) -> None:
        if self.state not in states:
            raise DomainError(Code.ORDER_STATE, f"This order is {self.state} already.")
        self.state = to

    # ------------------------------------------------------------------ changes

    def add(self, *lines: Line) -> None:
        for line in lines:
            line.order_id, line.position = self.id, len(self.lines)
            self.lines.append(line)
        self.total = sum(line.gross for line in self.lines)

    def receive(self, payment: Payment) -> None:
        payment.order_id = self.id
        self.payments.append(payment)

    def round_to(self, coins: Money) -> None:
        """The difference to what coins can pay, as a line of its own."""
        rest = (coins - self.due).amount
        if rest:
            self.add(Line(
                id=uuid4(), kind=LineKind.ROUNDING, label="Arrondi", quantity=1,
                unit_price=rest, gross=rest, value=rest,
            ))

    def served_by(self, actor: Actor, register_session_id: UUID | None) -> None:
        """Who takes the money, and into which session it goes."""
        if actor.kind is Principal.USER:
            self.cashier_id, self.cashier_name = actor.id, actor.name
            self.register_session_id = register_session_id or self.register_session_id

    def receipt(self, register_id: UUID, number: int) -> None:
        self.register_id, self.receipt_number = register_id, number

    def leave_session(self) -> None:
        """Its session closed while a wallet or provider was answering: no drawer is concerned."""
        self.register_session_id = None

    # ------------------------------------------------------------------ views

    def holder(self) -> TicketHolder | None:
        if not (self.holder_name or self.holder_email or self.language):
            return None
        return TicketHolder(
            name=self.holder_name, email=self.holder_email, language=self.language
        )

    def view(self, tickets: tuple[OrderTicket, ...] = ()) -> OrderView:
        due = Money(0, self.currency)
        if self.state in (OrderState.HELD, OrderState.PAYING):
            due = self.due
        return OrderView(
            order_id=self.id, order_number=self.number, state=OrderState(self.state),
            channel=Channel(self.channel), sale_point_id=self.sale_point_id,
            created_at=self.created_at, total=Money(self.total, self.currency),
            due=due, due_cash=due + cash_rounding(due),
            lines=tuple(self._line_views(tickets)),
            payments=tuple(payment.view() for payment in self.payments), tickets=tickets,
            holder=self.holder(), hold_expires_at=self.hold_expires_at,
            register_session_id=self.register_session_id, receipt_number=self.receipt_number,
            paid_at=self.paid_at,
        )

    def item(self) -> OrderItem:
        return OrderItem(
            order_id=self.id, order_number=self.number, state=OrderState(self.state),
            channel=Channel(self.channel), sale_point_id=self.sale_point_id,
            created_at=self.created_at, total=Money(self.total, self.currency),
            holder_name=self.holder_name, hold_expires_at=self.hold_expires_at,
            register_session_id=self.register_session_id, receipt_number=self.receipt_number,
            paid_at=self.paid_at,
        )

    def fact(self, tickets: tuple[OrderTicket, ...]) -> OrderPaid:
        return OrderPaid(
            order_id=self.id, order_number=self.number, channel=Channel(self.channel),
            sale_point_id=self.sale_point_id, paid_at=self.paid_at, currency=self.currency,
            lines=tuple(self._line_views(tickets)),
            payments=tuple(item.paid() for item in self.payments if item.captured),
            register_session_id=self.register_session_id, receipt_number=self.receipt_number,
            cashier_id=self.cashier_id, cashier_name=self.cashier_name,
        )

    def _line_views(self, tickets: tuple[OrderTicket, ...]) -> list[PaidLine]:
        of_line: dict[UUID, tuple[UUID, ...]] = {}
        for ticket in tickets:
            of_line[ticket.line_id] = (*of_line.get(ticket.line_id, ()), ticket.ticket_id)
        return [line.view(self.currency, of_line.get(line.id, ())) for line in self.lines]


def next_number(uow: UnitOfWork) -> int:
    """Of an order that is sure to be placed: refusals use up none."""
    return uow.first("SELECT nextval('orders_number_seq') AS number", {}).number


# Lines do not change while an order waits, so they come with its row, and so does its session,
# which is asked again when it counts; payments do, and are read when the lock is held.
_FOUND = select(Order).where(Order.id == bindparam("id")).options(
    joinedload(Order.lines), joinedload(Order.register_session)
)
_LOCKED = _FOUND.with_for_update(of=Order, **LOCK)


def find_order(session: Session, order_id: UUID, actor: Actor, lock: bool = False) -> Order:
    """An order with its lines and payments, if the caller may see it; locked to change it.

    Staff act at their own sale points, and accounting reads all; the web shop has its own
    orders, a holder theirs: those of others do not exist for them.
    """
    found = session.scalars(_LOCKED if lock else _FOUND, {"id": order_id})
    order = found.unique().one_or_none()
    if order is None or (actor.kind is Principal.HOLDER and order.holder_id != actor.id):
        raise _not_found()
    if actor.kind in (Principal.HOLDER, Principal.SYSTEM) or actor.sells_at(order.sale_point_id):
        return order
    if actor.kind is Principal.ESHOP:
        raise _not_found()
    if lock or not actor.may(Role.ACCOUNTING):
        raise DomainError(Code.SALE_POINT_NOT_YOURS, "This order is of another sale point.")
    return order


def _not_found() -> DomainError:
    return DomainError(Code.ORDER_NOT_FOUND, "There is no such order.")
