"""Sale points: every change is told in full; the web shop's stays."""

from concurrent.futures import ThreadPoolExecutor
from uuid import UUID, uuid4

import pytest

from contracts import identity as say
from contracts.errors import Code
from contracts.identity import SalePointChanged, SalePointKind
from contracts.message import load
from services.chassis.testing import Harness
from services.identity import queries
from services.identity.usecases.sale_points import create_sale_point, update_sale_point
from tests.identity.doors import ADMIN, audited, eshop, refused, stored


def create(identity: Harness, name: str = "Caisse 1", kind: str = "desk") -> say.SalePointView:
    message = say.CreateSalePoint(name=name, kind=SalePointKind(kind), settings={"printer": "A4"})
    return load(say.SalePointView, identity.call(create_sale_point, message, ADMIN))


def test_each_change_is_told_in_full_with_a_higher_version(identity: Harness) -> None:
    point = create(identity)
    message = say.UpdateSalePoint(
        sale_point_id=point.sale_point_id, name="Caisse du lac", active=False
    )
    identity.call(update_sale_point, message, ADMIN)
    told = [
        (fact.version, fact.name, fact.kind, fact.active)
        for fact in identity.said(SalePointChanged) if fact.sale_point_id == point.sale_point_id
    ]
    assert told == [
        (1, "Caisse 1", SalePointKind.DESK, True), (2, "Caisse du lac", SalePointKind.DESK, False)
    ]
    last = audited(identity, object_id=str(point.sale_point_id))[-1]
    assert last.before == {
        "name": "Caisse 1", "active": True, "version": 1, "settings": {"printer": "A4"}
    }


def test_the_same_state_again_says_nothing(identity: Harness) -> None:
    point = create(identity)
    before = stored(identity, "inbox")
    identity.call(update_sale_point, say.UpdateSalePoint(
        sale_point_id=point.sale_point_id, name=point.name, active=True, settings=point.settings
    ), ADMIN)
    assert stored(identity, "inbox") == before


def test_a_name_belongs_to_one(identity: Harness) -> None:
    create(identity)
    with refused(identity, Code.SALE_POINT_NAME_TAKEN):
        create(identity, "CAISSE 1")
    other = create(identity, "Caisse 2")
    with refused(identity, Code.SALE_POINT_NAME_TAKEN):
        identity.call(update_sale_point, say.UpdateSalePoint(
            sale_point_id=other.sale_point_id, name="caisse 1", active=True
        ), ADMIN)


def test_an_unknown_sale_point_cannot_be_changed(identity: Harness) -> None:
    with refused(identity, Code.SALE_POINT_NOT_FOUND):
        identity.call(update_sale_point, say.UpdateSalePoint(
            sale_point_id=uuid4(), name="x", active=True
        ), ADMIN)


@pytest.mark.parametrize("another", [False, True])
def test_the_last_web_shop_stays_open(identity: Harness, another: bool) -> None:
    close = say.UpdateSalePoint(sale_point_id=eshop(identity), name="Eshop", active=False)
    if another:
        create(identity, "Shop 2", "eshop")
        assert identity.call(update_sale_point, close, ADMIN)["active"] is False
    else:
        with refused(identity, Code.VALIDATION_FAILED):
            identity.call(update_sale_point, close, ADMIN)


def test_two_web_shops_cannot_be_closed_at_once(identity: Harness) -> None:
    both = (eshop(identity), create(identity, "Shop 2", "eshop").sale_point_id)

    def close(point: UUID) -> str:
        message = say.UpdateSalePoint(sale_point_id=point, name=str(point), active=False)
        answer = identity.answer(update_sale_point, message, ADMIN)
        return answer.error.code if answer.error else "done"

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(close, both)) == [Code.VALIDATION_FAILED, "done"]


def test_sale_points_are_listed_by_name(identity: Harness) -> None:
    create(identity, "Bar du lac", "bar")
    page = identity.ask(queries.list_sale_points, say.ListSalePoints(limit=1), ADMIN)
    rest = identity.ask(
        queries.list_sale_points, say.ListSalePoints(cursor=page.next_cursor), ADMIN
    )
    assert [item.name for item in (*page.items, *rest.items)] == ["Bar du lac", "Eshop"]
