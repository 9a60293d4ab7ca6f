"""Price grids, ticket types and VAT codes."""

from dataclasses import replace
from datetime import date
from uuid import UUID, uuid4

import pytest

from contracts.catalog import (
    ApplyPriceGrid,
    CancelScreening,
    CreatePriceGrid,
    CreateTicketType,
    ListTicketTypes,
    ListVatCodes,
    ScreeningPublished,
    SetTariffs,
    SetVatCode,
    TicketTypeChanged,
    TicketTypeKind,
    UpdatePriceGrid,
    UpdateTicketType,
    VatCodeChanged,
    VatRate,
    WindowInput,
)
from contracts.errors import Code
from contracts.message import load
from contracts.money import Money
from services.catalog.queries import prices as queries
from services.catalog.usecases import screenings, tariffs


def grid(programme, *wanted, name="Grille") -> UUID:
    made = programme.do(tariffs.create_price_grid, CreatePriceGrid(name=name, tariffs=wanted))
    return UUID(made["price_grid_id"])


def apply(programme, grid_id: UUID, *ids: UUID, preview: bool = False) -> dict:
    return programme.do(tariffs.apply_price_grid, ApplyPriceGrid(
        price_grid_id=grid_id, screening_ids=ids, preview=preview))


def test_a_grid_is_shown_as_a_difference_and_then_applied_to_all(programme) -> None:
    ids = (programme.published(room_id=(room := programme.room())),
           programme.published(room_id=room, tariffs=(programme.tariff("old"),)))
    grid_id = grid(programme, programme.tariff("full", 2000), programme.tariff("reduced", 1200))

    before = programme.rows()
    preview = apply(programme, grid_id, *ids, preview=True)
    assert programme.rows() == before
    assert [(one["added"], one["changed"], one["removed"]) for one in preview["differences"]] == [
        (["reduced"], ["full"], []), (["full", "reduced"], [], ["old"])]

    kept = programme.get(ids[0]).tariffs[0].tariff_id
    apply(programme, grid_id, *ids)
    for id in ids:
        view = programme.get(id)
        assert [(one.key, one.price.amount) for one in view.tariffs] == [
            ("full", 2000), ("reduced", 1200)]
        assert (view.price_grid_id, view.version) == (grid_id, 3)
    assert programme.get(ids[0]).tariffs[0].tariff_id == kept
    assert len(programme.catalog.said(ScreeningPublished)) == 4


def test_a_grid_is_applied_to_all_or_none(programme) -> None:
    good, bad = programme.published(room_id=(room := programme.room())), programme.published(
        room_id=room)
    programme.do(screenings.cancel_screening, CancelScreening(screening_id=bad))
    grid_id = grid(programme, programme.tariff("full", 2000))
    programme.refused(Code.SCREENING_STATE, lambda: apply(programme, grid_id, good, bad))


def test_a_changed_grid_leaves_screenings_alone_until_it_is_applied(programme) -> None:
    grid_id = grid(programme, programme.tariff(cents=1000))
    id = programme.screening(tariffs=(), price_grid_id=grid_id)
    programme.do(tariffs.update_price_grid, UpdatePriceGrid(
        price_grid_id=grid_id, name="Grille", tariffs=(programme.tariff(cents=1500),), version=1))
    assert programme.get(id).tariffs[0].price == Money(1000)
    apply(programme, grid_id, id)
    assert programme.get(id).tariffs[0].price == Money(1500)
    programme.refused(Code.VERSION_OUTDATED, lambda: programme.do(
        tariffs.update_price_grid, UpdatePriceGrid(
            price_grid_id=grid_id, name="Grille", tariffs=(), version=1)))


@pytest.mark.parametrize(("code", "more"), [
    (Code.VAT_CODE_UNKNOWN, {"vat_code": "luxury"}),
    (Code.TICKET_TYPE_NOT_FOUND, {"ticket_types": ("gold",)}),
    (Code.CURRENCY_MISMATCH, {"price": Money(100, "EUR")}),
    (Code.VALIDATION_FAILED, {"price": Money(-1)}),
    (Code.VALIDATION_FAILED, {"value": Money(-1)}),
])
def test_wrong_tariffs_change_nothing(programme, code: Code, more: dict) -> None:
    id = programme.published()
    wrong = replace(programme.tariff("new"), **more)
    programme.refused(code, lambda: programme.do(screenings.set_tariffs, SetTariffs(
        screening_id=id, tariffs=(programme.tariff(), wrong))))
    programme.refused(code, lambda: grid(programme, wrong))


def test_two_tariffs_with_one_key_are_refused(programme) -> None:
    programme.refused(Code.VALIDATION_FAILED, lambda: grid(
        programme, programme.tariff(), programme.tariff()))


def test_single_tickets_and_vat_codes_are_there_from_the_start(programme) -> None:
    (single,) = programme.ask(queries.list_ticket_types, ListTicketTypes()).items
    assert (single.key, single.kind, single.wallet_allowed) == (
        "single", TicketTypeKind.SINGLE, True)
    codes = programme.ask(queries.list_vat_codes, ListVatCodes()).items
    assert {code.key: [rate.rate_bp for rate in code.rates] for code in codes} == {
        "normal": [770, 810], "reduced": [250, 260], "lodging": [370, 380], "excluded": [],
        "opted": [250, 260]}
    assert len(programme.catalog.said(VatCodeChanged)) == 5
    assert len(programme.catalog.said(TicketTypeChanged)) == 1


def test_a_vat_code_is_told_when_it_says_something_new(programme) -> None:
    rates = (VatRate(valid_from=date(2028, 1, 1), rate_bp=850),
             VatRate(valid_from=date(2024, 1, 1), rate_bp=810))
    command = SetVatCode(key="normal", label={"fr": "Normal"}, rates=rates)
    for _ in range(2):
        programme.do(tariffs.set_vat_code, command)
    last = programme.catalog.said(VatCodeChanged)[5:]
    assert [(one.version, [rate.rate_bp for rate in one.rates]) for one in last] == [
        (2, [810, 850])]


def test_a_card_is_told_with_its_windows_and_tariffs(programme) -> None:
    command = CreateTicketType(
        key="card-5", name={"fr": "Carte"}, kind=TicketTypeKind.CARD,
        windows=(WindowInput(bookings=5),), tariffs=(programme.tariff(cents=7500),))
    made = programme.do(tariffs.create_ticket_type, command)
    window = made["windows"][0]["window_id"]
    programme.do(tariffs.update_ticket_type, UpdateTicketType(
        ticket_type_id=UUID(made["ticket_type_id"]), name={"fr": "Carte"}, wallet_allowed=False,
        active=True, windows=(WindowInput(bookings=6, window_id=UUID(window)),),
        tariffs=command.tariffs))
    first, second = programme.catalog.said(TicketTypeChanged)[1:]
    assert load(type(first), {**made}, tolerant=True) == first
    assert (second.version, second.wallet_allowed, second.windows[0].bookings) == (2, False, 6)
    assert str(second.windows[0].window_id) == window
    assert second.tariffs == first.tariffs
    programme.refused(Code.NAME_TAKEN,
                      lambda: programme.do(tariffs.create_ticket_type, command))


@pytest.mark.parametrize("more", [
    {"kind": TicketTypeKind.SINGLE, "windows": (WindowInput(bookings=1),)},
    {"kind": TicketTypeKind.CARD, "windows": ()},
    {"kind": TicketTypeKind.CARD, "windows": (WindowInput(bookings=1, window_id=uuid4()),)},
])
def test_windows_go_with_the_kind(programme, more: dict) -> None:
    programme.refused(Code.VALIDATION_FAILED, lambda: programme.do(
        tariffs.create_ticket_type, CreateTicketType(key="x", name={"fr": "X"}, **more)))
