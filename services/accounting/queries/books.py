"""The journal as it is read: accounting statement, trial balance, wallet statement."""

from typing import Any

from sqlalchemy import BigInteger, Row, Select, case, cast, func, select, tuple_

from contracts.accounting import (
    AccountBalance,
    AccountingPage,
    ClosurePage,
    ClosureView,
    GetAccountingStatement,
    GetClosure,
    GetTrialBalance,
    GetWalletStatement,
    JournalFilter,
    JournalRow,
    ListClosures,
    TrialBalance,
    WalletFilter,
    WalletRow,
    WalletStatement,
)
from contracts.errors import Code, DomainError
from contracts.money import Money
from services.accounting.models import (
    Account,
    Books,
    CashRegister,
    Closure,
    JournalEntry,
    JournalLine,
    SalePoint,
    day_start,
)
from services.accounting.models.journal import IN_PASSAGE
from services.accounting.queries.scope import cursor_after, seen, snapshot, within
from services.chassis.unit_of_work import UnitOfWork

DEBIT = func.coalesce(func.sum(JournalLine.amount).filter(JournalLine.amount > 0), 0)
CREDIT = func.coalesce(-func.sum(JournalLine.amount).filter(JournalLine.amount < 0), 0)
LOADED = "wallet.credited.v1"


def get_accounting_statement(uow: UnitOfWork, query: GetAccountingStatement) -> AccountingPage:
    snapshot(uow)
    rows = journal_rows(query)
    if query.cursor is not None:
        rows = rows.where(
            tuple_(JournalEntry.at, JournalEntry.id, JournalLine.id) > seen(query.cursor)
        )
    found = uow.session.execute(rows.limit(query.limit + 1)).all()
    page = found[: query.limit]
    last = page[-1] if len(found) > query.limit else None
    totals: dict[str, Any] = {}
    if query.cursor is None:
        entries, _, debit, credit = journal_totals(uow, query)
        totals = {"entries": entries, "debit": Money(debit), "credit": Money(credit)}
    return AccountingPage(
        items=tuple(_journal_row(row) for row in page), **totals,
        next_cursor=cursor_after(last.at, last.entry_id, last.line_id) if last else None,
    )


def journal_rows(filter: JournalFilter) -> Select[Any]:
    """One row per side, in the order of time; `amount` as booked, a debit positive."""
    return (
        _matching(filter, select(
            JournalEntry.id.label("entry_id"), JournalLine.id.label("line_id"),
            JournalEntry.booked_on, JournalEntry.at, JournalEntry.document, JournalEntry.label,
            Account.number.label("account"), Account.name.label("account_name"),
            Account.kind.label("account_kind"),
            JournalLine.amount, JournalEntry.source, JournalEntry.source_id, JournalLine.vat_code,
            SalePoint.name.label("sale_point"), CashRegister.name.label("register"),
        ))
        .outerjoin(SalePoint, SalePoint.id == JournalLine.sale_point_id)
        .outerjoin(CashRegister, CashRegister.id == JournalLine.register_id)
        .order_by(JournalEntry.at, JournalEntry.id, JournalLine.id)
    )


def journal_totals(uow: UnitOfWork, filter: JournalFilter) -> tuple[int, int, int, int]:
    """Entries, lines, Σ debit, Σ credit of the whole filter."""
    entries, lines, debit, credit = uow.session.execute(_matching(filter, select(
        func.count(JournalEntry.id.distinct()), func.count(), DEBIT, CREDIT
    ))).one()
    return entries, lines, int(debit), int(credit)


def get_trial_balance(uow: UnitOfWork, query: GetTrialBalance) -> TrialBalance:
    """Every account of the chart, with what was ever booked on it until the end of the day."""
    booked = (
        select(JournalLine.account, DEBIT.label("debit"), CREDIT.label("credit"))
        .join(JournalEntry, JournalEntry.id == JournalLine.entry_id)
        .where(*within(JournalEntry.at, None, query.last_day))
        .group_by(JournalLine.account).subquery()
    )
    rows = uow.session.execute(
        select(Account, func.coalesce(booked.c.debit, 0), func.coalesce(booked.c.credit, 0))
        .outerjoin(booked, booked.c.account == Account.key).order_by(Account.number)
    ).all()
    accounts = tuple(
        AccountBalance(
            key=account.key, number=account.number, name=account.name,
            clearing=account.key in IN_PASSAGE, debit=Money(int(debit)),
            credit=Money(int(credit)), balance=Money(int(debit - credit)),
        )
        for account, debit, credit in rows
    )
    return TrialBalance(
        accounts=accounts,
        debit=Money(sum(account.debit.amount for account in accounts)),
        credit=Money(sum(account.credit.amount for account in accounts)),
        settled=not any(account.balance for account in accounts if account.clearing),
    )


# ------------------------------------------------------------------ wallets

# What is owed to holders is a credit, so positive here.
OWED = func.sum(-JournalLine.amount)
PAID = func.sum(case((JournalLine.account == Books.WALLET_PAID, -JournalLine.amount), else_=0))
GIFTED = func.sum(case((JournalLine.account == Books.WALLET_GIFTED, -JournalLine.amount), else_=0))


def get_wallet_statement(uow: UnitOfWork, query: GetWalletStatement) -> WalletStatement:
    snapshot(uow)
    rows = wallet_rows(query)
    if query.cursor is not None:
        rows = rows.where(
            tuple_(JournalEntry.at, JournalEntry.id) > seen(query.cursor)[:2]
        )
    found = uow.session.execute(rows.limit(query.limit + 1)).all()
    page = found[: query.limit]
    last = page[-1] if len(found) > query.limit else None
    return WalletStatement(
        items=tuple(
            WalletRow(
                movement_id=row.movement_id, at=row.at, business_day=row.business_day,
                wallet_id=row.wallet_id, label=row.label, paid=Money(row.paid),
                gifted=Money(row.gifted),
            )
            for row in page
        ),
        **_wallet_sums(uow, query),
        next_cursor=cursor_after(last.at, last.entry_id) if last else None,
    )


def wallet_rows(filter: WalletFilter) -> Select[Any]:
    """One row per movement; `paid` and `gifted` as the holders see them, in centimes."""
    return (
        _of_wallets(filter, select(
            JournalEntry.id.label("entry_id"), JournalEntry.source_id.label("movement_id"),
            JournalEntry.at, JournalEntry.booked_on.label("business_day"), JournalEntry.wallet_id,
            JournalEntry.label, cast(PAID, BigInteger).label("paid"),
            cast(GIFTED, BigInteger).label("gifted"),
        ))
        .where(*within(JournalEntry.at, filter.first_day, filter.last_day))
        .group_by(JournalEntry.id).order_by(JournalEntry.at, JournalEntry.id)
    )


def _wallet_sums(uow: UnitOfWork, filter: WalletFilter) -> dict[str, Money]:
    """What was owed before, what came and went, what is owed afterwards."""
    loaded = JournalEntry.source == LOADED
    paid_in, gifted_in, all_in = uow.session.execute(
        _of_wallets(filter, select(
            PAID.filter(loaded), GIFTED.filter(loaded), OWED
        )).where(*within(JournalEntry.at, filter.first_day, filter.last_day))
    ).one()
    before = 0
    if filter.first_day is not None:
        before = uow.session.scalar(_of_wallets(filter, select(OWED)).where(
            JournalEntry.at < day_start(filter.first_day)
        ))
    return {
        "opening": Money(int(before or 0)), "loaded": Money(int(paid_in or 0)),
        "gifted": Money(int(gifted_in or 0)),
        "spent": Money(int(all_in or 0) - int(paid_in or 0) - int(gifted_in or 0)),
        "closing": Money(int(before or 0) + int(all_in or 0)),
    }


def _of_wallets(filter: WalletFilter, statement: Select[Any]) -> Select[Any]:
    statement = (
        statement.select_from(JournalLine)
        .join(JournalEntry, JournalEntry.id == JournalLine.entry_id)
        .where(JournalLine.account.in_((Books.WALLET_PAID, Books.WALLET_GIFTED)))
    )
    if filter.wallet_id is not None:
        statement = statement.where(JournalEntry.wallet_id == filter.wallet_id)
    return statement


# ------------------------------------------------------------------ closures


def list_closures(uow: UnitOfWork, query: ListClosures) -> ClosurePage:
    statement = select(Closure).order_by(Closure.number.desc()).limit(query.limit + 1)
    if query.cursor is not None:
        statement = statement.where(Closure.number < int(query.cursor))
    found = uow.session.scalars(statement).all()
    page = found[: query.limit]
    return ClosurePage(
        items=tuple(closure.item() for closure in page),
        next_cursor=str(page[-1].number) if len(found) > query.limit else None,
    )


def get_closure(uow: UnitOfWork, query: GetClosure) -> ClosureView:
    closure = uow.session.get(Closure, query.closure_id)
    if closure is None:
        raise DomainError(Code.CLOSURE_NOT_FOUND, "There is no such closure.")
    return closure.view()


# ------------------------------------------------------------------ parts


def _matching(filter: JournalFilter, statement: Select[Any]) -> Select[Any]:
    statement = (
        statement.select_from(JournalLine)
        .join(JournalEntry, JournalEntry.id == JournalLine.entry_id)
        .join(Account, Account.key == JournalLine.account)
        .where(*within(JournalEntry.at, filter.first_day, filter.last_day))
    )
    if filter.account is not None:
        statement = statement.where(Account.number == filter.account)
    return statement


def _journal_row(row: Row[Any]) -> JournalRow:
    values = dict(row._mapping)
    amount = values.pop("amount")
    del values["line_id"], values["account_kind"]
    return JournalRow(**values, debit=Money(max(amount, 0)), credit=Money(max(-amount, 0)))
