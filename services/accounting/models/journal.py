"""The journal: a chart of accounts, balanced entries, and their lines."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, Session, mapped_column

from services.accounting.models.base import Base
from services.accounting.models.calendar import business_day
from services.accounting.models.rows import insert_new, insert_rows


class Books(StrEnum):
    """The accounts that bookings name; their numbers are the accountant's affair (`accounts`)."""

    DRAWER = "drawer"
    VAULT = "vault"
    TRANSIT = "transit"
    CARD = "card"
    ONLINE = "online"
    DESK_CASH = "desk_cash"
    DESK_CARD = "desk_card"
    BANK_TRANSFER = "bank_transfer"
    WALLET_PAYMENT = "wallet_payment"
    WALLET_LOAD = "wallet_load"
    WALLET_MOVE = "wallet_move"
    WALLET_PAID = "wallet_paid"
    WALLET_GIFTED = "wallet_gifted"
    WALLET_REFUNDS = "wallet_refunds"
    VAT = "vat"
    ADMISSIONS = "admissions"
    PASSES = "passes"
    BAR = "bar"
    ROUNDING = "rounding"
    DIFFERENCES = "differences"
    BREAKAGE = "breakage"
    GIFTS = "gifts"
    LOSSES = "losses"
    INVITATIONS = "invitations"


# The default chart, after the Swiss SME plan: key, number, kind, French, German, English.
CHART: tuple[tuple[Books, str, str, str, str, str], ...] = (
    (Books.DRAWER, "1000", "asset", "Caisses", "Kassen", "Cash registers"),
    (Books.VAULT, "1001", "asset", "Coffre", "Tresor", "Vault"),
    (Books.DESK_CASH, "1005", "asset", "Espèces hors caisse", "Bargeld ausserhalb der Kassen",
     "Cash outside registers"),
    (Books.BANK_TRANSFER, "1020", "asset", "Virements reçus", "Überweisungen", "Bank transfers"),
    (Books.TRANSIT, "1090", "asset", "Transit coffre et banque", "Geldtransit Tresor und Bank",
     "Cash in transit"),
    (Books.CARD, "1091", "asset", "Cartes à encaisser", "Karten in Abrechnung",
     "Card clearing"),
    (Books.ONLINE, "1092", "asset", "Paiements en ligne à encaisser",
     "Online-Zahlungen in Abrechnung", "Online payment clearing"),
    (Books.DESK_CARD, "1093", "asset", "Cartes hors caisse", "Karten ausserhalb der Kassen",
     "Cards outside registers"),
    (Books.WALLET_MOVE, "1097", "asset", "Passage entre porte-monnaie",
     "Durchlauf zwischen Wallets", "Moves between wallets in passage"),
    (Books.WALLET_PAYMENT, "1098", "asset", "Passage paiements par porte-monnaie",
     "Durchlauf Wallet-Zahlungen", "Wallet payments in passage"),
    (Books.WALLET_LOAD, "1099", "asset", "Passage chargements de porte-monnaie",
     "Durchlauf Wallet-Ladungen", "Wallet loads in passage"),
    (Books.WALLET_PAID, "2030", "liability", "Porte-monnaie: avoirs payés",
     "Wallets: bezahlte Guthaben", "Wallets: paid credit"),
    (Books.WALLET_GIFTED, "2031", "liability", "Porte-monnaie: avoirs offerts",
     "Wallets: geschenkte Guthaben", "Wallets: gifted credit"),
    (Books.WALLET_REFUNDS, "2032", "liability", "Porte-monnaie: remboursements à payer",
     "Wallets: auszuzahlende Guthaben", "Wallets: refunds payable"),
    (Books.VAT, "2200", "liability", "TVA due", "Geschuldete MWST", "VAT payable"),
    (Books.BAR, "3200", "revenue", "Ventes bar et restauration", "Ertrag Bar und Restaurant",
     "Bar sales"),
    (Books.ADMISSIONS, "3400", "revenue", "Billetterie", "Eintritte", "Admissions"),
    (Books.PASSES, "3410", "revenue", "Abonnements", "Abonnemente", "Passes"),
    (Books.INVITATIONS, "3800", "revenue", "Billets offerts", "Freikarten", "Complimentary"),
    (Books.BREAKAGE, "3890", "revenue", "Avoirs non réclamés", "Nicht beanspruchte Guthaben",
     "Unclaimed wallet credit"),
    (Books.LOSSES, "3805", "revenue", "Pertes sur ventes hors ligne",
     "Verluste aus Offline-Verkäufen", "Losses on offline sales"),
    (Books.GIFTS, "6641", "expense", "Avoirs offerts", "Geschenkte Guthaben", "Gifted credit"),
    (Books.ROUNDING, "6941", "expense", "Arrondis", "Rundungsdifferenzen", "Rounding"),
    (Books.DIFFERENCES, "6942", "expense", "Différences de caisse", "Kassendifferenzen",
     "Cash differences"),
)
# Zero when every message has arrived.
IN_PASSAGE = (Books.WALLET_PAYMENT, Books.WALLET_LOAD, Books.WALLET_MOVE)


class Account(Base):
    __tablename__ = "accounts"

    key: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    name: Mapped[dict[str, str]]


class JournalEntry(Base):
    """One balanced booking. `source` and `source_id` say from which fact: each is booked once."""

    __tablename__ = "journal_entries"
    __table_args__ = (
        UniqueConstraint("source", "source_id"),
        Index("ix_journal_entries_order", "at", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    source: Mapped[str]
    source_id: Mapped[UUID]
    at: Mapped[datetime]
    booked_on: Mapped[date]
    document: Mapped[str]
    label: Mapped[str]
    wallet_id: Mapped[UUID | None] = mapped_column(index=True)


class JournalLine(Base):
    """One side: a debit is positive, a credit negative."""

    __tablename__ = "journal_lines"
    __table_args__ = (CheckConstraint("amount <> 0", name="amount_not_zero"),)

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    entry_id: Mapped[UUID] = mapped_column(ForeignKey("journal_entries.id"), index=True)
    account: Mapped[str] = mapped_column(ForeignKey("accounts.key"), index=True)
    amount: Mapped[int]
    vat_code: Mapped[str | None]
    sale_point_id: Mapped[UUID | None]
    register_id: Mapped[UUID | None]


class WaitingReversal(Base):
    """A reversal that was heard before the debit it undoes, or before an earlier reversal of the
    same debit; it is booked with that. `id`: the movement; `body`: the event."""

    __tablename__ = "waiting_reversals"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    reverses: Mapped[UUID] = mapped_column(index=True)
    body: Mapped[dict[str, Any]]


class Entry:
    """A booking being written: sides of the same account and VAT code are added up.

        entry = Entry("ticketing.order_paid.v1", order_id, paid_at, "Order 12", "Sale")
        entry.debit(Books.CARD, 2000)
        entry.credit(Books.ADMISSIONS, 2000, "excluded")
        post(session, [entry])

    Its id follows from its fact, so that books made anew from the facts are the same books.
    """

    __slots__ = ("head", "id", "sale_point_id", "sides")

    def __init__(
        self, source: str, source_id: UUID, at: datetime, document: str, label: str, *,
        wallet_id: UUID | None = None, sale_point_id: UUID | None = None,
    ) -> None:
        self.id = uuid5(source_id, source)
        self.head = {
            "id": self.id, "source": source, "source_id": source_id, "at": at,
            "booked_on": business_day(at), "document": document, "label": label,
            "wallet_id": wallet_id,
        }
        self.sale_point_id = sale_point_id
        self.sides: dict[tuple[str, str | None, UUID | None], int] = defaultdict(int)

    def debit(
        self, account: str, amount: int, vat_code: str | None = None,
        register_id: UUID | None = None,
    ) -> None:
        self.sides[account, vat_code, register_id] += amount

    def credit(
        self, account: str, amount: int, vat_code: str | None = None,
        register_id: UUID | None = None,
    ) -> None:
        self.sides[account, vat_code, register_id] -= amount

    def lines(self) -> list[dict[str, Any]]:
        return [
            {"entry_id": self.id, "account": account, "amount": amount, "vat_code": vat_code,
             "sale_point_id": self.sale_point_id, "register_id": register_id}
            for (account, vat_code, register_id), amount in self.sides.items() if amount
        ]


def post(session: Session, entries: Sequence[Entry]) -> set[UUID]:
    """The ids of those that were not in the books yet; an entry of nothing is none. One statement
    for all lines, since the database checks the balance of each."""
    lines = {entry.id: entry.lines() for entry in entries}
    new = insert_new(session, JournalEntry, [
        entry.head for entry in entries if lines[entry.id]
    ])
    insert_rows(session, JournalLine, [
        line for id, sides in lines.items() if id in new for line in sides
    ])
    return new
