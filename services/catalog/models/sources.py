"""Where programmes are pulled from."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from contracts.catalog import CreateSource, Credential, SourceView, UpdateSource
from contracts.message import dump, load
from services.catalog.models.base import Base, Versioned


class ImportSource(Versioned, Base):
    """`etag`, `last_modified` and `digest` tell the last file; `next_at` when it is due."""

    __tablename__ = "import_sources"

    name: Mapped[str]
    key: Mapped[str] = mapped_column(unique=True)
    address: Mapped[str]
    credential: Mapped[dict[str, Any] | None]
    profile_id: Mapped[UUID | None] = mapped_column(ForeignKey("import_profiles.id"))
    every_min: Mapped[int | None]
    apply_up_to: Mapped[int | None]
    active: Mapped[bool]
    etag: Mapped[str]
    last_modified: Mapped[str]
    digest: Mapped[str]
    pulled_at: Mapped[datetime | None]
    next_at: Mapped[datetime | None] = mapped_column(index=True)
    failure: Mapped[str]
    import_id: Mapped[UUID | None]

    @classmethod
    def new(cls, id: UUID, key: str) -> "ImportSource":
        return cls(
            id=id, version=1, key=key, active=True, address="", failure="", etag="",
            last_modified="", digest="",
        )

    def put(self, said: CreateSource | UpdateSource, now: datetime) -> None:
        """A new address is asked as if for the first time."""
        if said.address != self.address:
            self.etag = self.last_modified = self.digest = ""
        self.name, self.address, self.profile_id = said.name, said.address, said.profile_id
        self.credential = dump(said.credential)
        self.every_min, self.apply_up_to = said.every_min, said.apply_up_to
        self.next_at = now if self.every_min and self.active else None

    def pulled(self, now: datetime, failure: str = "") -> None:
        """Whatever came of it, the next time is as far away."""
        self.pulled_at, self.failure = now, failure
        if self.every_min and self.active:
            self.next_at = now + timedelta(minutes=self.every_min)

    def asks_for(self) -> Credential | None:
        return load(Credential, self.credential) if self.credential else None

    def view(self) -> SourceView:
        return SourceView(
            source_id=self.id, version=self.version, name=self.name, address=self.address,
            credential=self.asks_for(), profile_id=self.profile_id, every_min=self.every_min,
            apply_up_to=self.apply_up_to, active=self.active, pulled_at=self.pulled_at,
            failure=self.failure, import_id=self.import_id,
        )
