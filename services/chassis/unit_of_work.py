"""What a use case is given: one session, who asks, one instant, and a way to say facts.

Round trips to the database are what a small write costs. So its first statement travels together
with BEGIN, and its last ones (`write`, messages, inbox record) together with COMMIT.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import uuid4

import psycopg
from psycopg.rows import namedtuple_row
from sqlalchemy.orm import Session

from contracts.message import dump, type_of
from contracts.roles import Actor
from services.chassis.tracing import said

OUTBOX = """
    INSERT INTO outbox (message_id, type, actor, correlation_id, occurred_at, body)
    VALUES (%(message_id)s, %(type)s, %(actor)s, %(correlation_id)s, %(occurred_at)s, %(body)s)
"""


class UnitOfWork:
    """Lives as long as one transaction. `now` is the same instant for everything in it."""

    def __init__(
        self, session: Session, actor: Actor, correlation_id: str, now: datetime
    ) -> None:
        self.session = session
        self.actor = actor
        self.correlation_id = correlation_id
        self.now = now
        self.emitted: list[Any] = []
        self._last: list[tuple[str, Mapping[str, Any]]] = []

    def emit(self, message: Any) -> None:
        """Say a fact (or send a bus command): it leaves if, and only if, this commits."""
        if not type_of(type(message)).consumers:
            raise ValueError(f"{type(message).__name__} names no consumer")
        self.emitted.append(message)

    def write(self, statement: str, parameters: Mapping[str, Any]) -> None:
        """A statement in psycopg's own form, sent with COMMIT; for the hottest writes only.

        It must not be one whose failure the use case wants to answer: it fails the transaction.
        """
        self._last.append((statement, parameters))

    def first(self, query: str, parameters: Mapping[str, Any]) -> Any:
        """BEGIN and a query in one round trip: its one row, by column names."""
        connection = self._driver()
        with connection.pipeline(), connection.cursor(row_factory=namedtuple_row) as cursor:
            return cursor.execute(query, parameters).fetchone()

    def commit(self) -> None:
        """Write what is pending, the messages last, in the order in which they were said."""
        self.session.flush()
        connection = self._driver()
        with connection.pipeline(), connection.cursor() as cursor:
            for statement, parameters in self._last:
                cursor.execute(statement, parameters)
            for message in self.emitted:
                row = self._row(message)
                with said(row["type"], row["message_id"], self.correlation_id):
                    cursor.execute(OUTBOX, row)
            connection.commit()
        self.session.commit()

    def _driver(self) -> psycopg.Connection[Any]:
        """psycopg's connection under this session: only it knows of pipelines."""
        return self.session.connection().connection.dbapi_connection  # type: ignore[return-value]

    def _row(self, message: Any) -> dict[str, Any]:
        return {
            "message_id": uuid4(),
            "type": type_of(type(message)).name,
            "actor": to_json(self.actor.to_dict()),
            "correlation_id": self.correlation_id,
            "occurred_at": self.now,
            "body": to_json(dump(message)),
        }


def to_json(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
