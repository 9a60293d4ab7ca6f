"""What the database refuses by itself, whatever the code above it does."""

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from contracts.ticketing import TicketKeyPublished
from services.chassis.testing import Harness
from services.ticketing import seed
from services.ticketing.models import Base
from tests.ticketing.programme import BoxOffice, places


def test_the_migrations_make_what_the_models_say(ticketing: Harness) -> None:
    with ticketing.database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


@pytest.mark.parametrize("change", [
    "UPDATE contingents SET sold = capacity + 1",
    "UPDATE contingents SET held = -1",
    "UPDATE orders SET state = 'held'",
    "UPDATE orders SET paid_at = NULL",
    "UPDATE order_lines SET gross = gross + 1",
    "UPDATE payments SET amount = -1",
    "UPDATE windows SET used = bookings + 1",
    "UPDATE bookings SET inside = true, first_entry_at = NULL",
    "UPDATE orders SET receipt_number = 1",
    "UPDATE checkins SET result = 'admitted'",
    "DELETE FROM checkins",
])
def test_the_database_checks_again(office: BoxOffice, change: str) -> None:
    show = office.offer()
    sold = [office.sell(places(show)) for _ in range(2)]
    office.scan(sold[0]["tickets"][0]["code"], show)
    with pytest.raises(IntegrityError), office.ticketing.uow() as uow:
        uow.session.execute(text(change))


def test_a_key_is_made_and_told_once(ticketing: Harness) -> None:
    seed.prepare(ticketing.database)
    seed.prepare(ticketing.database)
    (said,) = ticketing.said(TicketKeyPublished)
    with ticketing.uow() as uow:
        stored = uow.session.scalar(text("SELECT public_key FROM ticket_keys"))
    assert (said.key_id, said.public_key) == (1, stored)
