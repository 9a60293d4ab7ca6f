"""A service as small as one can be, on which the promises of the chassis are tried.

Its contract, tables and use cases; `run_probe.py` is its process.
"""

from sqlalchemy import (
    BigInteger,
    Column,
    Identity,
    Integer,
    Sequence,
    Table,
    Text,
    exists,
    func,
    insert,
    select,
)

from contracts.errors import Code, DomainError
from contracts.message import command, event, query, view
from services.chassis.tables import service_metadata
from services.chassis.unit_of_work import UnitOfWork

metadata = service_metadata()
effects = Table(
    "effects", metadata,
    Column("id", BigInteger, Identity(), primary_key=True), Column("text", Text, nullable=False),
)
notes = Table(
    "notes", metadata, Column("id", BigInteger, Identity(), primary_key=True),
    Column("text", Text, nullable=False), Column("number", Integer, nullable=False),
)
faults = Table("faults", metadata, Column("text", Text, primary_key=True))
attempts = Sequence("attempts", metadata=metadata)  # also counts what is rolled back


@view
class Done:
    text: str


@command("probe.work.v1")
class Work:
    """Notes an effect, says `messages` of it, then lets the database sleep in the transaction."""

    text: str
    messages: int = 1
    pause_ms: int = 0


@query("probe.look.v1")
class Look:
    pause_ms: int = 0


@event("probe.worked.v1", consumers=("probe",))
class Worked:
    text: str
    number: int = 0


@event("probe.counted.v1", consumers=("probe",))
class Counted:
    """One of many: handled in lists."""

    text: str
    number: int = 0


def work(uow: UnitOfWork, command: Work) -> Done:
    uow.session.execute(insert(effects).values(text=command.text))
    for number in range(command.messages):
        uow.emit(Worked(text=command.text, number=number))
    _sleep(uow, command.pause_ms)
    if command.text.startswith("refused"):
        raise DomainError(Code.SOLD_OUT, "Nothing is left.")
    if command.text.startswith("broken"):
        raise RuntimeError("a fault of ours")
    return Done(text=command.text)


def look(uow: UnitOfWork, query: Look) -> Done:
    _sleep(uow, query.pause_ms)
    return Done(text="seen")


def note(uow: UnitOfWork, event: Worked) -> None:
    uow.session.execute(select(func.nextval("attempts")))
    if uow.session.scalar(select(exists().where(faults.c.text == event.text))):
        raise RuntimeError(f"no shelf for {event.text}")
    uow.session.execute(insert(notes).values(text=event.text, number=event.number))


def note_all(uow: UnitOfWork, events: list[Counted]) -> None:
    for item in events:
        note(uow, Worked(text=item.text, number=item.number))


def _sleep(uow: UnitOfWork, milliseconds: int) -> None:
    if milliseconds:
        uow.session.execute(select(func.pg_sleep(milliseconds / 1000)))
