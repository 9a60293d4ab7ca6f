"""A small programme, told to ticketing as catalog and identity would tell it."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from contracts.accounting import RegisterSessionOpening
from contracts.catalog import (
    ContingentState,
    ScreeningPublished,
    ScreeningState,
    TariffState,
    TicketTypeChanged,
    TicketTypeKind,
    VatCodeChanged,
    VatRate,
    WindowState,
)
from contracts.identity import SalePointChanged, SalePointKind
from contracts.money import Money
from contracts.roles import Actor, Principal, Role
from contracts.ticketing import (
    BookScreening,
    CheckIn,
    Direction,
    LineKind,
    OrderLine,
    PaymentMethod,
    PayOrder,
    PlaceOrder,
)
from services.chassis.testing import Harness
from services.ticketing.usecases import (
    bookings,
    checkins,
    orders,
    payments,
    programme,
    register_sessions,
)

DESK, ESHOP, OTHER_DESK = uuid4(), uuid4(), uuid4()
NOW = datetime.now(UTC).replace(microsecond=0)


def user(*roles: Role, name: str = "Lea", at: tuple[UUID, ...] = (DESK,)) -> Actor:
    return Actor(Principal.USER, f"user-{name.lower()}", name, frozenset(roles), frozenset(at))


CASHIER = user(Role.POS)
COLLEAGUE = user(Role.POS, name="Max")
STRANGER = user(Role.POS, name="Zoe", at=(OTHER_DESK,))
DOOR = user(Role.ENTRY_CHECK, name="Door", at=())
SHOP = Actor(Principal.ESHOP, "shop", "Web shop", frozenset(), frozenset({ESHOP}))
ANNA = Actor(Principal.HOLDER, "anna", "Anna")
BEN = Actor(Principal.HOLDER, "ben", "Ben")


def tariff(key: str = "full", price: int = 1500, **rules: Any) -> TariffState:
    return TariffState(
        tariff_id=uuid4(), key=key, name={"fr": key.title()}, price=Money(price),
        value=Money(price), vat_code="opted", **rules,
    )


def contingent(name: str = "Public", capacity: int = 10, **rules: Any) -> ContingentState:
    return ContingentState(contingent_id=uuid4(), name=name, capacity=capacity, **rules)


def screening(
    *contingents: ContingentState, tariffs: tuple[TariffState, ...] = (), version: int = 1,
    starts_in: timedelta = timedelta(hours=1), **fields: Any,
) -> ScreeningPublished:
    contingents = contingents or (contingent(),)
    capacity = sum(item.capacity for item in contingents)
    return ScreeningPublished(**{
        "screening_id": uuid4(), "version": version, "state": ScreeningState.PUBLISHED,
        "title": {"fr": "Le Bal", "en": "The Ball"}, "production_ids": (uuid4(),),
        "productions": ("Le Bal",), "venue_id": uuid4(), "venue": "Rex", "room_id": uuid4(),
        "room": "Rex 1", "time_zone": "Europe/Zurich", "starts_at": NOW + starts_in,
        "ends_at": NOW + starts_in + timedelta(hours=2), "capacity": capacity,
        "legal_ceiling": capacity, "contingents": contingents, "tariffs": tariffs or (tariff(),),
    } | fields)


def pass_type(bookings: int = 3, **fields: Any) -> TicketTypeChanged:
    return TicketTypeChanged(**{
        "ticket_type_id": uuid4(), "version": 1, "key": "card", "name": {"fr": "Carte"},
        "kind": TicketTypeKind.CARD, "wallet_allowed": True, "active": True,
        "windows": (WindowState(window_id=uuid4(), bookings=bookings),),
        "tariffs": (tariff("full", 4000),),
    } | fields)


@dataclass
class BoxOffice:
    """Ticketing with its sale points and VAT codes; verbs of the people who use it."""

    ticketing: Harness
    session_id: UUID = field(default_factory=uuid4)
    register_id: UUID = field(default_factory=uuid4)

    def open(self) -> "BoxOffice":
        for sale_point, kind in ((DESK, SalePointKind.DESK), (OTHER_DESK, SalePointKind.DESK),
                                 (ESHOP, SalePointKind.ESHOP)):
            self.hear(programme.keep_sale_point, SalePointChanged(
                sale_point_id=sale_point, version=1, name=kind.title(), kind=kind, active=True
            ))
        self.hear(programme.keep_vat_code, VatCodeChanged(
            key="opted", version=1, label={"fr": "Opté"},
            rates=(VatRate(valid_from=date(2018, 1, 1), rate_bp=250),
                   VatRate(valid_from=date(2024, 1, 1), rate_bp=260)),
        ))
        self.open_session(self.session_id)
        return self

    def hear(self, use_case: Any, event: Any) -> Any:
        self.ticketing.react(use_case, event)
        return event

    def publish(self, event: ScreeningPublished) -> ScreeningPublished:
        return self.hear(programme.keep_screening, event)

    def offer(self, *contingents: ContingentState, **fields: Any) -> ScreeningPublished:
        return self.publish(screening(*contingents, **fields))

    def offer_pass(self, **fields: Any) -> TicketTypeChanged:
        return self.hear(programme.keep_ticket_type, pass_type(**fields))

    def open_session(self, session_id: UUID, cashier: Actor = CASHIER) -> UUID:
        self.hear(register_sessions.open_session, RegisterSessionOpening(
            register_session_id=session_id, register_id=self.register_id, sale_point_id=DESK,
            cashier_id=cashier.id, cashier_name=cashier.name, opened_at=NOW,
        ))
        return session_id

    # ------------------------------------------------------------------ people

    def order(
        self, *lines: OrderLine, actor: Actor = CASHIER, sale_point_id: UUID | None = None,
        **fields: Any,
    ) -> dict:
        at = sale_point_id or (DESK if actor.kind is Principal.USER else ESHOP)
        if actor == CASHIER:
            fields.setdefault("register_session_id", self.session_id)
        command = PlaceOrder(sale_point_id=at, lines=lines, **fields)
        return self.ticketing.call(orders.place_order, command, actor)

    def pay(
        self, order: dict, method: PaymentMethod = PaymentMethod.CASH,
        amount: int | None = None, actor: Actor = CASHIER, **fields: Any,
    ) -> dict:
        due = order["due_cash" if method is PaymentMethod.CASH else "due"]["amount"]
        return self.ticketing.call(payments.pay_order, PayOrder(
            order_id=UUID(order["order_id"]), method=method,
            amount=Money(due if amount is None else amount), **fields,
        ), actor)

    def sell(self, *lines: OrderLine, actor: Actor = CASHIER, **fields: Any) -> dict:
        return self.pay(self.order(*lines, actor=actor, **fields), actor=actor)

    def book(self, ticket_id: str, show: ScreeningPublished, actor: Actor = CASHIER) -> dict:
        return self.ticketing.call(bookings.book_screening, BookScreening(
            ticket_id=UUID(ticket_id), screening_id=show.screening_id
        ), actor)

    def scan(
        self, code: str, *shows: ScreeningPublished, direction: Direction = Direction.IN,
        nonce: str = "", actor: Actor = DOOR,
    ) -> dict:
        nonce = nonce or str(uuid4())
        return self.ticketing.call(checkins.check_in, CheckIn(
            code=code, screening_ids=tuple(show.screening_id for show in shows), nonce=nonce,
            direction=direction,
        ), actor, id=nonce)


def places(
    show: ScreeningPublished, quantity: int = 1, tariff: str = "full",
    contingent_id: UUID | None = None,
) -> OrderLine:
    return OrderLine(
        kind=LineKind.SCREENING, screening_id=show.screening_id, tariff=tariff,
        quantity=quantity, contingent_id=contingent_id,
    )


def passes(kind: TicketTypeChanged, quantity: int = 1, tariff: str = "full") -> OrderLine:
    return OrderLine(
        kind=LineKind.PASS, ticket_type_id=kind.ticket_type_id, tariff=tariff, quantity=quantity
    )


def load(ticket_id: str, amount: int) -> OrderLine:
    return OrderLine(kind=LineKind.WALLET_LOAD, ticket_id=UUID(ticket_id), amount=Money(amount))
