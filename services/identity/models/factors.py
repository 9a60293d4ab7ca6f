"""What people prove themselves with besides a password, and how they get back in."""

import base64
import hmac
import secrets
from datetime import datetime, timedelta
from urllib.parse import quote, urlencode
from uuid import UUID, uuid4

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from contracts.identity import SecondFactorView
from services.identity.models.base import Base, digest
from services.identity.models.people import Holder, User

STEP_S, DIGITS, SECRET_BYTES = 30, 6, 20
RECOVERY_CODES = 10
ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford: nothing that looks like another


def readable_code(length: int) -> str:
    """Five random bits a character, to be typed by a person."""
    return "".join(secrets.choice(ALPHABET) for _ in range(length))


class SecondFactor(Base):
    """A user's authenticator app (RFC 6238). `pending` is one that no code has confirmed yet.
    A code is good once: `last_step` is the newest that was taken."""

    __tablename__ = "second_factors"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), primary_key=True)
    secret: Mapped[str | None]
    pending: Mapped[str | None]
    last_step: Mapped[int] = mapped_column(default=0)

    def begin(self, username: str, issuer: str) -> SecondFactorView:
        self.pending = base64.b32encode(secrets.token_bytes(SECRET_BYTES)).decode()
        label = quote(f"{issuer}:{username}")
        query = urlencode({"secret": self.pending, "issuer": issuer})
        return SecondFactorView(secret=self.pending, uri=f"otpauth://totp/{label}?{query}")

    def confirm(self, code: str, now: datetime) -> bool:
        """Did the new app say `code`; it is the user's from now on."""
        if self.pending is None or not self._take(self.pending, code, now):
            return False
        self.secret, self.pending = self.pending, None
        return True

    def accepts(self, code: str, now: datetime) -> bool:
        return self.secret is not None and self._take(self.secret, code, now)

    def _take(self, secret: str, code: str, now: datetime) -> bool:
        """A clock may be one step off; a step that was taken, or is older, is gone."""
        current = int(now.timestamp()) // STEP_S
        for step in (current, current - 1, current + 1):
            if step > self.last_step and hmac.compare_digest(one_time_code(secret, step), code):
                self.last_step = step
                return True
        return False


def one_time_code(secret: str, step: int) -> str:
    """RFC 4226 on the number of the time step."""
    mac = hmac.digest(base64.b32decode(secret), step.to_bytes(8, "big"), "sha1")
    start = mac[-1] & 15
    number = int.from_bytes(mac[start:start + 4], "big") & 0x7FFF_FFFF
    return f"{number % 10**DIGITS:0{DIGITS}}"


class RecoveryCode(Base):
    """Stands in for one code of the app, once: deleted when it is used."""

    __tablename__ = "recovery_codes"

    hash: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), index=True)


class ResetCode(Base):
    """Sets a new password, once: deleted when it is used, with all others of that person."""

    __tablename__ = "reset_codes"
    __table_args__ = (
        CheckConstraint("num_nonnulls(user_id, holder_id) = 1", name="one_person"),
        Index("ix_reset_codes_user_id", "user_id"),
        Index("ix_reset_codes_holder_id", "holder_id"),
        Index("ix_reset_codes_expires_at", "expires_at"),
    )

    hash: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    holder_id: Mapped[UUID | None] = mapped_column(ForeignKey("holders.id"))
    expires_at: Mapped[datetime]

    @classmethod
    def create(cls, person: User | Holder, expires_at: datetime) -> tuple[str, "ResetCode"]:
        """The code for the person, and the row that keeps its hash. 80 random bits."""
        code = readable_code(16)
        whose = {"user_id" if isinstance(person, User) else "holder_id": person.id}
        return code, cls(hash=digest(code), expires_at=expires_at, **whose)


class Mail(Base):
    """Written with what it tells of, sent by a timer, deleted when sent: it may hold a code."""

    __tablename__ = "mails"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    recipient: Mapped[str]
    subject: Mapped[str]
    text: Mapped[str]
    attempts: Mapped[int] = mapped_column(default=0)
    send_at: Mapped[datetime] = mapped_column(index=True)

    ATTEMPTS_MAX = 8

    def failed(self, now: datetime) -> bool:
        """To be tried again, each time after twice as long; False when it is given up."""
        self.attempts += 1
        self.send_at = now + timedelta(seconds=30 * 2**self.attempts)
        return self.attempts < self.ATTEMPTS_MAX
