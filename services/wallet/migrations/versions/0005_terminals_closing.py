"""Terminals with keys of their own, offline debits, and the end of the festival."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from services.chassis.migrations.guards import append_only

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _terminals()
    _offline()
    _refunds()
    _breakages()
    append_only("offline_terms", "offline_debits", "refund_parts")


def _terminals() -> None:
    op.create_table(
        "signing_keys",
        sa.Column("purpose", sa.Text, primary_key=True),
        sa.Column("private_key", sa.Text, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
    )
    op.create_table(
        "terminals",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("sale_point_id", sa.Uuid, nullable=False),
        sa.Column("rights", JSONB, nullable=False),
        sa.Column("articles", JSONB, nullable=False),
        sa.Column("shows_names", sa.Boolean, nullable=False),
        sa.Column("valid_until", INSTANT),
        sa.Column("enrolment_hash", sa.Text, nullable=False),
        sa.Column("enrolment_ends_at", INSTANT, nullable=False),
        sa.Column("public_key", sa.Text, unique=True),
        sa.Column("enrolled_at", INSTANT),
        sa.Column("revoked_at", INSTANT),
        sa.Column("revoked_for", sa.Text),
        sa.Column("last_seen_at", INSTANT),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("created_by", sa.Text, nullable=False),
        sa.CheckConstraint("jsonb_array_length(rights) > 0", name="has_rights"),
    )


def _offline() -> None:
    caps = ("per_debit", "per_wallet", "per_outage", "per_terminal")
    op.create_table(
        "offline_terms",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("terminal_id", sa.Uuid, sa.ForeignKey("terminals.id"), nullable=False),
        *(sa.Column(cap, sa.BigInteger, nullable=False) for cap in caps),
        sa.Column("granted_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("authorised_id", sa.Text, nullable=False),
        sa.Column("authorised_by", sa.Text, nullable=False),
        sa.CheckConstraint(" AND ".join(f"{cap} > 0" for cap in caps), name="caps_positive"),
    )
    op.create_index("ix_offline_terms_terminal_id", "offline_terms", ["terminal_id"])
    op.create_table(
        "offline_debits",
        sa.Column("terminal_id", sa.Uuid, sa.ForeignKey("terminals.id"), primary_key=True),
        sa.Column("sequence", sa.BigInteger, primary_key=True),
        sa.Column("wallet_id", sa.Uuid, sa.ForeignKey("wallets.id"), nullable=False),
        sa.Column("hold_id", sa.Uuid, sa.ForeignKey("holds.id")),
        sa.Column("terms_id", sa.Uuid, sa.ForeignKey("offline_terms.id")),
        sa.Column("amount", sa.BigInteger, nullable=False),
        sa.Column("taken", sa.BigInteger, nullable=False),
        sa.Column("lost", sa.BigInteger, nullable=False),
        sa.Column("within_caps", sa.Boolean, nullable=False),
        sa.Column("authorised_by", sa.Text, nullable=False),
        sa.Column("movement_id", sa.Uuid, _movement(), nullable=False, unique=True),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.Column("settled_at", INSTANT, nullable=False),
        sa.Column("signed", sa.Text, nullable=False),
        sa.CheckConstraint("taken + lost = amount", name="whole"),
    )
    op.create_index("ix_offline_debits_terms_id", "offline_debits", ["terms_id"])
    op.create_index("ix_offline_debits_lost", "offline_debits", ["settled_at"],
                    postgresql_where=sa.text("lost > 0"))


def _refunds() -> None:
    op.create_table(
        "refund_claims",
        sa.Column("wallet_id", sa.Uuid, sa.ForeignKey("wallets.id"), primary_key=True),
        sa.Column("payee", sa.Text, nullable=False, index=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("iban", sa.Text, nullable=False),
        sa.Column("claimed_at", INSTANT, nullable=False),
        sa.Column("claimed_by", sa.Text, nullable=False),
    )
    op.create_table(
        "refund_runs",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("debtor_name", sa.Text, nullable=False),
        sa.Column("debtor_iban", sa.Text, nullable=False),
        sa.Column("execute_on", sa.Date, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("created_by", sa.Text, nullable=False),
    )
    op.create_table(
        "refunds",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("payee", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("iban", sa.Text, nullable=False),
        sa.Column("amount", sa.BigInteger, nullable=False),
        sa.Column("run_id", sa.Uuid, sa.ForeignKey("refund_runs.id")),
        sa.Column("failure", sa.Text),
        sa.CheckConstraint("amount > 0", name="amount_positive"),
        sa.CheckConstraint("(state = 'payable') = (run_id IS NULL)", name="sent_in_a_run"),
    )
    op.create_index("ix_refunds_payable", "refunds", ["payee"], unique=True,
                    postgresql_where=sa.text("state = 'payable'"))
    op.create_index("ix_refunds_run_id", "refunds", ["run_id", "id"])
    op.create_table(
        "refund_parts",
        sa.Column("movement_id", sa.Uuid, _movement(), primary_key=True),
        sa.Column("refund_id", sa.Uuid, sa.ForeignKey("refunds.id"), nullable=False, index=True),
        sa.Column("wallet_id", sa.Uuid, sa.ForeignKey("wallets.id"), nullable=False),
        sa.Column("amount", sa.BigInteger, nullable=False),
        sa.CheckConstraint("amount > 0", name="amount_positive"),
    )


def _breakages() -> None:
    op.create_table(
        "breakages",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("decided_at", INSTANT, nullable=False),
        sa.Column("decided_by", sa.Text, nullable=False),
        sa.Column("wallets", sa.BigInteger, nullable=False),
        sa.Column("amount", sa.BigInteger, nullable=False),
    )


def _movement() -> sa.ForeignKey:
    """Movements are written last, with the commit."""
    return sa.ForeignKey("movements.id", deferrable=True, initially="DEFERRED")
