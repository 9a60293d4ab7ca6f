"""What is told of a session after its Z report, chained to it."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from services.chassis.migrations.guards import append_only

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "late_entries",
        sa.Column("id", sa.Uuid, sa.ForeignKey("sales.id"), primary_key=True),
        sa.Column("z_report_id", sa.Uuid, sa.ForeignKey("z_reports.id"), nullable=False),
        sa.Column("number", sa.BigInteger, nullable=False),
        sa.Column("booked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("content", JSONB, nullable=False),
        sa.Column("hash", sa.Text, nullable=False),
        sa.UniqueConstraint("z_report_id", "number"),
    )
    append_only("late_entries")
