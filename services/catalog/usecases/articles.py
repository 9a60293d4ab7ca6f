"""Articles, their stock, and vouchers."""

from uuid import uuid4

from sqlalchemy import select

from contracts.catalog import (
    ArticleView,
    CreateArticle,
    CreateVoucher,
    MoveStock,
    StockView,
    UpdateArticle,
    UpdateVoucher,
    VoucherView,
)
from contracts.errors import Code, DomainError
from services.catalog.models import (
    Article,
    ArticleVariant,
    Stock,
    StockMove,
    Voucher,
    check_tariffs,
    check_ticket_types,
    find,
    queue_for,
)
from services.catalog.usecases.editing import editing
from services.catalog.usecases.history import created
from services.chassis.unit_of_work import UnitOfWork


def create_article(uow: UnitOfWork, command: CreateArticle) -> ArticleView:
    _must_be_free(uow, Article, command.key)
    article = Article(
        id=uuid4(), version=1, key=command.key, name=command.name, tracked=command.tracked,
        active=True, variants=[],
    )
    _put_variants(uow, article, command)
    return created(uow, article)


def update_article(uow: UnitOfWork, command: UpdateArticle) -> ArticleView:
    article = find(uow.session, Article, command.article_id, Code.ARTICLE_NOT_FOUND, lock=True)
    with editing(uow, article, command.version):
        article.name, article.tracked = command.name, command.tracked
        article.active = command.active
        _put_variants(uow, article, command)
    return article.view()


def move_stock(uow: UnitOfWork, command: MoveStock) -> StockView:
    if uow.session.get(ArticleVariant, command.variant_id, with_for_update={"read": True}) is None:
        raise DomainError(Code.ARTICLE_NOT_FOUND, "There is no such article.")
    queue_for(uow.session, f"stock {command.variant_id} {command.sale_point_id}")
    key = (command.variant_id, command.sale_point_id)
    stock = uow.session.get(Stock, key, populate_existing=True)
    if stock is None:
        stock = Stock(variant_id=key[0], sale_point_id=key[1], quantity=0)
        uow.session.add(stock)
    stock.move(command.change)
    uow.session.add(StockMove(
        variant_id=key[0], sale_point_id=key[1], change=command.change, reason=command.reason,
        by=uow.actor.name or uow.actor.id, at=uow.now,
    ))
    return stock.view()


def create_voucher(uow: UnitOfWork, command: CreateVoucher) -> VoucherView:
    _must_be_free(uow, Voucher, command.key)
    voucher = Voucher(id=uuid4(), version=1, key=command.key, active=True)
    _put_voucher(uow, voucher, command)
    return created(uow, voucher)


def update_voucher(uow: UnitOfWork, command: UpdateVoucher) -> VoucherView:
    voucher = find(uow.session, Voucher, command.voucher_id, Code.VOUCHER_NOT_FOUND, lock=True)
    with editing(uow, voucher, command.version):
        voucher.active = command.active
        _put_voucher(uow, voucher, command)
    return voucher.view()


def _put_voucher(
    uow: UnitOfWork, voucher: Voucher, command: CreateVoucher | UpdateVoucher
) -> None:
    with uow.session.no_autoflush:
        check_ticket_types(uow.session, set(command.terms.scope.ticket_types))
    voucher.name = command.name
    voucher.put(command.terms)


def _put_variants(
    uow: UnitOfWork, article: Article, command: CreateArticle | UpdateArticle
) -> None:
    with uow.session.no_autoflush:
        check_tariffs(uow.session, [one for v in command.variants for one in v.tariffs])
        _gtins_must_be_free(uow, article, command)
        before = {variant.id: variant.name for variant in article.variants}
        article.put_variants(command.variants)
        gone = before.keys() - {variant.id for variant in article.variants}
        for stock in uow.session.scalars(select(Stock).where(Stock.variant_id.in_(gone))):
            if stock.quantity:
                raise DomainError(
                    Code.STOCK_LEFT, f"“{before[stock.variant_id]}” has stock: it has to stay."
                )
            uow.session.delete(stock)


def _gtins_must_be_free(
    uow: UnitOfWork, article: Article, command: CreateArticle | UpdateArticle
) -> None:
    gtins = [one.gtin for one in command.variants if one.gtin]
    for gtin in sorted(gtins):
        queue_for(uow.session, f"gtin {gtin}")
    taken = uow.session.scalar(select(ArticleVariant.gtin).where(
        ArticleVariant.gtin.in_(gtins), ArticleVariant.article_id != article.id
    ).limit(1))
    if taken or len(set(gtins)) < len(gtins):
        raise DomainError(Code.NAME_TAKEN, f"The GTIN {taken or ''} is taken.")


def _must_be_free(uow: UnitOfWork, cls: type[Article] | type[Voucher], key: str) -> None:
    queue_for(uow.session, f"{cls.__tablename__} {key}")
    if uow.session.scalar(select(cls.id).where(cls.key == key)):
        raise DomainError(Code.NAME_TAKEN, f"“{key}” exists already.")
