"""A small festival for accounting's tests: facts as the other services would tell them."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4, uuid5

from contracts.accounting import (
    CloseRegisterSession,
    ClosingCounts,
    CreateRegister,
    FloatOperationType,
    GetRegisterSession,
    GetTrialBalance,
    GetZReport,
    OpenRegisterSession,
    RecordFloatOperation,
)
from contracts.catalog import ScreeningPublished, ScreeningState, VatCodeChanged, VatRate
from contracts.identity import SalePointChanged, SalePointKind
from contracts.money import Money, vat_included
from contracts.roles import Actor, Principal, Role
from contracts.ticketing import (
    Channel,
    LineKind,
    OrderPaid,
    PaidLine,
    PaidPayment,
    PaymentMethod,
    RegisterSessionAccepted,
    RegisterSessionTotals,
    TenderTotal,
)
from services.accounting.queries import books, registers
from services.accounting.usecases import orders, programme, sessions
from services.accounting.usecases import registers as drawers
from services.chassis.testing import Harness

NAMES = UUID("00000000-0000-4000-8000-00000000acc0")
DESK, BAR = uuid5(NAMES, "desk"), uuid5(NAMES, "bar")
SCREENING, VENUE, ROOM = uuid5(NAMES, "screening"), uuid5(NAMES, "venue"), uuid5(NAMES, "room")
SATURDAY_NIGHT = datetime(2026, 11, 21, 23, 30, tzinfo=UTC)  # 00:30 on Sunday in Zurich

ADMIN = Actor(Principal.USER, "u0", "Ada", frozenset({Role.ADMIN}))
CASHIER = Actor(Principal.USER, "u1", "Lea", frozenset({Role.POS}), frozenset({DESK}))
OTHER = Actor(Principal.USER, "u2", "Tim", frozenset({Role.POS}), frozenset({DESK}))
ELSEWHERE = Actor(Principal.USER, "u3", "Eva", frozenset({Role.POS}), frozenset({BAR}))
ACCOUNTANT = Actor(Principal.USER, "u4", "Max", frozenset({Role.ACCOUNTING}))

RATES = {"excluded": 0, "opted": 260, "normal": 810}


def hear_programme(accounting: Harness) -> None:
    """Two sale points, three VAT codes, one screening."""
    for id, name, kind in ((DESK, "Desk", SalePointKind.DESK), (BAR, "Bar", SalePointKind.BAR)):
        accounting.react(programme.keep_sale_point, SalePointChanged(
            sale_point_id=id, version=1, name=name, kind=kind, active=True,
        ))
    for key, rate in RATES.items():
        accounting.react(programme.keep_vat_code, VatCodeChanged(
            key=key, version=1, label={"fr": key},
            rates=(VatRate(valid_from=date(2024, 1, 1), rate_bp=rate),) if rate else (),
        ))
    accounting.react(programme.keep_screening, screening())


def screening(version: int = 1, title: str = "Home") -> ScreeningPublished:
    return ScreeningPublished(
        screening_id=SCREENING, version=version, state=ScreeningState.PUBLISHED,
        title={"fr": title}, production_ids=(), productions=(title,), venue_id=VENUE,
        venue="Capitole", room_id=ROOM, room="Salle 1", time_zone="Europe/Zurich",
        starts_at=SATURDAY_NIGHT, ends_at=SATURDAY_NIGHT + timedelta(hours=2), capacity=50,
        legal_ceiling=50, contingents=(), tariffs=(),
    )


def make_register(accounting: Harness, name: str = "Desk 1", tolerance: int = 0) -> UUID:
    return UUID(accounting.call(
        drawers.create_register,
        CreateRegister(sale_point_id=DESK, name=name, tolerance=Money(tolerance)), ADMIN,
    )["register_id"])


def move_float(
    accounting: Harness, register: UUID, type: FloatOperationType, amount: int,
    actor: Actor = ADMIN, **options: Any,
) -> dict[str, Any]:
    return accounting.call(drawers.record_float_operation, RecordFloatOperation(
        register_id=register, type=type, amount=Money(amount), **options,
    ), actor)


def open_session(
    accounting: Harness, register: UUID, actor: Actor = CASHIER,
    counts: dict[str, int] | None = None,
) -> UUID:
    """Opened, and accepted by ticketing."""
    session = UUID(accounting.call(sessions.open_session, OpenRegisterSession(
        register_id=register, counts=counts,
    ), actor)["register_session_id"])
    accounting.react(sessions.accept_session, RegisterSessionAccepted(register_session_id=session))
    return session


def place(price: int = 1500, quantity: int = 1, vat_code: str = "opted") -> PaidLine:
    gross = Money(price * quantity)
    return PaidLine(
        line_id=uuid4(), kind=LineKind.SCREENING, label="Home", quantity=quantity,
        unit_price=Money(price), gross=gross, vat=vat_included(gross, RATES[vat_code]),
        vat_code=vat_code, vat_rate_bp=RATES[vat_code], supply_at=SATURDAY_NIGHT,
        screening_id=SCREENING, tariff="adult", tariff_name="Adulte",
        ticket_ids=tuple(uuid4() for _ in range(quantity)),
    )


def plain_line(kind: LineKind, amount: int, label: str = "") -> PaidLine:
    """A load or a rounding: no VAT."""
    return PaidLine(
        line_id=uuid4(), kind=kind, label=label or kind.value, quantity=1,
        unit_price=Money(amount), gross=Money(amount), vat=Money(0),
    )


def order(
    lines: tuple[PaidLine, ...], payments: dict[PaymentMethod, int],
    session: UUID | None = None, number: int = 1, cashier: Actor | None = CASHIER,
    paid_at: datetime = SATURDAY_NIGHT,
) -> OrderPaid:
    return OrderPaid(
        order_id=uuid4(), order_number=number, receipt_number=number,
        channel=Channel.DESK if session else Channel.WEB, sale_point_id=DESK, paid_at=paid_at,
        lines=lines, currency="CHF", register_session_id=session,
        payments=tuple(
            PaidPayment(payment_id=uuid4(), method=method, amount=Money(amount), paid_at=paid_at)
            for method, amount in payments.items()
        ),
        cashier_id=cashier.id if cashier else None, cashier_name=cashier.name if cashier else None,
    )


def cash_order(session: UUID, price: int = 1500, number: int = 1) -> OrderPaid:
    return order((place(price),), {PaymentMethod.CASH: price}, session, number)


def totals(session: UUID, *orders: OrderPaid) -> RegisterSessionTotals:
    """What ticketing would say was sold on the session."""
    paid: dict[PaymentMethod, list[int]] = {}
    for payment in (payment for sold in orders for payment in sold.payments):
        paid.setdefault(payment.method, []).append(payment.amount.amount)
    return RegisterSessionTotals(
        register_session_id=session, orders=len(orders),
        totals=tuple(
            TenderTotal(method=method, amount=Money(sum(amounts)), count=len(amounts))
            for method, amounts in paid.items()
        ),
    )


def pieces(cents: int) -> dict[str, int]:
    """A count of so much, in the smallest coin."""
    assert cents % 5 == 0
    return {"5": cents // 5}


def closing(
    session: UUID, cash: int = 0, card: int = 0, reason: str | None = None
) -> CloseRegisterSession:
    return CloseRegisterSession(
        register_session_id=session, reason=reason,
        counts=ClosingCounts(cash=pieces(cash), card=Money(card)),
    )


def sell(accounting: Harness, *sold: OrderPaid) -> None:
    if sold:
        accounting.react_many(orders.book_orders, *sold)


def hear_totals(accounting: Harness, said: RegisterSessionTotals) -> None:
    accounting.react(sessions.take_totals, said)


def look(accounting: Harness, session: UUID, actor: Actor = ACCOUNTANT) -> Any:
    return accounting.ask(
        registers.get_register_session, GetRegisterSession(register_session_id=session), actor
    )


def balances(accounting: Harness) -> dict[str, int]:
    """Debit minus credit of every account that was touched; the journal balances."""
    found = accounting.ask(books.get_trial_balance, GetTrialBalance(), ACCOUNTANT)
    assert found.debit == found.credit
    return {
        account.key: account.balance.amount for account in found.accounts
        if account.debit or account.credit
    }


def z_of(accounting: Harness, session: UUID, actor: Actor = ACCOUNTANT) -> Any:
    report = look(accounting, session).z_report_id
    return accounting.ask(registers.get_z_report, GetZReport(z_report_id=report), actor)


def run_session(
    accounting: Harness, register: UUID, *prices: int, actor: Actor = CASHIER
) -> UUID:
    """Opened, sold for cash, counted rightly and sealed."""
    before = balances(accounting).get("drawer", 0)
    session = open_session(accounting, register, actor)
    sold = [cash_order(session, price, number) for number, price in enumerate(prices, start=1)]
    sell(accounting, *sold)
    accounting.call(sessions.close_session, closing(session, before + sum(prices)), actor)
    hear_totals(accounting, totals(session, *sold))
    return session
