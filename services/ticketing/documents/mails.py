"""Sending what was written to buyers, each in their language, with its tickets.

`MAIL_URL` says how: `file:<folder>` puts mails into a folder to be read by a developer,
`smtp://user:password@host:port` sends them. A crash between sending and marking sends once more,
under the same Message-ID: mailboxes keep one.
"""

import os
import smtplib
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import unquote, urlsplit

import structlog
from sqlalchemy import select

from contracts.errors import DomainError
from contracts.money import Money
from contracts.ticketing import MailKind, MailState
from services.chassis.settings import Settings
from services.chassis.unit_of_work import UnitOfWork
from services.ticketing.documents.pages import pages_of
from services.ticketing.documents.texts import MAILS
from services.ticketing.models import Mail, Order, Refund
from services.ticketing.queries.documents import tickets_of_order

DEVELOPMENT = "file:.local/mail"
TIMEOUT_S = 10
log = structlog.get_logger("mails")


def send_mails(uow: UnitOfWork) -> int:
    """Timer: one mail, so that each is marked as soon as it is gone; how many were tried."""
    mail = uow.session.scalar(
        select(Mail).where(Mail.state == MailState.WAITING, Mail.send_at <= uow.now)
        .order_by(Mail.send_at).limit(1).with_for_update(skip_locked=True)
    )
    if mail is None:
        return 0
    try:
        _deliver(mail, _message(uow, mail))
    except (OSError, smtplib.SMTPException) as error:
        log.warning("mail not sent", mail_id=str(mail.id), error=type(error).__name__)
        mail.failed(uow.now, type(error).__name__, _refused_for_good(error))
    else:
        mail.sent(uow.now)
    return 1


def _message(uow: UnitOfWork, mail: Mail) -> EmailMessage:
    order = uow.session.get_one(Order, mail.order_id)
    festival = Settings.from_env("ticketing").festival_name
    subject, text = MAILS[mail.language][mail.kind]
    amount = Money(order.total, order.currency)
    if mail.refund_id:
        refund = uow.session.get_one(Refund, mail.refund_id)
        amount = Money(refund.amount, refund.currency)
    message = EmailMessage()
    message["From"] = os.environ.get("MAIL_FROM") or "box-office@localhost"
    message["To"], message["Subject"] = mail.recipient, f"{festival}: {subject} {order.number}"
    message["Message-ID"] = f"<{mail.id}@box-office>"
    message.set_content(text.format(number=order.number, amount=amount) + f"\n\n{festival}\n")
    if mail.kind == MailKind.CONFIRMATION and (pdf := _tickets(uow, mail)):
        message.add_attachment(
            pdf, maintype="application", subtype="pdf", filename=f"tickets-{order.number}.pdf"
        )
    return message


def _tickets(uow: UnitOfWork, mail: Mail) -> bytes | None:
    """None when the order has none that are good: a wallet load, or all refunded."""
    try:
        return pages_of(tickets_of_order(uow, mail.order_id), mail.language)
    except DomainError:
        return None


def _deliver(mail: Mail, message: EmailMessage) -> None:
    address = urlsplit(os.environ.get("MAIL_URL") or DEVELOPMENT)
    if address.scheme == "file":
        folder = Path(address.path)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{mail.id}.eml").write_bytes(bytes(message))
        return
    with smtplib.SMTP(address.hostname or "", address.port or 25, timeout=TIMEOUT_S) as server:
        if address.username:
            server.starttls()
            server.login(unquote(address.username), unquote(address.password or ""))
        server.send_message(message)


def _refused_for_good(error: Exception) -> bool:
    """The address does not exist: a mail server's answers from 500 on."""
    if not isinstance(error, smtplib.SMTPRecipientsRefused):
        return False
    return all(code >= 500 for code, _ in error.recipients.values())
