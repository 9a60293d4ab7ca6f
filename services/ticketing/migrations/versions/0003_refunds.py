"""Credit notes: what was taken back, and how its money was given."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from services.chassis.migrations.guards import append_only

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _refunds()
    _refund_lines()
    _refund_payments()
    for table in ("refunds", "refund_lines", "refund_payments"):
        append_only(table)


def _refunds() -> None:
    op.create_table(
        "refunds",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("order_id", sa.Uuid, sa.ForeignKey("orders.id"), nullable=False, index=True),
        sa.Column("number", sa.BigInteger, nullable=False, unique=True),
        sa.Column("amount", sa.BigInteger, nullable=False),
        sa.Column("currency", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("refunded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "register_session_id", sa.Uuid, sa.ForeignKey("register_sessions.id"), index=True
        ),
        sa.Column("cashier_id", sa.Text, nullable=False),
        sa.Column("cashier_name", sa.Text, nullable=False),
        sa.CheckConstraint("amount >= 0", name="amount_not_negative"),
    )


def _refund_lines() -> None:
    op.create_table(
        "refund_lines",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("refund_id", sa.Uuid, sa.ForeignKey("refunds.id"), nullable=False, index=True),
        sa.Column("line_id", sa.Uuid, sa.ForeignKey("order_lines.id"), index=True),
        sa.Column("quantity", sa.BigInteger, nullable=False),
        sa.Column("gross", sa.BigInteger, nullable=False),
        sa.Column("vat", sa.BigInteger, nullable=False),
        sa.Column("ticket_ids", JSONB, nullable=False),
        sa.CheckConstraint("quantity >= 0", name="quantity_not_negative"),
        sa.CheckConstraint("line_id IS NULL OR gross >= 0", name="gross_not_negative"),
    )


def _refund_payments() -> None:
    op.create_table(
        "refund_payments",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("refund_id", sa.Uuid, sa.ForeignKey("refunds.id"), nullable=False, index=True),
        sa.Column("payment_id", sa.Uuid, sa.ForeignKey("payments.id"), index=True),
        sa.Column("method", sa.Text, nullable=False),
        sa.Column("amount", sa.BigInteger, nullable=False),
        sa.Column("reference", sa.Text),
        sa.CheckConstraint("amount > 0", name="amount_positive"),
    )
