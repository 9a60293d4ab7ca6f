"""The plain-text journal, read back line by line."""

import io
import re
from datetime import date
from decimal import Decimal

import pytest

from services.accounting.reports import journal_writer
from services.accounting.reports.journal_writer import JournalEntry, JournalLine
from services.accounting.reports.table import Trailer, TrailerMismatch

LINE = re.compile(r" {4}(?P<account>\S(?: ?\S)*)  +CHF (?P<amount>-?\d+\.\d\d)(?P<tags>  ; .*)?")
SALE = JournalEntry(
    date(2026, 11, 21), "Z-7", "Caisse 1, Z 7",
    (
        JournalLine("1000 Caisse", 1600, {"sale_point": "Capitole"}),
        JournalLine("3400 Billets", -1559, {"vat": "opted-2.6"}),
        JournalLine("2200 TVA due", -41),
    ),
    {"hash": "0d6f"},
)


def written(entries, trailer) -> str:
    out = io.BytesIO()
    journal_writer.write(iter(entries), trailer, out)
    return out.getvalue().decode()


def test_an_entry():
    trailer = Trailer(3, {"debit": 1600, "credit": 1600}, {"Période": "2026-11-21"}, "fr")
    text = written([SALE], trailer)
    assert text.startswith("commodity CHF 1000.00\n\n2026-11-21 (Z-7) Caisse 1, Z 7  ; hash:0d6f\n")
    lines = [match for match in map(LINE.fullmatch, text.splitlines()) if match]
    assert [line["account"] for line in lines] == ["1000 Caisse", "3400 Billets", "2200 TVA due"]
    assert sum(Decimal(line["amount"]) for line in lines) == 0
    assert lines[0]["tags"] == "  ; sale_point:Capitole"
    assert text.endswith(
        "\n; Total: debit 16.00, credit 16.00\n; Nombre de lignes: 3\n"
        "; Filtre: Période: 2026-11-21\n"
    )


def test_texts_cannot_leave_their_place():
    hostile = "a;b\n2026-01-01 x\n    y  CHF 1.00"
    entry = JournalEntry(
        date(2026, 1, 2), f"1) {hostile}", hostile,
        (JournalLine(f"({hostile}", 100, {"by": f"x, paid:no {hostile}"}), JournalLine("z", -100)),
    )
    text = written([entry], Trailer(2, {"debit": 100, "credit": 100}, {hostile: hostile}))
    lines = text.splitlines()
    assert len([line for line in lines if line[:1].isdigit()]) == 1
    assert len([line for line in lines if LINE.fullmatch(line)]) == 2
    assert "paid:no" not in text.split("; by:")[1].split(",")[1:]


def test_an_entry_that_does_not_balance_is_a_fault():
    entry = JournalEntry(date(2026, 1, 2), "1", "x", (JournalLine("a", 100), JournalLine("b", -99)))
    with pytest.raises(ValueError, match="does not balance"):
        written([entry], Trailer(2, {"debit": 100, "credit": 99}))


@pytest.mark.parametrize(
    "wrong",
    [
        Trailer(2, {"debit": 1600, "credit": 1600}),
        Trailer(3, {"debit": 1601, "credit": 1600}),
        Trailer(3, {"debit": 1600, "credit": 1599}),
    ],
)
def test_a_journal_that_disagrees_with_its_trailer_is_refused(wrong):
    with pytest.raises(TrailerMismatch):
        written([SALE], wrong)
