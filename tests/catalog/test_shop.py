"""Passes with their windows and rules, articles with their stock, and vouchers."""

from concurrent.futures import ThreadPoolExecutor
from uuid import UUID, uuid4

import pytest

from contracts.catalog import (
    Asked,
    AskedField,
    BookingPolicy,
    CreateArticle,
    CreateTicketType,
    CreateVoucher,
    FieldKind,
    ListArticles,
    ListStock,
    ListVouchers,
    MoveStock,
    TicketTypeChanged,
    TicketTypeKind,
    UpdateArticle,
    UpdateVoucher,
    VariantInput,
    VoucherKind,
    VoucherTerms,
    WindowInput,
)
from contracts.errors import Code, DomainError
from contracts.message import load
from contracts.money import Money
from services.catalog.queries import articles as queries
from services.catalog.usecases import articles, tariffs
from tests.catalog.conftest import EVENING

BAR, SHOP = uuid4(), uuid4()
EAN = "7610400010030"


def ticket_type(programme, **more):
    return programme.do(tariffs.create_ticket_type, CreateTicketType(
        key="week", name={"fr": "Semaine"}, kind=TicketTypeKind.SUBSCRIPTION,
        **{"windows": (WindowInput(bookings=3),), **more}))


def article(programme, *variants: VariantInput, key: str = "beer", **more):
    given = variants or (VariantInput(name="3 dl", tariffs=(programme.tariff(cents=600),)),)
    return programme.do(articles.create_article, CreateArticle(
        key=key, name={"fr": "Bière"}, variants=given, **more))


def move(programme, variant_id: UUID, change: int, where: UUID = BAR):
    return programme.do(articles.move_stock, MoveStock(
        variant_id=variant_id, sale_point_id=where, change=change, reason="delivery"))


# ------------------------------------------------------------------ passes


def test_windows_run_from_the_first_use_or_are_one_screening(programme) -> None:
    id = programme.screening()
    ticket_type(programme, windows=(
        WindowInput(bookings=2, duration_min=48 * 60), WindowInput(bookings=1, screening_id=id)))
    (told,) = [one for one in programme.catalog.said(TicketTypeChanged) if one.key == "week"]
    assert [(one.duration_min, one.screening_id) for one in told.windows] == [
        (2880, None), (None, id)]


@pytest.mark.parametrize("window", [
    {"screening_id": uuid4()}, {"screening_id": None, "starts_at": EVENING, "ends_at": EVENING}])
def test_wrong_windows_are_refused(programme, window) -> None:
    with pytest.raises(DomainError):
        ticket_type(programme, windows=(WindowInput(bookings=1, **window),))


def test_a_window_of_one_screening_has_no_other_frame(programme) -> None:
    id = programme.screening()
    programme.refused(Code.VALIDATION_FAILED, lambda: ticket_type(
        programme, windows=(WindowInput(bookings=1, screening_id=id, duration_min=5),)))


def test_the_booking_policy_and_the_fields_asked_are_told(programme) -> None:
    policy = BookingPolicy(
        opens_before_min=2880, closes_before_min=60, per_day=4, per_screening=1, max_active=5,
        overlap_buffer_min=20, desk_bonus=1, strikes=2, strike_block_min=1440)
    fields = (
        AskedField(key="email", label={"fr": "Courriel"}, kind=FieldKind.EMAIL),
        AskedField(key="email", label={"fr": "Courriel"}, kind=FieldKind.EMAIL,
                   asked=Asked.REQUIRED, sale_points=(SHOP,)))
    ticket_type(programme, policy=policy, fields=fields)
    (told,) = [one for one in programme.catalog.said(TicketTypeChanged) if one.key == "week"]
    assert (told.policy, told.fields) == (policy, fields)


@pytest.mark.parametrize("wrong", [
    {"policy": BookingPolicy(opens_before_min=60, closes_before_min=60)},
    {"policy": BookingPolicy(strike_block_min=60)},
    {"fields": (AskedField(key="a", label={"fr": "A"}, kind=FieldKind.CHOICE),)},
    {"fields": (AskedField(key="a", label={"fr": "A"}), AskedField(key="a", label={"fr": "B"}))},
])
def test_rules_that_contradict_themselves_are_refused(programme, wrong) -> None:
    programme.refused(Code.VALIDATION_FAILED, lambda: ticket_type(programme, **wrong))


# ------------------------------------------------------------------ articles


def test_an_article_has_variants_with_tariffs_and_is_found_by_its_gtin(programme) -> None:
    made = article(
        programme, VariantInput(name="3 dl", tariffs=(programme.tariff(cents=600),), gtin=EAN),
        VariantInput(name="5 dl", tariffs=(programme.tariff(cents=900),)))
    (found,) = programme.ask(queries.list_articles, ListArticles(gtin=EAN)).items
    assert str(found.article_id) == made["article_id"]
    assert [(one.name, one.tariffs[0].price) for one in found.variants] == [
        ("3 dl", Money(600)), ("5 dl", Money(900))]
    first = made["variants"][0]["variant_id"]
    changed = programme.do(articles.update_article, UpdateArticle(
        article_id=found.article_id, name={"fr": "Bière"}, tracked=False, active=True, variants=(
            VariantInput(name="3 dl", tariffs=(programme.tariff(cents=650),)),)))
    assert [one["variant_id"] for one in changed["variants"]] == [first]


def test_keys_and_gtins_are_taken_once(programme) -> None:
    one = VariantInput(name="a", tariffs=(), gtin=EAN)
    article(programme, one)
    programme.refused(Code.NAME_TAKEN, lambda: article(programme))
    programme.refused(Code.NAME_TAKEN, lambda: article(programme, one, key="other"))
    programme.refused(Code.VALIDATION_FAILED, lambda: article(
        programme, VariantInput(name="a", tariffs=()), VariantInput(name="a", tariffs=()),
        key="twice"))
    programme.refused(Code.VAT_CODE_UNKNOWN, lambda: article(
        programme, VariantInput(name="a", tariffs=(programme.tariff(vat_code="none"),)),
        key="vat"))


@pytest.mark.parametrize("wrong", ["7610400010032", "123", "abcdefgh"])
def test_a_mistyped_gtin_is_refused(wrong) -> None:
    with pytest.raises(DomainError):
        load(CreateArticle, {"key": "a", "name": {"fr": "A"}, "variants": [
            {"name": "a", "tariffs": [], "gtin": wrong}]})


def test_stock_is_counted_for_each_sale_point(programme) -> None:
    id = UUID(article(programme, tracked=True)["variants"][0]["variant_id"])
    move(programme, id, 24)
    move(programme, id, 6, SHOP)
    assert move(programme, id, -4)["quantity"] == 20
    refusal = programme.refused(Code.STOCK_TOO_LOW, lambda: move(programme, id, -21))
    assert refusal.errors == {"quantity": 20}
    (there,) = programme.ask(queries.list_stock, ListStock(sale_point_id=SHOP)).items
    assert there.quantity == 6
    programme.refused(Code.ARTICLE_NOT_FOUND, lambda: move(programme, uuid4(), 1))


def test_no_piece_is_lost_when_many_move_at_once(programme) -> None:
    id = UUID(article(programme)["variants"][0]["variant_id"])
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda change: move(programme, id, change), [1] * 12))
    assert move(programme, id, 0)["quantity"] == 12


def test_a_variant_with_stock_stays(programme) -> None:
    made = article(programme)
    id = UUID(made["variants"][0]["variant_id"])
    move(programme, id, 1)
    update = UpdateArticle(
        article_id=UUID(made["article_id"]), name={"fr": "B"}, tracked=True, active=True,
        variants=(VariantInput(name="other", tariffs=()),))
    programme.refused(
        Code.STOCK_LEFT, lambda: programme.do(articles.update_article, update))
    move(programme, id, -1)
    assert [one["name"] for one in programme.do(articles.update_article, update)["variants"]] == [
        "other"]


# ------------------------------------------------------------------ vouchers


def test_a_voucher_says_what_it_is_good_for(programme) -> None:
    terms = VoucherTerms(kind=VoucherKind.PERCENT, percent=50, budget=Money(100_00), uses=10)
    made = programme.do(articles.create_voucher, CreateVoucher(
        key="press", name={"fr": "Presse"}, terms=terms))
    programme.do(articles.update_voucher, UpdateVoucher(
        voucher_id=UUID(made["voucher_id"]), name={"fr": "Presse"}, terms=terms, active=False))
    assert programme.ask(queries.list_vouchers, ListVouchers(active=True)).items == ()
    (found,) = programme.ask(queries.list_vouchers, ListVouchers()).items
    assert (found.terms, found.version) == (terms, 2)


@pytest.mark.parametrize("terms", [
    {"kind": VoucherKind.AMOUNT}, {"kind": VoucherKind.FREE, "percent": 5},
    {"kind": VoucherKind.AMOUNT, "amount": Money(0)},
    {"kind": VoucherKind.FREE, "valid_from": EVENING, "valid_until": EVENING},
])
def test_terms_that_contradict_themselves_are_refused(programme, terms) -> None:
    programme.refused(Code.VALIDATION_FAILED, lambda: programme.do(
        articles.create_voucher, CreateVoucher(
            key="x", name={"fr": "X"}, terms=VoucherTerms(**terms))))
