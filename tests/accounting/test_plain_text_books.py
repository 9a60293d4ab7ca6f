"""The real `hledger` and `bean-check` read our books, and come to the same balances."""

import json
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from uuid import UUID

from contracts.accounting import (
    ExportAccountingStatement,
    GetTrialBalance,
    GetVatReport,
    Language,
    StatementFormat,
)
from services.accounting.queries import books
from services.accounting.queries.vat import get_vat_report
from services.accounting.reports import documents
from services.chassis.testing import Harness
from tests.accounting.books import ACCOUNTANT, SATURDAY_NIGHT, make_register, move_float
from tests.accounting.test_statements import TOMORROW, evening, export

__all__ = ["evening"]


def written(ledger: Harness, folder: Path, format: StatementFormat) -> Path:
    file = folder / f"festival.{format}"
    file.write_bytes(export(ledger, documents.accounting_statement, ExportAccountingStatement(
        format=format, language=Language.FR)))
    return file


def ours(ledger: Harness) -> dict[str, int]:
    """Centimes by account number, without the accounts that are zero."""
    found = ledger.ask(books.get_trial_balance, GetTrialBalance(), ACCOUNTANT)
    return {item.number: item.balance.amount for item in found.accounts if item.balance}


def run(*command: str) -> str:
    return subprocess.run(command, check=True, timeout=120, capture_output=True, text=True).stdout


def test_hledger_accepts_the_books_and_comes_to_our_balances(
    ledger: Harness, evening: UUID, tmp_path: Path
) -> None:
    move_float(ledger, make_register(ledger, "Été: \"2\" (bar)"), "credit", 700,
               comment='; "quoted" (and) | more')
    file = str(written(ledger, tmp_path, StatementFormat.JOURNAL))
    run("hledger", "-f", file, "check")
    rows, _ = json.loads(run("hledger", "-f", file, "balance", "--depth", "1", "-O", "json"))
    assert {
        name.split()[0]: round(amounts[0]["aquantity"]["floatingPoint"] * 100)
        for name, _, _, amounts in rows if amounts
    } == ours(ledger)


def test_beancount_accepts_the_books_and_comes_to_our_balances(
    ledger: Harness, evening: UUID, tmp_path: Path
) -> None:
    move_float(ledger, make_register(ledger, "Été: \"2\" (bar)"), "credit", 700,
               comment='; "quoted" \\ (and) | more')
    file = str(written(ledger, tmp_path, StatementFormat.BEANCOUNT))
    run(str(Path(sys.executable).with_name("bean-check")), file)
    said = run(sys.executable, "-c", BALANCES, file)
    assert {number: int(Decimal(amount) * 100)
            for number, amount in json.loads(said).items()} == ours(ledger)


BALANCES = """
import json, sys
from collections import defaultdict
from beancount import loader
entries, errors, _ = loader.load_file(sys.argv[1])
assert not errors, errors
sums = defaultdict(int)
for entry in entries:
    for posting in getattr(entry, "postings", ()):
        sums[posting.account.split(":")[1][1:]] += posting.units.number
print(json.dumps({account: str(amount) for account, amount in sums.items() if amount}))
"""


def test_vat_is_due_when_the_screening_takes_place(ledger: Harness, evening: UUID) -> None:
    """Places sold on the next day for Saturday's screening are Saturday's."""
    saturday = SATURDAY_NIGHT.date()
    found = ledger.ask(get_vat_report, GetVatReport(first_day=saturday, last_day=saturday),
                       ACCOUNTANT)
    rows = {row.vat_code: (row.gross.amount, row.vat.amount) for row in found.rows}
    # 15.02 + 8.00 + 3 × 15.00 at 2.6 %; the bar's 9.50 (and 5.00, reversed) at 8.1 %.
    assert rows == {"excluded": (2400, 0), "normal": (950, 71), "opted": (6802, 172)}
    assert found.net.amount == found.gross.amount - found.vat.amount == 10152 - 243
    later = ledger.ask(get_vat_report, GetVatReport(first_day=TOMORROW.date()), ACCOUNTANT)
    assert later.rows == ()
