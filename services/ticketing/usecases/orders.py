"""Hold places and prices for a while; give them back."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

from sqlalchemy import bindparam, select

from contracts.errors import Code, DomainError
from contracts.identity import SalePointKind
from contracts.money import CURRENCY, Money, vat_included
from contracts.roles import Principal
from contracts.ticketing import (
    CancelOrder,
    Channel,
    ExtendHold,
    FailedRule,
    LineKind,
    OrderLine,
    OrderState,
    OrderView,
    PaymentMethod,
    PlaceOrder,
    TicketHolder,
    TicketState,
)
from services.chassis.settings import Settings
from services.chassis.unit_of_work import UnitOfWork
from services.ticketing.models import (
    LOCK,
    SINGLE,
    Contingent,
    Line,
    Order,
    RegisterSession,
    SalePoint,
    Seller,
    Tariff,
    VatCode,
    allocate,
    find_order,
    lock_contingents,
    next_number,
    not_open,
    of_screening,
    overbook,
    refused,
    save,
)
from services.ticketing.usecases.limits import over_limit
from services.ticketing.usecases.offers import Offers, check_shape, load_offers

EXPIRED_BATCH = 100


def place_order(uow: UnitOfWork, command: PlaceOrder) -> OrderView:
    """Everything is checked before anything is taken, and all that fails is said at once."""
    check_shape(command.lines)
    sale_point = _sale_point(uow, command)
    order = _new_order(uow, command, sale_point)
    offers = load_offers(uow, command.lines)
    contingents = lock_contingents(uow.session, screenings=offers.screenings.keys())
    seller = Seller.of(uow.actor, sale_point.id)
    rules: list[FailedRule] = []
    for number, wanted in enumerate(command.lines):
        lines, failing = _build(uow, wanted, offers, seller, list(contingents.values()))
        rules += [replace(rule, line=number) for rule in failing]
        order.add(*lines)
    rules += over_limit(uow, order)
    if rules:
        raise refused(rules)
    order.number = next_number(uow)
    save(uow, order, *order.lines, *contingents.values())
    return order.view()


def extend_hold(uow: UnitOfWork, command: ExtendHold) -> OrderView:
    order = find_order(uow.session, command.order_id, uow.actor, lock=True)
    order.must_be_held(uow.now)
    order.extend(uow.now + hold_time())
    return order.view()


def cancel_order(uow: UnitOfWork, command: CancelOrder) -> OrderView:
    order = find_order(uow.session, command.order_id, uow.actor, lock=True)
    order.must_be_held(uow.now)
    order.cancel()
    for payment in order.payments:
        if payment.captured and payment.method == PaymentMethod.CASH:
            payment.hand_back(uow.now)
        elif payment.captured:
            payment.to_refund(uow.now, Money(payment.amount, payment.currency))
    release_places(uow, [order])
    return order.view()


def release_expired_holds(uow: UnitOfWork) -> int:
    """One batch of orders whose time is up; their places are on sale again. How many."""
    orders = uow.session.scalars(
        select(Order)
        .where(Order.state == OrderState.HELD, Order.hold_expires_at <= uow.now)
        .order_by(Order.hold_expires_at).limit(EXPIRED_BATCH)
        .with_for_update(skip_locked=True, **LOCK)
    ).all()
    for order in orders:
        order.expire()
    release_places(uow, orders)
    return len(orders)


def release_places(uow: UnitOfWork, orders: list[Order]) -> None:
    taken = [place for order in orders for place in order.places.items()]
    contingents = lock_contingents(uow.session, [contingent_id for contingent_id, _ in taken])
    for contingent_id, places in taken:
        contingents[contingent_id].release(places)


def hold_time(asked: int | None = None) -> timedelta:
    """The festival's, or what was asked when that is shorter."""
    longest = Settings.from_env("ticketing").hold_seconds
    return timedelta(seconds=min(asked or longest, longest))


# ------------------------------------------------------------------ where and by whom


_SALE_POINT = (
    select(SalePoint, RegisterSession)
    .outerjoin(RegisterSession, RegisterSession.id == bindparam("session"))
    .where(SalePoint.id == bindparam("sale_point"))
)


def _sale_point(uow: UnitOfWork, command: PlaceOrder) -> SalePoint:
    """Where the caller sells, and, when it is said, on which open session of theirs."""
    sale_point, session = uow.session.execute(_SALE_POINT, {
        "sale_point": command.sale_point_id, "session": command.register_session_id,
    }).one_or_none() or (None, None)
    if sale_point is None or not sale_point.active:
        raise DomainError(Code.SALE_POINT_NOT_FOUND, "There is no such sale point.")
    if uow.actor.kind is Principal.HOLDER:
        mine = sale_point.kind == SalePointKind.ESHOP
    else:
        mine = uow.actor.sells_at(sale_point.id)
    if not mine:
        raise DomainError(Code.SALE_POINT_NOT_YOURS, "You do not sell at this sale point.")
    if command.register_session_id and not (session and session.sells(sale_point.id, uow.actor)):
        raise not_open()
    return sale_point


def _channel(uow: UnitOfWork, command: PlaceOrder, sale_point: SalePoint) -> Channel:
    """Follows from who sells where; the web shop may say that it is asked by the mobile app."""
    if uow.actor.kind is Principal.HOLDER:
        possible = {Channel.MOBILE}
    elif uow.actor.kind is Principal.ESHOP:
        possible = {Channel.WEB, Channel.MOBILE}
    else:
        possible = {
            {SalePointKind.PARTNER: Channel.PARTNER, SalePointKind.ESHOP: Channel.WEB}.get(
                SalePointKind(sale_point.kind), Channel.DESK
            )
        }
    if command.channel and command.channel not in possible:
        raise DomainError(
            Code.VALIDATION_FAILED, "You do not sell through this channel.",
            {"channel": ["Not yours."]},
        )
    return command.channel or max(possible)  # web before mobile


def _new_order(uow: UnitOfWork, command: PlaceOrder, sale_point: SalePoint) -> Order:
    holder = command.holder or TicketHolder()
    order = Order(
        id=uuid4(), state=OrderState.HELD, channel=_channel(uow, command, sale_point),
        sale_point_id=sale_point.id, currency=CURRENCY, total=0, created_at=uow.now,
        hold_expires_at=uow.now + hold_time(command.hold_seconds), holder_name=holder.name,
        holder_email=holder.email, language=holder.language, lines=[], payments=[],
    )
    if uow.actor.kind is Principal.HOLDER:
        order.holder_id = uow.actor.id
        order.holder_name = holder.name or uow.actor.name or None
    order.served_by(uow.actor, command.register_session_id)
    return order


# ------------------------------------------------------------------ lines


def _build(
    uow: UnitOfWork, wanted: OrderLine, offers: Offers, seller: Seller,
    contingents: list[Contingent],
) -> tuple[list[Line], list[FailedRule]]:
    """The lines of one wish, their places held, or every rule that stands against it."""
    if wanted.kind is LineKind.SCREENING:
        return _screening_lines(uow, wanted, offers, seller, contingents)
    if wanted.kind is LineKind.PASS:
        return _pass_lines(uow, wanted, offers, seller)
    return _load_lines(uow, wanted, offers)


def _screening_lines(
    uow: UnitOfWork, wanted: OrderLine, offers: Offers, seller: Seller,
    contingents: list[Contingent],
) -> tuple[list[Line], list[FailedRule]]:
    screening = offers.screenings[wanted.screening_id]
    tariff, vat_code, failing = _tariff(uow, offers, screening.id, wanted.tariff, seller, SINGLE)
    rules = [*screening.failing(uow.now), *failing]
    how = (wanted.quantity, seller, SINGLE, uow.now, wanted.contingent_id)
    beyond = False
    if screening.on_sale:
        shares, failing = allocate(of_screening(contingents, screening.id), *how)
        beyond = wanted.overbook_reason is not None and _sold_out(failing)
        if beyond:
            mine = [item for item in contingents if item.screening_id == screening.id]
            shares, failing = overbook(mine, screening.legal_ceiling, *how)
        rules += failing
    if rules:
        return [], rules
    lines = []
    for share in shares:
        take = share.source.overbook if beyond else share.source.hold
        take(share.places)
        lines.append(_priced(
            tariff, vat_code, vat_code.rate_on(screening.supply_date()), share.places,
            kind=LineKind.SCREENING, label=screening.label(), supply_at=screening.starts_at,
            screening_id=screening.id, contingent_id=share.contingent.id,
            contingent=share.contingent.name, lender_id=share.lender_id, overbooked=beyond,
            overbook_reason=wanted.overbook_reason if beyond else None,
        ))
    return lines, []


def _sold_out(rules: list[FailedRule]) -> bool:
    """Room is all that is missing."""
    return [rule.rule for rule in rules] == ["sold_out"]


def _pass_lines(
    uow: UnitOfWork, wanted: OrderLine, offers: Offers, seller: Seller
) -> tuple[list[Line], list[FailedRule]]:
    """A pass is supplied when it is sold: that day's rate is its rate."""
    kind = offers.ticket_types[wanted.ticket_type_id]
    tariff, vat_code, rules = _tariff(uow, offers, kind.id, wanted.tariff, seller, kind.key)
    rules += kind.failing()
    if rules:
        return [], rules
    return [_priced(
        tariff, vat_code, vat_code.rate_on(uow.now.date()), wanted.quantity, kind=LineKind.PASS,
        label=kind.label(), supply_at=uow.now, ticket_type_id=kind.id,
    )], []


def _load_lines(
    uow: UnitOfWork, wanted: OrderLine, offers: Offers
) -> tuple[list[Line], list[FailedRule]]:
    """No VAT: a load is a voucher for anything, taxed when it is spent (c-19)."""
    ticket = offers.tickets.get(wanted.ticket_id)
    if ticket is None or (
        uow.actor.kind is Principal.HOLDER and ticket.holder_id != uow.actor.id
    ):
        raise DomainError(Code.TICKET_NOT_FOUND, "There is no such ticket.")
    if wanted.amount.currency != CURRENCY:
        raise DomainError(Code.CURRENCY_MISMATCH, f"Wallets are kept in {CURRENCY}.")
    if not ticket.wallet_allowed or ticket.state != TicketState.ACTIVATED:
        return [], [FailedRule(rule="wallet", detail="This ticket cannot carry money.")]
    return [Line(
        id=uuid4(), kind=LineKind.WALLET_LOAD, label=f"Porte-monnaie {ticket.code}", quantity=1,
        unit_price=wanted.amount.amount, gross=wanted.amount.amount, value=wanted.amount.amount,
        vat=0, vat_rate_bp=0, loaded_ticket_id=ticket.id,
    )], []


def _tariff(
    uow: UnitOfWork, offers: Offers, owner_id: UUID, key: str, seller: Seller, ticket_type: str
) -> tuple[Tariff | None, VatCode | None, list[FailedRule]]:
    tariff, vat_code = offers.tariffs.get((owner_id, key), (None, None))
    if tariff is None:
        return None, None, [FailedRule(rule="tariff_unknown", detail=f"It has no tariff {key}.")]
    rules = list(tariff.failing(seller, ticket_type, uow.now))
    if vat_code is None:
        rules.append(FailedRule(
            rule="tariff_vat_code",
            detail=f"The VAT code {tariff.vat_code} of the tariff is not known.",
        ))
    return tariff, vat_code, rules


def _priced(
    tariff: Tariff, vat_code: VatCode, rate_bp: int, quantity: int, **details: object
) -> Line:
    """Price, value and VAT are frozen here, whatever the tariff becomes later."""
    gross = Money(tariff.price, tariff.currency) * quantity
    return Line(
        id=uuid4(), quantity=quantity, unit_price=tariff.price, gross=gross.amount,
        value=tariff.value * quantity, vat=vat_included(gross, rate_bp).amount,
        vat_code=vat_code.key, vat_rate_bp=rate_bp, tariff=tariff.key,
        tariff_name=tariff.label(), **details,
    )
