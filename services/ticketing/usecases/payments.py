"""Money for an order, from the till, the terminal, the provider or a wallet.

Whatever could be refused is refused before the money is taken; once it is, the order is finished
or the payment says that it has to go back. The wallet's part is the saga of HOUSE §6.
"""

from collections.abc import Callable, Iterable
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from contracts.errors import Code, DomainError
from contracts.money import CASH_STEP, Money
from contracts.payment_webhook import Outcome
from contracts.roles import Principal, system
from contracts.ticketing import (
    FailedRule,
    HandlePaymentWebhook,
    OrderState,
    OrderView,
    PaymentMethod,
    PaymentState,
    PaymentView,
    PayOrder,
)
from contracts.wallet import DebitForOrder, WalletDebitDeclined, WalletDebited
from services.chassis.unit_of_work import UnitOfWork
from services.ticketing.models import (
    LOCK,
    Contingent,
    Order,
    Payment,
    RegisterSession,
    Ticket,
    find_order,
    lock_contingents,
    next_receipt,
    not_open,
    refused,
    save,
)
from services.ticketing.payment_providers import PROVIDER
from services.ticketing.usecases.mails import confirm_by_mail
from services.ticketing.usecases.tickets import issue_tickets, send_loads

HOLD_AFTER_DECLINE = timedelta(minutes=5)
PROVIDER_GRACE = timedelta(minutes=1)  # for an answer that is on its way
EXPIRED_BATCH = 100


def pay_order(uow: UnitOfWork, command: PayOrder) -> OrderView:
    """All that is due or a part of it, by one method; with several, the wallet comes last."""
    order = find_order(uow.session, command.order_id, uow.actor, lock=True)
    order.must_be_held(uow.now)
    if command.amount.currency != order.currency:
        raise DomainError(Code.CURRENCY_MISMATCH, f"This order is in {order.currency}.")
    _check_session(uow, order, command)
    order.served_by(uow.actor, command.register_session_id)
    with uow.session.no_autoflush:  # what changes is written once, at the end
        tickets = _METHODS[command.method](uow, order, command)
    save(uow, order, *order.lines, *order.payments)
    return order.view(tuple(ticket.in_order() for ticket in tickets))


# ------------------------------------------------------------------ the methods


def _cash(uow: UnitOfWork, order: Order, command: PayOrder) -> list[Ticket]:
    """Only the last remainder is rounded; a part is what coins can pay."""
    if command.amount == order.due_cash:
        order.round_to(command.amount)
    elif command.amount.amount % CASH_STEP:
        raise _wrong_amount(f"Cash is paid in steps of {Money(CASH_STEP)}.")
    else:
        _check_part(command.amount, order.due_cash)
    return _take(uow, order, Payment.request(PaymentMethod.CASH, command.amount, uow.now))


def _card(uow: UnitOfWork, order: Order, command: PayOrder) -> list[Ticket]:
    """The terminal has charged already; its transaction pays one order, once (c-25)."""
    _check_part(command.amount, order.due)
    if not command.reference:
        raise DomainError(
            Code.VALIDATION_FAILED, "The transaction number of the terminal is missing.",
            {"reference": ["Missing data for required field."]},
        )
    payment = Payment.request(PaymentMethod.CARD, command.amount, uow.now, command.reference)
    payment.capture(uow.now)
    order.receive(payment)
    try:
        uow.session.flush()
    except IntegrityError as error:
        if "uq_payments_method" not in str(error.orig):
            raise
        raise DomainError(
            Code.PAYMENT_METHOD, "This transaction of the terminal has paid something already."
        ) from None
    return _finish_or_wait(uow, order)


def _online(uow: UnitOfWork, order: Order, command: PayOrder) -> list[Ticket]:
    """Ask the provider; its webhook says the rest. The places are kept as long as its page."""
    _check_part(command.amount, order.due)
    _check_on_sale(uow, order)
    payment = Payment.request(PaymentMethod.ONLINE, command.amount, uow.now)
    intent = PROVIDER.request(payment.id, command.amount, uow.now)
    payment.send_to(intent.reference, intent.redirect_url, intent.expires_at)
    order.receive(payment)
    order.extend(max(order.hold_expires_at or intent.expires_at, intent.expires_at))
    return []


def _wallet(uow: UnitOfWork, order: Order, command: PayOrder) -> list[Ticket]:
    """T1 of the saga: HELD → PAYING, and ask the wallet."""
    if command.amount != order.due or not order.due:
        raise _wrong_amount(f"A wallet pays last, and all that is due: {order.due}.")
    if not command.wallet_code or len(command.wallet_code) < 4:
        raise DomainError(
            Code.VALIDATION_FAILED, "The code of the wallet is missing.",
            {"wallet_code": ["Missing data for required field."]},
        )
    _check_on_sale(uow, order)
    payment = Payment.request(PaymentMethod.WALLET, command.amount, uow.now)
    order.receive(payment)
    order.start_paying()
    uow.emit(DebitForOrder(
        code=command.wallet_code, amount=command.amount, order_id=order.id,
        payment_id=payment.id, sale_point_id=order.sale_point_id,
    ))
    return []


def _free(uow: UnitOfWork, order: Order, command: PayOrder) -> list[Ticket]:
    if order.due or command.amount:
        raise _wrong_amount(f"This order is not free: {order.due} due.")
    return _take(uow, order, Payment.request(PaymentMethod.FREE, command.amount, uow.now))


_METHODS: dict[PaymentMethod, Callable[[UnitOfWork, Order, PayOrder], list[Ticket]]] = {
    PaymentMethod.CASH: _cash, PaymentMethod.CARD: _card, PaymentMethod.ONLINE: _online,
    PaymentMethod.WALLET: _wallet, PaymentMethod.FREE: _free,
}
AT_REGISTER = frozenset({PaymentMethod.CASH, PaymentMethod.CARD})
# Who pays now can be told no; a wallet or provider reports money that is taken already.
ASKING = frozenset({Principal.USER, Principal.ESHOP, Principal.HOLDER})


# ------------------------------------------------------------------ what others answer


def capture_wallet(uow: UnitOfWork, event: WalletDebited) -> None:
    """T3a: the wallet has paid; nothing can be refused any more."""
    if event.payment_id is None:  # a bar's debit
        return
    order, payment = _asked(uow, event.payment_id)
    if not payment.captured:
        payment.capture(uow.now)
        _complete(uow, order)


def decline_wallet(uow: UnitOfWork, event: WalletDebitDeclined) -> None:
    """T3b: the places are kept five more minutes, to pay in another way."""
    order, payment = _asked(uow, event.payment_id)
    payment.decline(uow.now, event.code, event.detail)
    order.hold_again(uow.now + HOLD_AFTER_DECLINE)


def handle_webhook(uow: UnitOfWork, command: HandlePaymentWebhook) -> PaymentView:
    """What the provider says, however late or often: a seat if there is one, else to refund."""
    notice = PROVIDER.read_notice(command.body, command.signature, uow.now)
    payment_id = uow.session.scalar(select(Payment.id).where(
        Payment.method == PaymentMethod.ONLINE, Payment.reference == notice.reference
    ))
    if payment_id is None:
        raise DomainError(Code.PAYMENT_NOT_FOUND, "There is no such payment.")
    order, payment = _asked(uow, payment_id)
    if notice.outcome is Outcome.FAILED:
        if payment.state == PaymentState.REQUESTED:
            payment.decline(uow.now, "PAYMENT_FAILED", "The provider says that it failed.")
    elif payment.unsettled:
        _online_money(uow, order, payment, notice.amount)
    return payment.view()


def decline_expired_payments(uow: UnitOfWork) -> int:
    """Online payments whose page is gone and whose provider has said nothing. Should money come
    all the same, it is still dealt with. How many, in one batch."""
    payments = uow.session.scalars(
        select(Payment)
        .where(Payment.state == PaymentState.REQUESTED, Payment.method == PaymentMethod.ONLINE,
               Payment.expires_at < uow.now - PROVIDER_GRACE)
        .order_by(Payment.expires_at).limit(EXPIRED_BATCH)
        .with_for_update(skip_locked=True, **LOCK)
    ).all()
    for payment in payments:
        payment.decline(uow.now, "PAYMENT_EXPIRED", "The provider has not answered in time.")
    return len(payments)


def _online_money(uow: UnitOfWork, order: Order, payment: Payment, received: Money) -> None:
    if order.state == OrderState.PAYING:
        raise DomainError(Code.ORDER_BUSY, "A wallet is being debited: say it again later.")
    wanted = Money(payment.amount, payment.currency)
    held = order.state == OrderState.HELD and wanted <= order.due
    if received == wanted and (held or _taken_again(uow, order, wanted)):
        payment.capture(uow.now)
        _finish_or_wait(uow, order)
    else:
        payment.to_refund(uow.now, received)


def _taken_again(uow: UnitOfWork, order: Order, paid: Money) -> bool:
    """The hold had expired: the same places once more, if all of them are free."""
    if order.state != OrderState.EXPIRED or paid != order.due:
        return False
    contingents = lock_contingents(uow.session, order.places.keys())
    wanted = [(contingents[key], places) for key, places in order.places.items()]
    if not all(item.on_sale and item.free >= places for item, places in wanted):
        return False
    for contingent, places in wanted:
        contingent.hold(places)
    return True


# ------------------------------------------------------------------ when money is there


def _take(uow: UnitOfWork, order: Order, payment: Payment) -> list[Ticket]:
    payment.capture(uow.now)
    order.receive(payment)
    return _finish_or_wait(uow, order)


def _finish_or_wait(uow: UnitOfWork, order: Order) -> list[Ticket]:
    if order.due:
        order.stop_expiring()  # somebody's money is in it now
        return []
    return _complete(uow, order)


def _complete(uow: UnitOfWork, order: Order) -> list[Ticket]:
    """Everything is paid: places confirmed, tickets issued, wallets loaded, the sale said."""
    order.finish(uow.now)
    contingents = lock_contingents(uow.session, order.places.keys())
    if uow.actor.kind in ASKING:
        _refuse_closed(item.name for item in contingents.values() if not item.on_sale)
    for contingent_id, places in order.places.items():
        contingents[contingent_id].confirm(places)
    save(uow, *contingents.values())
    tickets = issue_tickets(uow, order)
    send_loads(uow, order)
    confirm_by_mail(uow, order)
    _receipt(uow, order)
    uow.emit(order.fact(tuple(ticket.in_order() for ticket in tickets)))
    return tickets


def _receipt(uow: UnitOfWork, order: Order) -> None:
    """A cashier whose session has just closed is told; a wallet's or provider's answer concerns no
    drawer. Comes last, since the session's row is held until the commit."""
    if order.register_session_id is None:
        return
    found = next_receipt(uow, order.register_session_id)
    if found:
        order.receipt(*found)
    elif uow.actor.kind in ASKING:
        raise not_open()
    else:
        order.leave_session()


# ------------------------------------------------------------------ what must hold


def _asked(uow: UnitOfWork, payment_id: UUID) -> tuple[Order, Payment]:
    """Our payment and its order, locked before its state is read."""
    order_id = uow.session.scalar(select(Payment.order_id).where(Payment.id == payment_id))
    if order_id is None:
        raise DomainError(Code.PAYMENT_NOT_FOUND, "There is no such payment.")
    order = find_order(uow.session, order_id, system("ticketing"), lock=True)
    return order, next(item for item in order.payments if item.id == payment_id)


def _check_session(uow: UnitOfWork, order: Order, command: PayOrder) -> None:
    """Cash and card go into an open register session of the cashier, at the order's sale point."""
    at_register = command.method in AT_REGISTER
    if at_register and uow.actor.kind is not Principal.USER:
        raise DomainError(Code.PAYMENT_METHOD, "Cash and cards are taken at a desk only.")
    session_id = command.register_session_id or (order.register_session_id if at_register else None)
    if not (at_register or session_id):
        return
    session = uow.session.get(RegisterSession, session_id) if session_id else None
    if session is None or not session.sells(order.sale_point_id, uow.actor):
        raise not_open()


def _check_part(amount: Money, due: Money) -> None:
    if amount.amount <= 0 or due < amount:
        raise _wrong_amount(f"{due} is due: pay that, or a part of it.")


def _wrong_amount(detail: str) -> DomainError:
    return DomainError(Code.PAYMENT_AMOUNT, detail, {"amount": [detail]})


def _check_on_sale(uow: UnitOfWork, order: Order) -> None:
    if order.places:
        _refuse_closed(uow.session.scalars(select(Contingent.name).where(
            Contingent.id.in_(order.places.keys()), Contingent.on_sale.is_(False)
        )))


def _refuse_closed(names: Iterable[str]) -> None:
    """Held places of a screening that has been cancelled since are not sold."""
    rules = [
        FailedRule(rule="not_on_sale", detail=f"{name} is not on sale any more.")
        for name in names
    ]
    if rules:
        raise refused(rules)
