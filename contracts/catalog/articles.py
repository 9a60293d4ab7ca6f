"""What bars and shops sell: articles with their variants and stock."""

import re
from typing import Annotated
from uuid import UUID

from marshmallow import ValidationError, validate

from contracts.catalog.parts import Key, Limit, Title
from contracts.catalog.tariffs import Tariffs, TariffState
from contracts.message import I18n, Name, command, query, view


class CheckDigit(validate.Validator):
    """8, 12, 13 or 14 digits, the last of which checks the others."""

    def __call__(self, value: str) -> str:
        if not re.fullmatch(r"[0-9]{8}|[0-9]{12,14}", value):
            raise ValidationError("A GTIN has 8, 12, 13 or 14 digits.")
        weighted = sum(
            int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(reversed(value))
        )
        if weighted % 10:
            raise ValidationError("This GTIN is mistyped: its check digit is wrong.")
        return value


Gtin = Annotated[str, CheckDigit()]


@view
class VariantInput:
    """A variant to keep (with its id, or where its name was there before) or to add."""

    name: Name
    tariffs: Tariffs
    gtin: Gtin | None = None
    variant_id: UUID | None = None


@view
class VariantState:
    variant_id: UUID
    name: str
    gtin: str | None
    tariffs: tuple[TariffState, ...]


Variants = Annotated[tuple[VariantInput, ...], validate.Length(min=1, max=100)]


@view
class ArticleView:
    article_id: UUID
    version: int
    key: str
    name: I18n
    variants: tuple[VariantState, ...]
    tracked: bool
    active: bool


@view
class ArticlePage:
    items: tuple[ArticleView, ...]
    next_cursor: str | None = None


@command("catalog.create_article.v1")
class CreateArticle:
    """→ ArticleView. Prices and VAT codes are those of each variant's tariffs. `tracked`: its
    stock is counted. NAME_TAKEN when the key or a GTIN is, VAT_CODE_UNKNOWN, CURRENCY_MISMATCH."""

    key: Key
    name: Title
    variants: Variants
    tracked: bool = False


@command("catalog.update_article.v1")
class UpdateArticle:
    """The whole new state → ArticleView; the key stays. A variant that is left out goes, unless
    it has stock. ARTICLE_NOT_FOUND, VERSION_OUTDATED, STOCK_LEFT, and as CreateArticle."""

    article_id: UUID
    name: Title
    variants: Variants
    tracked: bool
    active: bool
    version: int | None = None


@query("catalog.get_article.v1")
class GetArticle:
    """→ ArticleView. ARTICLE_NOT_FOUND."""

    article_id: UUID


@query("catalog.list_articles.v1")
class ListArticles:
    """By key → ArticlePage. `gtin` finds the one that was scanned."""

    active: bool | None = None
    gtin: Name | None = None
    cursor: str | None = None
    limit: Limit = 50


# ------------------------------------------------------------------ stock


@view
class StockView:
    """How many of a variant a sale point has."""

    variant_id: UUID
    sale_point_id: UUID
    quantity: int


@view
class StockPage:
    items: tuple[StockView, ...]
    next_cursor: str | None = None


@command("catalog.move_stock.v1")
class MoveStock:
    """Put (`change` > 0) or take (< 0) pieces of a variant at a sale point → StockView. Each move
    is kept with its reason. ARTICLE_NOT_FOUND, STOCK_TOO_LOW when more is taken than is there."""

    variant_id: UUID
    sale_point_id: UUID
    change: Annotated[int, validate.Range(min=-1_000_000, max=1_000_000)]
    reason: Name


@query("catalog.list_stock.v1")
class ListStock:
    """By variant → StockPage, of one sale point or of all."""

    sale_point_id: UUID | None = None
    cursor: str | None = None
    limit: Limit = 50
