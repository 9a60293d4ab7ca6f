"""Keys: the ones that sign access tokens, and the web shop's own."""

import base64
import secrets
from datetime import datetime
from uuid import UUID, uuid4

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import ForeignKey, Identity
from sqlalchemy.orm import Mapped, mapped_column, relationship

from contracts.errors import Code, DomainError
from contracts.identity import (
    ApiKeyView,
    JwkView,
)
from services.identity.models.base import Base, digest
from services.identity.models.places import SalePoint

API_KEY_PREFIX = "fk_"
HINT_LENGTH = 8



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
