"""The money check: registers, sales, journal and wallets have to agree to the centime."""

from collections.abc import Iterator

from sqlalchemy import func, select

from contracts.accounting import (
    GetMoneyCheck,
    GetTrialBalance,
    MoneyCheck,
    RegisterCheck,
    RegisterSessionState,
    TenderSum,
)
from contracts.money import Money
from contracts.ticketing import PaymentMethod
from services.accounting.models import (
    Books,
    CashRegister,
    DrawerMovement,
    JournalEntry,
    JournalLine,
    RegisterSession,
    Sale,
    SaleLine,
    SalePayment,
    WaitingReversal,
    disagreement,
)
from services.accounting.models.closures import broken_closures
from services.accounting.models.journal import IN_PASSAGE
from services.accounting.queries.books import get_trial_balance
from services.accounting.queries.registers import broken_seals
from services.accounting.queries.scope import snapshot
from services.chassis.unit_of_work import UnitOfWork

# What sales are booked on, besides their tenders; loads through the account in passage.
SOLD_ON = (Books.ADMISSIONS, Books.PASSES, Books.BAR, Books.VAT, Books.ROUNDING)
ORDERS = "ticketing.order_paid.v1"


def get_money_check(uow: UnitOfWork, query: GetMoneyCheck) -> MoneyCheck:
    snapshot(uow)
    balance = get_trial_balance(uow, GetTrialBalance())
    accounts = {account.key: account.balance.amount for account in balance.accounts}
    registers = _registers(uow)
    lines = int(uow.session.scalar(select(func.coalesce(func.sum(SaleLine.gross), 0))) or 0)
    tenders = tuple(
        TenderSum(tender=PaymentMethod(method), amount=Money(int(amount)))
        for method, amount in uow.session.execute(
            select(SalePayment.method, func.sum(SalePayment.amount))
            .group_by(SalePayment.method).order_by(SalePayment.method)
        )
    )
    booked = _booked_sales(uow)
    faults = [
        *_register_faults(registers), *_session_faults(uow), *_reversal_faults(uow),
        *broken_seals(uow), *broken_closures(uow.session),
        *_sums_faults(lines, sum(sum_.amount.amount for sum_ in tenders), booked),
    ]
    if balance.debit != balance.credit:
        faults.append(f"The journal has {balance.debit} debit and {balance.credit} credit.")
    return MoneyCheck(
        registers=registers, sales=Money(lines), sales_by_tender=tenders,
        journal_sales=Money(booked), journal_debit=balance.debit, journal_credit=balance.credit,
        wallet_liability=Money(-accounts[Books.WALLET_PAID] - accounts[Books.WALLET_GIFTED]),
        clearing={key: accounts[key] for key in IN_PASSAGE}, faults=tuple(faults),
        agrees=not faults and balance.settled,
    )


def _registers(uow: UnitOfWork) -> tuple[RegisterCheck, ...]:
    """The balance kept on each register, and the two places where it is written line by line."""
    booked = (
        select(func.coalesce(func.sum(JournalLine.amount), 0))
        .where(JournalLine.account == Books.DRAWER, JournalLine.register_id == CashRegister.id)
        .scalar_subquery()
    )
    return tuple(
        RegisterCheck(register_id=register.id, register=register.name,
                      drawer=Money(register.balance), booked=Money(int(amount)))
        for register, amount in uow.session.execute(
            select(CashRegister, booked).order_by(CashRegister.name, CashRegister.id)
        )
    )


def _booked_sales(uow: UnitOfWork) -> int:
    """What the journal says was sold: the sides of sales that are no tender."""
    amount = uow.session.scalar(
        select(func.coalesce(-func.sum(JournalLine.amount), 0))
        .join(JournalEntry, JournalEntry.id == JournalLine.entry_id)
        .where(JournalLine.account.in_(SOLD_ON)
               | ((JournalLine.account == Books.WALLET_LOAD) & (JournalEntry.source == ORDERS)))
    )
    return int(amount or 0)


def _register_faults(registers: tuple[RegisterCheck, ...]) -> Iterator[str]:
    for register in registers:
        if register.drawer != register.booked:
            yield f"{register.register} holds {register.drawer}, the journal {register.booked}."


def _session_faults(uow: UnitOfWork) -> Iterator[str]:
    """Closings that wait for what was sold, drawers that drift."""
    for session in uow.session.scalars(select(RegisterSession).where(
        RegisterSession.state == RegisterSessionState.CLOSING, RegisterSession.said.is_not(None)
    )):
        difference = disagreement(uow.session, session)
        if difference:
            yield f"The session of {session.cashier_name} cannot close. {difference}"
    moved = select(func.sum(DrawerMovement.signed)).where(
        DrawerMovement.register_id == CashRegister.id
    ).scalar_subquery()
    for name in uow.session.scalars(
        select(CashRegister.name).where(CashRegister.balance != func.coalesce(moved, 0))
    ):
        yield f"The balance of {name} is not the sum of its movements."


def _reversal_faults(uow: UnitOfWork) -> Iterator[str]:
    """A debit that is booked, and reversals of it that do not fit what is left of it."""
    stuck = uow.session.scalar(
        select(func.count()).select_from(WaitingReversal)
        .where(WaitingReversal.reverses.in_(select(Sale.id)))
    )
    if stuck:
        yield f"{stuck} reversals wait for an earlier reversal of the same debit."


def _sums_faults(lines: int, payments: int, booked: int) -> Iterator[str]:
    if lines != payments:
        yield f"Sold for {Money(lines)}, paid {Money(payments)}."
    if lines != booked:
        yield f"Sold for {Money(lines)}, booked {Money(booked)}."
