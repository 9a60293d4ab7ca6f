"""Keys: public ones that others have published, and the wallet's own for signing allowances."""

from datetime import datetime
from typing import Any
from uuid import UUID

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import select
from sqlalchemy.orm import Mapped, Session, mapped_column

from services.wallet.models.base import Base

ALLOWANCES = "allowances"


class VerifyingKey(Base):
    """A public key published by another service: ticket codes (`ticket`), tokens (`token`)."""

    __tablename__ = "verifying_keys"

    purpose: Mapped[str] = mapped_column(primary_key=True)
    key_id: Mapped[str] = mapped_column(primary_key=True)
    public_key: Mapped[str]


class EndedSession(Base):
    """A session that identity has ended: its access tokens are no good until they end too."""

    __tablename__ = "ended_sessions"

    session_id: Mapped[UUID] = mapped_column(primary_key=True)
    ended_at: Mapped[datetime]
    forget_at: Mapped[datetime] = mapped_column(index=True)


class SigningKey(Base):
    """A private key of the wallet's own, raw in hex; made by `seed.prepare`."""

    __tablename__ = "signing_keys"

    purpose: Mapped[str] = mapped_column(primary_key=True)
    private_key: Mapped[str]
    created_at: Mapped[datetime]

    @classmethod
    def generate(cls, purpose: str, now: datetime) -> "SigningKey":
        private = Ed25519PrivateKey.generate().private_bytes_raw().hex()
        return cls(purpose=purpose, private_key=private, created_at=now)

    @property
    def private(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(self.private_key))

    @property
    def public_key(self) -> str:
        return self.private.public_key().public_bytes_raw().hex()

    def sign(self, claims: dict[str, Any], expires_at: datetime) -> str:
        """A JWT that says `claims` until then."""
        said = claims | {"iss": "wallet", "exp": int(expires_at.timestamp())}
        return jwt.encode(said, self.private, "EdDSA", {"kid": self.purpose})


def allowance_key(session: Session) -> SigningKey:
    return session.scalars(select(SigningKey).where(SigningKey.purpose == ALLOWANCES)).one()
