"""Where one sells."""

from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import CheckConstraint, Index, func, text
from sqlalchemy.orm import Mapped, mapped_column

from contracts.identity import (
    SalePointKind,
    SalePointView,
)
from services.identity.models.base import Base


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
