"""People, places and keys as rows: who may sign in, what they hold, and what was done.

Secrets are kept as hashes: Argon2id for what a person types, SHA-256 for what we made ourselves
from 256 random bits. The audit table is append-only (migrations/versions/0001).
"""

import base64
import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import CheckConstraint, Column, ForeignKey, Identity, Index, Table, func, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from contracts.errors import Code, DomainError
from contracts.identity import (
    ApiKeyView,
    AuditEntryView,
    HolderView,
    JwkView,
    Language,
    SalePointKind,
    SalePointView,
    UserView,
)
from contracts.roles import Principal, Role
from services.chassis.tables import COLUMN_TYPES, service_metadata

API_KEY_PREFIX = "fk_"
HINT_LENGTH = 8


class Base(DeclarativeBase):
    metadata = service_metadata()
    type_annotation_map = COLUMN_TYPES


def digest(secret: str) -> str:
    """How a secret of ours is kept. Good for long random ones only, never for passwords."""
    return hashlib.sha256(secret.encode()).hexdigest()


# ------------------------------------------------------------------ places


class SalePoint(Base):
    """Where one sells. `version` grows with every change that others are told of."""

    __tablename__ = "sale_points"
    __table_args__ = (
        CheckConstraint("kind IN ('desk', 'bar', 'partner', 'eshop')", name="kind"),
        Index("uq_sale_points_name", func.lower(text("name")), unique=True),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    name: Mapped[str]
    kind: Mapped[str]
    settings: Mapped[dict[str, Any]]
    active: Mapped[bool]
    version: Mapped[int]

    @classmethod
    def open(cls, name: str, kind: SalePointKind, settings: dict[str, Any]) -> "SalePoint":
        return cls(id=uuid4(), name=name, kind=kind, settings=settings, active=True, version=1)

    def change(self, name: str, active: bool, settings: dict[str, Any]) -> bool:
        """True when that was a change."""
        if (name, active, settings) == (self.name, self.active, self.settings):
            return False
        self.name, self.active, self.settings = name, active, settings
        self.version += 1
        return True

    def view(self) -> SalePointView:
        return SalePointView(
            sale_point_id=self.id, version=self.version, name=self.name,
            kind=SalePointKind(self.kind), active=self.active, settings=self.settings,
        )


# ------------------------------------------------------------------ people

user_sale_points = Table(
    "user_sale_points", Base.metadata,
    Column("user_id", ForeignKey("users.id"), primary_key=True),
    Column("sale_point_id", ForeignKey("sale_points.id"), primary_key=True),
)


class User(Base):
    """Someone who works here. Never deleted: deactivated, so that history keeps the name."""

    __tablename__ = "users"
    __table_args__ = (
        CheckConstraint("username = lower(username)", name="username_lower"),
        CheckConstraint("jsonb_array_length(roles) > 0", name="has_roles"),
        CheckConstraint("valid_until > valid_from", name="valid_in_order"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    username: Mapped[str] = mapped_column(unique=True)
    password_hash: Mapped[str]
    display_name: Mapped[str]
    language: Mapped[str]
    roles: Mapped[list[str]]
    active: Mapped[bool]
    valid_from: Mapped[datetime | None]
    valid_until: Mapped[datetime | None]
    created_at: Mapped[datetime]

    sale_points: Mapped[list[SalePoint]] = relationship(
        secondary=user_sale_points, lazy="selectin"
    )

    def may_sign_in(self, now: datetime) -> bool:
        started = self.valid_from is None or self.valid_from <= now
        return self.active and started and (self.valid_until is None or now < self.valid_until)

    def keeps_administering(self, now: datetime) -> bool:
        """An administrator on whom the system can rely: without an end date."""
        return Role.ADMIN in self.roles and self.valid_until is None and self.may_sign_in(now)

    def rights(self) -> tuple[Any, ...]:
        """What is written in this user's tokens, and so must not outlive its change."""
        return self.active, self.roles, {point.id for point in self.sale_points}

    def view(self) -> UserView:
        return UserView(
            user_id=self.id, username=self.username, display_name=self.display_name,
            language=Language(self.language), roles=tuple(map(Role, self.roles)),
            sale_points=tuple(sorted(point.id for point in self.sale_points)),
            active=self.active, created_at=self.created_at, valid_from=self.valid_from,
            valid_until=self.valid_until,
        )


class Holder(Base):
    """A customer with an account."""

    __tablename__ = "holders"
    __table_args__ = (CheckConstraint("email = lower(email)", name="email_lower"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    email: Mapped[str] = mapped_column(unique=True)
    password_hash: Mapped[str]
    name: Mapped[str]
    language: Mapped[str]
    created_at: Mapped[datetime]

    def may_sign_in(self, now: datetime) -> bool:
        return True

    def view(self) -> HolderView:
        return HolderView(
            holder_id=self.id, email=self.email, name=self.name,
            language=Language(self.language), created_at=self.created_at,
        )


# ------------------------------------------------------------------ signing in


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


# ------------------------------------------------------------------ keys


class SigningKey(Base):
    """What access tokens are signed with, from `not_before` until a newer key takes over."""

    __tablename__ = "signing_keys"

    key_id: Mapped[str] = mapped_column(primary_key=True)
    private_key: Mapped[str]
    public_key: Mapped[str]
    not_before: Mapped[datetime] = mapped_column(index=True)

    @classmethod
    def generate(cls, not_before: datetime) -> "SigningKey":
        key = Ed25519PrivateKey.generate()
        public = key.public_key().public_bytes_raw().hex()
        return cls(
            key_id=public[:16], private_key=key.private_bytes_raw().hex(), public_key=public,
            not_before=not_before,
        )

    def signer(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(self.private_key))

    def view(self) -> JwkView:
        raw = bytes.fromhex(self.public_key)
        return JwkView(
            kid=self.key_id, x=base64.urlsafe_b64encode(raw).decode().rstrip("=")
        )


class ApiKey(Base):
    """The web shop's way in, at one sale point. `number` is the order of creation."""

    __tablename__ = "api_keys"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    number: Mapped[int] = mapped_column(Identity(always=True), unique=True)
    name: Mapped[str]
    sale_point_id: Mapped[UUID] = mapped_column(ForeignKey("sale_points.id"))
    secret_hash: Mapped[str] = mapped_column(unique=True)
    hint: Mapped[str]
    created_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]

    sale_point: Mapped[SalePoint] = relationship()

    @classmethod
    def create(cls, name: str, sale_point: SalePoint, now: datetime) -> tuple[str, "ApiKey"]:
        """The secret, to be shown once, and the row that keeps its hash."""
        secret = API_KEY_PREFIX + secrets.token_urlsafe(32)
        return secret, cls(
            id=uuid4(), name=name, sale_point=sale_point, sale_point_id=sale_point.id,
            secret_hash=digest(secret), hint=secret[:HINT_LENGTH], created_at=now,
        )

    def use(self, now: datetime) -> None:
        """Raises API_KEY_INVALID when it is revoked or its sale point is closed."""
        if self.revoked_at is not None or not self.sale_point.active:
            raise DomainError(Code.API_KEY_INVALID, "This API key is not valid.")
        self.last_used_at = now

    def revoke(self, now: datetime) -> bool:
        """True when that was a change."""
        if self.revoked_at is not None:
            return False
        self.revoked_at = now
        return True

    def view(self) -> ApiKeyView:
        return ApiKeyView(
            api_key_id=self.id, name=self.name, sale_point_id=self.sale_point_id,
            hint=self.hint, created_at=self.created_at, last_used_at=self.last_used_at,
            revoked_at=self.revoked_at,
        )


# ------------------------------------------------------------------ what was done


class AuditEntry(Base):
    """Who did what to which object; only what differs is in `before` and `after`."""

    __tablename__ = "audit"
    __table_args__ = (
        Index("ix_audit_object", "object_type", "object_id", "number"),
        Index("ix_audit_actor_id", "actor_id", "number"),
    )

    number: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    at: Mapped[datetime]
    actor_kind: Mapped[str]
    actor_id: Mapped[str]
    actor_name: Mapped[str]
    action: Mapped[str]
    object_type: Mapped[str]
    object_id: Mapped[str]
    before: Mapped[dict[str, Any]]
    after: Mapped[dict[str, Any]]
    request_id: Mapped[str]

    def view(self) -> AuditEntryView:
        return AuditEntryView(
            number=self.number, at=self.at, actor_kind=Principal(self.actor_kind),
            actor_id=self.actor_id, actor_name=self.actor_name, action=self.action,
            object_type=self.object_type, object_id=self.object_id, before=self.before,
            after=self.after, request_id=self.request_id,
        )
