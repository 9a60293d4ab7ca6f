"""Keeping what others say of sale points, screenings and VAT. The highest version wins."""

from typing import Any

from sqlalchemy.dialects.postgresql import insert

from contracts.catalog import ScreeningCancelled, ScreeningPublished, VatCodeChanged
from contracts.identity import SalePointChanged
from contracts.message import dump
from services.accounting.models import Base, SalePoint, Screening, VatCode
from services.chassis.unit_of_work import UnitOfWork


def keep_sale_point(uow: UnitOfWork, event: SalePointChanged) -> None:
    _keep(uow, SalePoint, "id", {
        "id": event.sale_point_id, "version": event.version, "name": event.name,
        "kind": event.kind, "active": event.active,
    })


def keep_screening(uow: UnitOfWork, event: ScreeningPublished) -> None:
    _keep(uow, Screening, "id", {
        "id": event.screening_id, "version": event.version, "title": event.title,
        "venue_id": event.venue_id, "venue": event.venue, "room_id": event.room_id,
        "room": event.room, "time_zone": event.time_zone, "starts_at": event.starts_at,
        "capacity": event.capacity,
    })


def keep_cancellation(uow: UnitOfWork, event: ScreeningCancelled) -> None:
    _keep(uow, Screening, "id", {
        "id": event.screening_id, "cancelled_version": event.version,
    }, version="cancelled_version")


def keep_vat_code(uow: UnitOfWork, event: VatCodeChanged) -> None:
    _keep(uow, VatCode, "key", {
        "key": event.key, "version": event.version, "label": event.label,
        "rates": dump(event.rates),
    })


def _keep(
    uow: UnitOfWork, model: type[Base], key: str, values: dict[str, Any], version: str = "version"
) -> None:
    statement = insert(model).values(values)
    uow.session.execute(statement.on_conflict_do_update(
        index_elements=[key],
        set_={name: statement.excluded[name] for name in values if name != key},
        where=getattr(model, version) < statement.excluded[version],
    ))
