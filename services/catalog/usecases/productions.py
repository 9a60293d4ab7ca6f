"""Productions."""

from sqlalchemy import select

from contracts.catalog import CreateProduction, ProductionView, UpdateProduction
from contracts.errors import Code
from services.catalog.models import Part, Production, Screening, find
from services.catalog.usecases.editing import editing, published, tell_again
from services.catalog.usecases.history import created
from services.chassis.unit_of_work import UnitOfWork


def create_production(uow: UnitOfWork, command: CreateProduction) -> ProductionView:
    fields = dict(vars(command))
    production = Production.with_fields(details=fields.pop("metadata"), **fields)
    return created(uow, production)


def update_production(uow: UnitOfWork, command: UpdateProduction) -> ProductionView:
    fields = dict(vars(command))
    production = find(
        uow.session, Production, fields.pop("production_id"), Code.PRODUCTION_NOT_FOUND, lock=True
    )
    version = production.version
    with editing(uow, production, fields.pop("version")):
        production.put(details=fields.pop("metadata"), **fields)
    if production.version != version:
        shows_it = select(Part.screening_id).where(Part.production_id == production.id)
        tell_again(uow, published(uow, Screening.id.in_(shows_it)))
    return production.view()
