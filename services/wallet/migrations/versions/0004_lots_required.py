"""From now on a wallet's gifted credit is the sum of its lots."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.alter_column("wallets", "lots", nullable=False, server_default="[]")
    op.create_check_constraint(
        "lots_are_gifted", "wallets", "lots = '[]' AND gifted = 0 OR gifted = lots_total(lots)"
    )
