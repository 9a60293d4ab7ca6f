"""What accounting knows of sale points, screenings and VAT, as their owners last said it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Mapped, Session, mapped_column

from contracts.errors import Code, DomainError
from services.accounting.models.base import Base
from services.accounting.models.calendar import local


class SalePoint(Base):
    __tablename__ = "sale_points"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    name: Mapped[str]
    kind: Mapped[str]
    active: Mapped[bool]


class Screening(Base):
    """`cancelled_version` is kept apart: the cancellation may be heard before the rest, and the
    screening is cancelled as long as it is the newest that was said."""

    __tablename__ = "screenings"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(default=0)
    cancelled_version: Mapped[int] = mapped_column(default=0)
    title: Mapped[dict[str, str]] = mapped_column(default=dict)
    venue_id: Mapped[UUID | None]
    venue: Mapped[str] = mapped_column(default="")
    room_id: Mapped[UUID | None]
    room: Mapped[str] = mapped_column(default="")
    time_zone: Mapped[str] = mapped_column(default="UTC")
    starts_at: Mapped[datetime | None]
    capacity: Mapped[int] = mapped_column(default=0)


class VatCode(Base):
    """`rates`: [{"valid_from": date, "rate_bp": 810}, …], empty for excluded supplies."""

    __tablename__ = "vat_codes"

    key: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int]
    label: Mapped[dict[str, str]]
    rates: Mapped[list[Any]]

    def rate_bp(self, supplied_at: datetime) -> int:
        """The rate on the local date of supply, in basis points; 0 when excluded."""
        day = local(supplied_at).date().isoformat()
        valid = [rate for rate in self.rates if rate["valid_from"] <= day]
        return max(valid, key=lambda rate: rate["valid_from"])["rate_bp"] if valid else 0


class VatRates:
    """The rates of all codes, asked once. VAT_CODE_UNKNOWN when a code has not been heard of yet:
    nothing is booked by guess."""

    def __init__(self, session: Session) -> None:
        self._codes = {code.key: code for code in session.scalars(select(VatCode))}

    def at(self, key: str, supplied_at: datetime) -> int:
        """In basis points."""
        code = self._codes.get(key)
        if code is None:
            raise DomainError(Code.VAT_CODE_UNKNOWN, f"The VAT code {key} is not known here.")
        return code.rate_bp(supplied_at)
