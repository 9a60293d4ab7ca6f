"""Imports: the file, what it was read as, and what it did or would do."""

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import ForeignKey, Index, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from contracts.catalog import (
    FieldChange,
    ImportAction,
    ImportChange,
    ImportCounts,
    ImportOptions,
    ImportProblem,
    ImportState,
    ImportSummary,
    ImportView,
    ProblemSeverity,
)
from contracts.errors import Code, DomainError
from contracts.message import load
from services.catalog.models.base import Base

SHOWN = 100  # problems and changes in the view of an import; the rest is listed page by page


class Import(Base):
    """One uploaded file. Applied once; the same file uploaded again is another import."""

    __tablename__ = "imports"
    __table_args__ = (Index("ix_imports_uploaded_at_id", "uploaded_at", "id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    state: Mapped[str]
    filename: Mapped[str]
    source: Mapped[str]
    content: Mapped[bytes] = mapped_column(deferred=True)
    format: Mapped[str]
    encoding: Mapped[str]
    separator: Mapped[str]
    columns: Mapped[list[str]]
    mapping: Mapped[dict[str, Any]]
    options: Mapped[dict[str, Any]]
    counts: Mapped[dict[str, Any]]
    new_venues: Mapped[list[str]]
    new_rooms: Mapped[list[str]]
    progress: Mapped[int]
    total: Mapped[int]
    uploaded_at: Mapped[datetime]
    uploaded_by: Mapped[str]
    applied_at: Mapped[datetime | None]
    applied_by: Mapped[str | None]

    def apply(self, at: datetime, by: str) -> None:
        if self.state != ImportState.PREVIEWED:
            raise DomainError(Code.IMPORT_STATE, "This import has been applied already.")
        self.state, self.applied_at, self.applied_by = ImportState.APPLIED, at, by

    def asked(self) -> ImportOptions:
        return load(ImportOptions, self.options, tolerant=True)

    def summary(self) -> ImportSummary:
        return ImportSummary(
            import_id=self.id, state=ImportState(self.state), filename=self.filename,
            source=self.source, format=self.format, counts=load(ImportCounts, self.counts),
            uploaded_at=self.uploaded_at, uploaded_by=self.uploaded_by, applied_at=self.applied_at,
        )


    def view(self, session: Session) -> ImportView:
        """With the first of its problems and changes."""
        problems = session.scalars(
            select(ProblemRow).where(ProblemRow.import_id == self.id)
            .order_by(ProblemRow.number).limit(SHOWN)
        )
        changes = session.scalars(
            select(ChangeRow).where(ChangeRow.import_id == self.id)
            .order_by(ChangeRow.number).limit(SHOWN)
        )
        return ImportView(
            **vars(self.summary()), encoding=self.encoding, separator=self.separator,
            columns=tuple(self.columns), mapping=self.mapping, options=self.asked(),
            new_venues=tuple(self.new_venues), new_rooms=tuple(self.new_rooms),
            problems=tuple(problem.view() for problem in problems),
            changes=tuple(change.view() for change in changes),
            progress=self.progress, total=self.total, applied_by=self.applied_by,
        )


class ProblemRow(Base):
    """A sentence about a row of the file."""

    __tablename__ = "import_problems"

    import_id: Mapped[UUID] = mapped_column(ForeignKey("imports.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    row: Mapped[int]
    field: Mapped[str]
    code: Mapped[str]
    sentence: Mapped[str]
    severity: Mapped[str]

    def view(self) -> ImportProblem:
        return ImportProblem(
            row=self.row, field=self.field, code=self.code, sentence=self.sentence,
            severity=ProblemSeverity(self.severity),
        )


class ChangeRow(Base):
    """What an import does to one thing. Before it is applied: what it would do."""

    __tablename__ = "import_changes"

    import_id: Mapped[UUID] = mapped_column(ForeignKey("imports.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    ref: Mapped[str]
    title: Mapped[dict[str, str]]
    action: Mapped[str]
    rows: Mapped[list[Any]]
    fields: Mapped[list[Any]]
    object_id: Mapped[UUID | None]

    def view(self) -> ImportChange:
        return ImportChange(
            number=self.number, kind=self.kind, ref=self.ref, title=self.title,
            action=ImportAction(self.action), rows=tuple(self.rows), object_id=self.object_id,
            fields=tuple(load(FieldChange, field) for field in self.fields),
        )


def find_import(session: Session, id: UUID, lock: bool = False) -> Import:
    found = session.get(Import, id, with_for_update=lock or None)
    if found is None:
        raise DomainError(Code.IMPORT_NOT_FOUND, "There is no such import.")
    return found
