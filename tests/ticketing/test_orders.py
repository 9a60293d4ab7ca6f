"""Orders: what is held, at which price, for whom, and when it comes back."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from contracts.catalog import ScreeningCancelled, ScreeningPublished
from contracts.errors import Code, DomainError
from contracts.roles import Role
from contracts.ticketing import (
    CancelOrder,
    ExtendHold,
    GetAvailability,
    GetOrder,
    LineKind,
    ListOrders,
    OrderLine,
    TicketHolder,
)
from services.ticketing.queries.entry import get_availability
from services.ticketing.queries.orders import get_order, list_orders
from services.ticketing.usecases import orders, programme
from tests.ticketing.programme import (
    ANNA,
    BEN,
    CASHIER,
    DESK,
    NOW,
    SHOP,
    STRANGER,
    BoxOffice,
    contingent,
    passes,
    places,
    screening,
    tariff,
    user,
)


def counts(office: BoxOffice, show: ScreeningPublished) -> dict[str, tuple[int, int]]:
    with office.ticketing.uow() as uow:
        return {
            row.name: (row.held, row.sold) for row in uow.session.execute(
                text("SELECT name, held, sold FROM contingents WHERE screening_id = :id"),
                {"id": show.screening_id},
            )
        }


def nothing_changed(office: BoxOffice) -> bool:
    """No order, no place taken, nothing said."""
    with office.ticketing.uow() as uow:
        return uow.session.execute(text(
            "SELECT (SELECT count(*) FROM orders) + (SELECT count(*) FROM tickets)"
            " + (SELECT count(*) FROM payments) + (SELECT coalesce(sum(held + sold), 0)"
            " FROM contingents) + (SELECT count(*) FROM outbox WHERE type LIKE '%order%')"
        )).scalar() == 0


def rules(refusal: pytest.ExceptionInfo[DomainError]) -> list[str]:
    return [rule["rule"] for rule in refusal.value.errors["rules"]]


def availability(office: BoxOffice, show: ScreeningPublished, actor: Any = CASHIER) -> Any:
    return office.ticketing.ask(
        get_availability, GetAvailability(screening_id=show.screening_id), actor
    )


def let_time_pass(office: BoxOffice) -> None:
    with office.ticketing.uow() as uow:
        uow.session.execute(text("UPDATE orders SET hold_expires_at = now() - interval '1 s'"
                                 " WHERE hold_expires_at IS NOT NULL"))


# ------------------------------------------------------------------ placing


def test_an_order_holds_places_and_freezes_prices_and_vat(office: BoxOffice) -> None:
    show = office.offer(tariffs=(tariff("full", 1500), tariff("half", 770)))
    order = office.order(places(show, 2), places(show, 1, "half"))
    assert order["state"] == "held" and order["hold_expires_at"]
    assert order["total"]["amount"] == order["due"]["amount"] == 3770
    assert order["due_cash"]["amount"] == 3770
    full, half = order["lines"]
    assert (full["gross"]["amount"], full["vat"]["amount"], full["vat_rate_bp"]) == (3000, 76, 260)
    assert (half["gross"]["amount"], half["vat"]["amount"]) == (770, 20)
    assert full["supply_at"] == order["lines"][1]["supply_at"]
    assert counts(office, show) == {"Public": (3, 0)}
    office.publish(screening(
        *show.contingents, tariffs=(tariff("full", 9900),), version=2,
        screening_id=show.screening_id,
    ))
    assert office.pay(order)["total"]["amount"] == 3770


def test_vat_follows_the_day_of_the_screening(office: BoxOffice) -> None:
    old = office.offer(starts_at=NOW.replace(year=2023), ends_at=NOW + timedelta(days=1))
    assert office.order(places(old))["lines"][0]["vat_rate_bp"] == 250


def test_a_sold_out_screening_is_refused_and_says_what_is_left(office: BoxOffice) -> None:
    show = office.offer(contingent(capacity=3))
    with pytest.raises(DomainError) as refusal:
        office.order(places(show, 4))
    assert refusal.value.code == Code.SOLD_OUT and "3" in refusal.value.detail
    assert nothing_changed(office)


def test_a_refusal_names_every_rule_of_every_line(office: BoxOffice) -> None:
    show = office.offer(
        contingent(roles=("partner",), not_before=NOW + timedelta(hours=1)),
        tariffs=(tariff("press", roles=("accred",), sale_points=(uuid4(),)), tariff("full")),
    )
    with pytest.raises(DomainError) as refusal:
        office.order(places(show, 1, "press"), places(show, 1), places(show, 1, "senior"))
    assert refusal.value.code == Code.TARIFF_NOT_AVAILABLE
    found = [(rule["line"], rule["rule"]) for rule in refusal.value.errors["rules"]]
    assert found == [
        (0, "tariff_role"), (0, "tariff_sale_point"),
        (0, "contingent_role"), (0, "contingent_too_early"),
        (1, "contingent_role"), (1, "contingent_too_early"),
        (2, "tariff_unknown"), (2, "contingent_role"), (2, "contingent_too_early"),
    ]
    assert refusal.value.errors["rules"][3]["passes_at"]
    assert nothing_changed(office)


@pytest.mark.parametrize(("rule", "limits"), [
    ("contingent_stash", {"stash": True}),
    ("contingent_role", {"roles": ("accred",)}),
    ("contingent_ticket_type", {"ticket_types": ("card",)}),
    ("contingent_too_early", {"not_before": NOW + timedelta(hours=1)}),
    ("contingent_too_late", {"not_after": NOW - timedelta(hours=1)}),
])
def test_contingent_rules(office: BoxOffice, rule: str, limits: dict) -> None:
    show = office.offer(contingent(**limits))
    with pytest.raises(DomainError) as refusal:
        office.order(places(show))
    assert rules(refusal) == [rule] and refusal.value.code == Code.NOT_ON_SALE
    assert nothing_changed(office)


def test_who_sells_decides_which_contingent_gives_the_place(office: BoxOffice) -> None:
    desk, web = contingent("Desk", 5, roles=("pos",)), contingent("Web", 5, roles=("eshop",))
    show = office.offer(desk, web)
    assert office.order(places(show))["lines"][0]["contingent"] == "Desk"
    assert office.order(places(show), actor=SHOP)["lines"][0]["contingent"] == "Web"
    mobile = office.order(places(show), actor=ANNA)
    assert (mobile["lines"][0]["contingent"], mobile["channel"]) == ("Web", "mobile")
    with pytest.raises(DomainError) as refusal:
        office.order(places(show, contingent_id=web.contingent_id))
    assert rules(refusal) == ["contingent_role"]


def test_a_group_stays_together_when_it_can_and_is_split_when_it_must(office: BoxOffice) -> None:
    show = office.offer(contingent("A", 2), contingent("B", 5))
    together = office.order(places(show, 4))
    assert [(line["contingent"], line["quantity"]) for line in together["lines"]] == [("B", 4)]
    split = office.order(places(show, 3))
    assert [(line["contingent"], line["quantity"]) for line in split["lines"]] == [
        ("A", 2), ("B", 1)
    ]


def test_a_full_contingent_borrows_from_its_lenders_down_to_their_floor(
    office: BoxOffice,
) -> None:
    guests = contingent("Guests", 5, stash=True, floor=3)
    public = contingent("Public", 1, steal_from=(guests.contingent_id,))
    show = office.offer(public, guests)
    assert availability(office, show).contingents[0].stealable == 2
    order = office.order(places(show, 3))
    own, borrowed = order["lines"]
    assert (own["quantity"], own["lender_id"]) == (1, None)
    assert borrowed["quantity"] == 2 and borrowed["contingent"] == "Public"
    assert UUID(borrowed["lender_id"]) == guests.contingent_id
    with pytest.raises(DomainError) as refusal:
        office.order(places(show))
    assert refusal.value.code == Code.SOLD_OUT
    office.ticketing.call(
        orders.cancel_order, CancelOrder(order_id=UUID(order["order_id"])), CASHIER
    )
    assert counts(office, show) == {"Public": (0, 0), "Guests": (0, 0)}


def test_several_screenings_and_passes_in_one_order(office: BoxOffice) -> None:
    one, two, card = office.offer(), office.offer(), office.offer_pass()
    order = office.order(places(one), passes(card, 2), places(two, 2))
    assert order["total"]["amount"] == 1500 + 8000 + 3000
    paid = office.pay(order)
    assert len(paid["tickets"]) == 5


@pytest.mark.parametrize("line", [
    OrderLine(kind=LineKind.SCREENING, tariff="full", quantity=1),
    OrderLine(kind=LineKind.ROUNDING),
    OrderLine(kind=LineKind.PASS, ticket_type_id=uuid4(), tariff="full", quantity=1,
              screening_id=uuid4()),
])
def test_each_kind_of_line_has_its_own_fields(office: BoxOffice, line: OrderLine) -> None:
    with pytest.raises(DomainError) as refusal:
        office.order(line)
    assert refusal.value.code == Code.VALIDATION_FAILED and "0" in refusal.value.errors["lines"]


# ------------------------------------------------------------------ whose it is


def test_people_sell_at_their_own_sale_points(office: BoxOffice) -> None:
    show = office.offer()
    with pytest.raises(DomainError, match="SALE_POINT_NOT_YOURS"):
        office.order(places(show), actor=STRANGER)
    with pytest.raises(DomainError, match="SALE_POINT_NOT_YOURS"):
        office.order(places(show), actor=SHOP, sale_point_id=DESK)
    with pytest.raises(DomainError, match="SALE_POINT_NOT_YOURS"):
        office.order(places(show), actor=ANNA, sale_point_id=DESK)
    with pytest.raises(DomainError, match="SALE_POINT_NOT_FOUND"):
        office.order(places(show), sale_point_id=uuid4())
    with pytest.raises(DomainError, match="REGISTER_SESSION_NOT_OPEN"):
        office.order(places(show), register_session_id=uuid4())
    assert nothing_changed(office)


def test_an_order_is_seen_by_those_it_concerns(office: BoxOffice) -> None:
    show = office.offer()
    desk = UUID(office.order(places(show))["order_id"])
    annas = UUID(office.order(places(show), actor=ANNA)["order_id"])
    accountant = user(Role.ACCOUNTING, name="Kim", at=())

    def sees(actor: Any, order_id: UUID) -> str:
        try:
            office.ticketing.ask(get_order, GetOrder(order_id=order_id), actor)
        except DomainError as refusal:
            return refusal.code
        return "yes"

    assert [sees(actor, desk) for actor in (CASHIER, STRANGER, SHOP, ANNA, accountant)] == [
        "yes", "SALE_POINT_NOT_YOURS", "ORDER_NOT_FOUND", "ORDER_NOT_FOUND", "yes"
    ]
    assert [sees(actor, annas) for actor in (CASHIER, SHOP, ANNA, BEN)] == [
        "SALE_POINT_NOT_YOURS", "yes", "yes", "ORDER_NOT_FOUND"
    ]
    mine = office.ticketing.ask(list_orders, ListOrders(), ANNA)
    assert [item.order_id for item in mine.items] == [annas]
    with pytest.raises(DomainError, match="SALE_POINT_NOT_YOURS"):
        office.ticketing.call(orders.cancel_order, CancelOrder(order_id=desk), accountant)


def test_orders_are_listed_newest_first_in_pages(office: BoxOffice) -> None:
    show = office.offer()
    made = [office.order(places(show))["order_number"] for _ in range(5)]
    first = office.ticketing.ask(list_orders, ListOrders(limit=3), CASHIER)
    rest = office.ticketing.ask(list_orders, ListOrders(cursor=first.next_cursor), CASHIER)
    assert [item.order_number for item in (*first.items, *rest.items)] == made[::-1]
    assert rest.next_cursor is None
    by_screening = ListOrders(screening_id=uuid4())
    assert not office.ticketing.ask(list_orders, by_screening, CASHIER).items


def test_a_holder_can_be_named(office: BoxOffice) -> None:
    show = office.offer()
    holder = TicketHolder(name="Rosa", email="rosa@example.org", language="de")
    order = office.order(places(show), holder=holder)
    assert order["holder"] == {"name": "Rosa", "email": "rosa@example.org", "language": "de"}


# ------------------------------------------------------------------ coming back


def test_expired_holds_give_their_places_back(office: BoxOffice) -> None:
    show = office.offer(contingent(capacity=2))
    order = office.order(places(show, 2))
    assert office.ticketing.tick(orders.release_expired_holds) == 0
    let_time_pass(office)
    assert office.ticketing.tick(orders.release_expired_holds) == 1
    assert counts(office, show) == {"Public": (0, 0)}
    with pytest.raises(DomainError, match="ORDER_EXPIRED"):
        office.pay(order)
    assert office.order(places(show, 2))["state"] == "held"


def test_a_hold_can_be_extended_and_cancelled_but_not_revived(office: BoxOffice) -> None:
    show = office.offer()
    order_id = UUID(office.order(places(show))["order_id"])
    with office.ticketing.uow() as uow:
        uow.session.execute(text("UPDATE orders SET hold_expires_at = now() + interval '5 s'"))
    extended = office.ticketing.call(orders.extend_hold, ExtendHold(order_id=order_id), CASHIER)
    assert extended["hold_expires_at"] > str(NOW + timedelta(minutes=10)).replace(" ", "T")
    cancelled = office.ticketing.call(
        orders.cancel_order, CancelOrder(order_id=order_id), CASHIER
    )
    assert cancelled["state"] == "cancelled" and cancelled["due"]["amount"] == 0
    with pytest.raises(DomainError, match="ORDER_STATE"):
        office.ticketing.call(orders.extend_hold, ExtendHold(order_id=order_id), CASHIER)
    late = UUID(office.order(places(show))["order_id"])
    let_time_pass(office)
    with pytest.raises(DomainError, match="ORDER_EXPIRED"):
        office.ticketing.call(orders.extend_hold, ExtendHold(order_id=late), CASHIER)


# ------------------------------------------------------------------ the programme changes


def test_the_highest_version_of_a_screening_wins(office: BoxOffice) -> None:
    show = office.offer()
    office.publish(screening(
        *show.contingents, screening_id=show.screening_id, version=3, room="Rex 2"
    ))
    office.publish(screening(
        *show.contingents, screening_id=show.screening_id, version=2, room="Rex 9"
    ))
    with office.ticketing.uow() as uow:
        assert uow.session.scalar(text("SELECT room FROM screenings")) == "Rex 2"


def test_shrinking_below_what_is_taken_keeps_it_and_says_so(office: BoxOffice) -> None:
    public = contingent(capacity=5)
    show = office.offer(public)
    order = office.order(places(show, 4))
    smaller = type(public)(contingent_id=public.contingent_id, name="Public", capacity=2)
    office.publish(screening(smaller, screening_id=show.screening_id, version=2))
    seen = availability(office, show)
    assert (seen.capacity, seen.available, seen.held, seen.overbooked) == (2, 0, 4, 2)
    with pytest.raises(DomainError, match="SOLD_OUT"):
        office.order(places(show))
    assert office.pay(order)["state"] == "paid"


def test_a_contingent_gone_at_the_source_keeps_its_places(office: BoxOffice) -> None:
    gone, stays = contingent("Gone", 2), contingent("Stays", 2)
    show = office.offer(gone, stays)
    office.sell(places(show, 1, contingent_id=gone.contingent_id))
    office.publish(screening(stays, screening_id=show.screening_id, version=2))
    assert counts(office, show) == {"Gone": (0, 1), "Stays": (0, 0)}
    with pytest.raises(DomainError, match="NOT_ON_SALE"):
        office.order(places(show, contingent_id=gone.contingent_id))


def test_a_cancelled_screening_sells_nothing_more(office: BoxOffice) -> None:
    show = office.offer()
    order = office.order(places(show))
    event = ScreeningCancelled(screening_id=show.screening_id, version=2)
    office.hear(programme.cancel_screening, event)
    with pytest.raises(DomainError) as refusal:
        office.order(places(show))
    assert rules(refusal) == ["screening_cancelled"]
    assert refusal.value.code == Code.NOT_ON_SALE
    with pytest.raises(DomainError, match="NOT_ON_SALE"):
        office.pay(order)
    office.publish(show)  # an older version, late
    with pytest.raises(DomainError):
        office.order(places(show))


def test_a_screening_cancelled_before_it_was_heard_of_is_not_sold(office: BoxOffice) -> None:
    show = screening(version=1)
    event = ScreeningCancelled(screening_id=show.screening_id, version=2)
    office.hear(programme.cancel_screening, event)
    office.publish(show)
    with pytest.raises(DomainError, match="The screening is cancelled"):
        office.order(places(show))


def test_availability_adds_up(office: BoxOffice) -> None:
    show = office.offer(contingent("A", 4), contingent("B", 3, roles=("eshop",)))
    office.sell(places(show, 2))
    office.order(places(show))
    seen = availability(office, show)
    assert (seen.capacity, seen.available, seen.held, seen.unconfirmed, seen.confirmed,
            seen.scanned) == (7, 4, 1, 0, 2, 0)
    assert [part.open for part in seen.contingents] == [True, False]
    assert [part.open for part in availability(office, show, SHOP).contingents] == [True, True]
