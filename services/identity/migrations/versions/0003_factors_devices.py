"""Second factors, ways back in, mails, devices; users may have an e-mail address."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("users", sa.Column("email", sa.Text))
    op.create_unique_constraint("uq_users_email", "users", ["email"])
    op.create_check_constraint("email_lower", "users", "email = lower(email)")
    op.create_table(
        "second_factors",
        sa.Column("user_id", sa.Uuid, sa.ForeignKey("users.id"), primary_key=True),
        sa.Column("secret", sa.Text),
        sa.Column("pending", sa.Text),
        sa.Column("last_step", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "recovery_codes",
        sa.Column("hash", sa.Text, primary_key=True),
        sa.Column("user_id", sa.Uuid, sa.ForeignKey("users.id"), nullable=False, index=True),
    )
    op.create_table(
        "reset_codes",
        sa.Column("hash", sa.Text, primary_key=True),
        sa.Column("user_id", sa.Uuid, sa.ForeignKey("users.id"), index=True),
        sa.Column("holder_id", sa.Uuid, sa.ForeignKey("holders.id"), index=True),
        sa.Column("expires_at", INSTANT, nullable=False, index=True),
        sa.CheckConstraint("num_nonnulls(user_id, holder_id) = 1", name="one_person"),
    )
    op.create_table(
        "mails",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("recipient", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("attempts", sa.BigInteger, nullable=False),
        sa.Column("send_at", INSTANT, nullable=False, index=True),
    )
    _devices()


def _devices() -> None:
    op.create_table(
        "devices",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("number", sa.BigInteger, sa.Identity(always=True), nullable=False, unique=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("sale_point_id", sa.Uuid, sa.ForeignKey("sale_points.id"), nullable=False),
        sa.Column("enrolment_hash", sa.Text, unique=True),
        sa.Column("secret_hash", sa.Text, unique=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("enrolled_at", INSTANT),
        sa.Column("last_seen_at", INSTANT),
        sa.Column("revoked_at", INSTANT),
    )
