"""The programme: venues, productions, screenings with contingents, prices, imports."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from services.chassis.migrations.guards import chassis_tables

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    chassis_tables()
    _venues()
    _productions()
    _screenings()
    _prices()
    _contingents()
    _imports()
    _capacity_is_the_sum()


def _id() -> sa.Column[Any]:
    return sa.Column("id", sa.Uuid, primary_key=True)


def _must(name: str, type: Any) -> sa.Column[Any]:
    return sa.Column(name, type, nullable=False)


def _to(name: str, target: str, index: bool = False, **options: Any) -> sa.Column[Any]:
    type = sa.Text if target.endswith(".key") else sa.Uuid
    return sa.Column(name, type, sa.ForeignKey(target), index=index, **options)


def _instant(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.DateTime(timezone=True))


def _versioned(table: str, *columns: Any) -> None:
    op.create_table(table, _id(), _must("version", sa.BigInteger), *columns)


def _key() -> sa.Column[Any]:
    return sa.Column("key", sa.Text, nullable=False, unique=True)


def _venues() -> None:
    _versioned(
        "venues", _must("name", sa.Text), _key(), _must("address", sa.Text),
        _must("time_zone", sa.Text),
    )
    op.create_table(
        "rooms",
        _id(),
        _to("venue_id", "venues.id", nullable=False),
        _must("name", sa.Text),
        _must("key", sa.Text),
        _must("capacity", sa.BigInteger),
        _must("legal_ceiling", sa.BigInteger),
        sa.UniqueConstraint("venue_id", "key", deferrable=True, initially="DEFERRED"),
        sa.CheckConstraint("capacity >= 0", name="capacity_not_negative"),
        sa.CheckConstraint("legal_ceiling >= capacity", name="legal_ceiling_not_below_capacity"),
    )
    _versioned("sections", _must("name", JSONB), _key())


def _productions() -> None:
    _versioned(
        "productions",
        sa.Column("key", sa.Text, nullable=False, index=True),
        _must("search", sa.Text),
        _must("title", JSONB),
        _must("original_title", sa.Text),
        sa.Column("duration_min", sa.BigInteger),
        sa.Column("year", sa.BigInteger),
        *(_must(name, JSONB) for name in ("countries", "languages", "directors", "people")),
        sa.Column("minimum_age", sa.BigInteger),
        _must("description", JSONB),
        _must("short_description", JSONB),
        _must("poster", sa.Text),
        _must("trailer", sa.Text),
        _must("metadata", JSONB),
    )


def _screenings() -> None:
    _versioned("price_grids", _must("name", sa.Text), _key())
    _versioned(
        "screenings",
        _must("state", sa.Text),
        _must("starts_at", sa.DateTime(timezone=True)),
        _instant("ends_at"),
        _to("room_id", "rooms.id", index=True),
        _to("section_id", "sections.id", index=True),
        _to("price_grid_id", "price_grids.id"),
        _must("own_title", JSONB),
        _must("note", sa.Text),
        sa.Column("minimum_age", sa.BigInteger),
        _must("capacity", sa.BigInteger),
        _must("metadata", JSONB),
        _must("search", sa.Text),
        sa.CheckConstraint("ends_at > starts_at", name="ends_after_start"),
        sa.CheckConstraint(
            "state <> 'published' OR (room_id IS NOT NULL AND ends_at IS NOT NULL"
            " AND capacity > 0)", name="published_is_complete",
        ),
    )
    op.create_index("ix_screenings_starts_at_id", "screenings", ["starts_at", "id"])
    op.create_table(
        "screening_productions",
        _to("screening_id", "screenings.id", primary_key=True),
        sa.Column("position", sa.BigInteger, primary_key=True, autoincrement=False),
        _to("production_id", "productions.id", index=True, nullable=False),
    )


def _prices() -> None:
    _versioned(
        "ticket_types", _key(), _must("name", JSONB), _must("kind", sa.Text),
        _must("wallet_allowed", sa.Boolean), _must("active", sa.Boolean),
    )
    op.create_table(
        "windows",
        _id(),
        _to("ticket_type_id", "ticket_types.id", index=True, nullable=False),
        _must("position", sa.BigInteger),
        _must("bookings", sa.BigInteger),
        _instant("starts_at"),
        _instant("ends_at"),
        sa.CheckConstraint("bookings > 0", name="bookings_positive"),
        sa.CheckConstraint("ends_at > starts_at", name="ends_after_start"),
    )
    op.create_table(
        "vat_codes", sa.Column("key", sa.Text, primary_key=True), _must("version", sa.BigInteger),
        _must("label", JSONB),
    )
    op.create_table(
        "vat_rates",
        _to("vat_code", "vat_codes.key", primary_key=True),
        sa.Column("valid_from", sa.Date, primary_key=True),
        _must("rate_bp", sa.BigInteger),
        sa.CheckConstraint("rate_bp BETWEEN 0 AND 10000", name="rate_bp_range"),
    )
    op.create_table(
        "tariffs",
        _id(),
        _to("screening_id", "screenings.id"),
        _to("price_grid_id", "price_grids.id"),
        _to("ticket_type_id", "ticket_types.id"),
        _must("position", sa.BigInteger),
        _must("key", sa.Text),
        _must("name", JSONB),
        _must("price", sa.BigInteger),
        _must("value", sa.BigInteger),
        _must("currency", sa.Text),
        _to("vat_code", "vat_codes.key", nullable=False),
        *(_must(name, JSONB) for name in ("roles", "sale_points", "ticket_types")),
        _instant("valid_from"),
        _instant("valid_until"),
        _must("tags", JSONB),
        sa.UniqueConstraint("screening_id", "key"),
        sa.UniqueConstraint("price_grid_id", "key"),
        sa.UniqueConstraint("ticket_type_id", "key"),
        sa.CheckConstraint(
            "num_nonnulls(screening_id, price_grid_id, ticket_type_id) = 1", name="one_owner"
        ),
        sa.CheckConstraint("price >= 0", name="price_not_negative"),
        sa.CheckConstraint("value >= 0", name="value_not_negative"),
    )


def _contingents() -> None:
    op.create_table(
        "contingents",
        _id(),
        _to("screening_id", "screenings.id", nullable=False),
        _must("position", sa.BigInteger),
        _must("name", sa.Text),
        _must("capacity", sa.BigInteger),
        _must("roles", JSONB),
        _must("ticket_types", JSONB),
        _instant("not_before"),
        _instant("not_after"),
        _must("stash", sa.Boolean),
        _must("steal_from", JSONB),
        _must("floor", sa.BigInteger),
        sa.UniqueConstraint("screening_id", "name", deferrable=True, initially="DEFERRED"),
        sa.CheckConstraint("capacity >= 0", name="capacity_not_negative"),
        sa.CheckConstraint("floor BETWEEN 0 AND capacity", name="floor_within_capacity"),
        sa.CheckConstraint("not_after > not_before", name="not_after_after_not_before"),
    )


def _imports() -> None:
    op.create_table(
        "imports",
        _id(),
        *(_must(name, sa.Text) for name in ("state", "filename", "source")),
        _must("content", sa.LargeBinary),
        *(_must(name, sa.Text) for name in ("format", "encoding", "separator")),
        *(_must(name, JSONB) for name in (
            "columns", "mapping", "options", "counts", "new_venues", "new_rooms"
        )),
        _must("progress", sa.BigInteger),
        _must("total", sa.BigInteger),
        _must("uploaded_at", sa.DateTime(timezone=True)),
        _must("uploaded_by", sa.Text),
        _instant("applied_at"),
        sa.Column("applied_by", sa.Text),
    )
    op.create_index("ix_imports_uploaded_at_id", "imports", ["uploaded_at", "id"])
    op.create_table(
        "import_problems",
        _to("import_id", "imports.id", primary_key=True),
        sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
        _must("row", sa.BigInteger),
        *(_must(name, sa.Text) for name in ("field", "code", "sentence", "severity")),
    )
    op.create_table(
        "import_changes",
        _to("import_id", "imports.id", primary_key=True),
        sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
        *(_must(name, sa.Text) for name in ("kind", "ref", "action")),
        *(_must(name, JSONB) for name in ("title", "rows", "fields")),
        sa.Column("object_id", sa.Uuid),
    )
    op.create_table(
        "source_links",
        *(sa.Column(name, sa.Text, primary_key=True) for name in ("source", "kind", "ref")),
        sa.Column("object_id", sa.Uuid, nullable=False, index=True),
        _must("base", JSONB),
        _to("import_id", "imports.id", nullable=False),
    )


def _capacity_is_the_sum() -> None:
    """At every commit: capacity = Σ contingents, and not above the room's legal ceiling."""
    op.execute("""
        CREATE FUNCTION check_capacity() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE
            touched uuid;
            wrong record;
        BEGIN
            IF TG_TABLE_NAME = 'screenings' THEN
                touched := NEW.id;
            ELSIF TG_OP = 'DELETE' THEN
                touched := OLD.screening_id;
            ELSE
                touched := NEW.screening_id;
            END IF;
            SELECT screenings.capacity, rooms.legal_ceiling, coalesce(
                (SELECT sum(capacity) FROM contingents WHERE screening_id = touched), 0
            ) AS shared INTO wrong
            FROM screenings LEFT JOIN rooms ON rooms.id = screenings.room_id
            WHERE screenings.id = touched AND screenings.state <> 'cancelled';
            IF wrong.capacity <> wrong.shared OR wrong.capacity > wrong.legal_ceiling THEN
                RAISE EXCEPTION 'screening %: capacity %, contingents %, legal ceiling %',
                    touched, wrong.capacity, wrong.shared, wrong.legal_ceiling
                    USING ERRCODE = 'check_violation';
            END IF;
            RETURN NULL;
        END $$
    """)
    for table, on in (
        ("screenings", "INSERT OR UPDATE OF capacity, room_id, state"),
        ("contingents", "INSERT OR DELETE OR UPDATE OF capacity, screening_id"),
    ):
        op.execute(f"""
            CREATE CONSTRAINT TRIGGER {table}_capacity AFTER {on} ON {table}
            DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_capacity()
        """)
