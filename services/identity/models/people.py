"""Who works here, and who buys."""

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import CheckConstraint, Column, ForeignKey, Table
from sqlalchemy.orm import Mapped, mapped_column, relationship

from contracts.identity import (
    HolderView,
    Language,
    UserView,
)
from contracts.roles import Role
from services.identity.models.base import Base
from services.identity.models.places import SalePoint

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
        CheckConstraint("email = lower(email)", name="email_lower"),
        CheckConstraint("jsonb_array_length(roles) > 0", name="has_roles"),
        CheckConstraint("valid_until > valid_from", name="valid_in_order"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    username: Mapped[str] = mapped_column(unique=True)
    email: Mapped[str | None] = mapped_column(unique=True)
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
            valid_until=self.valid_until, email=self.email,
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
