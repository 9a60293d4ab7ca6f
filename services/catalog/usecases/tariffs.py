"""Price grids, ticket types and VAT codes."""

from uuid import uuid4

from contracts.catalog import (
    ApplyPriceGrid,
    CreatePriceGrid,
    CreateTicketType,
    PriceGridApplication,
    PriceGridView,
    SetVatCode,
    TicketTypeView,
    UpdatePriceGrid,
    UpdateTicketType,
    VatCodeView,
)
from contracts.errors import Code, DomainError
from services.catalog.models import (
    PriceGrid,
    Screening,
    TicketType,
    VatCode,
    check_tariffs,
    claim_name,
    find,
    put_tariffs,
    queue_for,
)
from services.catalog.usecases.editing import edit_many, editing, rehearsing, whole
from services.catalog.usecases.history import created
from services.chassis.unit_of_work import UnitOfWork

# ------------------------------------------------------------------ price grids


def create_price_grid(uow: UnitOfWork, command: CreatePriceGrid) -> PriceGridView:
    check_tariffs(uow.session, command.tariffs)
    grid = PriceGrid(
        id=uuid4(), version=1, name=command.name,
        key=claim_name(uow.session, PriceGrid, command.name),
    )
    put_tariffs(grid.tariffs, command.tariffs)
    return created(uow, grid)


def update_price_grid(uow: UnitOfWork, command: UpdatePriceGrid) -> PriceGridView:
    grid = find(
        uow.session, PriceGrid, command.price_grid_id, Code.PRICE_GRID_NOT_FOUND, lock=True
    )
    with editing(uow, grid, command.version):
        check_tariffs(uow.session, command.tariffs)
        grid.key = claim_name(uow.session, PriceGrid, command.name, grid)
        grid.name = command.name
        put_tariffs(grid.tariffs, command.tariffs)
    return grid.view()


def apply_price_grid(uow: UnitOfWork, command: ApplyPriceGrid) -> PriceGridApplication:
    grid = find(uow.session, PriceGrid, command.price_grid_id, Code.PRICE_GRID_NOT_FOUND)
    differences = []
    with rehearsing(uow, command.preview):
        edit_many(
            uow, whole(uow, command.screening_ids, lock=not command.preview),
            lambda one: differences.append(one.price_by(grid, command.overwrite)), command.preview,
        )
    return PriceGridApplication(
        price_grid_id=grid.id, preview=command.preview, differences=tuple(differences)
    )


# ------------------------------------------------------------------ ticket types


def create_ticket_type(uow: UnitOfWork, command: CreateTicketType) -> TicketTypeView:
    queue_for(uow.session, f"ticket type {command.key}")
    if uow.session.query(TicketType).filter_by(key=command.key).count():
        raise DomainError(Code.NAME_TAKEN, f"The ticket type “{command.key}” exists already.")
    ticket_type = TicketType(
        id=uuid4(), version=1, key=command.key, kind=command.kind, active=True
    )
    _put_ticket_type(uow, ticket_type, command)
    uow.emit(ticket_type.changed())
    return created(uow, ticket_type)


def update_ticket_type(uow: UnitOfWork, command: UpdateTicketType) -> TicketTypeView:
    ticket_type = find(
        uow.session, TicketType, command.ticket_type_id, Code.TICKET_TYPE_NOT_FOUND, lock=True
    )
    version = ticket_type.version
    with editing(uow, ticket_type, command.version):
        ticket_type.active = command.active
        _put_ticket_type(uow, ticket_type, command)
    if ticket_type.version != version:
        uow.emit(ticket_type.changed())
    return ticket_type.view()


def _put_ticket_type(
    uow: UnitOfWork, ticket_type: TicketType, command: CreateTicketType | UpdateTicketType
) -> None:
    with uow.session.no_autoflush:
        check_tariffs(uow.session, command.tariffs)
        for one in command.windows:
            if one.screening_id:
                find(uow.session, Screening, one.screening_id, Code.SCREENING_NOT_FOUND)
    ticket_type.name, ticket_type.wallet_allowed = command.name, command.wallet_allowed
    ticket_type.put_windows(command.windows)
    ticket_type.put_rules(command.policy, command.fields)
    put_tariffs(ticket_type.tariffs, command.tariffs)


# ------------------------------------------------------------------ VAT codes


def set_vat_code(uow: UnitOfWork, command: SetVatCode) -> VatCodeView:
    """Told to others only when it says something new."""
    queue_for(uow.session, f"vat code {command.key}")
    code = uow.session.get(VatCode, command.key)
    if code is None:
        code = VatCode(key=command.key, version=1)
        code.put(command.label, command.rates)
        uow.emit(code.changed())
        return created(uow, code)
    version = code.version
    with editing(uow, code):
        code.put(command.label, command.rates)
    if code.version != version:
        uow.emit(code.changed())
    return code.view()
