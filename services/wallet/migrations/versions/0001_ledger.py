"""The ledger: wallets, movements and their postings, and the rules the database keeps."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from services.chassis.migrations.guards import append_only, balanced, chassis_tables

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    chassis_tables()
    _wallets()
    _movements()
    _postings()
    op.create_table(
        "verifying_keys",
        sa.Column("purpose", sa.Text, primary_key=True),
        sa.Column("key_id", sa.Text, primary_key=True),
        sa.Column("public_key", sa.Text, nullable=False),
    )
    append_only("movements", "postings")
    balanced("postings", "movement_id", "amount")


def _wallets() -> None:
    op.create_table(
        "wallets",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("ticket_id", sa.Uuid, nullable=False, unique=True),
        sa.Column("code", sa.Text, nullable=False, unique=True),
        sa.Column("holder_id", sa.Text),
        sa.Column("currency", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("paid", sa.BigInteger, nullable=False),
        sa.Column("gifted", sa.BigInteger, nullable=False),
        sa.Column("movements", sa.BigInteger, nullable=False),
        sa.Column("head", sa.Text, nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("paid >= 0", name="paid_not_negative"),
        sa.CheckConstraint("gifted >= 0", name="gifted_not_negative"),
    )


def _movements() -> None:
    op.create_table(
        "movements",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("wallet_id", sa.Uuid, sa.ForeignKey("wallets.id"), nullable=False),
        sa.Column("number", sa.BigInteger, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("paid", sa.BigInteger, nullable=False),
        sa.Column("gifted", sa.BigInteger, nullable=False),
        sa.Column("balance", sa.BigInteger, nullable=False),
        sa.Column("method", sa.Text),
        sa.Column("label", sa.Text, nullable=False),
        sa.Column("lines", JSONB, nullable=False),
        sa.Column("order_id", sa.Uuid),
        sa.Column("line_id", sa.Uuid),
        sa.Column("payment_id", sa.Uuid, unique=True),
        sa.Column("sale_point_id", sa.Uuid),
        sa.Column("reverses", sa.Uuid, sa.ForeignKey("movements.id"), unique=True),
        sa.Column("actor_id", sa.Text, nullable=False),
        sa.Column("actor_name", sa.Text, nullable=False),
        sa.Column("previous", sa.Text, nullable=False),
        sa.Column("hash", sa.Text, nullable=False),
        sa.UniqueConstraint("wallet_id", "number"),
        sa.CheckConstraint("balance >= 0", name="balance_not_negative"),
    )
    op.create_index(
        "ix_movements_load_line", "movements", ["order_id", "line_id"], unique=True,
        postgresql_where=sa.text("line_id IS NOT NULL"),
    )


def _postings() -> None:
    op.create_table(
        "postings",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column(
            "movement_id", sa.Uuid, sa.ForeignKey("movements.id"), nullable=False, index=True
        ),
        sa.Column("account", sa.Text, nullable=False, index=True),
        sa.Column("amount", sa.BigInteger, nullable=False),
        sa.CheckConstraint("amount <> 0", name="amount_not_zero"),
    )
