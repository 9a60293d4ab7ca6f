"""Unscanned bookings are released as the manual says, and come back while there is room (c-9)."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from contracts.catalog import ScreeningPublished
from contracts.errors import DomainError
from contracts.roles import Role
from contracts.ticketing import ReleaseBookings, UndoRelease
from services.ticketing.usecases import releases
from tests.ticketing.programme import BoxOffice, contingent, passes, places, user
from tests.ticketing.test_orders import counts
from tests.ticketing.test_races import together

ADMIN = user(Role.ADMIN)


@pytest.fixture
def house(office: BoxOffice) -> tuple[BoxOffice, ScreeningPublished, list[dict]]:
    """A screening, with four booked on passes and one single ticket sold."""
    show = office.offer(contingent(capacity=6))
    tickets = office.sell(passes(office.offer_pass(bookings=2), 4))["tickets"]
    for ticket in tickets:
        office.book(ticket["ticket_id"], show)
    office.sell(places(show))
    return office, show, tickets


def grow_old(office: BoxOffice, minutes: float, tickets: list[dict] | None = None) -> None:
    with office.ticketing.uow() as uow:
        uow.session.execute(
            text("UPDATE bookings SET booked_at = booked_at - :age"
                 " WHERE :everyone OR ticket_id = ANY(:tickets)"),
            {"age": timedelta(minutes=minutes), "everyone": tickets is None,
             "tickets": [UUID(item["ticket_id"]) for item in tickets or []]},
        )


def preview(office: BoxOffice, show: ScreeningPublished) -> dict:
    command = ReleaseBookings(screening_id=show.screening_id, dry_run=True)
    return office.ticketing.call(releases.release_bookings, command, ADMIN)


def confirm(office: BoxOffice, show: ScreeningPublished, token: str) -> dict:
    command = ReleaseBookings(screening_id=show.screening_id, token=UUID(token))
    return office.ticketing.call(releases.release_bookings, command, ADMIN)


def undo(office: BoxOffice, token: str) -> dict:
    return office.ticketing.call(releases.undo_release, UndoRelease(token=UUID(token)), ADMIN)


def test_the_preview_counts_and_changes_nothing(house: tuple) -> None:
    office, show, _ = house
    grow_old(office, 16)
    seen = preview(office, show)
    assert seen["count"] == 4 and seen["released"] is None
    assert [(item["contingent"], item["count"]) for item in seen["contingents"]] == [("Public", 4)]
    assert counts(office, show) == {"Public": (0, 5)}


def test_only_what_is_strictly_older_than_a_quarter_of_an_hour(house: tuple) -> None:
    office, show, tickets = house
    assert preview(office, show)["count"] == 0
    grow_old(office, 14.9, tickets[:2])
    grow_old(office, 15.1, tickets[2:3])
    assert preview(office, show)["count"] == 1


def test_the_confirmation_frees_places_and_gives_the_passes_their_booking_back(
    house: tuple
) -> None:
    office, show, tickets = house
    grow_old(office, 16)
    done = confirm(office, show, preview(office, show)["token"])
    assert (done["released"], done["count"]) == (4, 4)
    assert counts(office, show) == {"Public": (0, 1)}  # the single ticket stays
    office.book(tickets[0]["ticket_id"], show)
    assert office.scan(tickets[1]["code"], show)["reason"] == "wrong_screening"


def test_who_is_scanned_or_gives_up_in_between_drops_out(house: tuple) -> None:
    office, show, tickets = house
    grow_old(office, 16)
    token = preview(office, show)["token"]
    assert office.scan(tickets[0]["code"], show)["result"] == "admitted"
    done = confirm(office, show, token)
    assert (done["released"], done["count"]) == (3, 4)
    assert counts(office, show) == {"Public": (0, 2)}


def test_who_books_in_between_is_not_touched(house: tuple) -> None:
    office, show, _ = house
    grow_old(office, 16)
    token = preview(office, show)["token"]
    late = office.sell(passes(office.offer_pass(key="late")))["tickets"]
    office.book(late[0]["ticket_id"], show)
    grow_old(office, 16)
    assert confirm(office, show, token)["released"] == 4
    assert counts(office, show) == {"Public": (0, 2)}


def test_the_same_token_releases_once(house: tuple) -> None:
    office, show, _ = house
    grow_old(office, 16)
    token = preview(office, show)["token"]
    answers: list[dict] = []
    together([lambda: answers.append(confirm(office, show, token))] * 4)
    assert [answer["released"] for answer in answers] == [4, 4, 4, 4]
    assert counts(office, show) == {"Public": (0, 1)}


def test_a_token_is_of_one_screening_and_of_ours(house: tuple) -> None:
    office, show, _ = house
    token = preview(office, show)["token"]
    for other, wrong in ((office.offer(), token), (show, str(uuid4()))):
        with pytest.raises(DomainError, match="RELEASE_NOT_FOUND"):
            confirm(office, other, wrong)


def test_a_preview_must_be_asked_for_before_it_is_confirmed(house: tuple) -> None:
    office, show, _ = house
    with pytest.raises(DomainError, match="VALIDATION_FAILED"):
        office.ticketing.call(
            releases.release_bookings, ReleaseBookings(screening_id=show.screening_id), ADMIN
        )


def test_an_old_preview_is_refused(house: tuple) -> None:
    office, show, _ = house
    grow_old(office, 16)
    token = preview(office, show)["token"]
    with office.ticketing.uow() as uow:
        uow.session.execute(text(
            "UPDATE releases SET previewed_at = previewed_at - interval '11 minutes'"
        ))
    with pytest.raises(DomainError, match="RELEASE_OUTDATED"):
        confirm(office, show, token)
    assert counts(office, show) == {"Public": (0, 5)}


def test_undone_while_places_remain(house: tuple) -> None:
    office, show, tickets = house
    grow_old(office, 16)
    token = preview(office, show)["token"]
    confirm(office, show, token)
    office.sell(places(show, 3))  # two places are left
    assert undo(office, token)["restored"] == 2 == undo(office, token)["restored"]
    assert counts(office, show) == {"Public": (0, 6)}
    results = [office.scan(ticket["code"], show)["result"] for ticket in tickets]
    assert results.count("admitted") == 2


def test_nothing_to_undo(house: tuple) -> None:
    office, show, _ = house
    token = preview(office, show)["token"]
    with pytest.raises(DomainError, match="RELEASE_OUTDATED"):
        undo(office, token)


def test_a_borrowed_place_goes_back_to_its_lender(office: BoxOffice) -> None:
    lender = contingent("Guests", 1, stash=True)
    show = office.offer(contingent("Public", 0, steal_from=(lender.contingent_id,)), lender)
    ticket = office.sell(passes(office.offer_pass()))["tickets"][0]
    office.book(ticket["ticket_id"], show)
    assert counts(office, show)["Guests"] == (0, 1)
    grow_old(office, 16)
    confirm(office, show, preview(office, show)["token"])
    assert counts(office, show)["Guests"] == (0, 0)
