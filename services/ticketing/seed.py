"""What ticketing cannot live without: a key that signs ticket codes."""

from sqlalchemy import text

from contracts.roles import system
from contracts.ticketing import TicketKeyPublished
from services.chassis.database import Database
from services.ticketing.models import TicketKey

FIRST_KEY = 1


def prepare(database: Database) -> None:
    """The first key, made once, whoever starts first; its public half is told to those who
    verify."""
    with database.transaction(system("ticketing")) as uow:
        uow.session.execute(text("LOCK TABLE ticket_keys IN EXCLUSIVE MODE"))
        if uow.session.get(TicketKey, FIRST_KEY):
            return
        key = TicketKey.generate(FIRST_KEY, uow.now)
        uow.session.add(key)
        uow.emit(TicketKeyPublished(key_id=key.id, public_key=key.public_key))
