"""The programme as rows. Models refuse what must not be; the database checks again."""

from services.catalog.models.articles import Article, ArticleVariant, Stock, StockMove, Voucher
from services.catalog.models.base import (
    DAY_TURNS,
    DEFAULT_ZONE,
    Base,
    check_zone,
    claim_name,
    find,
    find_all,
    queue_for,
    shown,
)
from services.catalog.models.contingents import Contingent, ContingentTemplate
from services.catalog.models.grids import PriceGrid
from services.catalog.models.history import HistoryRow
from services.catalog.models.imports import (
    ChangeRow,
    Companion,
    Import,
    ProblemRow,
    Profile,
    Progress,
    find_import,
)
from services.catalog.models.productions import Production, SourceLink
from services.catalog.models.screenings import SUMMARY, WHOLE, Part, Screening
from services.catalog.models.sources import ImportSource
from services.catalog.models.tariffs import (
    Tariff,
    VatCode,
    put_tariffs,
)
from services.catalog.models.ticket_types import TicketType, check_tariffs, check_ticket_types
from services.catalog.models.venues import Room, Section, Venue, room_to_use

__all__ = [
    "DAY_TURNS", "DEFAULT_ZONE", "SUMMARY", "WHOLE", "Article", "ArticleVariant", "Base",
    "ChangeRow", "Companion", "Contingent", "ContingentTemplate", "HistoryRow", "Import",
    "ImportSource", "Part", "PriceGrid", "ProblemRow", "Production", "Profile", "Progress", "Room",
    "Screening", "Section", "SourceLink", "Stock", "StockMove", "Tariff", "TicketType", "VatCode",
    "Venue", "Voucher", "check_tariffs", "check_ticket_types", "check_zone", "claim_name", "find",
    "find_all", "find_import", "put_tariffs", "queue_for", "room_to_use", "shown",
]
