"""What became of things that people edit. Rows are only added: the database refuses the rest."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Identity, Index
from sqlalchemy.orm import Mapped, mapped_column

from contracts.catalog import HistoryEntry
from services.catalog.models.base import Base


class HistoryRow(Base):
    __tablename__ = "history"
    __table_args__ = (Index("ix_history_kind_object_id_id", "kind", "object_id", "id"),)

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    kind: Mapped[str]
    object_id: Mapped[str]
    version: Mapped[int]
    action: Mapped[str]
    at: Mapped[datetime]
    by: Mapped[str]
    by_id: Mapped[str]
    changes: Mapped[dict[str, Any]]
    import_id: Mapped[UUID | None]

    def view(self) -> HistoryEntry:
        return HistoryEntry(
            number=self.id, at=self.at, by=self.by, by_id=self.by_id, action=self.action,
            version=self.version, changes=self.changes, import_id=self.import_id,
        )
