"""Mails: written in the transaction that they tell of, sent by a timer.

`MAIL_URL` says how: `file:<folder>` puts them into a folder to be read by a developer,
`smtp://user:password@host:port` sends them.
"""

import os
import smtplib
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import unquote, urlsplit

import structlog
from sqlalchemy import select

from services.chassis.settings import Settings
from services.chassis.unit_of_work import UnitOfWork
from services.identity.models import Mail

DEVELOPMENT = "file:.local/mail"
BATCH = 20
TIMEOUT_S = 10
log = structlog.get_logger("mails")

RESET = {
    "fr": ("Votre nouveau mot de passe", "Avec ce code, vous choisissez un nouveau mot de passe. "
           "Il est valable une heure :"),
    "de": ("Ihr neues Passwort", "Mit diesem Code wählen Sie ein neues Passwort. "
           "Er gilt eine Stunde:"),
    "it": ("La sua nuova password", "Con questo codice sceglie una nuova password. "
           "È valido per un'ora:"),
    "en": ("Your new password", "With this code you choose a new password. "
           "It is good for one hour:"),
}


def mail_reset_code(uow: UnitOfWork, recipient: str, language: str, code: str) -> None:
    subject, sentence = RESET[language]
    festival = Settings.from_env("identity").festival_name
    uow.session.add(Mail(
        recipient=recipient, subject=f"{festival}: {subject}",
        text=f"{sentence}\n\n    {code}\n\n{festival}\n", attempts=0, send_at=uow.now,
    ))


def send_mails(uow: UnitOfWork) -> int:
    """Timer: how many were sent. What cannot be sent waits longer each time, in the end it goes:
    its code would not be good any more."""
    waiting = uow.session.scalars(
        select(Mail).where(Mail.send_at <= uow.now).order_by(Mail.send_at).limit(BATCH)
        .with_for_update(skip_locked=True)
    ).all()
    sent = 0
    for mail in waiting:
        try:
            _send(mail)
        except (OSError, smtplib.SMTPException) as error:
            log.warning("mail not sent", error=type(error).__name__, attempt=mail.attempts)
            if mail.failed(uow.now):
                continue
        else:
            sent += 1
        uow.session.delete(mail)
    return sent


def _send(mail: Mail) -> None:
    address = urlsplit(os.environ.get("MAIL_URL") or DEVELOPMENT)
    message = EmailMessage()
    message["From"] = os.environ.get("MAIL_FROM") or "box-office@localhost"
    message["To"], message["Subject"] = mail.recipient, mail.subject
    message.set_content(mail.text)
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
