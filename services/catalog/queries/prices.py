"""Price grids, ticket types and VAT codes."""

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from contracts.catalog import (
    GetPriceGrid,
    GetTicketType,
    ListPriceGrids,
    ListTicketTypes,
    ListVatCodes,
    PriceGridPage,
    PriceGridView,
    TicketTypePage,
    TicketTypeView,
    VatCodePage,
)
from contracts.errors import Code
from services.catalog.models import PriceGrid, TicketType, VatCode, find
from services.catalog.queries.paging import page
from services.chassis.unit_of_work import UnitOfWork


def get_price_grid(uow: UnitOfWork, query: GetPriceGrid) -> PriceGridView:
    return find(uow.session, PriceGrid, query.price_grid_id, Code.PRICE_GRID_NOT_FOUND).view()


def list_price_grids(uow: UnitOfWork, query: ListPriceGrids) -> PriceGridPage:
    statement = select(PriceGrid).options(selectinload(PriceGrid.tariffs))
    found, cursor = page(uow.session, statement, (PriceGrid.key,), query.cursor, query.limit)
    return PriceGridPage(items=tuple(grid.view() for grid in found), next_cursor=cursor)


def get_ticket_type(uow: UnitOfWork, query: GetTicketType) -> TicketTypeView:
    return find(uow.session, TicketType, query.ticket_type_id, Code.TICKET_TYPE_NOT_FOUND).view()


def list_ticket_types(uow: UnitOfWork, query: ListTicketTypes) -> TicketTypePage:
    statement = select(TicketType).options(
        selectinload(TicketType.windows), selectinload(TicketType.tariffs)
    )
    if query.active is not None:
        statement = statement.where(TicketType.active == query.active)
    found, cursor = page(uow.session, statement, (TicketType.key,), query.cursor, query.limit)
    return TicketTypePage(items=tuple(one.view() for one in found), next_cursor=cursor)


def list_vat_codes(uow: UnitOfWork, query: ListVatCodes) -> VatCodePage:
    statement = select(VatCode).options(selectinload(VatCode.rates))
    found, cursor = page(uow.session, statement, (VatCode.key,), query.cursor, query.limit)
    return VatCodePage(items=tuple(code.view() for code in found), next_cursor=cursor)
