"""Statements as documents: the same query as on the screen, streamed into a writer.

Rows and trailer are read in one snapshot of the database, and the writers compare the two.
"""

import base64
from collections.abc import Callable, Iterable, Iterator
from io import BytesIO
from itertools import groupby
from typing import Any, BinaryIO, cast

from sqlalchemy import Select, func, select

from contracts.accounting import (
    ExportAccountingStatement,
    ExportSalesStatement,
    ExportWalletStatement,
    GetZReport,
    PrintZReport,
    ReportDocument,
    StatementFormat,
)
from contracts.errors import Code, DomainError
from services.accounting.models import local
from services.accounting.models.calendar import festival_zone
from services.accounting.queries.books import journal_rows, journal_totals, wallet_rows
from services.accounting.queries.registers import get_z_report
from services.accounting.queries.sales import FILTERS, sale_rows, sales_totals
from services.accounting.queries.scope import asked, snapshot
from services.accounting.reports import (
    beancount_writer,
    csv_writer,
    journal_writer,
    xlsx_writer,
)
from services.accounting.reports.columns import (
    JOURNAL_COLUMNS,
    SALES_COLUMNS,
    WALLET_COLUMNS,
    columns,
)
from services.accounting.reports.table import Column, Language, Row, Trailer
from services.accounting.reports.z_report import ZReport, z_report_pdf
from services.chassis.unit_of_work import UnitOfWork

AccountName = Callable[[dict[str, Any], Language], str]
CHUNK = 2_000  # rows fetched at a time from the server-side cursor
CONTENT_TYPES = {
    StatementFormat.CSV: "text/csv; charset=utf-8",
    StatementFormat.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    StatementFormat.JOURNAL: "text/plain; charset=utf-8",
    StatementFormat.BEANCOUNT: "text/x-beancount; charset=utf-8",
}
TABLES = {StatementFormat.CSV: csv_writer.write, StatementFormat.XLSX: xlsx_writer.write}


def sales_statement(uow: UnitOfWork, query: ExportSalesStatement) -> ReportDocument:
    snapshot(uow)
    totals = sales_totals(uow, query)
    trailer = Trailer(
        row_count=totals.rows, language=_language(query), filter=asked(query, FILTERS),
        sums={"quantity": totals.quantity, "gross": totals.gross.amount,
              "net": totals.net.amount, "vat": totals.vat.amount},
    )
    rows = (_sale(row) for row in _stream(uow, sale_rows(uow, query)))
    return _table("sales", query, rows, columns(SALES_COLUMNS, trailer.language), trailer)


def wallet_statement(uow: UnitOfWork, query: ExportWalletStatement) -> ReportDocument:
    snapshot(uow)
    rows = wallet_rows(query)
    inner = rows.order_by(None).subquery()
    count, paid, gifted = uow.session.execute(select(
        func.count(), func.coalesce(func.sum(inner.c.paid), 0),
        func.coalesce(func.sum(inner.c.gifted), 0),
    )).one()
    trailer = Trailer(
        row_count=count, language=_language(query),
        sums={"paid": int(paid), "gifted": int(gifted)},
        filter=asked(query, ("first_day", "last_day", "wallet_id")),
    )
    written = (_texts(row, "movement_id", "wallet_id") for row in _stream(uow, rows))
    return _table("wallets", query, written, columns(WALLET_COLUMNS, trailer.language), trailer)


def accounting_statement(uow: UnitOfWork, query: ExportAccountingStatement) -> ReportDocument:
    snapshot(uow)
    _, lines, debit, credit = journal_totals(uow, query)
    trailer = Trailer(
        row_count=lines, language=_language(query), sums={"debit": debit, "credit": credit},
        filter=asked(query, ("first_day", "last_day", "account")),
    )
    rows = _stream(uow, journal_rows(query))
    if query.format in JOURNALS:
        if query.account is not None:
            raise DomainError(Code.VALIDATION_FAILED, "A journal file has whole entries only.",
                              {"account": ["Not with this format."]})
        write, account = JOURNALS[query.format]
        entries = _entries(rows, trailer.language, account)
        return _document("journal", query.format, lambda out: write(entries, trailer, out))
    written = (_side(row, trailer.language) for row in rows)
    return _table("journal", query, written, columns(JOURNAL_COLUMNS, trailer.language), trailer)


def z_report(uow: UnitOfWork, query: PrintZReport) -> ReportDocument:
    """Printed from its frozen content, so every copy says the same."""
    report = get_z_report(uow, GetZReport(z_report_id=query.z_report_id))
    content = cast(ZReport, report.content | {"hash": report.hash})
    pdf = z_report_pdf(content, _language(query), festival_zone().key)
    return ReportDocument(
        content_type="application/pdf", filename=f"z-{report.z_number}.pdf",
        content=base64.b64encode(pdf).decode(),
    )


# ------------------------------------------------------------------ parts


def _stream(uow: UnitOfWork, rows: Select[Any]) -> Iterator[dict[str, Any]]:
    found = uow.session.execute(rows, execution_options={"yield_per": CHUNK})
    return (dict(row) for row in found.mappings())


def _table(
    name: str, query: Any, rows: Iterable[Row], heads: list[Column], trailer: Trailer
) -> ReportDocument:
    if query.format not in TABLES:
        raise DomainError(Code.NOT_ACCEPTABLE, "This statement is written as CSV or Excel.")
    write = TABLES[query.format]
    return _document(name, query.format, lambda out: write(rows, heads, trailer, out))


def _document(
    name: str, format: StatementFormat, write: Callable[[BinaryIO], None]
) -> ReportDocument:
    out = BytesIO()
    write(out)
    return ReportDocument(
        content_type=CONTENT_TYPES[format], filename=f"{name}.{format}",
        content=base64.b64encode(out.getbuffer()).decode(),
    )


def _language(query: Any) -> Language:
    return cast(Language, query.language.value)


def _texts(row: dict[str, Any], *names: str) -> dict[str, Any]:
    """Ids as text, instants on the festival's clock."""
    return row | {"at": local(row["at"])} | {name: str(row[name]) for name in names}


def _sale(row: dict[str, Any]) -> dict[str, Any]:
    session, refund_of = row["register_session_id"], row["refund_of"]
    return row | {
        "sale_id": str(row["sale_id"]), "sold_at": local(row["sold_at"]),
        "register_session_id": session and str(session), "refund_of": refund_of and str(refund_of),
        "starts_at": row["starts_at"] and local(row["starts_at"]),
        "ticket_ids": " ".join(map(str, row["ticket_ids"])),
        "screening": _word(row["screening"], "fr"),
        "vat_rate": f"{row['vat_rate_bp'] // 100}.{row['vat_rate_bp'] % 100:02d}",
        "overbooked": "x" if row["overbooked"] else "", "late": "x" if row["late"] else "",
    }


def _side(row: dict[str, Any], language: Language) -> dict[str, Any]:
    return _texts(row, "entry_id", "source_id") | {
        "account_name": _word(row["account_name"], language),
        "debit": max(row["amount"], 0), "credit": max(-row["amount"], 0),
    }


def _entries(
    rows: Iterable[dict[str, Any]], language: Language, account: AccountName
) -> Iterator[journal_writer.JournalEntry]:
    for _, group in groupby(rows, key=lambda row: row["entry_id"]):
        lines = list(group)
        first = lines[0]
        yield journal_writer.JournalEntry(
            booked_on=first["booked_on"], number=first["document"], label=first["label"],
            tags={"entry": str(first["entry_id"]), "source": str(first["source_id"])},
            lines=tuple(_journal_line(line, account(line, language)) for line in lines),
        )


def _journal_line(row: dict[str, Any], account: str) -> journal_writer.JournalLine:
    tags = {"vat": row["vat_code"], "sale_point": row["sale_point"]}
    return journal_writer.JournalLine(
        account=account, amount=row["amount"],
        tags={name: value for name, value in tags.items() if value},
    )


def _hledger_account(row: dict[str, Any], language: Language) -> str:
    name = f"{row['account']} {_word(row['account_name'], language)}".replace(":", "")
    return f"{name}:{row['register']}" if row["register"] else name


def _beancount_account(row: dict[str, Any], language: Language) -> str:
    """By its number only: beancount's names are plain ASCII."""
    return beancount_writer.account_name(row["account_kind"], row["account"], row["register"])


def _word(words: dict[str, str] | None, language: str) -> str | None:
    """In the language asked for, else in any."""
    return words.get(language) or next(iter(words.values()), "") if words else None


JOURNALS: dict[StatementFormat, tuple[Any, AccountName]] = {
    StatementFormat.JOURNAL: (journal_writer.write, _hledger_account),
    StatementFormat.BEANCOUNT: (beancount_writer.write, _beancount_account),
}
