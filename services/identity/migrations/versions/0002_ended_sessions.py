"""Sessions that ended before their tokens."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "ended_sessions",
        sa.Column("session_id", sa.Uuid, primary_key=True),
        sa.Column("ended_at", INSTANT, nullable=False),
        sa.Column("forget_at", INSTANT, nullable=False, index=True),
    )
