"""Closing the books: what is refused, what is sealed, what comes late, and the auditor's check."""

import base64
import io
import json
import subprocess
import sys
import zipfile
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from contracts.accounting import (
    CloseBooks,
    ExportAuditPack,
    ForceCloseRegisterSession,
    ListClosures,
)
from contracts.errors import Code, DomainError
from contracts.ticketing import LineKind, PaymentMethod
from services.accounting.models import CashRegister
from services.accounting.models.closures import broken_closures
from services.accounting.queries import books
from services.accounting.reports.audit_pack import audit_pack
from services.accounting.usecases import closures, sessions, wallets
from services.chassis.testing import Harness
from tests.accounting.books import (
    ACCOUNTANT,
    ADMIN,
    SATURDAY_NIGHT,
    hear_totals,
    make_register,
    open_session,
    order,
    place,
    plain_line,
    run_session,
    sell,
    totals,
)
from tests.accounting.test_booking import credited, debited

SATURDAY = date(2026, 11, 21)  # the business day of SATURDAY_NIGHT
NEXT_WEEK = SATURDAY_NIGHT + timedelta(days=7)


@pytest.fixture
def festival(ledger: Harness, monkeypatch: pytest.MonkeyPatch) -> Harness:
    """Saturday's sales with a sealed session, seen from the week after."""
    run_session(ledger, make_register(ledger), 1500, 900)
    sell(ledger, order((place(1200),), {PaymentMethod.ONLINE: 1200}, number=7))
    ledger.react_many(wallets.book_debits, debited(700), debited(800))
    monkeypatch.setattr(closures, "business_day", lambda at: SATURDAY + timedelta(days=400))
    return ledger


def close(ledger: Harness, day: date = SATURDAY) -> Any:
    return ledger.call(closures.close_books, CloseBooks(last_day=day), ACCOUNTANT)


def unpack(ledger: Harness, closure: Any, folder: Path) -> Path:
    answer = ledger.ask(audit_pack, ExportAuditPack(closure_id=closure["closure_id"]), ACCOUNTANT)
    zipfile.ZipFile(io.BytesIO(base64.b64decode(answer.content))).extractall(folder)
    return folder


def check(folder: Path) -> tuple[int, str]:
    """The auditor's own run: isolated, so that none of our code can be imported."""
    run = subprocess.run([sys.executable, "-I", "-S", str(folder / "verify.py")], timeout=60,
                         capture_output=True, text=True, check=False)
    assert run.stderr == ""
    return run.returncode, run.stdout


def test_a_closure_takes_everything_once_and_what_is_late_goes_into_the_next(
    festival: Harness,
) -> None:
    first = close(festival)
    assert (first["number"], first["entries"], first["late"]) == (1, 5, 0)
    assert sum(item["debit"] - item["credit"] for item in first["content"]["accounts"]) == 0
    sell(festival, order((place(500),), {PaymentMethod.CARD: 500}, number=8))
    sell(festival, order((place(600),), {PaymentMethod.CARD: 600}, number=9,
                         paid_at=NEXT_WEEK))
    second = close(festival, SATURDAY + timedelta(days=20))
    assert (second["number"], second["entries"], second["late"]) == (2, 2, 1)
    assert second["previous_hash"] == first["hash"]
    page = festival.ask(books.list_closures, ListClosures(limit=1), ACCOUNTANT)
    assert [item.number for item in page.items] == [2] and page.next_cursor == "2"
    with festival.uow() as uow:
        assert list(broken_closures(uow.session)) == []


def test_what_is_closed_stays_closed(festival: Harness) -> None:
    close(festival)
    with pytest.raises(DomainError) as refused:
        close(festival)
    assert refused.value.code is Code.PERIOD_INVALID
    for statement in ("UPDATE closures SET entries = 0", "DELETE FROM closed_entries"):
        with pytest.raises(DBAPIError), festival.uow() as uow:
            uow.session.execute(text(statement))


def test_a_day_that_is_not_over_is_refused(ledger: Harness) -> None:
    with ledger.uow() as uow:
        today = closures.business_day(uow.now)
    with pytest.raises(DomainError) as refused:
        close(ledger, today)
    assert refused.value.code is Code.PERIOD_INVALID


def test_a_living_session_and_money_in_passage_block(festival: Harness) -> None:
    far = SATURDAY + timedelta(days=399)
    session = open_session(festival, make_register(festival, "Desk 2"))
    with pytest.raises(DomainError) as refused:
        close(festival, far)
    assert refused.value.code is Code.CLOSURE_BLOCKED and "Lea" in refused.value.detail
    festival.call(sessions.force_close, ForceCloseRegisterSession(
        register_session_id=session, reason="went home"), ADMIN)
    hear_totals(festival, totals(session))
    sell(festival, order((plain_line(LineKind.WALLET_LOAD, 3000),), {PaymentMethod.CARD: 3000},
                         number=10))
    with pytest.raises(DomainError) as refused:
        close(festival, far)
    assert "CHF 30.00" in refused.value.detail
    festival.react_many(wallets.book_credits, credited(3000))
    assert close(festival, far)["number"] == 1


def test_an_auditor_needs_nothing_of_ours(festival: Harness, tmp_path: Path) -> None:
    first = close(festival)
    with festival.uow() as uow:
        register = uow.session.scalars(select(CashRegister.id)).one()
    run_session(festival, register, 4200)
    second = close(festival, SATURDAY + timedelta(days=399))
    for closure in (first, second):
        folder = unpack(festival, closure, tmp_path / str(closure["number"]))
        status, said = check(folder)
        assert (status, second["public_key"] in said) == (0, True), said
    assert len(json.loads((folder / "z_reports.json").read_text())) == 2


@pytest.mark.parametrize(("name", "before", "after", "fault"), [
    ("journal.csv", ",1500,", ",1400,", "does not balance"),
    ("closures.json", '"entries": 5', '"entries": 6', "was altered"),
    ("closures.json", '"signature": "', '"signature": "00', "signature"),
    ("closures.json", '"closed_by": "Max"', '"closed_by": "Eve"', "was altered"),
])
def test_the_auditor_finds_what_was_altered(
    festival: Harness, tmp_path: Path, name: str, before: str, after: str, fault: str
) -> None:
    folder = unpack(festival, close(festival), tmp_path)
    file = folder / name
    changed = file.read_text().replace(before, after, 1)
    assert changed != file.read_text()
    file.write_text(changed)
    status, said = check(folder)
    assert status == 1 and fault in said
