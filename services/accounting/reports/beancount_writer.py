"""The journal as `bean-check` accepts it; amounts as in the journal: a debit is positive.

    option "operating_currency" "CHF"
    2026-11-21 open Assets:A1000 CHF
    2026-11-21 * "order 7" "Sale desk"
      entry: "0d6f…"
      Assets:A1000:Desk-1                   16.00 CHF
      Income:A3400                         -15.59 CHF
"""

import re
import unicodedata
from collections.abc import Iterable
from datetime import date
from typing import BinaryIO

from services.accounting.reports.journal_writer import JournalEntry
from services.accounting.reports.table import Trailer, TrailerMismatch, decimal_text

ROOTS = {"asset": "Assets", "liability": "Liabilities", "revenue": "Income",
         "expense": "Expenses", "equity": "Equity"}


def account_name(kind: str, number: str, part: str | None = None) -> str:
    """`Assets:A1000:Desk-1`: beancount allows letters, digits and dashes, a capital first."""
    names = [ROOTS[kind], f"A{number}"]
    if part:
        plain = unicodedata.normalize("NFKD", part).encode("ascii", "ignore").decode()
        plain = re.sub(r"[^A-Za-z0-9]+", "-", plain).strip("-")
        names.append(plain[:1].upper() + plain[1:] if plain else "Other")
    return ":".join(names)


def write(entries: Iterable[JournalEntry], trailer: Trailer, out: BinaryIO) -> None:
    """Writes the entries, each account opened at its first use; TrailerMismatch when their sums
    are not those announced."""
    out.write(f'option "operating_currency" "{trailer.currency}"\n'.encode())
    opened: set[str] = set()
    count = debit = credit = 0
    for entry in entries:
        for line in entry.lines:
            if line.account not in opened:
                opened.add(line.account)
                out.write(f"{date(1970, 1, 1)} open {line.account} {trailer.currency}\n".encode())
            debit += max(line.amount, 0)
            credit += max(-line.amount, 0)
        count += len(entry.lines)
        out.write(_entry(entry, trailer.currency).encode())
    if (count, debit, credit) != (
        trailer.row_count, trailer.sums["debit"], trailer.sums["credit"],
    ):
        raise TrailerMismatch(f"written {count} lines, {debit}, {credit}; announced {trailer}")


def _entry(entry: JournalEntry, currency: str) -> str:
    lines = [f'\n{entry.booked_on.isoformat()} * {_text(entry.number)} {_text(entry.label)}']
    lines += [f"  {key}: {_text(value)}" for key, value in entry.tags.items()]
    for line in entry.lines:
        lines.append(f"  {line.account:<36} {decimal_text(line.amount):>12} {currency}")
        lines += [f"    {key}: {_text(value)}" for key, value in line.tags.items()]
    return "\n".join(lines) + "\n"


def _text(text: str) -> str:
    plain = " ".join(text.split()).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{plain}"'
