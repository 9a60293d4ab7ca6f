"""Registers and their sessions, statements, statistics."""

from contracts import accounting as say
from contracts.roles import Grant, Role
from gateway.endpoint import Document, Route, Wait

ADMIN = (Role.ADMIN,)
CASHIER = (Role.POS,)
BOOKS = (Role.ACCOUNTING,)
STATISTICS = (Role.STATS, Role.ACCOUNTING)
# A cashier sees their own registers and sessions only, as accounting checks.
DRAWERS = (Role.POS, Role.ACCOUNTING)
TYPES = {
    say.StatementFormat.CSV: Document("text/csv"),
    say.StatementFormat.XLSX: Document(
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    ),
    say.StatementFormat.JOURNAL: Document("text/plain"),
    say.StatementFormat.BEANCOUNT: Document("text/x-beancount"),
}
State = say.RegisterSessionState


def statement(
    path: str, query: type, export: type, roles: tuple[Grant, ...], answer: type, summary: str,
    *formats: say.StatementFormat,
) -> tuple[Route, ...]:
    """A statement on screen, and the same as files: `path.csv` …, or `path` by `Accept`."""
    files = tuple(
        Route("GET", f"{path}.{item}", export, roles, TYPES[item],
              f"{summary}, as a file", given={"format": item.value},
              limit="document", timeout_s=300)
        for item in formats
    )
    return (Route("GET", path, query, roles, answer, summary, variants=files), *files)


def settled(*states: State) -> Wait:
    """Ticketing acknowledges opening and closing over the bus (HOUSE §7)."""
    return Wait(
        query=lambda session: say.GetRegisterSession(
            register_session_id=session["register_session_id"]
        ),
        until=lambda session: session["state"] in states or session["alert"] is not None,
    )


REGISTERS = (
    Route("GET", "/v1/registers", say.ListRegisters, DRAWERS, say.RegisterList,
          "Registers with their balances"),
    Route("POST", "/v1/registers", say.CreateRegister, ADMIN, say.RegisterView,
          "Create a register", status=201, idempotent=True),
    Route("GET", "/v1/registers/{register_id}/operations", say.ListFloatOperations,
          (Role.ADMIN, Role.ACCOUNTING), say.FloatOperationPage,
          "What was put in and taken out of a drawer, newest first"),
    Route("POST", "/v1/registers/{register_id}/operations", say.RecordFloatOperation, ADMIN,
          say.FloatOperationView, "Put money in a drawer, take it out, or correct an error",
          status=201, idempotent=True),
)

CASH_MOVES = (
    Route("POST", "/v1/cash-moves", say.MoveCash, ADMIN, say.CashMoveView,
          "Pick up, supply or transfer cash, or deposit it at the bank", status=201,
          idempotent=True),
)

SESSIONS = (
    Route("POST", "/v1/registers/{register_id}/sessions", say.OpenRegisterSession, CASHIER,
          say.RegisterSessionView, "Open a session; 202 while ticketing has not accepted it",
          status=201, idempotent=True, wait=settled(State.OPEN, State.CLOSING, State.CLOSED)),
    Route("GET", "/v1/register-sessions", say.ListRegisterSessions, DRAWERS,
          say.RegisterSessionPage, "Sessions, newest first"),
    Route("GET", "/v1/register-sessions/{register_session_id}", say.GetRegisterSession, DRAWERS,
          say.RegisterSessionView, "One session"),
    Route("GET", "/v1/register-sessions/{register_session_id}/x-report", say.GetXReport, DRAWERS,
          say.XReport, "A reading of a session, without number"),
    Route("POST", "/v1/register-sessions/{register_session_id}/closing", say.CloseRegisterSession,
          CASHIER, say.RegisterSessionView,
          "Close a session with its counts; 202 until everything sold is booked",
          status=201, idempotent=True, wait=settled(State.CLOSED)),
    Route("POST", "/v1/register-sessions/{register_session_id}/forced-closing",
          say.ForceCloseRegisterSession, ADMIN, say.RegisterSessionView,
          "Close a session that its cashier cannot close, uncounted",
          status=201, idempotent=True, wait=settled(State.CLOSED)),
    Route("GET", "/v1/z-reports/{z_report_id}", say.GetZReport, DRAWERS, say.ZReportView,
          "A sealed closing"),
    Route("GET", "/v1/z-reports/{z_report_id}.pdf", say.PrintZReport, DRAWERS,
          Document("application/pdf"), "A sealed closing, to print",
          limit="document", timeout_s=60),
)

STATEMENTS = (
    Route("GET", "/v1/statements/cash", say.GetCashStatement, (Role.ACCOUNTING, Role.POS),
          say.CashStatement, "Past register sessions, what was sold and by whom"),
    *statement("/v1/statements/sales", say.GetSalesStatement, say.ExportSalesStatement,
               (Role.ACCOUNTING, Role.POS), say.SalesPage, "Sales, line by line",
               say.StatementFormat.CSV, say.StatementFormat.XLSX),
    *statement("/v1/statements/wallet", say.GetWalletStatement, say.ExportWalletStatement,
               BOOKS, say.WalletStatement, "Movements of the wallets, as booked",
               say.StatementFormat.CSV, say.StatementFormat.XLSX),
    *statement("/v1/statements/accounting", say.GetAccountingStatement,
               say.ExportAccountingStatement, BOOKS, say.AccountingPage, "The journal",
               say.StatementFormat.CSV, say.StatementFormat.XLSX, say.StatementFormat.JOURNAL,
               say.StatementFormat.BEANCOUNT),
    Route("GET", "/v1/statements/vat", say.GetVatReport, BOOKS, say.VatReport,
          "VAT by date of supply"),
    Route("GET", "/v1/statements/trial-balance", say.GetTrialBalance, BOOKS, say.TrialBalance,
          "Balances of all accounts"),
    Route("GET", "/v1/statements/money-check", say.GetMoneyCheck, BOOKS, say.MoneyCheck,
          "Do registers, sales, journal and wallets agree to the centime"),
)

CLOSURES = (
    Route("GET", "/v1/accounting-closures", say.ListClosures, BOOKS, say.ClosurePage,
          "Closures of the books, newest first"),
    Route("POST", "/v1/accounting-closures", say.CloseBooks, BOOKS, say.ClosureView,
          "Close the books up to a business day, for ever", status=201, idempotent=True,
          timeout_s=60),
    Route("GET", "/v1/accounting-closures/{closure_id}", say.GetClosure, BOOKS, say.ClosureView,
          "One closure"),
    Route("GET", "/v1/accounting-closures/{closure_id}/audit-pack.zip", say.ExportAuditPack, BOOKS,
          Document("application/zip"), "A closure with all that an auditor needs to check it",
          limit="document", timeout_s=300),
)

STATISTICS_ROUTES = tuple(
    Route("GET", f"/v1/statistics/{by}", say.GetStatistics, STATISTICS, say.StatisticsView,
          f"Entries and revenue by {by}", given={"by": by.value})
    for by in say.StatisticsBy
)

ROUTES = REGISTERS + CASH_MOVES + SESSIONS + STATEMENTS + CLOSURES + STATISTICS_ROUTES
