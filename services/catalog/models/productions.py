"""Productions: the works that are shown; and what things are called at their sources."""

from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, foreign, mapped_column, relationship

from contracts.catalog import ProductionPart, ProductionView
from services.catalog.importers.text import fold, key_of
from services.catalog.models.base import Base, Versioned, shown


class SourceLink(Base):
    """That a source calls one of our things `ref`. `kind` is production, screening, room or
    section; `base` holds the values last taken from the source, field by field, so that a later
    import can tell what was edited by hand since."""

    __tablename__ = "source_links"

    source: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(primary_key=True)
    object_id: Mapped[UUID] = mapped_column(index=True)
    base: Mapped[dict[str, Any]]
    import_id: Mapped[UUID] = mapped_column(ForeignKey("imports.id"))  # which created the thing


class Production(Versioned, Base):
    """A work. `key` sorts by title; `search` is titles and names, folded for looking things up."""

    __tablename__ = "productions"

    key: Mapped[str] = mapped_column(index=True)
    search: Mapped[str]
    title: Mapped[dict[str, str]]
    original_title: Mapped[str]
    duration_min: Mapped[int | None]
    year: Mapped[int | None]
    countries: Mapped[list[str]]
    languages: Mapped[list[str]]
    directors: Mapped[list[str]]
    people: Mapped[list[str]]
    minimum_age: Mapped[int | None]
    description: Mapped[dict[str, str]]
    short_description: Mapped[dict[str, str]]
    poster: Mapped[str]
    trailer: Mapped[str]
    details: Mapped[dict[str, Any]] = mapped_column("metadata")

    links: Mapped[list[SourceLink]] = relationship(
        primaryjoin=lambda: foreign(SourceLink.object_id) == Production.id, viewonly=True,
        order_by=SourceLink.ref,
    )

    @classmethod
    def with_fields(cls, **fields: Any) -> "Production":
        production = cls(id=uuid4(), version=1)
        production.put(**fields)
        return production

    def put(self, **fields: Any) -> None:
        """Change some fields, named as the columns are."""
        for name, value in fields.items():
            setattr(self, name, list(value) if isinstance(value, tuple) else value)
        names = [*self.title.values(), self.original_title, *self.directors, *self.people]
        self.key = key_of(shown(self.title))
        self.search = fold(" ".join(names))

    def part(self) -> ProductionPart:
        return ProductionPart(
            production_id=self.id, title=self.title, duration_min=self.duration_min
        )

    def view(self) -> ProductionView:
        return ProductionView(
            production_id=self.id, version=self.version, title=self.title,
            original_title=self.original_title, duration_min=self.duration_min, year=self.year,
            countries=tuple(self.countries), languages=tuple(self.languages),
            directors=tuple(self.directors), people=tuple(self.people),
            minimum_age=self.minimum_age, description=self.description,
            short_description=self.short_description, poster=self.poster, trailer=self.trailer,
            refs=refs_of(self.links), metadata=self.details,
        )


def refs_of(links: list[SourceLink]) -> dict[str, str]:
    """What something is called elsewhere: {source: ref}."""
    return {link.source: link.ref for link in links}
