"""Lines sold beyond the capacity, and why."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "order_lines",
        sa.Column("overbooked", sa.Boolean, nullable=False, server_default=sa.false()),
    )
    op.add_column("order_lines", sa.Column("overbook_reason", sa.Text))
    op.create_check_constraint(
        "overbooked_for_a_reason", "order_lines", "overbooked = (overbook_reason IS NOT NULL)"
    )
