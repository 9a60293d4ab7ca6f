"""Screenings: from draft to sale, with their contingents and tariffs."""

from collections.abc import Iterable
from typing import Any

from contracts.catalog import (
    CancelScreening,
    ContingentInput,
    CreateScreening,
    PublishScreening,
    ScreeningView,
    SetContingents,
    SetTariffs,
    UpdateScreening,
)
from contracts.errors import Code
from services.catalog.models import (
    PriceGrid,
    Production,
    Screening,
    Section,
    check_tariffs,
    check_ticket_types,
    find,
    find_all,
    put_tariffs,
    room_to_use,
)
from services.catalog.usecases.editing import editing_screening
from services.catalog.usecases.history import created
from services.chassis.unit_of_work import UnitOfWork


def create_screening(uow: UnitOfWork, command: CreateScreening) -> ScreeningView:
    screening = Screening.draft(**_general(uow, command))
    if command.contingents:
        _check_contingents(uow, command.contingents)
        screening.put_contingents(command.contingents)
    if command.price_grid_id:
        screening.price_by(find(
            uow.session, PriceGrid, command.price_grid_id, Code.PRICE_GRID_NOT_FOUND
        ))
    if command.tariffs:
        check_tariffs(uow.session, command.tariffs)
        put_tariffs(screening.tariffs, command.tariffs)
    return created(uow, screening)


def update_screening(uow: UnitOfWork, command: UpdateScreening) -> ScreeningView:
    with editing_screening(uow, command.screening_id, command.version) as screening:
        screening.put(**_general(uow, command))
    return screening.view()


def set_contingents(uow: UnitOfWork, command: SetContingents) -> ScreeningView:
    with editing_screening(uow, command.screening_id, command.version) as screening:
        _check_contingents(uow, command.contingents)
        screening.put_contingents(command.contingents)
    return screening.view()


def set_tariffs(uow: UnitOfWork, command: SetTariffs) -> ScreeningView:
    with editing_screening(uow, command.screening_id, command.version) as screening:
        check_tariffs(uow.session, command.tariffs)
        put_tariffs(screening.tariffs, command.tariffs)
    return screening.view()


def publish_screening(uow: UnitOfWork, command: PublishScreening) -> ScreeningView:
    with editing_screening(uow, command.screening_id) as screening:
        screening.publish(uow.now)
    return screening.view()


def cancel_screening(uow: UnitOfWork, command: CancelScreening) -> ScreeningView:
    with editing_screening(uow, command.screening_id) as screening:
        screening.cancel()
    return screening.view()


def _general(uow: UnitOfWork, command: CreateScreening | UpdateScreening) -> dict[str, Any]:
    """What both commands say of a screening, as `Screening.put` takes it."""
    section_id = command.section_id
    return {
        "productions": find_all(
            uow.session, Production, command.production_ids, Code.PRODUCTION_NOT_FOUND
        ),
        "room": room_to_use(uow.session, command.room_id),
        "starts_at": command.starts_at,
        "ends_at": command.ends_at,
        "section": find(uow.session, Section, section_id, Code.SECTION_NOT_FOUND)
        if section_id else None,
        "own_title": command.title,
        "note": command.note,
        "minimum_age": command.minimum_age,
        "details": command.metadata,
    }


def _check_contingents(uow: UnitOfWork, contingents: Iterable[ContingentInput]) -> None:
    check_ticket_types(uow.session, {key for one in contingents for key in one.ticket_types})
