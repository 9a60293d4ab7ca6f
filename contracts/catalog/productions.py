"""Productions: the works that are shown."""

from dataclasses import field
from typing import Annotated
from uuid import UUID

from marshmallow import validate

from contracts.catalog.parts import Age, Description, Limit, Minutes, Title, Year
from contracts.message import I18n, Json, Name, command, query, view

Names = Annotated[tuple[Name, ...], validate.Length(max=500)]


@view
class ProductionView:
    """`refs`: what it is called elsewhere, `{source: external id}`."""

    production_id: UUID
    version: int
    title: I18n
    original_title: str
    duration_min: int | None
    year: int | None
    countries: tuple[str, ...]
    languages: tuple[str, ...]
    directors: tuple[str, ...]
    people: tuple[str, ...]
    minimum_age: int | None
    description: Description
    short_description: Description
    poster: str
    trailer: str
    refs: dict[str, str]
    metadata: Json


@view
class ProductionPart:
    production_id: UUID
    title: I18n
    duration_min: int | None = None


@view
class ProductionPage:
    items: tuple[ProductionView, ...]
    next_cursor: str | None = None


@command("catalog.create_production.v1")
class CreateProduction:
    """→ ProductionView."""

    title: Title
    original_title: str = ""
    duration_min: Minutes | None = None
    year: Year | None = None
    countries: Names = ()
    languages: Names = ()
    directors: Names = ()
    people: Names = ()
    minimum_age: Age | None = None
    description: Description = field(default_factory=dict)
    short_description: Description = field(default_factory=dict)
    poster: str = ""
    trailer: str = ""
    metadata: Json = field(default_factory=dict)


@command("catalog.update_production.v1")
class UpdateProduction:
    """The whole new state → ProductionView. Its published screenings are told again.
    PRODUCTION_NOT_FOUND, VERSION_OUTDATED."""

    production_id: UUID
    title: Title
    original_title: str = ""
    duration_min: Minutes | None = None
    year: Year | None = None
    countries: Names = ()
    languages: Names = ()
    directors: Names = ()
    people: Names = ()
    minimum_age: Age | None = None
    description: Description = field(default_factory=dict)
    short_description: Description = field(default_factory=dict)
    poster: str = ""
    trailer: str = ""
    metadata: Json = field(default_factory=dict)
    version: int | None = None


@query("catalog.get_production.v1")
class GetProduction:
    """→ ProductionView. PRODUCTION_NOT_FOUND."""

    production_id: UUID


@query("catalog.list_productions.v1")
class ListProductions:
    """By title → ProductionPage. `text` is looked for in titles and names."""

    text: Name | None = None
    cursor: str | None = None
    limit: Limit = 50
