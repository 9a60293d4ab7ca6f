"""Bar terminals: what each may do, and how it proves to be the one that was enrolled."""

import base64
import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import CheckConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from contracts.errors import Code, DomainError
from contracts.message import dump, load
from contracts.roles import Actor, Principal
from contracts.wallet import (
    ENROLMENT_PREFIX,
    ArticleLine,
    EnrolledView,
    TerminalArticle,
    TerminalRight,
    TerminalView,
)
from services.wallet.models.base import Base
from services.wallet.models.keys import VerifyingKey, allowance_key

ENROLMENT_LASTS = timedelta(hours=1)
SECRET_BYTES = 20


class Terminal(Base):
    """A device that sells at one place. `public_key` is its own, in hex, once it is enrolled;
    of the enrolment secret (160 random bits) only the hash is kept."""

    __tablename__ = "terminals"
    __table_args__ = (CheckConstraint("jsonb_array_length(rights) > 0", name="has_rights"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    name: Mapped[str]
    sale_point_id: Mapped[UUID]
    rights: Mapped[list[str]]
    articles: Mapped[list[Any]]
    shows_names: Mapped[bool]
    valid_until: Mapped[datetime | None]
    enrolment_hash: Mapped[str]
    enrolment_ends_at: Mapped[datetime]
    public_key: Mapped[str | None] = mapped_column(unique=True)
    enrolled_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    revoked_for: Mapped[str | None]
    last_seen_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    created_by: Mapped[str]

    @classmethod
    def create(
        cls, name: str, sale_point_id: UUID, now: datetime, created_by: str
    ) -> tuple["Terminal", str]:
        """The terminal, and the text of its QR code, which is not kept. Set its rights next."""
        terminal_id = uuid4()
        secret = base64.b32encode(secrets.token_bytes(SECRET_BYTES)).decode()
        terminal = cls(
            id=terminal_id, name=name, sale_point_id=sale_point_id, created_at=now,
            created_by=created_by, enrolment_hash=_digest(secret),
            enrolment_ends_at=now + ENROLMENT_LASTS,
        )
        return terminal, f"{ENROLMENT_PREFIX}{terminal_id.hex.upper()}:{secret}"

    def allow(
        self, rights: tuple[TerminalRight, ...], articles: tuple[TerminalArticle, ...],
        shows_names: bool, valid_until: datetime | None,
    ) -> None:
        self.rights, self.articles = dump(sorted(set(rights))), dump(articles)
        self.shows_names, self.valid_until = shows_names, valid_until

    def enrol(self, secret: str, public_key: str, now: datetime) -> None:
        """Once. A device that lost the answer may ask again with the same key."""
        known = secrets.compare_digest(self.enrolment_hash, _digest(secret))
        repeated = self.public_key == public_key
        in_time = self.public_key is None and now < self.enrolment_ends_at
        if not known or self.revoked_at is not None or not (repeated or in_time):
            raise enrolment_refused()
        if not repeated:
            self.public_key, self.enrolled_at = public_key, now

    def revoke(self, now: datetime, reason: str) -> None:
        if self.revoked_at is None:
            self.revoked_at, self.revoked_for = now, reason

    def seen(self, now: datetime) -> None:
        self.last_seen_at = now

    def check(self, now: datetime, right: TerminalRight | None = None) -> None:
        """It is still in use, and may do this."""
        if self.revoked_at is not None or (self.valid_until and now >= self.valid_until):
            raise DomainError(Code.TERMINAL_REVOKED, "This terminal has been taken out of use.")
        if right is not None and right not in self.rights:
            raise DomainError(Code.TERMINAL_RIGHT_MISSING, "This terminal may not do this.")

    def priced(self, lines: tuple[ArticleLine, ...]) -> tuple[ArticleLine, ...]:
        """The lines with the VAT codes of its list; refused when they are not of that list."""
        if not self.articles:
            return lines
        known = [load(TerminalArticle, item) for item in self.articles]
        prices = {(item.label, item.price): item.vat_code for item in known}
        if not lines or any((line.label, line.unit_price) not in prices for line in lines):
            raise DomainError(
                Code.ARTICLE_NOT_ALLOWED, "This terminal sells the articles of its list only, "
                "at their prices: reload the list.",
            )
        return tuple(
            ArticleLine(label=line.label, quantity=line.quantity, unit_price=line.unit_price,
                        vat_code=prices[line.label, line.unit_price])
            for line in lines
        )

    @staticmethod
    def id_of(actor: Actor) -> UUID:
        """The id of the terminal that asks; refused for anyone else."""
        if actor.kind is not Principal.TERMINAL:
            raise DomainError(Code.TERMINAL_RIGHT_MISSING, "Only a terminal may ask this.")
        return UUID(actor.id)

    @property
    def actor(self) -> Actor:
        return Actor(Principal.TERMINAL, str(self.id), self.name,
                     sale_points=frozenset({self.sale_point_id}))

    def view(self) -> TerminalView:
        return TerminalView(
            terminal_id=self.id, name=self.name, sale_point_id=self.sale_point_id,
            rights=tuple(map(TerminalRight, self.rights)),
            articles=tuple(load(TerminalArticle, item) for item in self.articles),
            shows_names=self.shows_names, created_at=self.created_at,
            valid_until=self.valid_until, enrolled_at=self.enrolled_at,
            revoked_at=self.revoked_at, last_seen_at=self.last_seen_at,
        )

    def enrolled_view(self, session: Session) -> EnrolledView:
        keys = session.scalars(select(VerifyingKey).where(VerifyingKey.purpose == "ticket"))
        return EnrolledView(
            terminal=self.view(), ticket_keys={key.key_id: key.public_key for key in keys},
            allowance_key=allowance_key(session).public_key,
        )


def read_enrolment(text: str) -> tuple[UUID, str]:
    """The terminal and the secret that a QR code names."""
    try:
        prefix, terminal, secret = text.strip().rsplit(":", 2)
        if f"{prefix}:" != ENROLMENT_PREFIX:
            raise ValueError
        return UUID(terminal), secret
    except ValueError:
        raise enrolment_refused() from None


def enrolment_refused() -> DomainError:
    return DomainError(
        Code.ENROLMENT_INVALID, "This enrolment code is wrong, used or too old: ask for a new one."
    )


def find_terminal(session: Session, terminal_id: UUID, lock: bool = False) -> Terminal:
    terminal = session.get(Terminal, terminal_id, with_for_update=lock or None)
    if terminal is None:
        raise DomainError(Code.TERMINAL_NOT_FOUND, "There is no such terminal.")
    return terminal


def _digest(secret: str) -> str:
    """Good for long random secrets only."""
    return hashlib.sha256(secret.encode()).hexdigest()
