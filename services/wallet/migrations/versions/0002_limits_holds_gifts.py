"""Limits, PIN, holds, gifts in lots, reversals by line: columns added, nothing required yet."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from services.chassis.migrations.guards import append_only

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _rules()
    _wallets()
    _movements()
    _holds()


def _rules() -> None:
    op.create_table(
        "rules",
        sa.Column("number", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("max_balance", sa.BigInteger),
        sa.Column("max_debit", sa.BigInteger),
        sa.Column("velocity_count", sa.BigInteger),
        sa.Column("velocity_amount", sa.BigInteger),
        sa.Column("velocity_seconds", sa.BigInteger, nullable=False),
        sa.Column("pin_above", sa.BigInteger),
        sa.Column("frozen_at", INSTANT),
        sa.Column("refundable_until", INSTANT),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("changed_at", INSTANT, nullable=False),
        sa.Column("changed_by", sa.Text, nullable=False),
    )
    op.execute("""
        INSERT INTO rules (velocity_seconds, reason, changed_at, changed_by)
        VALUES (600, 'no limits', now(), 'system')
    """)
    append_only("rules")


def _wallets() -> None:
    """Counters start at zero; constant defaults cost no rewrite of the table."""
    op.add_column("wallets", sa.Column("first_name", sa.Text))
    op.add_column("wallets", sa.Column("lots", JSONB))
    op.add_column("wallets", sa.Column("gifts_end_at", INSTANT))
    op.add_column("wallets", sa.Column("window_from", INSTANT))
    op.add_column("wallets", sa.Column("pin_hash", sa.Text))
    for counter in ("held", "window_count", "window_amount", "pin_failures"):
        op.add_column(
            "wallets", sa.Column(counter, sa.BigInteger, nullable=False, server_default="0")
        )
    op.create_check_constraint(
        "held_within_balance", "wallets", "held BETWEEN 0 AND paid + gifted"
    )
    op.create_index("ix_wallets_gifts_end_at", "wallets", ["gifts_end_at"],
                    postgresql_where=sa.text("gifts_end_at IS NOT NULL"))
    op.create_index("ix_wallets_holder_id", "wallets", ["holder_id"])
    op.execute("""
        CREATE FUNCTION lots_total(lots jsonb) RETURNS bigint LANGUAGE sql IMMUTABLE
        RETURN (SELECT coalesce(sum((lot ->> 'left')::bigint), 0)
                FROM jsonb_array_elements(lots) AS lot)
    """)


def _movements() -> None:
    """A debit may now be reversed by several movements: how much of each line, the database
    counts in `reversed_lines`."""
    op.add_column("movements", sa.Column("gifts", JSONB))
    op.add_column("movements", sa.Column("hold_id", sa.Uuid))
    op.add_column("movements", sa.Column("lost", sa.BigInteger))
    op.drop_constraint("uq_movements_reverses", "movements", type_="unique")
    op.create_index("ix_movements_reverses", "movements", ["reverses"],
                    postgresql_where=sa.text("reverses IS NOT NULL"))
    op.create_index("ix_movements_at", "movements", ["at"], postgresql_using="brin")
    op.drop_index("ix_postings_account", "postings")
    op.create_table(
        "reversed_lines",
        sa.Column("debit_id", sa.Uuid, sa.ForeignKey("movements.id"), primary_key=True),
        sa.Column("line", sa.BigInteger, primary_key=True),
        sa.Column("sold", sa.BigInteger, nullable=False),
        sa.Column("quantity", sa.BigInteger, nullable=False),
        sa.CheckConstraint("quantity BETWEEN 1 AND sold", name="quantity_within_sold"),
    )


def _holds() -> None:
    op.create_table(
        "holds",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("wallet_id", sa.Uuid, sa.ForeignKey("wallets.id"), nullable=False),
        sa.Column("purpose", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("amount", sa.BigInteger, nullable=False),
        sa.Column("captured", sa.BigInteger, nullable=False),
        sa.Column("label", sa.Text, nullable=False),
        sa.Column("sale_point_id", sa.Uuid),
        sa.Column("actor_id", sa.Text, nullable=False),
        sa.Column("actor_name", sa.Text, nullable=False),
        sa.Column("placed_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.CheckConstraint("amount > 0", name="amount_positive"),
        sa.CheckConstraint("captured BETWEEN 0 AND amount", name="captured_within_amount"),
    )
    op.create_index("ix_holds_open", "holds", ["expires_at"],
                    postgresql_where=sa.text("state = 'open'"))
    op.create_index("ix_holds_wallet_id", "holds", ["wallet_id"])
