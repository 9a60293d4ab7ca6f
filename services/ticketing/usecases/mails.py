"""Writing to buyers: one row, in the transaction of what it tells; sending is another's work."""

from contracts.errors import Code, DomainError
from contracts.ticketing import MailKind, MailView, OrderState, ResendConfirmation
from services.chassis.unit_of_work import UnitOfWork
from services.ticketing.models import Mail, Order, Refund, find_order, save


def confirm_by_mail(uow: UnitOfWork, order: Order) -> None:
    """To whoever has left an address."""
    if order.holder_email:
        save(uow, Mail.about(order, MailKind.CONFIRMATION, order.holder_email, uow.now))


def tell_refund(uow: UnitOfWork, order: Order, refund: Refund) -> None:
    if order.holder_email:
        save(uow, Mail.about(order, MailKind.REFUND, order.holder_email, uow.now, refund.id))


def resend_confirmation(uow: UnitOfWork, command: ResendConfirmation) -> MailView:
    order = find_order(uow.session, command.order_id, uow.actor, lock=True)
    recipient = command.email or order.holder_email
    if not recipient:
        raise DomainError(
            Code.VALIDATION_FAILED, "This order has no address: say one.",
            {"email": ["Missing data for required field."]},
        )
    if order.state != OrderState.PAID:
        raise DomainError(Code.ORDER_STATE, "This order has no tickets: it is not paid.")
    mail = Mail.about(order, MailKind.CONFIRMATION, recipient, uow.now)
    view = mail.view()
    save(uow, mail)
    return view
