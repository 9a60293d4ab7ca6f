"""Signing in, staying signed in, and the end of it."""

import secrets
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from contracts.identity import EndedSession as EndedSessionView
from services.identity.models.base import Base, digest
from services.identity.models.people import Holder, User


class SignIn(Base):
    """From a login to its end: a family of refresh tokens of which the newest is good.
    Its id is the `sid` of the access tokens."""

    __tablename__ = "sign_ins"
    __table_args__ = (
        CheckConstraint("num_nonnulls(user_id, holder_id) = 1", name="one_person"),
        Index("ix_sign_ins_user_id", "user_id"),
        Index("ix_sign_ins_holder_id", "holder_id"),
        Index("ix_sign_ins_expires_at", "expires_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    user_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    holder_id: Mapped[UUID | None] = mapped_column(ForeignKey("holders.id"))
    started_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]

    user: Mapped[User | None] = relationship()
    holder: Mapped[Holder | None] = relationship()

    @property
    def person(self) -> User | Holder:
        person = self.user or self.holder
        assert person is not None  # CHECK one_person
        return person

    def is_open(self, now: datetime) -> bool:
        return self.ended_at is None and now < self.expires_at

    def end(self, now: datetime) -> None:
        """For good; the second time changes nothing."""
        self.ended_at = self.ended_at or now

    def new_refresh_token(self, now: datetime) -> tuple[str, "RefreshToken"]:
        """The token for the client, and the row that keeps its hash."""
        secret = secrets.token_urlsafe(32)
        return secret, RefreshToken(hash=digest(secret), sign_in_id=self.id, issued_at=now)


class RefreshToken(Base):
    """Good for one use; seen again, it was stolen from someone."""

    __tablename__ = "refresh_tokens"

    hash: Mapped[str] = mapped_column(primary_key=True)
    sign_in_id: Mapped[UUID] = mapped_column(
        ForeignKey("sign_ins.id", ondelete="CASCADE"), index=True
    )
    issued_at: Mapped[datetime]
    used_at: Mapped[datetime | None]

    def use(self, now: datetime) -> None:
        if self.used_at is not None:
            raise ValueError("a used refresh token ends its sign-in")
        self.used_at = now


class Throttle(Base):
    """Failed logins of one account or address; `key` is a digest, since people also type their
    password where the name belongs."""

    __tablename__ = "throttles"

    key: Mapped[str] = mapped_column(primary_key=True)
    failures: Mapped[int]
    failed_at: Mapped[datetime] = mapped_column(index=True)
    blocked_until: Mapped[datetime | None]

    FORGOTTEN_AFTER = timedelta(hours=1)
    LONGEST_PAUSE_S = 300

    def pause(self, now: datetime) -> float:
        """Seconds until the next attempt is looked at; 0 for now."""
        if self.blocked_until is None:
            return 0.0
        return max((self.blocked_until - now).total_seconds(), 0.0)

    def fail(self, now: datetime, free: int) -> None:
        """One more. From the `free`-th on each costs a pause, twice as long as the last."""
        if now - self.failed_at > self.FORGOTTEN_AFTER:
            self.failures = 0
        self.failures += 1
        self.failed_at = now
        if self.failures >= free:
            doubled = 2 ** min(self.failures - free, 20)
            self.blocked_until = now + timedelta(seconds=min(doubled, self.LONGEST_PAUSE_S))

    def clear(self) -> None:
        self.failures, self.blocked_until = 0, None


class EndedSession(Base):
    """A session that ended before its tokens; kept for as long as one of them may be seen."""

    __tablename__ = "ended_sessions"

    session_id: Mapped[UUID] = mapped_column(primary_key=True)
    ended_at: Mapped[datetime]
    forget_at: Mapped[datetime] = mapped_column(index=True)

    TOKENS_LIVE = timedelta(minutes=10)
    CLOCK_SKEW = timedelta(minutes=1)  # more than verifiers forgive

    @classmethod
    def at(cls, session_id: UUID, now: datetime) -> "EndedSession":
        return cls(
            session_id=session_id, ended_at=now, forget_at=now + cls.TOKENS_LIVE + cls.CLOCK_SKEW
        )

    def view(self) -> EndedSessionView:
        return EndedSessionView(
            session_id=self.session_id, ended_at=self.ended_at, forget_at=self.forget_at
        )
