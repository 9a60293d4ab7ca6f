"""Statements: the screen, CSV, Excel, the journal and hledger's text say the same sums."""

import base64
import csv
import io
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from openpyxl import load_workbook

from contracts.accounting import (
    ExportAccountingStatement,
    ExportSalesStatement,
    ExportWalletStatement,
    GetAccountingStatement,
    GetMoneyCheck,
    GetSalesStatement,
    GetTrialBalance,
    GetWalletStatement,
    Language,
    PrintZReport,
    SaleKind,
    StatementFormat,
)
from contracts.errors import Code, DomainError
from contracts.money import Money
from contracts.ticketing import LineKind, PaymentMethod
from services.accounting.models import Books
from services.accounting.queries import books, check, sales
from services.accounting.reports import documents
from services.accounting.usecases import reversals, sessions, wallets
from services.chassis.testing import Harness
from tests.accounting.books import (
    ACCOUNTANT,
    CASHIER,
    DESK,
    OTHER,
    SATURDAY_NIGHT,
    balances,
    cash_order,
    closing,
    hear_totals,
    look,
    make_register,
    open_session,
    order,
    place,
    plain_line,
    sell,
    totals,
)
from tests.accounting.test_booking import credited, debited, reversed_

TOMORROW = SATURDAY_NIGHT + timedelta(hours=12)


@pytest.fixture
def evening(ledger: Harness) -> UUID:
    """Sales of every kind, tender and hour; answers the desk's session, which is closed."""
    session = open_session(ledger, make_register(ledger))
    desk = [
        order((place(1502), plain_line(LineKind.ROUNDING, -2)), {PaymentMethod.CASH: 1500},
              session, 1),
        order((place(1200, 2, "excluded"), plain_line(LineKind.WALLET_LOAD, 5000)),
              {PaymentMethod.CARD: 4000, PaymentMethod.CASH: 3400}, session, 2),
    ]
    web = order((place(1500, 3),), {PaymentMethod.ONLINE: 4500}, number=3, cashier=None,
                paid_at=TOMORROW)
    by_wallet = order((place(800),), {PaymentMethod.WALLET: 800}, number=4, cashier=OTHER)
    spilt = debited(500)
    sell(ledger, *desk, web, by_wallet)
    for use_case, event in (
        (wallets.book_credits, credited(5000)), (wallets.book_credits, credited(300, gift=True)),
        (wallets.book_debits, debited(800, order_id=by_wallet.order_id)),
        (wallets.book_debits, debited(650, 300)), (wallets.book_debits, spilt),
        (reversals.book_reversals, reversed_(spilt)),
    ):
        ledger.react_many(use_case, event)
    ledger.call(sessions.close_session, closing(session, 4900, 4000), CASHIER)
    hear_totals(ledger, totals(session, *desk))
    return session


def page_through(ledger: Harness, ask: Any, query: type, **options: Any) -> list[Any]:
    """Every item, three at a time."""
    items, cursor = [], None
    while True:
        page = ledger.ask(ask, query(limit=3, cursor=cursor, **options), ACCOUNTANT)
        items += page.items
        if (cursor := page.next_cursor) is None:
            return items


def export(ledger: Harness, answer: Any, query: Any) -> bytes:
    document = ledger.ask(answer, query, ACCOUNTANT)
    return base64.b64decode(document.content)


def read_csv(content: bytes) -> list[list[str]]:
    text = io.TextIOWrapper(io.BytesIO(content), "utf-8-sig", newline="")
    return list(csv.reader(text, delimiter=";"))


def cents(text: str) -> int:
    return int(Decimal(text) * 100)


# ------------------------------------------------------------------ sales


def test_screen_csv_excel_and_journal_agree_to_the_centime(
    ledger: Harness, evening: UUID
) -> None:
    rows = page_through(ledger, sales.get_sales_statement, GetSalesStatement)
    gross = sum(row.gross.amount for row in rows)
    totals_ = ledger.ask(sales.get_sales_statement, GetSalesStatement(), ACCOUNTANT).totals
    assert (totals_.rows, totals_.gross.amount) == (len(rows), gross)
    assert sum(item.gross.amount for item in totals_.by_vat) == gross
    assert sum(item.amount.amount for item in totals_.by_tender) == gross

    table = read_csv(export(ledger, documents.sales_statement, ExportSalesStatement(
        format=StatementFormat.CSV, language=Language.EN)))
    place_ = table[0].index("Gross")
    written = table[1:1 + len(rows)]
    assert sum(cents(row[place_]) for row in written) == gross
    assert cents(table[1 + len(rows)][place_]) == gross
    assert ["Number of rows", str(len(rows))] in table

    book = load_workbook(io.BytesIO(export(ledger, documents.sales_statement, ExportSalesStatement(
        format=StatementFormat.XLSX, language=Language.EN))), read_only=True)
    sheet = list(book.worksheets[0].iter_rows(values_only=True))
    assert sum(round(row[place_] * 100) for row in sheet[1:1 + len(rows)]) == gross

    found = ledger.ask(check.get_money_check, GetMoneyCheck(), ACCOUNTANT)
    assert found.agrees and found.faults == ()
    assert found.journal_sales == found.sales == Money(gross)


def test_a_line_says_everything_about_its_sale(ledger: Harness, evening: UUID) -> None:
    row = ledger.ask(sales.get_sales_statement, GetSalesStatement(
        register_session_id=evening, kind=SaleKind.SCREENING), ACCOUNTANT).items[0]
    assert row.sold_at == SATURDAY_NIGHT
    assert row.sold_at_local == "2026-11-22T00:30:00+01:00"
    assert row.business_day == date(2026, 11, 21)  # the night belongs to the evening before
    assert (row.sale_point, row.register, row.z_number, row.cashier) == (
        "Desk", "Desk 1", 1, "Lea")
    assert (row.screening, row.venue, row.room, row.tariff) == (
        {"fr": "Home"}, "Capitole", "Salle 1", "Adulte")
    assert row.gross == Money(row.net.amount + row.vat.amount)


@pytest.mark.parametrize(("filter", "rows"), [
    ({"first_day": date(2026, 11, 21), "last_day": date(2026, 11, 21)}, 8),
    ({"first_day": date(2026, 11, 22)}, 1),
    ({"sale_point_id": DESK}, 6),
    ({"cashier_id": CASHIER.id}, 4),
    ({"tender": PaymentMethod.CASH}, 4),
    ({"tender": PaymentMethod.WALLET}, 4),
    ({"kind": SaleKind.ARTICLE}, 3),
    ({"kind": SaleKind.ROUNDING}, 1),
    ({"sale_point_id": uuid4()}, 0),
])
def test_every_filter_means_the_same_on_screen_and_in_files(
    ledger: Harness, evening: UUID, filter: dict[str, Any], rows: int
) -> None:
    page = ledger.ask(sales.get_sales_statement, GetSalesStatement(**filter), ACCOUNTANT)
    assert (len(page.items), page.totals.rows) == (rows, rows)
    table = read_csv(export(ledger, documents.sales_statement, ExportSalesStatement(
        format=StatementFormat.CSV, language=Language.EN, **filter)))
    assert ["Number of rows", str(rows)] in table
    assert len([row for row in table if row[0] == "Filter"]) == len(filter)


def test_a_cashier_reads_their_own_sales_only(ledger: Harness, evening: UUID) -> None:
    for actor, cashier_id, rows in ((CASHIER, None, 4), (CASHIER, OTHER.id, 0), (OTHER, None, 1)):
        page = ledger.ask(
            sales.get_sales_statement, GetSalesStatement(cashier_id=cashier_id), actor)
        assert len(page.items) == page.totals.rows == rows


def test_periods_and_cursors_that_mean_nothing_are_refused(ledger: Harness) -> None:
    for query, code in (
        (GetSalesStatement(first_day=date(2026, 2, 2), last_day=date(2026, 2, 1)),
         Code.PERIOD_INVALID),
        (GetSalesStatement(last_day=date.max), Code.PERIOD_INVALID),
        (GetSalesStatement(cursor="x~y~z"), Code.VALIDATION_FAILED),
        (GetSalesStatement(cursor="2026-01-01T00:00:00~1~1"), Code.VALIDATION_FAILED),
    ):
        with pytest.raises(DomainError) as refusal:
            ledger.ask(sales.get_sales_statement, query, ACCOUNTANT)
        assert refusal.value.code is code


def test_a_business_day_turns_at_four_in_the_morning(ledger: Harness) -> None:
    for number, instant in enumerate((
        datetime(2026, 7, 4, 1, 59, 59, tzinfo=UTC), datetime(2026, 7, 4, 2, 0, tzinfo=UTC),
    ), start=1):
        sell(ledger, order((place(),), {PaymentMethod.ONLINE: 1500}, number=number,
                           paid_at=instant))
    for day, number in ((date(2026, 7, 3), 1), (date(2026, 7, 4), 2)):
        page = ledger.ask(sales.get_sales_statement, GetSalesStatement(
            first_day=day, last_day=day), ACCOUNTANT)
        assert [(row.order_number, row.business_day) for row in page.items] == [(number, day)]


# ------------------------------------------------------------------ wallets


def test_the_wallet_statement_ends_with_what_is_owed(ledger: Harness, evening: UUID) -> None:
    rows = page_through(ledger, books.get_wallet_statement, GetWalletStatement)
    found = ledger.ask(books.get_wallet_statement, GetWalletStatement(), ACCOUNTANT)
    assert [found.opening, found.loaded, found.gifted, found.spent, found.closing] == [
        Money(0), Money(5000), Money(300), Money(-1750), Money(3550)]
    assert sum(row.paid.amount + row.gifted.amount for row in rows) == 3550
    owed = balances(ledger)
    assert -(owed[Books.WALLET_PAID] + owed[Books.WALLET_GIFTED]) == 3550
    later = ledger.ask(books.get_wallet_statement, GetWalletStatement(
        first_day=date(2026, 11, 22)), ACCOUNTANT)
    assert (later.opening, later.closing, later.items) == (Money(3550), Money(3550), ())
    table = read_csv(export(ledger, documents.wallet_statement, ExportWalletStatement(
        format=StatementFormat.CSV, language=Language.EN)))
    assert ["Number of rows", str(len(rows))] in table


# ------------------------------------------------------------------ journal


def test_the_journal_balances_on_screen_and_in_every_file(
    ledger: Harness, evening: UUID
) -> None:
    rows = page_through(ledger, books.get_accounting_statement, GetAccountingStatement)
    found = ledger.ask(books.get_accounting_statement, GetAccountingStatement(), ACCOUNTANT)
    debit = sum(row.debit.amount for row in rows)
    assert Money(debit) == found.debit == found.credit
    assert found.entries == len({row.entry_id for row in rows})
    table = read_csv(export(ledger, documents.accounting_statement, ExportAccountingStatement(
        format=StatementFormat.CSV, language=Language.DE)))
    for name in ("Soll", "Haben"):
        assert cents(table[1 + len(rows)][table[0].index(name)]) == debit
    balance = ledger.ask(books.get_trial_balance, GetTrialBalance(), ACCOUNTANT)
    assert balance.settled and balance.debit == balance.credit == Money(debit)


def test_one_account_by_its_number(ledger: Harness, evening: UUID) -> None:
    rows = page_through(ledger, books.get_accounting_statement, GetAccountingStatement,
                        account="1000")
    assert {(row.account, row.account_name["en"]) for row in rows} == {("1000", "Cash registers")}
    assert sum(row.debit.amount - row.credit.amount for row in rows) == 4900
    with pytest.raises(DomainError) as refusal:
        export(ledger, documents.accounting_statement, ExportAccountingStatement(
            format=StatementFormat.JOURNAL, account="1000"))
    assert refusal.value.code is Code.VALIDATION_FAILED


def test_the_journal_text_has_every_line(ledger: Harness, evening: UUID) -> None:
    text = _journal_text(ledger).decode()
    rows = page_through(ledger, books.get_accounting_statement, GetAccountingStatement)
    assert sum(line.startswith("    ") for line in text.splitlines()) == len(rows)
    assert "1000 Cash registers:Desk 1" in text


def _journal_text(ledger: Harness) -> bytes:
    return export(ledger, documents.accounting_statement, ExportAccountingStatement(
        format=StatementFormat.JOURNAL, language=Language.EN))


# ------------------------------------------------------------------ documents


def test_a_z_report_prints_and_statements_have_their_names(
    ledger: Harness, evening: UUID
) -> None:
    report = look(ledger, evening).z_report_id
    printed = ledger.ask(documents.z_report, PrintZReport(z_report_id=report), CASHIER)
    assert (printed.content_type, printed.filename) == ("application/pdf", "z-1.pdf")
    assert base64.b64decode(printed.content).startswith(b"%PDF")
    with pytest.raises(DomainError) as refusal:
        ledger.ask(documents.z_report, PrintZReport(z_report_id=report), OTHER)
    assert refusal.value.code is Code.Z_REPORT_NOT_FOUND
    with pytest.raises(DomainError) as refusal:
        export(ledger, documents.sales_statement, ExportSalesStatement(
            format=StatementFormat.JOURNAL))
    assert refusal.value.code is Code.NOT_ACCEPTABLE


def test_nothing_sold_gives_empty_statements(ledger: Harness) -> None:
    page = ledger.ask(sales.get_sales_statement, GetSalesStatement(), ACCOUNTANT)
    assert (page.items, page.totals.rows, page.totals.gross) == ((), 0, Money(0))
    for answer, query in (
        (documents.sales_statement, ExportSalesStatement), (documents.wallet_statement,
                                                            ExportWalletStatement),
        (documents.accounting_statement, ExportAccountingStatement),
    ):
        for format in (StatementFormat.CSV, StatementFormat.XLSX):
            assert export(ledger, answer, query(format=format))
    assert ledger.ask(check.get_money_check, GetMoneyCheck(), ACCOUNTANT).agrees


def test_a_late_sale_is_on_the_statement(ledger: Harness, evening: UUID) -> None:
    sell(ledger, cash_order(evening, 700, number=9))
    page = ledger.ask(sales.get_sales_statement, GetSalesStatement(
        register_session_id=evening), ACCOUNTANT)
    assert [row.order_number for row in page.items if row.late] == [9]
