"""Imports in the background and taken back, profiles, and when screenings were first on sale."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("screenings", sa.Column("on_sale_since", sa.DateTime(timezone=True)))
    # When it was is not known any more; that it was, is.
    op.execute("UPDATE screenings SET on_sale_since = now() WHERE state <> 'draft'")
    op.add_column("rooms", sa.Column(
        "turnover_min", sa.BigInteger, nullable=False, server_default="15"
    ))
    op.alter_column("rooms", "turnover_min", server_default=None)
    op.create_check_constraint("turnover_not_negative", "rooms", "turnover_min >= 0")
    op.create_table(
        "import_profiles",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("key", sa.Text, nullable=False, unique=True),
        sa.Column("format", sa.Text, nullable=False),
        sa.Column("mapping", JSONB),
        sa.Column("values", JSONB, nullable=False),
        sa.Column("options", JSONB, nullable=False),
    )
    _imports()
    op.create_table(
        "import_companions",
        sa.Column("import_id", sa.Uuid, sa.ForeignKey("imports.id"), primary_key=True),
        sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
    )
    # No foreign key: it is written beside the transaction that holds the import.
    op.create_table(
        "import_progress",
        sa.Column("import_id", sa.Uuid, primary_key=True),
        sa.Column("done", sa.BigInteger, nullable=False),
        sa.Column("total", sa.BigInteger, nullable=False),
        sa.Column("row", sa.BigInteger, nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
    )


def _imports() -> None:
    for column in (
        sa.Column("profile_id", sa.Uuid),
        sa.Column("values", JSONB, nullable=False, server_default="{}"),
        sa.Column("made", JSONB, nullable=False, server_default="{}"),
        sa.Column("failure", sa.Text, nullable=False, server_default=""),
        sa.Column("rolled_back_at", sa.DateTime(timezone=True)),
        sa.Column("rolled_back_by", sa.Text),
    ):
        op.add_column("imports", column)
        op.alter_column("imports", column.name, server_default=None)
    op.create_index(
        "ix_imports_waiting", "imports", ["uploaded_at"],
        postgresql_where=sa.text("state = 'applying'"),
    )
    op.add_column("import_changes", sa.Column("version", sa.BigInteger))
