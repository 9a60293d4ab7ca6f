"""Contingent templates, and the rooms whose screenings start with them."""

from uuid import uuid4

from sqlalchemy import select

from contracts.catalog import CreateTemplate, TemplateView, UpdateTemplate
from contracts.errors import Code, DomainError
from services.catalog.models import (
    ContingentTemplate,
    Room,
    check_ticket_types,
    claim_name,
    find,
)
from services.catalog.usecases.editing import editing
from services.catalog.usecases.history import created
from services.chassis.unit_of_work import UnitOfWork


def create_template(uow: UnitOfWork, command: CreateTemplate) -> TemplateView:
    template = ContingentTemplate(
        id=uuid4(), version=1, key=claim_name(uow.session, ContingentTemplate, command.name)
    )
    _put(uow, template, command)
    return created(uow, template)


def update_template(uow: UnitOfWork, command: UpdateTemplate) -> TemplateView:
    template = find(
        uow.session, ContingentTemplate, command.template_id, Code.TEMPLATE_NOT_FOUND, lock=True
    )
    with editing(uow, template, command.version):
        template.key = claim_name(uow.session, ContingentTemplate, command.name, template)
        _put(uow, template, command)
    return template.view()


def _put(
    uow: UnitOfWork, template: ContingentTemplate, command: CreateTemplate | UpdateTemplate
) -> None:
    check_ticket_types(
        uow.session, {key for one in command.contingents for key in one.ticket_types}
    )
    with uow.session.no_autoflush:
        rooms = uow.session.scalars(
            select(Room).where(Room.id.in_(command.room_ids)).order_by(Room.id)
            .with_for_update(of=Room)
        ).all()
    if len(rooms) < len(set(command.room_ids)):
        raise DomainError(Code.ROOM_NOT_FOUND, "There is no such room.")
    template.name = command.name
    template.put(command.contingents)
    for room in rooms:
        if template.capacity > room.legal_ceiling:
            raise DomainError(
                Code.CONTINGENTS_INVALID, f"{template.capacity} places are more than {room.name}"
                f" may ever hold: {room.legal_ceiling}.",
            )
    template.rooms[:] = rooms
