"""Who changed what, and when: kept for good, for every object that people edit."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from contracts.catalog.parts import Limit
from contracts.message import Json, Name, query, view


class Recorded(StrEnum):
    """What has a history; VAT codes are told by their key, all others by their id."""

    VENUE = "venue"
    SECTION = "section"
    PRODUCTION = "production"
    SCREENING = "screening"
    PRICE_GRID = "price_grid"
    TICKET_TYPE = "ticket_type"
    VAT_CODE = "vat_code"
    CONTINGENT_TEMPLATE = "contingent_template"
    PROFILE = "profile"
    ARTICLE = "article"
    VOUCHER = "voucher"
    IMPORT_SOURCE = "import_source"


@view
class HistoryEntry:
    """`changes`: `{field: {"before": …, "after": …}}`; `action` is created, changed or removed;
    `version` the one it led to. `import_id`: by a file, not by hand."""

    number: int
    at: datetime
    by: str
    by_id: str
    action: str
    version: int
    changes: Json
    import_id: UUID | None = None


@view
class HistoryPage:
    items: tuple[HistoryEntry, ...]
    next_cursor: str | None = None


@query("catalog.list_history.v1")
class ListHistory:
    """What became of one object, newest first → HistoryPage; empty for what never was."""

    kind: Recorded
    object_id: Name
    cursor: str | None = None
    limit: Limit = 50
