"""Vouchers: what a code is good for. Codes and their use are ticketing's."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from marshmallow import validate

from contracts.catalog.parts import Key, Limit, Title
from contracts.message import Count, I18n, command, query, view
from contracts.money import Money


class VoucherKind(StrEnum):
    FREE = "free"
    AMOUNT = "amount"  # off the price
    PERCENT = "percent"


Ids = Annotated[tuple[UUID, ...], validate.Length(max=500)]
Keys = Annotated[tuple[Key, ...], validate.Length(max=100)]


@view
class VoucherScope:
    """Where it is good: all that is said must fit; what is empty does not restrict."""

    screening_ids: Ids = ()
    section_ids: Ids = ()
    production_ids: Ids = ()
    tariffs: Keys = ()
    ticket_types: Keys = ()
    articles: Keys = ()
    sale_points: Ids = ()


@view
class VoucherTerms:
    """`amount` of the kind amount, `percent` of the kind percent. `budget` is what all its uses
    may cost together; `uses` how often in all, `uses_per_code` with one code. None: no limit."""

    kind: VoucherKind
    amount: Money | None = None
    percent: Annotated[int, validate.Range(min=1, max=100)] | None = None
    budget: Money | None = None
    uses: Count | None = None
    uses_per_code: Count | None = 1
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    scope: VoucherScope = VoucherScope()


@view
class VoucherView:
    voucher_id: UUID
    version: int
    key: str
    name: I18n
    terms: VoucherTerms
    active: bool


@view
class VoucherPage:
    items: tuple[VoucherView, ...]
    next_cursor: str | None = None


@command("catalog.create_voucher.v1")
class CreateVoucher:
    """→ VoucherView. NAME_TAKEN when the key is, TICKET_TYPE_NOT_FOUND, CURRENCY_MISMATCH."""

    key: Key
    name: Title
    terms: VoucherTerms


@command("catalog.update_voucher.v1")
class UpdateVoucher:
    """The whole new state → VoucherView; the key stays. VOUCHER_NOT_FOUND, VERSION_OUTDATED, and
    as CreateVoucher."""

    voucher_id: UUID
    name: Title
    terms: VoucherTerms
    active: bool
    version: int | None = None


@query("catalog.list_vouchers.v1")
class ListVouchers:
    """By key → VoucherPage."""

    active: bool | None = None
    cursor: str | None = None
    limit: Limit = 50
