"""Sale points, people, their sign-ins, keys, and the audit table that only grows."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from services.chassis.migrations.guards import append_only, chassis_tables

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    chassis_tables()
    _sale_points()
    _people()
    _sign_ins()
    _keys()
    _audit()
    append_only("audit")


def _sale_points() -> None:
    op.create_table(
        "sale_points",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("settings", JSONB, nullable=False),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.CheckConstraint("kind IN ('desk', 'bar', 'partner', 'eshop')", name="kind"),
    )
    op.create_index("uq_sale_points_name", "sale_points", [sa.text("lower(name)")], unique=True)


def _people() -> None:
    op.create_table(
        "users",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("username", sa.Text, nullable=False, unique=True),
        sa.Column("password_hash", sa.Text, nullable=False),
        sa.Column("display_name", sa.Text, nullable=False),
        sa.Column("language", sa.Text, nullable=False),
        sa.Column("roles", JSONB, nullable=False),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.Column("valid_from", INSTANT),
        sa.Column("valid_until", INSTANT),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.CheckConstraint("username = lower(username)", name="username_lower"),
        sa.CheckConstraint("jsonb_array_length(roles) > 0", name="has_roles"),
        sa.CheckConstraint("valid_until > valid_from", name="valid_in_order"),
    )
    op.create_table(
        "user_sale_points",
        sa.Column("user_id", sa.Uuid, sa.ForeignKey("users.id"), primary_key=True),
        sa.Column("sale_point_id", sa.Uuid, sa.ForeignKey("sale_points.id"), primary_key=True),
    )
    op.create_table(
        "holders",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("email", sa.Text, nullable=False, unique=True),
        sa.Column("password_hash", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("language", sa.Text, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.CheckConstraint("email = lower(email)", name="email_lower"),
    )


def _sign_ins() -> None:
    op.create_table(
        "sign_ins",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("user_id", sa.Uuid, sa.ForeignKey("users.id"), index=True),
        sa.Column("holder_id", sa.Uuid, sa.ForeignKey("holders.id"), index=True),
        sa.Column("started_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False, index=True),
        sa.Column("ended_at", INSTANT),
        sa.CheckConstraint("num_nonnulls(user_id, holder_id) = 1", name="one_person"),
    )
    op.create_table(
        "refresh_tokens",
        sa.Column("hash", sa.Text, primary_key=True),
        sa.Column(
            "sign_in_id", sa.Uuid, sa.ForeignKey("sign_ins.id", ondelete="CASCADE"),
            nullable=False, index=True,
        ),
        sa.Column("issued_at", INSTANT, nullable=False),
        sa.Column("used_at", INSTANT),
    )
    op.create_table(
        "throttles",
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("failures", sa.BigInteger, nullable=False),
        sa.Column("failed_at", INSTANT, nullable=False, index=True),
        sa.Column("blocked_until", INSTANT),
    )


def _keys() -> None:
    op.create_table(
        "signing_keys",
        sa.Column("key_id", sa.Text, primary_key=True),
        sa.Column("private_key", sa.Text, nullable=False),
        sa.Column("public_key", sa.Text, nullable=False),
        sa.Column("not_before", INSTANT, nullable=False, index=True),
    )
    op.create_table(
        "api_keys",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("number", sa.BigInteger, sa.Identity(always=True), nullable=False, unique=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("sale_point_id", sa.Uuid, sa.ForeignKey("sale_points.id"), nullable=False),
        sa.Column("secret_hash", sa.Text, nullable=False, unique=True),
        sa.Column("hint", sa.Text, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("last_used_at", INSTANT),
        sa.Column("revoked_at", INSTANT),
    )


def _audit() -> None:
    op.create_table(
        "audit",
        sa.Column("number", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("actor_kind", sa.Text, nullable=False),
        sa.Column("actor_id", sa.Text, nullable=False),
        sa.Column("actor_name", sa.Text, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("object_type", sa.Text, nullable=False),
        sa.Column("object_id", sa.Text, nullable=False),
        sa.Column("before", JSONB, nullable=False),
        sa.Column("after", JSONB, nullable=False),
        sa.Column("request_id", sa.Text, nullable=False),
    )
    op.create_index("ix_audit_object", "audit", ["object_type", "object_id", "number"])
    op.create_index("ix_audit_actor_id", "audit", ["actor_id", "number"])
