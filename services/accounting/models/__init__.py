"""The books as rows. Signs: in the journal a debit is positive, a credit negative, in centimes.

The database checks again what the models refuse: entries balance, facts are only added, one live
session per register and per cashier, Z numbers without twins (migrations/versions/0001).
"""

from services.accounting.models.base import Base
from services.accounting.models.calendar import business_day, day_start, local
from services.accounting.models.closing import ZReport, disagreement, reading
from services.accounting.models.closures import ClosedEntry, Closure, SigningKey
from services.accounting.models.journal import (
    CHART,
    Account,
    Books,
    Entry,
    JournalEntry,
    JournalLine,
    WaitingReversal,
    post,
)
from services.accounting.models.programme import SalePoint, Screening, VatCode
from services.accounting.models.registers import CashRegister, DrawerKind, DrawerMovement
from services.accounting.models.sales import Sale, SaleLine, SalePayment
from services.accounting.models.sessions import RegisterCount, RegisterSession, SessionCounter
from services.accounting.models.statistics import HourCounter, ScreeningCounter

__all__ = [
    "CHART", "Account", "Base", "Books", "CashRegister", "ClosedEntry", "Closure", "DrawerKind",
    "DrawerMovement", "Entry", "HourCounter", "JournalEntry", "JournalLine", "RegisterCount",
    "RegisterSession", "Sale", "SaleLine", "SalePayment", "SalePoint", "Screening",
    "ScreeningCounter", "SessionCounter", "SigningKey", "VatCode", "WaitingReversal", "ZReport",
    "business_day", "day_start", "disagreement", "local", "post", "reading",
]
