"""The keys that sign ticket QR codes. A key never changes; a rotation adds one."""

from datetime import datetime
from typing import Any
from weakref import WeakKeyDictionary

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from sqlalchemy import select
from sqlalchemy.orm import Mapped, Session, mapped_column

from contracts import ticket_code
from contracts.errors import Code, DomainError
from services.ticketing.models.base import Base


class TicketKey(Base):
    """Both halves, raw in hex. The highest id signs; all of them verify."""

    __tablename__ = "ticket_keys"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    private_key: Mapped[str]
    public_key: Mapped[str]
    created_at: Mapped[datetime]

    @classmethod
    def generate(cls, key_id: int, at: datetime) -> "TicketKey":
        private = Ed25519PrivateKey.generate()
        return cls(
            id=key_id, created_at=at, private_key=private.private_bytes_raw().hex(),
            public_key=private.public_key().public_bytes_raw().hex(),
        )


class KeyRing:
    """The keys of one database, read again when one is asked for that is not known."""

    def __init__(self) -> None:
        self._private: dict[int, Ed25519PrivateKey] = {}
        self._public: dict[int, Ed25519PublicKey] = {}

    def sign(self, session: Session, code: str, revision: int) -> str:
        """The QR text of a ticket, by the newest key."""
        if not self._private:
            self._load(session)
        key_id = max(self._private)
        return ticket_code.sign(code, revision, key_id, self._private[key_id])

    def read(self, session: Session, text: str) -> ticket_code.TicketCode:
        """Raises DomainError TICKET_CODE_… of `contracts.ticket_code.read`."""
        try:
            return ticket_code.read(text, self._public)
        except DomainError as refusal:
            if refusal.code is not Code.TICKET_CODE_UNKNOWN_KEY:
                raise
        self._load(session)
        return ticket_code.read(text, self._public)

    def _load(self, session: Session) -> None:
        for row in session.scalars(select(TicketKey)):
            private = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(row.private_key))
            self._private[row.id], self._public[row.id] = private, private.public_key()


_RINGS: WeakKeyDictionary[Any, KeyRing] = WeakKeyDictionary()


def keys_of(session: Session) -> KeyRing:
    """A published key never changes, so each database's are read once."""
    return _RINGS.setdefault(session.get_bind(), KeyRing())
