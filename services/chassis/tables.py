"""The two tables that every service has, and the base of its own."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Identity,
    Index,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSON, JSONB

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

# For `type_annotation_map` of a service's DeclarativeBase: what our annotations mean in columns.
COLUMN_TYPES: dict[Any, Any] = {
    datetime: DateTime(timezone=True),
    UUID: Uuid(),
    str: Text(),
    int: BigInteger(),
    dict[str, Any]: JSONB(none_as_null=True),
    dict[str, str]: JSONB(none_as_null=True),
    list[Any]: JSONB(none_as_null=True),
    list[str]: JSONB(none_as_null=True),
}

chassis_metadata = MetaData(naming_convention=NAMES)

outbox = Table(
    "outbox", chassis_metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("message_id", Uuid, nullable=False, unique=True),
    Column("type", Text, nullable=False),
    Column("actor", JSON, nullable=False),
    Column("correlation_id", Text, nullable=False),
    Column("occurred_at", DateTime(timezone=True), nullable=False),
    Column("body", JSON, nullable=False),
    Column("published_at", DateTime(timezone=True)),
    Index("ix_outbox_waiting", "id", postgresql_where=text("published_at IS NULL")),
)

inbox = Table(
    "inbox", chassis_metadata,
    Column("actor", Text, nullable=False),
    Column("id", Text, nullable=False),
    Column("fingerprint", Text, nullable=False),
    Column("answer", JSON(none_as_null=True)),
    Column("error", JSON(none_as_null=True)),
    Column("at", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("actor", "id"),
    Index("ix_inbox_at", "at"),
)


def service_metadata() -> MetaData:
    """A service's own metadata: its tables beside a copy of the chassis' two."""
    metadata = MetaData(naming_convention=NAMES)
    for table in chassis_metadata.sorted_tables:
        table.to_metadata(metadata)
    return metadata


def create_chassis_tables(bind: Any) -> None:
    """Used by each service's first migration."""
    chassis_metadata.create_all(bind)
