"""The history of every object, contingent templates, and what a price grid gave a screening."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from services.chassis.migrations.guards import append_only

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "history",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("kind", "object_id")),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("by", "by_id")),
        sa.Column("changes", JSONB, nullable=False),
        sa.Column("import_id", sa.Uuid),
    )
    op.create_index("ix_history_kind_object_id_id", "history", ["kind", "object_id", "id"])
    append_only("history")
    op.create_table(
        "contingent_templates",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("key", sa.Text, nullable=False, unique=True),
        sa.Column("contingents", JSONB, nullable=False),
    )
    op.add_column("rooms", sa.Column(
        "template_id", sa.Uuid, sa.ForeignKey("contingent_templates.id"), index=True
    ))
    # As a grid gave them, by key: what differs from it was edited by hand.
    op.add_column("screenings", sa.Column("grid_tariffs", JSONB))
