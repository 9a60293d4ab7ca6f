"""What one buyer has bought is found by their address."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_orders_email", "orders", [sa.text("lower(holder_email)")])
