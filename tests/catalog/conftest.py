"""A programme to try things on, made by the same commands that people send."""

import base64
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from contracts.catalog import (
    ApplyImport,
    CreateProduction,
    CreateScreening,
    CreateVenue,
    GetScreening,
    ImportOptions,
    PublishScreening,
    RoomInput,
    ScreeningView,
    TariffInput,
    UploadImport,
)
from contracts.errors import Code, DomainError
from contracts.money import Money
from contracts.roles import Actor, Principal, Role
from services.catalog.queries import programme as queries
from services.catalog.usecases import imports, productions, screenings, venues
from services.chassis.testing import Harness

ADMIN = Actor(Principal.USER, "u1", "Ada", frozenset({Role.ADMIN}))
EVENING = datetime(2027, 6, 18, 18, 0, tzinfo=UTC)


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


class Programme:
    """Shorthand for commands; ids come back as UUIDs."""

    def __init__(self, catalog: Harness) -> None:
        self.catalog = catalog
        self.actor = ADMIN

    def do(self, use_case: Any, command: Any) -> dict[str, Any]:
        return self.catalog.call(use_case, command, self.actor)

    def ask(self, query: Any, message: Any) -> Any:
        return self.catalog.ask(query, message, self.actor)

    def room(self, capacity: int = 100, ceiling: int | None = None, name: str = "Capitole") -> UUID:
        venue = self.do(venues.create_venue, CreateVenue(name=name, rooms=(
            RoomInput(name="Grande salle", capacity=capacity, legal_ceiling=ceiling),
        )))
        return UUID(venue["rooms"][0]["room_id"])

    def production(self, title: str = "Playtime", **more: Any) -> UUID:
        made = self.do(productions.create_production, CreateProduction(title={"fr": title}, **more))
        return UUID(made["production_id"])

    def tariff(self, key: str = "full", cents: int = 1800, **more: Any) -> TariffInput:
        return TariffInput(
            key=key, name={"fr": key}, price=Money(cents), **{"vat_code": "opted", **more}
        )

    def screening(self, **more: Any) -> UUID:
        """A draft; complete unless `more` says otherwise."""
        given = {
            "production_ids": (), "starts_at": EVENING, "ends_at": EVENING + timedelta(hours=2),
            "tariffs": (self.tariff(),), **more,
        }
        given["production_ids"] = given["production_ids"] or (self.production(),)
        if "room_id" not in given:
            given["room_id"] = self.room()
        made = self.do(screenings.create_screening, CreateScreening(**given))
        return UUID(made["screening_id"])

    def published(self, **more: Any) -> UUID:
        id = self.screening(**more)
        self.do(screenings.publish_screening, PublishScreening(screening_id=id))
        return id

    def get(self, id: UUID) -> ScreeningView:
        return self.ask(queries.get_screening, GetScreening(screening_id=id))

    # ------------------------------------------------------------------ imports

    def upload(
        self, csv: str, filename: str = "programme.csv", profile: UUID | None = None,
        companions: tuple[str, ...] = (), **options: Any,
    ) -> dict[str, Any]:
        return self.do(imports.upload_import, UploadImport(
            filename=filename, content=encoded(csv), options=ImportOptions(**options),
            profile_id=profile, companions=tuple(map(encoded, companions))))

    def apply(self, upload: dict[str, Any], background: bool = False) -> dict[str, Any]:
        return self.do(imports.apply_import, ApplyImport(
            import_id=UUID(upload["import_id"]), background=background))

    # ------------------------------------------------------------------ refusals

    def refused(self, expected: Code, act: Any) -> DomainError:
        """`act` is refused with `expected`, and every row and message is as before."""
        before = self.rows()
        with pytest.raises(DomainError) as refusal:
            act()
        assert refusal.value.code is expected
        assert self.rows() == before
        return refusal.value

    def rows(self) -> dict[str, Any]:
        """All tables but the inbox, which keeps refusals too."""
        tables = ("venues", "rooms", "sections", "productions", "screenings", "contingents",
                  "screening_productions", "tariffs", "price_grids", "ticket_types", "windows",
                  "vat_codes", "vat_rates", "source_links", "imports", "import_changes", "outbox",
                  "history", "articles", "article_variants", "stocks", "stock_moves",
                  "vouchers", "import_profiles", "import_sources", "contingent_templates")
        with self.catalog.uow() as uow:
            return {
                table: uow.session.scalars(text(f"SELECT t::text FROM {table} t ORDER BY 1")).all()
                for table in tables
            }


@pytest.fixture
def programme(catalog: Harness) -> Programme:
    return Programme(catalog)
