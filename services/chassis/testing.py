"""For tests: one service's real database, its use cases called as its doors call them.

    answer = wallet.call(usecases.debit, DebitWallet(...), actor=cashier)   # raises DomainError
    wallet.react(usecases.open_wallet, TicketIssued(...))
    assert wallet.said(WalletDebited)[0].amount == Money(500)
"""

from collections.abc import Callable
from typing import Any, TypeVar
from uuid import uuid4

from sqlalchemy import select

from contracts.envelope import Envelope
from contracts.message import load, type_of
from contracts.roles import Actor, system
from services.chassis.database import Database
from services.chassis.inbox import Answer, UseCase, consume_many, consume_once, run_once
from services.chassis.tables import outbox
from services.chassis.unit_of_work import UnitOfWork

E = TypeVar("E")


class Harness:
    """Owns a Database on a migrated, empty database of one service."""

    def __init__(self, service: str, url: str) -> None:
        self.service = service
        self.url = url
        self.database = Database(url, f"test-{service}", pool_size=12)

    def answer(self, use_case: UseCase, message: Any, actor: Actor, id: str = "") -> Answer:
        """The whole answer, refusals included."""
        return run_once(self.database, Envelope.of(message, actor, id=id), use_case)

    def call(self, use_case: UseCase, message: Any, actor: Actor, id: str = "") -> Any:
        """The answered body as plain data; raises the DomainError of a refusal."""
        answer = self.answer(use_case, message, actor, id)
        if answer.error:
            raise answer.error
        return answer.body

    def ask(self, query: UseCase, message: Any, actor: Actor) -> Any:
        """A query's view."""
        with self.database.transaction(actor) as uow:
            return query(uow, message)

    def react(self, use_case: UseCase, message: Any, id: str = "") -> None:
        """Deliver an event or bus command, as its queue would."""
        declared = type_of(type(message))
        envelope = Envelope.of(message, system(declared.owner), id=id or str(uuid4()))
        consume_once(self.database, declared.queue(self.service), envelope, use_case)

    def react_many(self, use_case: UseCase, *messages: Any) -> None:
        """Deliver events of one type as one list, each under a message id of its own."""
        declared = type_of(type(messages[0]))
        envelopes = [Envelope.of(message, system(declared.owner)) for message in messages]
        consume_many(self.database, declared.queue(self.service), envelopes, use_case)

    def tick(self, use_case: Callable[[UnitOfWork], Any]) -> Any:
        """One round of a timer."""
        with self.database.transaction(system(self.service)) as uow:
            return use_case(uow)

    def said(self, message: type[E]) -> list[E]:
        """Everything of one type that was emitted, oldest first."""
        with self.database.engine.connect() as connection:
            rows = connection.scalars(
                select(outbox.c.body).where(outbox.c.type == type_of(message).name)
                .order_by(outbox.c.id)
            ).all()
        return [load(message, body, tolerant=True) for body in rows]

    def uow(self, actor: Actor | None = None) -> Any:
        """A transaction, as a context manager, to look at rows or to arrange them."""
        return self.database.transaction(actor or system("test"))

    def close(self) -> None:
        self.database.close()


__all__ = ["Harness", "UnitOfWork"]
