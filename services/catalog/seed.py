"""What the catalog starts with, and the demo festival: `python -m services.catalog.seed`.

    prepare   the Swiss VAT codes and the ticket type of single tickets
    demo      a price grid, a card of five entries, and a real programme, imported and on sale
"""

import base64
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select

from contracts.catalog import (
    ApplyImport,
    CreatePriceGrid,
    CreateTicketType,
    ImportOptions,
    ImportState,
    SetVatCode,
    TariffInput,
    TicketTypeKind,
    UploadImport,
    VatRate,
    WindowInput,
)
from contracts.envelope import Envelope
from contracts.message import I18n, Json
from contracts.money import Money
from contracts.roles import system
from services.catalog.models import Import, PriceGrid, TicketType, VatCode
from services.catalog.usecases import imports, tariffs
from services.chassis.database import Database
from services.chassis.inbox import UseCase, run_once
from services.chassis.settings import Settings

# Basis points until the end of 2023, and since (c-22).
CHANGED = (date(2018, 1, 1), date(2024, 1, 1))
VAT_CODES: tuple[tuple[str, I18n, tuple[int, ...]], ...] = (
    ("normal", {"fr": "Taux normal", "de": "Normalsatz", "it": "Aliquota normale",
                "en": "Standard rate"}, (770, 810)),
    ("reduced", {"fr": "Taux réduit", "de": "Reduzierter Satz", "it": "Aliquota ridotta",
                 "en": "Reduced rate"}, (250, 260)),
    ("lodging", {"fr": "Hébergement", "de": "Beherbergung", "it": "Alloggio",
                 "en": "Accommodation"}, (370, 380)),
    ("excluded", {"fr": "Exclu du champ de l’impôt", "de": "Von der Steuer ausgenommen",
                  "it": "Escluso dall’imposta", "en": "Excluded from tax"}, ()),
    ("opted", {"fr": "Culture, imposée par option", "de": "Kultur, optiert",
               "it": "Cultura, per opzione", "en": "Culture, taxed by option"}, (250, 260)),
)
SINGLE = CreateTicketType(
    key="single", kind=TicketTypeKind.SINGLE, wallet_allowed=True,
    name={"fr": "Billet", "de": "Einzelticket", "it": "Biglietto", "en": "Single ticket"},
)

GRID = "Demo"
CARD = "card-5"
SOURCE = "demo"
PROGRAMME = Path(__file__).parents[2] / "deploy/local/demo/vivatech2017.program.csv"
ZONE = "Europe/Paris"
THURSDAY = 3  # the programme's first day
# As proposed for the file, but its places are rooms of one venue.
MAPPING: Json = {
    "title": [{"column": "title"}],
    "description": [{"column": "summary"}],
    "date": [{"column": "day"}],
    "time": [{"column": "start"}],
    "end": [{"column": "end"}],
    "type": [{"column": "type"}],
    "section": [{"column": "categories"}],
    "venue": [{"constant": "Paris Expo Porte de Versailles"}],
    "room": [
        {"column": "location"}, {"column": "summary", "pattern": "Location: {value}"},
        {"column": "summary", "pattern": "Lieu: {value}"}, {"constant": "Hall 1"},
    ],
}


def prepare(database: Database) -> None:
    """Only what is missing: a rate that was changed here since stays."""
    with database.transaction(system("catalog")) as uow:
        for key, label, rates in VAT_CODES:
            if uow.session.get(VatCode, key) is None:
                dated = tuple(
                    VatRate(valid_from=day, rate_bp=rate)
                    for day, rate in zip(CHANGED, rates, strict=False)
                )
                tariffs.set_vat_code(uow, SetVatCode(key=key, label=label, rates=dated))
        if uow.session.scalar(select(TicketType.id).where(TicketType.key == SINGLE.key)) is None:
            tariffs.create_ticket_type(uow, SINGLE)


def seed_demo(database: Database, today: date) -> list[str]:
    """What was created, in words; nothing the second time."""
    with database.transaction(system("demo")) as uow:
        grid_id = uow.session.scalar(select(PriceGrid.id).where(PriceGrid.name == GRID))
        card = uow.session.scalar(select(TicketType.id).where(TicketType.key == CARD))
        imported = uow.session.scalar(select(Import.id).where(
            Import.source == SOURCE, Import.state == ImportState.APPLIED
        ).limit(1))
    created = []
    if grid_id is None:
        grid_id = UUID(_do(database, tariffs.create_price_grid, _grid())["price_grid_id"])
        created.append(f"the price grid {GRID}")
    if card is None:
        _do(database, tariffs.create_ticket_type, _card())
        created.append("a card of five entries")
    if imported is None:
        upload = _do(database, imports.upload_import, _programme(grid_id, today))
        applied = _do(
            database, imports.apply_import, ApplyImport(import_id=UUID(upload["import_id"]))
        )
        created.append(f"{applied['counts']['published']} screenings on sale")
    return created


def _do(database: Database, use_case: UseCase, command: Any) -> dict[str, Any]:
    """As its door would: the answer's body, or its refusal raised."""
    answer = run_once(database, Envelope.of(command, system("demo")), use_case)
    if answer.error:
        raise answer.error
    body: dict[str, Any] = answer.body
    return body


def _tariff(key: str, french: str, english: str, cents: int) -> TariffInput:
    return TariffInput(
        key=key, name={"fr": french, "en": english}, price=Money(cents), vat_code="opted"
    )


def _grid() -> CreatePriceGrid:
    return CreatePriceGrid(name=GRID, tariffs=(
        _tariff("full", "Plein tarif", "Full price", 18_00),
        _tariff("reduced", "Réduit", "Reduced", 12_00),
    ))


def _card() -> CreateTicketType:
    return CreateTicketType(
        key=CARD, kind=TicketTypeKind.CARD, wallet_allowed=True,
        name={"fr": "Carte 5 entrées", "de": "5er-Karte", "it": "Carta 5 entrate",
              "en": "Five-entry card"},
        windows=(WindowInput(bookings=5),),
        tariffs=(_tariff("full", "Plein tarif", "Full price", 75_00),),
    )


def _programme(grid_id: UUID, today: date) -> UploadImport:
    """Three days from the first Thursday after `today`; its source is named beside the file."""
    first_day = today + timedelta(days=(THURSDAY - today.weekday() - 1) % 7 + 1)
    return UploadImport(
        filename=PROGRAMME.name,
        content=base64.b64encode(PROGRAMME.read_bytes()).decode(),
        mapping=MAPPING,
        options=ImportOptions(
            source=SOURCE, first_day=first_day, time_zone=ZONE, language="en",
            room_capacity=120, duration_min=60, price_grid_id=grid_id, publish=True,
        ),
    )


def main() -> None:
    settings = Settings.from_env("catalog")
    database = Database(settings.database_url, "catalog-seed", pool_size=2)
    try:
        created = seed_demo(database, datetime.now(ZoneInfo(ZONE)).date())
    finally:
        database.close()
    print(f"catalog: created {', '.join(created)}" if created else "catalog: nothing to create")


if __name__ == "__main__":
    main()
