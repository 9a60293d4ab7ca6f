"""Buyers are written to once, in their language; a sale never waits for a mail server."""

from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from smtplib import SMTPRecipientsRefused
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from contracts.errors import DomainError
from contracts.ticketing import ListMails, ResendConfirmation, TicketHolder
from services.ticketing.documents import mails
from services.ticketing.queries.orders import list_mails
from services.ticketing.usecases.mails import resend_confirmation
from tests.ticketing.programme import CASHIER, BoxOffice, places
from tests.ticketing.test_races import together
from tests.ticketing.test_refunds import refund

ZOE = TicketHolder(name="Zoe", email="zoe@example.org", language="de")


@pytest.fixture
def mailbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MAIL_URL", f"file:{tmp_path}")
    monkeypatch.setattr(mails, "pages_of", lambda printables, language: b"%PDF of " + str(
        [item.ticket.code for item in printables]).encode())
    return tmp_path


def send(office: BoxOffice) -> int:
    count = 0
    while office.ticketing.tick(mails.send_mails):
        count += 1
    return count


def read(mailbox: Path) -> list[EmailMessage]:
    return [message_from_bytes(path.read_bytes(), policy=policy.default)  # type: ignore[misc]
            for path in sorted(mailbox.glob("*.eml"), key=lambda path: path.stat().st_mtime_ns)]


def states(office: BoxOffice, order: dict) -> list[tuple[str, str]]:
    query = ListMails(order_id=UUID(order["order_id"]))
    found = office.ticketing.ask(list_mails, query, CASHIER)
    return [(item.kind, item.state) for item in found.items]


def test_a_confirmation_with_its_tickets_in_the_buyers_language(
    office: BoxOffice, mailbox: Path
) -> None:
    order = office.sell(places(office.offer()), holder=ZOE)
    assert states(office, order) == [("confirmation", "waiting")]
    assert send(office) == 1 and send(office) == 0
    (mail,) = read(mailbox)
    assert mail["To"] == "zoe@example.org" and "Ihre Tickets" in mail["Subject"]
    (pdf,) = mail.iter_attachments()
    assert order["tickets"][0]["code"].encode() in pdf.get_content()
    assert states(office, order) == [("confirmation", "sent")]


def test_who_leaves_no_address_gets_no_mail(office: BoxOffice, mailbox: Path) -> None:
    office.sell(places(office.offer()))
    assert send(office) == 0


def test_a_refund_is_told(office: BoxOffice, mailbox: Path) -> None:
    refund(office, office.sell(places(office.offer()), holder=ZOE))
    send(office)
    assert "Rückerstattung" in read(mailbox)[-1]["Subject"]


def test_two_senders_send_each_mail_once(office: BoxOffice, mailbox: Path) -> None:
    show = office.offer()
    for _ in range(5):
        office.sell(places(show), holder=ZOE)
    sent: list[int] = []
    together([lambda: sent.append(send(office))] * 3)
    assert sum(sent) == 5 == len(read(mailbox))


def test_a_mail_server_that_is_away_is_tried_again_and_no_sale_waits(
    office: BoxOffice, mailbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAIL_URL", "smtp://127.0.0.1:1")
    order = office.sell(places(office.offer()), holder=ZOE)
    assert send(office) == 1 and states(office, order) == [("confirmation", "waiting")]
    monkeypatch.setenv("MAIL_URL", f"file:{mailbox}")
    assert send(office) == 0  # not yet
    with office.ticketing.uow() as uow:
        uow.session.execute(text("UPDATE mails SET send_at = now() - interval '1 minute'"))
    assert send(office) == 1 and states(office, order) == [("confirmation", "sent")]


def test_an_address_that_does_not_exist_bounces(
    office: BoxOffice, mailbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any) -> None:
        raise SMTPRecipientsRefused({"zoe@example.org": (550, b"no such user")})

    monkeypatch.setattr(mails, "_deliver", refuse)
    order = office.sell(places(office.offer()), holder=ZOE)
    send(office)
    assert states(office, order) == [("confirmation", "bounced")]


def test_sent_once_more_when_asked_also_to_another_address(
    office: BoxOffice, mailbox: Path
) -> None:
    show = office.offer()
    order = office.sell(places(show))
    ask = ResendConfirmation(order_id=UUID(order["order_id"]))
    with pytest.raises(DomainError, match="VALIDATION_FAILED"):
        office.ticketing.call(resend_confirmation, ask, CASHIER)
    again = ResendConfirmation(order_id=UUID(order["order_id"]), email="max@example.org")
    office.ticketing.call(resend_confirmation, again, CASHIER)
    send(office)
    assert [mail["To"] for mail in read(mailbox)] == ["max@example.org"]
    held = ResendConfirmation(order_id=UUID(office.order(places(show), holder=ZOE)["order_id"]))
    with pytest.raises(DomainError, match="ORDER_STATE"):
        office.ticketing.call(resend_confirmation, held, CASHIER)
