"""Imports: the file, what it was read as, and what it did or would do."""

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import ForeignKey, Index, select, text
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
    ProfileView,
)
from contracts.errors import Code, DomainError
from contracts.message import load
from services.catalog.models.base import Base, Versioned

SHOWN = 100  # problems and changes in the view of an import; the rest is listed page by page


class Import(Base):
    """One uploaded file. Applied once; the same file uploaded again is another import. `made`:
    the ids of new venues, rooms and sections, by kind."""

    __tablename__ = "imports"
    __table_args__ = (
        Index("ix_imports_uploaded_at_id", "uploaded_at", "id"),
        Index(
            "ix_imports_waiting", "uploaded_at", postgresql_where=text("state = 'applying'")
        ),
    )

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
    rolled_back_at: Mapped[datetime | None]
    rolled_back_by: Mapped[str | None]
    profile_id: Mapped[UUID | None]
    values: Mapped[dict[str, Any]]
    made: Mapped[dict[str, Any]]
    failure: Mapped[str]

    def start(self, by: str) -> None:
        """To be applied in the background."""
        self._must_be(ImportState.PREVIEWED, ImportState.FAILED)
        self.state, self.applied_by, self.failure = ImportState.APPLYING, by, ""

    def apply(self, at: datetime, by: str) -> None:
        self._must_be(ImportState.PREVIEWED, ImportState.FAILED)
        self.state, self.applied_at, self.applied_by = ImportState.APPLIED, at, by

    def finish(self, at: datetime) -> None:
        self._must_be(ImportState.APPLYING)
        self.state, self.applied_at = ImportState.APPLIED, at

    def fail(self, why: str) -> None:
        self._must_be(ImportState.APPLYING)
        self.state, self.failure = ImportState.FAILED, why

    def roll_back(self, at: datetime, by: str) -> None:
        self.must_be_applied()
        self.state, self.rolled_back_at = ImportState.ROLLED_BACK, at
        self.rolled_back_by = by

    def must_be_applied(self) -> None:
        self._must_be(ImportState.APPLIED)

    def _must_be(self, *states: ImportState) -> None:
        if self.state not in states:
            raise DomainError(
                Code.IMPORT_STATE, f"This import is {self.state.replace('_', ' ')} already."
                if self.state != ImportState.PREVIEWED else "This import is not applied yet.",
            )

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
        going = session.get(Progress, self.id) if self.state == ImportState.APPLYING else None
        done, total = (going.done, going.total) if going else (self.progress, self.total)
        return ImportView(
            **vars(self.summary()), encoding=self.encoding, separator=self.separator,
            columns=tuple(self.columns), mapping=self.mapping, options=self.asked(),
            new_venues=tuple(self.new_venues), new_rooms=tuple(self.new_rooms),
            problems=tuple(problem.view() for problem in problems),
            changes=tuple(change.view() for change in changes),
            progress=done, total=total, percent=done * 100 // max(total, 1),
            row=going.row if going else 0, seconds_left=going.seconds_left if going else None,
            failure=self.failure, profile_id=self.profile_id, values=self.values,
            applied_by=self.applied_by, rolled_back_at=self.rolled_back_at,
            rolled_back_by=self.rolled_back_by,
        )


class Companion(Base):
    """A file with the details of ids, uploaded with another."""

    __tablename__ = "import_companions"

    import_id: Mapped[UUID] = mapped_column(ForeignKey("imports.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    content: Mapped[bytes]


class Progress(Base):
    """How far an import is that is being applied: records merged, and the row of the file."""

    __tablename__ = "import_progress"

    import_id: Mapped[UUID] = mapped_column(primary_key=True)
    done: Mapped[int]
    total: Mapped[int]
    row: Mapped[int]
    started_at: Mapped[datetime]
    updated_at: Mapped[datetime]

    @property
    def seconds_left(self) -> int | None:
        """As long for each record that is left as for each one so far."""
        passed = self.updated_at - self.started_at
        if not self.done:
            return None
        return (passed * (self.total - self.done) // self.done).seconds


class Profile(Versioned, Base):
    """How the files of one source are read."""

    __tablename__ = "import_profiles"

    name: Mapped[str]
    key: Mapped[str] = mapped_column(unique=True)
    format: Mapped[str]
    mapping: Mapped[dict[str, Any] | None]
    values: Mapped[dict[str, Any]]
    options: Mapped[dict[str, Any]]

    def view(self) -> ProfileView:
        return ProfileView(
            profile_id=self.id, version=self.version, name=self.name, format=self.format,
            mapping=self.mapping, values=self.values,
            options=load(ImportOptions, self.options, tolerant=True),
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
    version: Mapped[int | None]  # of the thing, once it is applied

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
