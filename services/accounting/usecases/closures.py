"""Closing the books up to a business day, for ever."""

import hashlib
from datetime import date, timedelta
from typing import Any

from sqlalchemy import exists, func, insert, literal, select

from contracts.accounting import CloseBooks, ClosureView, RegisterSessionState
from contracts.errors import Code, DomainError
from contracts.message import dump
from contracts.money import Money
from services.accounting.models import (
    Account,
    JournalEntry,
    JournalLine,
    RegisterSession,
    ZReport,
    business_day,
    day_start,
)
from services.accounting.models.closing import digest
from services.accounting.models.closures import (
    CLOSURES,
    ClosedEntry,
    Closure,
    SigningKey,
    journal_csv,
)
from services.accounting.models.journal import IN_PASSAGE
from services.chassis.unit_of_work import UnitOfWork

ONE_AT_A_TIME = "closures of the books"  # name of a lock


def close_books(uow: UnitOfWork, command: CloseBooks) -> ClosureView:
    """Refused while a register session of these days lives or money is in passage. What is told
    later of these days goes into the next closure."""
    uow.session.execute(select(func.pg_advisory_xact_lock(func.hashtext(ONE_AT_A_TIME))))
    last = uow.session.scalar(select(Closure).order_by(Closure.number.desc()).limit(1))
    _check_period(uow, command.last_day, last)
    _check_sessions(uow, command.last_day)
    number = last.number + 1 if last else 1
    _take_entries(uow, command.last_day, number)
    _check_passage(uow)
    content = _content(uow, command.last_day, last, number)
    key = uow.session.get_one(SigningKey, CLOSURES)
    hash = digest(content)
    signature, public_key = key.sign(hash)
    closure = Closure(
        number=number, last_day=command.last_day, closed_at=uow.now, closed_by=uow.actor.name,
        entries=content["entries"], late=content["late"], content=content,
        previous_hash=content["previous_hash"], hash=hash, signature=signature,
        public_key=public_key,
    )
    uow.session.add(closure)
    uow.session.flush()
    return closure.view()


def _check_period(uow: UnitOfWork, day: date, last: Closure | None) -> None:
    if day >= business_day(uow.now):
        raise DomainError(Code.PERIOD_INVALID, "This day is not over.",
                          {"last_day": ["Must be before today."]})
    if last is not None and day <= last.last_day:
        raise DomainError(
            Code.PERIOD_INVALID, f"The books are closed up to {last.last_day} already.",
            {"last_day": ["Must be after the last closure."]},
        )


def _check_sessions(uow: UnitOfWork, day: date) -> None:
    living = uow.session.scalars(select(RegisterSession.cashier_name).where(
        RegisterSession.state != RegisterSessionState.CLOSED,
        RegisterSession.opened_at < _end_of(day),
    ).order_by(RegisterSession.opened_at)).all()
    if living:
        raise DomainError(
            Code.CLOSURE_BLOCKED, f"Close the register sessions of {', '.join(living)} first."
        )


def _take_entries(uow: UnitOfWork, day: date, number: int) -> None:
    """All of these days that no closure has taken before."""
    uow.session.execute(insert(ClosedEntry).from_select(
        ["entry_id", "number"],
        select(JournalEntry.id, literal(number)).where(
            JournalEntry.booked_on <= day,
            ~exists().where(ClosedEntry.entry_id == JournalEntry.id),
        ),
    ))


def _check_passage(uow: UnitOfWork) -> None:
    passing = uow.session.execute(
        select(JournalLine.account, func.sum(JournalLine.amount))
        .join(ClosedEntry, ClosedEntry.entry_id == JournalLine.entry_id)
        .where(JournalLine.account.in_(IN_PASSAGE))
        .group_by(JournalLine.account).having(func.sum(JournalLine.amount) != 0)
    ).all()
    if passing:
        amount = Money(sum(abs(int(rest)) for _, rest in passing))
        raise DomainError(
            Code.CLOSURE_BLOCKED,
            f"{amount} are still on their way between wallets and orders: close a later day.",
        )


def _content(
    uow: UnitOfWork, day: date, last: Closure | None, number: int
) -> dict[str, Any]:
    """What is sealed; all of it can be worked out again from the audit pack."""
    journal = hashlib.sha256()
    for part in journal_csv(uow.session, number):
        journal.update(part)
    taken = select(JournalEntry.id).join(
        ClosedEntry, ClosedEntry.entry_id == JournalEntry.id
    ).where(ClosedEntry.number == number)
    late = 0
    if last is not None:
        late = uow.session.scalar(select(func.count()).select_from(
            taken.where(JournalEntry.booked_on <= last.last_day).subquery())) or 0
    return {
        "number": number, "last_day": dump(day), "closed_at": dump(uow.now),
        "closed_by": uow.actor.name, "previous_hash": last.hash if last else None,
        "entries": uow.session.scalar(select(func.count()).select_from(taken.subquery())) or 0,
        "late": late, "journal_sha256": journal.hexdigest(), "accounts": _accounts(uow, number),
        "z_reports": _z_reports(uow, last.last_day if last else None, day),
    }


def _accounts(uow: UnitOfWork, number: int) -> list[dict[str, Any]]:
    """What this closure adds to each account; centimes."""
    debit = func.coalesce(func.sum(JournalLine.amount).filter(JournalLine.amount > 0), 0)
    credit = func.coalesce(-func.sum(JournalLine.amount).filter(JournalLine.amount < 0), 0)
    return [
        {"key": key, "number": account, "name": name, "debit": int(debit), "credit": int(credit)}
        for key, account, name, debit, credit in uow.session.execute(
            select(Account.key, Account.number, Account.name, debit, credit)
            .join(JournalLine, JournalLine.account == Account.key)
            .join(ClosedEntry, ClosedEntry.entry_id == JournalLine.entry_id)
            .where(ClosedEntry.number == number)
            .group_by(Account.key).order_by(Account.number)
        )
    ]


def _z_reports(uow: UnitOfWork, after: date | None, day: date) -> list[dict[str, Any]]:
    """Those sealed since the days of the closure before."""
    sealed = select(ZReport).where(ZReport.sealed_at < _end_of(day))
    if after is not None:
        sealed = sealed.where(ZReport.sealed_at >= _end_of(after))
    return [
        {"register_id": str(report.register_id), "number": report.number, "hash": report.hash}
        for report in uow.session.scalars(sealed.order_by(ZReport.register_id, ZReport.number))
    ]


def _end_of(day: date) -> Any:
    return day_start(day + timedelta(days=1))
