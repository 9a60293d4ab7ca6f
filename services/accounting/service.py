"""Accounting's bus doors."""

from contracts import accounting as say
from contracts.catalog import ScreeningCancelled, ScreeningPublished, VatCodeChanged
from contracts.identity import SalePointChanged
from contracts.ticketing import (
    CheckedIn,
    OrderPaid,
    OrderRefunded,
    RegisterSessionAccepted,
    RegisterSessionTotals,
)
from contracts.wallet import WalletCredited, WalletDebited, WalletMoved, WalletReversed
from services.accounting.queries import books, cash, check, registers, sales, vat
from services.accounting.queries import statistics as figures
from services.accounting.usecases import (
    cash_moves,
    closures,
    orders,
    programme,
    refunds,
    reversals,
    sessions,
    statistics,
    wallets,
)
from services.accounting.usecases import registers as drawers
from services.chassis.entrypoints import Service, on, on_many, ping, read, write


class AccountingService(Service):
    name = "accounting"
    ping = ping()

    create_register = write(say.CreateRegister, drawers.create_register)
    record_float_operation = write(say.RecordFloatOperation, drawers.record_float_operation)
    move_cash = write(say.MoveCash, cash_moves.move_cash)
    open_register_session = write(say.OpenRegisterSession, sessions.open_session)
    close_register_session = write(say.CloseRegisterSession, sessions.close_session)
    force_close_register_session = write(say.ForceCloseRegisterSession, sessions.force_close)
    close_books = write(say.CloseBooks, closures.close_books)

    list_registers = read(say.ListRegisters, registers.list_registers)
    list_float_operations = read(say.ListFloatOperations, registers.list_float_operations)
    get_register_session = read(say.GetRegisterSession, registers.get_register_session)
    list_register_sessions = read(say.ListRegisterSessions, registers.list_register_sessions)
    get_x_report = read(say.GetXReport, registers.get_x_report)
    get_z_report = read(say.GetZReport, registers.get_z_report)
    get_sales_statement = read(say.GetSalesStatement, sales.get_sales_statement)
    get_wallet_statement = read(say.GetWalletStatement, books.get_wallet_statement)
    get_accounting_statement = read(say.GetAccountingStatement, books.get_accounting_statement)
    get_trial_balance = read(say.GetTrialBalance, books.get_trial_balance)
    list_closures = read(say.ListClosures, books.list_closures)
    get_closure = read(say.GetClosure, books.get_closure)
    get_cash_statement = read(say.GetCashStatement, cash.get_cash_statement)
    get_vat_report = read(say.GetVatReport, vat.get_vat_report)
    get_money_check = read(say.GetMoneyCheck, check.get_money_check)
    get_statistics = read(say.GetStatistics, figures.get_statistics)

    on_sale_point = on(SalePointChanged, programme.keep_sale_point)
    on_screening = on(ScreeningPublished, programme.keep_screening)
    on_screening_cancelled = on(ScreeningCancelled, programme.keep_cancellation)
    on_vat_code = on(VatCodeChanged, programme.keep_vat_code)
    on_order_paid = on_many(OrderPaid, orders.book_orders)
    on_order_refunded = on_many(OrderRefunded, refunds.book_refunds)
    on_wallet_credited = on_many(WalletCredited, wallets.book_credits)
    on_wallet_debited = on_many(WalletDebited, wallets.book_debits)
    on_wallet_reversed = on_many(WalletReversed, reversals.book_reversals)
    on_wallet_moved = on_many(WalletMoved, wallets.book_moves)
    on_checked_in = on_many(CheckedIn, statistics.count_entries)
    on_session_accepted = on(RegisterSessionAccepted, sessions.accept_session)
    on_session_totals = on(RegisterSessionTotals, sessions.take_totals)
