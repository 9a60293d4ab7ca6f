"""Tickets and passes, the places booked on them, and the door that lets them in."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from contracts.catalog import ScreeningCancelled, ScreeningPublished, WindowState
from contracts.errors import DomainError
from contracts.ticketing import (
    CancelBooking,
    CheckedIn,
    Direction,
    GetAttendance,
    GetBookability,
    GetTicket,
    ListTickets,
    PaymentMethod,
)
from services.ticketing.queries.entry import get_attendance
from services.ticketing.queries.tickets import get_bookability, get_ticket, list_tickets
from services.ticketing.usecases import bookings, programme
from tests.ticketing.programme import (
    ANNA,
    BEN,
    CASHIER,
    DOOR,
    NOW,
    SHOP,
    BoxOffice,
    contingent,
    passes,
    places,
    screening,
    tariff,
)
from tests.ticketing.test_orders import availability, counts


def ticket_of(office: BoxOffice, ticket_id: str, actor: Any = CASHIER) -> Any:
    return office.ticketing.ask(get_ticket, GetTicket(ticket_id=UUID(ticket_id)), actor)


def sold(office: BoxOffice, *lines: Any) -> dict:
    return office.sell(*lines)["tickets"][0]


def failing(office: BoxOffice, ticket_id: str, show: ScreeningPublished) -> list[str]:
    """What a booking is refused for: the same as the question beforehand says."""
    with pytest.raises(DomainError, match="BOOKING_REFUSED") as refusal:
        office.book(ticket_id, show)
    query = GetBookability(ticket_id=UUID(ticket_id), screening_id=show.screening_id)
    asked = office.ticketing.ask(get_bookability, query, CASHIER)
    rules = [rule["rule"] for rule in refusal.value.errors["rules"]]
    assert rules == [rule.rule for rule in asked.rules] and not asked.bookable
    return rules


# ------------------------------------------------------------------ tickets


def test_a_single_ticket_is_a_pass_of_one_window_with_its_booking(office: BoxOffice) -> None:
    show = office.offer()
    ticket = ticket_of(office, sold(office, places(show))["ticket_id"])
    assert ticket.single and ticket.state == "activated" and ticket.revision == 1
    assert [(window.bookings, window.left) for window in ticket.windows] == [(1, 0)]
    assert [booking.screening_id for booking in ticket.bookings] == [show.screening_id]
    assert len(ticket.qr_text) == 120
    assert ticket_of(office, str(ticket.ticket_id), DOOR).qr_text is None


def test_a_holder_sees_their_own_tickets_only(office: BoxOffice) -> None:
    kind = office.offer_pass(tariffs=(tariff("full", 0),))
    order = office.order(passes(kind), actor=ANNA)
    paid = office.pay(order, PaymentMethod.FREE, actor=ANNA)
    ticket_id = paid["tickets"][0]["ticket_id"]
    assert ticket_of(office, ticket_id, ANNA).holder.name == "Anna"
    with pytest.raises(DomainError, match="TICKET_NOT_FOUND"):
        ticket_of(office, ticket_id, BEN)
    assert office.ticketing.ask(list_tickets, ListTickets(), ANNA).items
    assert not office.ticketing.ask(list_tickets, ListTickets(), BEN).items


def test_tickets_are_listed_by_screening_and_found_by_code(office: BoxOffice) -> None:
    show = office.offer()
    made = [item["ticket_id"] for item in office.sell(places(show, 4))["tickets"]]
    first = ListTickets(screening_id=show.screening_id, limit=3)
    page = office.ticketing.ask(list_tickets, first, CASHIER)
    rest = office.ticketing.ask(
        list_tickets, ListTickets(screening_id=show.screening_id, cursor=page.next_cursor), CASHIER
    )
    assert [str(item.ticket_id) for item in (*page.items, *rest.items)] == made
    assert page.items[0].booking.contingent == "Public"
    whole = ticket_of(office, made[0])
    for code in (whole.qr_text, whole.code.lower()):
        (found,) = office.ticketing.ask(list_tickets, ListTickets(code=code), CASHIER).items
        assert str(found.ticket_id) == made[0]
    with pytest.raises(DomainError, match="VALIDATION_FAILED"):
        office.ticketing.ask(list_tickets, ListTickets(), CASHIER)


# ------------------------------------------------------------------ bookings


def test_a_pass_books_places_from_desk_web_and_mobile(office: BoxOffice) -> None:
    kind = office.offer_pass(tariffs=(tariff("full", 0),))
    shows = [office.offer(starts_in=timedelta(hours=3 * n)) for n in range(1, 5)]
    order = office.order(passes(kind), actor=ANNA)
    ticket_id = office.pay(order, PaymentMethod.FREE, actor=ANNA)["tickets"][0]["ticket_id"]
    for actor, show in zip((CASHIER, SHOP, ANNA), shows, strict=False):
        assert office.book(ticket_id, show, actor)["state"] == "active"
        assert counts(office, show) == {"Public": (0, 1)}
    assert failing(office, ticket_id, shows[3]) == ["window_used_up"]
    with pytest.raises(DomainError, match="TICKET_NOT_FOUND"):
        office.book(ticket_id, shows[3], BEN)


def test_a_refused_booking_lists_every_failing_rule(office: BoxOffice) -> None:
    ended = WindowState(window_id=uuid4(), bookings=1, ends_at=NOW - timedelta(days=1))
    kind = office.offer_pass(windows=(ended,))
    ticket_id = sold(office, passes(kind))["ticket_id"]
    show = office.offer(contingent(roles=("accred",), ticket_types=("single",)))
    assert failing(office, ticket_id, show) == [
        "window", "contingent_role", "contingent_ticket_type"
    ]
    assert counts(office, show) == {"Public": (0, 0)}
    full = office.offer(contingent(capacity=0))
    assert failing(office, ticket_id, full) == ["window", "sold_out"]


def test_not_twice_and_not_at_the_same_time(office: BoxOffice) -> None:
    ticket_id = sold(office, passes(office.offer_pass()))["ticket_id"]
    show, same_time = office.offer(), office.offer(starts_in=timedelta(hours=2))
    office.book(ticket_id, show)
    assert failing(office, ticket_id, show) == ["already_booked"]
    assert failing(office, ticket_id, same_time) == ["overlap"]
    assert counts(office, same_time) == {"Public": (0, 0)}


def test_the_window_that_expires_first_is_used_first(office: BoxOffice) -> None:
    windows = tuple(
        WindowState(window_id=uuid4(), bookings=1, ends_at=ends_at)
        for ends_at in (None, NOW + timedelta(days=9), NOW + timedelta(days=2))
    )
    ticket_id = sold(office, passes(office.offer_pass(windows=windows)))["ticket_id"]
    office.book(ticket_id, office.offer())
    left = {window.ends_at: window.left for window in ticket_of(office, ticket_id).windows}
    assert left == {None: 1, NOW + timedelta(days=9): 1, NOW + timedelta(days=2): 0}


def test_a_cancelled_booking_gives_place_and_window_back(office: BoxOffice) -> None:
    ticket_id = sold(office, passes(office.offer_pass(bookings=1)))["ticket_id"]
    show = office.offer()
    booking_id = UUID(office.book(ticket_id, show)["booking_id"])

    def cancel(actor: Any = CASHIER) -> dict:
        command = CancelBooking(booking_id=booking_id)
        return office.ticketing.call(bookings.cancel_booking, command, actor)

    with pytest.raises(DomainError, match="BOOKING_NOT_FOUND"):
        cancel(BEN)
    assert cancel()["state"] == "cancelled" and counts(office, show) == {"Public": (0, 0)}
    with pytest.raises(DomainError, match="BOOKING_REFUSED"):
        cancel()
    booking_id = UUID(office.book(ticket_id, show)["booking_id"])
    office.scan(ticket_of(office, ticket_id).code, show)
    with pytest.raises(DomainError, match="used at the door"):
        cancel()
    assert counts(office, show) == {"Public": (0, 1)}


def test_the_place_of_a_single_ticket_cannot_be_cancelled_as_a_booking(
    office: BoxOffice,
) -> None:
    ticket = ticket_of(office, sold(office, places(office.offer()))["ticket_id"])
    with pytest.raises(DomainError, match="BOOKING_REFUSED"):
        office.ticketing.call(
            bookings.cancel_booking, CancelBooking(booking_id=ticket.bookings[0].booking_id),
            CASHIER,
        )


# ------------------------------------------------------------------ the door


def test_a_ticket_enters_leaves_and_comes_back(office: BoxOffice) -> None:
    show = office.offer()
    ticket = ticket_of(office, sold(office, places(show, 2))["ticket_id"])
    entered = office.scan(ticket.qr_text, show)
    assert (entered["result"], entered["first_entry"], entered["inside"]) == ("admitted", True, 1)
    assert entered["tariff"] == "Full" and entered["screening"] == "Le Bal"
    again = office.scan(ticket.code, show)
    assert (again["result"], again["reason"], again["inside"]) == ("refused", "already_in", 1)
    left = office.scan(ticket.code, show, direction=Direction.OUT)
    assert (left["result"], left["inside"]) == ("admitted", 0)
    assert office.scan(ticket.code, show, direction=Direction.OUT)["reason"] == "not_in"
    assert office.scan(ticket.qr_text, show)["first_entry"] is False
    said = office.ticketing.said(CheckedIn)
    assert [(item.direction, item.first_entry) for item in said] == [
        ("in", True), ("out", False), ("in", False)
    ]
    attendance = office.ticketing.ask(
        get_attendance, GetAttendance(screening_id=show.screening_id), DOOR
    )
    assert (attendance.booked, attendance.entered, attendance.inside, attendance.refused) == (
        2, 1, 1, 2
    )
    assert availability(office, show).scanned == 1


def test_the_same_nonce_gets_the_same_answer(office: BoxOffice) -> None:
    show = office.offer()
    code = sold(office, places(show))["code"]
    first = office.scan(code, show, nonce="nonce-0001")
    assert office.scan(code, show, nonce="nonce-0001") == first
    assert len(office.ticketing.said(CheckedIn)) == 1


def test_one_scan_serves_several_screenings(office: BoxOffice) -> None:
    early, late = office.offer(), office.offer(starts_in=timedelta(hours=2))
    code = sold(office, places(late))["code"]
    assert office.scan(code, early)["reason"] == "wrong_screening"
    answer = office.scan(code, early, late)
    assert answer["screening_id"] == str(late.screening_id)


def test_a_booked_pass_enters_and_an_unbooked_one_does_not(office: BoxOffice) -> None:
    show = office.offer()
    ticket = sold(office, passes(office.offer_pass()))
    assert office.scan(ticket["code"], show)["reason"] == "wrong_screening"
    office.book(ticket["ticket_id"], show)
    assert office.scan(ticket["code"], show)["result"] == "admitted"


@pytest.mark.parametrize(("state", "reason"), [
    ("void", "void"), ("blocked", "blocked"), ("new", "not_paid"),
])
def test_the_state_of_a_ticket_decides(office: BoxOffice, state: str, reason: str) -> None:
    show = office.offer()
    code = sold(office, places(show))["code"]
    with office.ticketing.uow() as uow:
        uow.session.execute(text("UPDATE tickets SET state = :state"), {"state": state})
    assert office.scan(code, show)["reason"] == reason
    assert not office.ticketing.said(CheckedIn)


def test_codes_that_are_not_good(office: BoxOffice) -> None:
    show = office.offer()
    ticket = ticket_of(office, sold(office, places(show))["ticket_id"])
    forged = ticket.qr_text[:-8] + ("A" * 8 if ticket.qr_text[-8:] != "A" * 8 else "B" * 8)
    assert office.scan(forged, show)["reason"] == "forged"
    assert office.scan("0000000000", show)["reason"] == "unknown"
    assert office.scan("not a code at all", show)["reason"] == "unknown"
    with office.ticketing.uow() as uow:
        uow.session.execute(text("UPDATE tickets SET revision = 2"))
    assert office.scan(ticket.qr_text, show)["reason"] == "revoked"
    assert office.scan(ticket.code, show)["result"] == "admitted"


def test_doors_open_in_time_and_close_at_the_end(office: BoxOffice) -> None:
    later = office.offer(starts_in=timedelta(hours=4))
    answer = office.scan(sold(office, places(later))["code"], later)
    assert answer["reason"] == "too_early" and "doors open at" in answer["sentence"]
    over = office.offer()
    code = sold(office, places(over))["code"]
    office.publish(screening(
        *over.contingents, screening_id=over.screening_id, version=2,
        starts_in=timedelta(hours=-3),
    ))
    assert office.scan(code, over)["reason"] == "too_late"


def test_a_cancelled_screening_lets_nobody_in(office: BoxOffice) -> None:
    show = office.offer()
    code = sold(office, places(show))["code"]
    event = ScreeningCancelled(screening_id=show.screening_id, version=2)
    office.hear(programme.cancel_screening, event)
    assert office.scan(code, show)["reason"] == "screening_cancelled"
