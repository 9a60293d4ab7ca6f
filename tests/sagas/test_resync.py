"""The catalog tells everything again: copies that were lost are what they were."""

from uuid import uuid4

from sqlalchemy import text

from contracts import catalog as say
from contracts.message import load, type_of
from services.catalog.resync import resync
from services.catalog.usecases import screenings, tariffs
from services.ticketing.usecases import programme as copies
from tests.catalog.conftest import Programme

HEARD = {
    say.VatCodeChanged: copies.keep_vat_code, say.TicketTypeChanged: copies.keep_ticket_type,
    say.ScreeningPublished: copies.keep_screening,
    say.ScreeningCancelled: copies.cancel_screening,
}
COPIES = ("vat_codes", "ticket_types", "screenings", "contingents", "tariffs")


def content(ticketing) -> dict:
    """What they keep of the catalog's, but for when they wrote it, and for contingents that were
    taken away: those stay behind, closed, for the sake of what was sold in them."""
    with ticketing.database.engine.connect() as connection:
        return {table: sorted((
            {k: v for k, v in row.items() if not k.endswith("_at") or table == "screenings"}
            for row in connection.scalars(text(f"SELECT to_jsonb(t) FROM {table} t"))
            if row.get("on_sale") or row.get("capacity") != 0
        ), key=str) for table in COPIES}


def deliver(catalog, ticketing) -> None:
    """Everything in the outbox, in its order, as new messages."""
    with catalog.database.engine.connect() as connection:
        rows = connection.execute(text("SELECT type, body FROM outbox ORDER BY id")).all()
    by_name = {type_of(cls).name: cls for cls in HEARD}
    for name, body in rows:
        if name in by_name:
            cls = by_name[name]
            ticketing.react(HEARD[cls], load(cls, body, tolerant=True), id=str(uuid4()))


def test_a_rebuilt_copy_equals_the_old_one(harness) -> None:
    catalog, old, new = harness("catalog"), harness("ticketing"), harness("ticketing")
    programme = Programme(catalog)
    room = programme.room()
    ids = [programme.published(room_id=room) for _ in range(3)]
    programme.screening(room_id=room)  # a draft, that nobody else knows
    programme.do(screenings.set_tariffs, say.SetTariffs(
        screening_id=ids[0], tariffs=(programme.tariff(cents=2500),)))
    programme.do(screenings.set_contingents, say.SetContingents(screening_id=ids[1], contingents=(
        say.ContingentInput(name="A", capacity=10), say.ContingentInput(name="B", capacity=20))))
    programme.do(screenings.cancel_screening, say.CancelScreening(screening_id=ids[2]))
    programme.do(tariffs.create_ticket_type, say.CreateTicketType(
        key="week", name={"fr": "Semaine"}, kind=say.TicketTypeKind.SUBSCRIPTION,
        windows=(say.WindowInput(bookings=3),)))
    deliver(catalog, old)
    before = content(old)
    with catalog.uow() as uow:
        uow.session.execute(text("DELETE FROM outbox"))

    assert resync(catalog.database) == 10  # 5 VAT codes, 2 ticket types, 3 screenings
    deliver(catalog, new)
    assert content(new) == before, "rebuilt from nothing"
    deliver(catalog, old)
    assert content(old) == before, "told once more, what is there stays as it is"
    assert {row["id"] for row in before["screenings"]} == set(map(str, ids))
