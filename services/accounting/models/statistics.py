"""Counters kept as sales and scans arrive, so that statistics do not depend on their number."""

from datetime import date
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from services.accounting.models.base import Base


class ScreeningCounter(Base):
    """By what was sold. `tariff` is "" where none was told; passes are in `hour_counters` only."""

    __tablename__ = "screening_counters"

    screening_id: Mapped[UUID] = mapped_column(primary_key=True)
    tariff: Mapped[str] = mapped_column(primary_key=True)
    tariff_name: Mapped[str] = mapped_column(default="")
    sold: Mapped[int] = mapped_column(default=0)
    entries: Mapped[int] = mapped_column(default=0)
    revenue: Mapped[int] = mapped_column(default=0)


class HourCounter(Base):
    """By when it was sold or scanned: business day and hour of the festival's clock."""

    __tablename__ = "hour_counters"

    day: Mapped[date] = mapped_column(primary_key=True)
    hour: Mapped[int] = mapped_column(primary_key=True)
    tariff: Mapped[str] = mapped_column(primary_key=True)
    tariff_name: Mapped[str] = mapped_column(default="")
    sold: Mapped[int] = mapped_column(default=0)
    entries: Mapped[int] = mapped_column(default=0)
    revenue: Mapped[int] = mapped_column(default=0)
