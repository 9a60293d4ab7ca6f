"""What catalog and identity say: kept as our own copies, the highest version of each."""

from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import delete, insert

from contracts.catalog import (
    ContingentState,
    ScreeningCancelled,
    ScreeningPublished,
    TariffState,
    TicketTypeChanged,
    VatCodeChanged,
)
from contracts.identity import SalePointChanged
from contracts.message import dump
from services.chassis.unit_of_work import UnitOfWork
from services.ticketing.models import (
    LOCK,
    Contingent,
    SalePoint,
    Screening,
    Tariff,
    TicketType,
    VatCode,
    lock_contingents,
)

log = structlog.get_logger("programme")


def keep_screening(uow: UnitOfWork, event: ScreeningPublished) -> None:
    """Orders that are held keep the price they were given; places taken stay taken."""
    screening = uow.session.get(Screening, event.screening_id, with_for_update=LOCK)
    if screening is None:
        screening = Screening(id=event.screening_id)
        uow.session.add(screening)
    elif event.version <= screening.version:
        return
    screening.become(event)
    uow.session.flush()
    _keep_contingents(uow, screening, event.contingents)
    _keep_tariffs(uow, screening.id, event.tariffs)


def cancel_screening(uow: UnitOfWork, event: ScreeningCancelled) -> None:
    """No place of it is sold any more; whoever has one keeps the ticket, for the refund."""
    screening = uow.session.get(Screening, event.screening_id, with_for_update=LOCK)
    if screening is None:
        uow.session.add(Screening.cancelled(event.screening_id, event.version, uow.now))
    elif event.version > screening.version:
        screening.cancel(event.version)
        for contingent in lock_contingents(uow.session, screenings=[screening.id]).values():
            contingent.close()


def keep_ticket_type(uow: UnitOfWork, event: TicketTypeChanged) -> None:
    values = {
        "version": event.version, "key": event.key, "name": dict(event.name),
        "kind": event.kind, "wallet_allowed": event.wallet_allowed, "active": event.active,
        "windows": dump(event.windows),
    }
    if _keep(uow, TicketType, event.ticket_type_id, values):
        _keep_tariffs(uow, event.ticket_type_id, event.tariffs)


def keep_vat_code(uow: UnitOfWork, event: VatCodeChanged) -> None:
    rates = [[dump(rate.valid_from), rate.rate_bp] for rate in event.rates]
    _keep(uow, VatCode, event.key, {"version": event.version, "rates": rates})


def keep_sale_point(uow: UnitOfWork, event: SalePointChanged) -> None:
    _keep(uow, SalePoint, event.sale_point_id, {
        "version": event.version, "name": event.name, "kind": event.kind, "active": event.active,
    })


# ------------------------------------------------------------------ parts


def _keep(uow: UnitOfWork, kind: type, key: Any, values: dict[str, Any]) -> bool:
    """True when this version is newer than ours."""
    row = uow.session.get(kind, key, with_for_update=LOCK)
    if row is not None and values["version"] <= row.version:
        return False
    if row is None:
        row = kind(**{kind.__mapper__.primary_key[0].key: key})
        uow.session.add(row)
    for name, value in values.items():
        setattr(row, name, value)
    uow.session.flush()
    return True


def _keep_contingents(
    uow: UnitOfWork, screening: Screening, states: tuple[ContingentState, ...]
) -> None:
    ours = lock_contingents(uow.session, screenings=[screening.id])
    for position, state in enumerate(states):
        contingent = ours.pop(state.contingent_id, None)
        if contingent is None:
            contingent = Contingent.new(screening.id, state.contingent_id)
            uow.session.add(contingent)
        contingent.become(state, position, screening.on_sale)
        _report(contingent)
    for gone in ours.values():
        gone.remove()
        _report(gone)


def _report(contingent: Contingent) -> None:
    if contingent.overbooked:
        log.warning("contingent is taken beyond its capacity", contingent_id=str(contingent.id),
                    screening_id=str(contingent.screening_id), overbooked=contingent.overbooked)


def _keep_tariffs(uow: UnitOfWork, owner_id: UUID, states: tuple[TariffState, ...]) -> None:
    """Replaced as a whole: sold lines carry their own copy of what they were sold at."""
    uow.session.execute(delete(Tariff).where(Tariff.owner_id == owner_id))
    if states:
        uow.session.execute(insert(Tariff), [
            {
                "owner_id": owner_id, "key": state.key, "tariff_id": state.tariff_id,
                "name": dict(state.name), "price": state.price.amount,
                "value": state.value.amount, "currency": state.price.currency,
                "vat_code": state.vat_code, "roles": list(state.roles),
                "sale_points": dump(state.sale_points), "ticket_types": list(state.ticket_types),
                "valid_from": state.valid_from, "valid_until": state.valid_until,
            }
            for state in states
        ])
