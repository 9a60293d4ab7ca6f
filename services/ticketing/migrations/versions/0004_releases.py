"""Releases of unscanned bookings: what was found, released, restored."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "releases",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column(
            "screening_id", sa.Uuid, sa.ForeignKey("screenings.id"), nullable=False, index=True
        ),
        sa.Column("previewed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("contingents", JSONB, nullable=False),
        sa.Column("found", JSONB, nullable=False),
        sa.Column("released", JSONB),
        sa.Column("released_at", sa.DateTime(timezone=True)),
        sa.Column("restored", JSONB),
        sa.Column("undone_at", sa.DateTime(timezone=True)),
        sa.Column("actor_id", sa.Text, nullable=False),
        sa.Column("actor_name", sa.Text, nullable=False),
    )
