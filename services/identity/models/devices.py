"""Devices (scanners): known by a secret of their own that they are told when they enrol."""

import secrets
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import ForeignKey, Identity
from sqlalchemy.orm import Mapped, mapped_column, relationship

from contracts.errors import Code, DomainError
from contracts.identity import DEVICE_ENROLMENT_PREFIX, DeviceView
from services.identity.models.base import Base, digest
from services.identity.models.places import SalePoint

ENROLMENT_LASTS = timedelta(hours=1)
DEVICE_SECRET_PREFIX = "fd_"


class Device(Base):
    """`number` is the order of creation."""

    __tablename__ = "devices"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    number: Mapped[int] = mapped_column(Identity(always=True), unique=True)
    name: Mapped[str]
    sale_point_id: Mapped[UUID] = mapped_column(ForeignKey("sale_points.id"))
    enrolment_hash: Mapped[str | None] = mapped_column(unique=True)
    secret_hash: Mapped[str | None] = mapped_column(unique=True)
    created_at: Mapped[datetime]
    enrolled_at: Mapped[datetime | None]
    last_seen_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]

    sale_point: Mapped[SalePoint] = relationship()

    @classmethod
    def create(cls, name: str, sale_point: SalePoint, now: datetime) -> tuple[str, "Device"]:
        """The text of the QR code, and the row that keeps its hash."""
        enrolment = DEVICE_ENROLMENT_PREFIX + secrets.token_urlsafe(24)
        return enrolment, cls(
            id=uuid4(), name=name, sale_point=sale_point, sale_point_id=sale_point.id,
            enrolment_hash=digest(enrolment), created_at=now,
        )

    def enrol(self, now: datetime) -> str:
        """The secret, told to the device this once. Raises ENROLMENT_INVALID."""
        if self.revoked_at is not None or now > self.created_at + ENROLMENT_LASTS:
            raise enrolment_refused()
        secret = DEVICE_SECRET_PREFIX + secrets.token_urlsafe(32)
        self.enrolment_hash, self.secret_hash, self.enrolled_at = None, digest(secret), now
        return secret

    def use(self, now: datetime) -> None:
        """Raises DEVICE_REFUSED when it is revoked or its sale point is closed."""
        if self.revoked_at is not None or not self.sale_point.active:
            raise device_refused()
        self.last_seen_at = now

    def revoke(self, now: datetime) -> bool:
        """True when that was a change."""
        if self.revoked_at is not None:
            return False
        self.revoked_at = now
        return True

    def view(self) -> DeviceView:
        return DeviceView(
            device_id=self.id, name=self.name, sale_point_id=self.sale_point_id,
            created_at=self.created_at, enrolled_at=self.enrolled_at,
            last_seen_at=self.last_seen_at, revoked_at=self.revoked_at,
        )


def enrolment_refused() -> DomainError:
    return DomainError(
        Code.ENROLMENT_INVALID, "This code is not good (any more): ask for a new one."
    )


def device_refused() -> DomainError:
    return DomainError(Code.DEVICE_REFUSED, "This device is not (or no longer) in use.")
