"""Articles, stock and vouchers."""

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from contracts.catalog import (
    ArticlePage,
    ArticleView,
    GetArticle,
    ListArticles,
    ListStock,
    ListVouchers,
    StockPage,
    VoucherPage,
)
from contracts.errors import Code
from services.catalog.models import Article, ArticleVariant, Stock, Voucher, find
from services.catalog.queries.paging import page
from services.chassis.unit_of_work import UnitOfWork


def get_article(uow: UnitOfWork, query: GetArticle) -> ArticleView:
    return find(uow.session, Article, query.article_id, Code.ARTICLE_NOT_FOUND).view()


def list_articles(uow: UnitOfWork, query: ListArticles) -> ArticlePage:
    statement = select(Article).options(
        selectinload(Article.variants).selectinload(ArticleVariant.tariffs)
    )
    if query.active is not None:
        statement = statement.where(Article.active == query.active)
    if query.gtin is not None:
        statement = statement.where(Article.variants.any(ArticleVariant.gtin == query.gtin))
    found, cursor = page(uow.session, statement, (Article.key,), query.cursor, query.limit)
    return ArticlePage(items=tuple(one.view() for one in found), next_cursor=cursor)


def list_stock(uow: UnitOfWork, query: ListStock) -> StockPage:
    statement = select(Stock)
    if query.sale_point_id is not None:
        statement = statement.where(Stock.sale_point_id == query.sale_point_id)
    found, cursor = page(
        uow.session, statement, (Stock.variant_id, Stock.sale_point_id), query.cursor, query.limit
    )
    return StockPage(items=tuple(one.view() for one in found), next_cursor=cursor)


def list_vouchers(uow: UnitOfWork, query: ListVouchers) -> VoucherPage:
    statement = select(Voucher)
    if query.active is not None:
        statement = statement.where(Voucher.active == query.active)
    found, cursor = page(uow.session, statement, (Voucher.key,), query.cursor, query.limit)
    return VoucherPage(items=tuple(one.view() for one in found), next_cursor=cursor)
