"""The journal as plain text that `hledger` reads: debits positive, credits negative.

    2026-11-21 (Z-7) Caisse 1, Z 7  ; entry:0d6f…
        1000 Caisse                  CHF 16.00  ; sale_point:Capitole
        3400 Billets                CHF -15.59  ; vat:opted-2.6
        2200 TVA due                 CHF -0.41
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import BinaryIO

from services.accounting.reports.table import (
    TRAILER_WORDS,
    Trailer,
    TrailerMismatch,
    decimal_text,
)


@dataclass(frozen=True, slots=True)
class JournalLine:
    """One side of an entry; `amount` in centimes, a debit positive, a credit negative."""

    account: str
    amount: int
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """One balanced booking; `number` is its document, such as a Z report's."""

    booked_on: date
    number: str
    label: str
    lines: tuple[JournalLine, ...]
    tags: Mapping[str, str] = field(default_factory=dict)


def write(entries: Iterable[JournalEntry], trailer: Trailer, out: BinaryIO) -> None:
    """Writes the entries and their trailer: `row_count` counts lines, `sums` has `debit`, `credit`.

    ValueError for an entry that does not balance, TrailerMismatch when the trailer disagrees.
    """
    _say(out, f"commodity {trailer.currency} 1000.00")
    count = debit = credit = 0
    for entry in entries:
        if sum(line.amount for line in entry.lines):
            raise ValueError(f"entry {entry.number} does not balance: {entry.lines}")
        _write_entry(entry, trailer.currency, out)
        count += len(entry.lines)
        debit += sum(line.amount for line in entry.lines if line.amount > 0)
        credit -= sum(line.amount for line in entry.lines if line.amount < 0)
    if (count, debit, credit) != (
        trailer.row_count, trailer.sums["debit"], trailer.sums["credit"],
    ):
        raise TrailerMismatch(f"written {count} lines, {debit}, {credit}; announced {trailer}")
    _write_trailer(trailer, out)


def _write_entry(entry: JournalEntry, currency: str, out: BinaryIO) -> None:
    # parentheses would end the number early
    number = re.sub(r"[()]", "", _plain(entry.number))
    _say(out, f"\n{entry.booked_on.isoformat()} ({number}) {_plain(entry.label)}", entry.tags)
    for line in entry.lines:
        amount = f"{currency} {decimal_text(line.amount)}"
        _say(out, f"    {_account(line.account):<34}  {amount:>16}", line.tags)


def _write_trailer(trailer: Trailer, out: BinaryIO) -> None:
    words = TRAILER_WORDS[trailer.language]
    sums = ", ".join(f"{key} {decimal_text(value)}" for key, value in trailer.sums.items())
    _say(out, f"\n; {words['total']}: {sums}")
    _say(out, f"; {words['rows']}: {trailer.row_count}")
    for label, asked in trailer.filter.items():
        _say(out, f"; {words['filter']}: {_plain(label)}: {_plain(asked)}")


def _say(out: BinaryIO, text: str, tags: Mapping[str, str] | None = None) -> None:
    comment = ", ".join(f"{key}:{_tag_value(value)}" for key, value in (tags or {}).items())
    out.write(f"{text}  ; {comment}\n".encode() if comment else f"{text}\n".encode())


def _plain(text: str) -> str:
    """One line without what would begin a comment."""
    return " ".join(text.replace(";", ",").split())


def _tag_value(text: str) -> str:
    return _plain(text).replace(",", " ")  # a comma would end it


def _account(name: str) -> str:
    """`:` stays, it makes sub-accounts; a first bracket would make the line a virtual posting."""
    return _plain(name).lstrip("([*!")
