"""Windows by duration and by screening, booking policies, fields asked; articles; vouchers."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from services.chassis.migrations.guards import append_only

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("windows", sa.Column("duration_min", sa.BigInteger))
    op.add_column("windows", sa.Column("screening_id", sa.Uuid, sa.ForeignKey("screenings.id")))
    op.create_check_constraint("duration_min_positive", "windows", "duration_min > 0")
    op.create_check_constraint(
        "one_kind", "windows",
        "screening_id IS NULL OR num_nonnulls(duration_min, starts_at, ends_at) = 0",
    )
    for name, empty in (("policy", "{}"), ("fields", "[]")):
        op.add_column("ticket_types", sa.Column(
            name, JSONB, nullable=False, server_default=empty
        ))
        op.alter_column("ticket_types", name, server_default=None)
    _articles()
    op.create_table(
        "vouchers",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("key", sa.Text, nullable=False, unique=True),
        sa.Column("name", JSONB, nullable=False),
        sa.Column("terms", JSONB, nullable=False),
        sa.Column("active", sa.Boolean, nullable=False),
    )


def _articles() -> None:
    op.create_table(
        "articles",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("key", sa.Text, nullable=False, unique=True),
        sa.Column("name", JSONB, nullable=False),
        sa.Column("tracked", sa.Boolean, nullable=False),
        sa.Column("active", sa.Boolean, nullable=False),
    )
    op.create_table(
        "article_variants",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column(
            "article_id", sa.Uuid, sa.ForeignKey("articles.id"), nullable=False, index=True
        ),
        sa.Column("position", sa.BigInteger, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("gtin", sa.Text, unique=True),
    )
    op.add_column("tariffs", sa.Column("variant_id", sa.Uuid, sa.ForeignKey("article_variants.id")))
    op.create_unique_constraint("uq_tariffs_variant_id_key", "tariffs", ["variant_id", "key"])
    op.drop_constraint(op.f("ck_tariffs_one_owner"), "tariffs", type_="check")
    op.create_check_constraint(
        "one_owner", "tariffs",
        "num_nonnulls(screening_id, price_grid_id, ticket_type_id, variant_id) = 1",
    )
    pair = (
        sa.Column("variant_id", sa.Uuid, sa.ForeignKey("article_variants.id"), nullable=False),
        sa.Column("sale_point_id", sa.Uuid, nullable=False),
    )
    op.create_table(
        "stocks", *pair, sa.Column("quantity", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("variant_id", "sale_point_id"),
        sa.CheckConstraint("quantity >= 0", name="quantity_not_negative"),
    )
    op.create_table(
        "stock_moves",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        # What was moved stays told when its variant is gone.
        sa.Column("variant_id", sa.Uuid, nullable=False, index=True),
        sa.Column("sale_point_id", sa.Uuid, nullable=False),
        sa.Column("change", sa.BigInteger, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    )
    append_only("stock_moves")
