"""Sales: our copies of the programme, orders, payments, tickets, bookings and the door."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from services.chassis.migrations.guards import append_only, chassis_tables

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    chassis_tables()
    _sale_points()
    _vat_codes()
    _ticket_types()
    _screenings()
    _contingents()
    _tariffs()
    _register_sessions()
    _ticket_keys()
    _orders()
    _order_lines()
    _payments()
    _tickets()
    _windows()
    _bookings()
    _checkins()
    append_only("checkins")


def _sale_points() -> None:
    op.create_table(
        "sale_points",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("active", sa.Boolean, nullable=False),
    )


def _vat_codes() -> None:
    op.create_table(
        "vat_codes",
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("rates", JSONB, nullable=False),
    )


def _ticket_types() -> None:
    op.create_table(
        "ticket_types",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("name", JSONB, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("wallet_allowed", sa.Boolean, nullable=False),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.Column("windows", JSONB, nullable=False),
    )


def _screenings() -> None:
    op.create_table(
        "screenings",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("title", JSONB, nullable=False),
        sa.Column("productions", JSONB, nullable=False),
        sa.Column("venue", sa.Text, nullable=False),
        sa.Column("room", sa.Text, nullable=False),
        sa.Column("time_zone", sa.Text, nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("capacity", sa.BigInteger, nullable=False),
        sa.Column("legal_ceiling", sa.BigInteger, nullable=False),
        sa.Column("section", sa.Text),
        sa.Column("minimum_age", sa.BigInteger),
    )


def _contingents() -> None:
    op.create_table(
        "contingents",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column(
            "screening_id", sa.Uuid, sa.ForeignKey("screenings.id"), nullable=False, index=True
        ),
        sa.Column("position", sa.BigInteger, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("on_sale", sa.Boolean, nullable=False),
        sa.Column("capacity", sa.BigInteger, nullable=False),
        sa.Column("roles", JSONB, nullable=False),
        sa.Column("ticket_types", JSONB, nullable=False),
        sa.Column("not_before", sa.DateTime(timezone=True)),
        sa.Column("not_after", sa.DateTime(timezone=True)),
        sa.Column("stash", sa.Boolean, nullable=False),
        sa.Column("steal_from", JSONB, nullable=False),
        sa.Column("floor", sa.BigInteger, nullable=False),
        sa.Column("held", sa.BigInteger, nullable=False),
        sa.Column("sold", sa.BigInteger, nullable=False),
        sa.Column("overbooked", sa.BigInteger, nullable=False),
        sa.CheckConstraint("held >= 0", name="held_not_negative"),
        sa.CheckConstraint("overbooked >= 0", name="overbooked_not_negative"),
        sa.CheckConstraint("sold >= 0", name="sold_not_negative"),
        sa.CheckConstraint("held + sold <= capacity + overbooked", name="not_oversold"),
    )


def _tariffs() -> None:
    op.create_table(
        "tariffs",
        sa.Column("owner_id", sa.Uuid, primary_key=True),
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("tariff_id", sa.Uuid, nullable=False),
        sa.Column("name", JSONB, nullable=False),
        sa.Column("price", sa.BigInteger, nullable=False),
        sa.Column("value", sa.BigInteger, nullable=False),
        sa.Column("currency", sa.Text, nullable=False),
        sa.Column("vat_code", sa.Text, nullable=False),
        sa.Column("roles", JSONB, nullable=False),
        sa.Column("sale_points", JSONB, nullable=False),
        sa.Column("ticket_types", JSONB, nullable=False),
        sa.Column("valid_from", sa.DateTime(timezone=True)),
        sa.Column("valid_until", sa.DateTime(timezone=True)),
    )


def _register_sessions() -> None:
    op.create_table(
        "register_sessions",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("register_id", sa.Uuid, nullable=False, index=True),
        sa.Column("sale_point_id", sa.Uuid, nullable=False),
        sa.Column("cashier_id", sa.Text, nullable=False),
        sa.Column("cashier_name", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("stopped_at", sa.DateTime(timezone=True)),
        sa.Column("receipts_before", sa.BigInteger, nullable=False),
        sa.Column("receipts", sa.BigInteger, nullable=False),
        sa.Column("z_number", sa.BigInteger),
        sa.CheckConstraint("receipts >= 0", name="receipts_not_negative"),
    )
    op.create_index("ix_register_sessions_one_open", "register_sessions", ["register_id"],
                    unique=True, postgresql_where=sa.text("state = 'open'"))


def _ticket_keys() -> None:
    op.create_table(
        "ticket_keys",
        sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("private_key", sa.Text, nullable=False),
        sa.Column("public_key", sa.Text, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
    )


def _orders() -> None:
    op.create_table(
        "orders",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column(
            "number", sa.BigInteger, sa.Identity(always=True, start=1001),
            nullable=False, unique=True,
        ),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("sale_point_id", sa.Uuid, sa.ForeignKey("sale_points.id"), nullable=False),
        sa.Column("currency", sa.Text, nullable=False),
        sa.Column("total", sa.BigInteger, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("hold_expires_at", sa.DateTime(timezone=True)),
        sa.Column("paid_at", sa.DateTime(timezone=True)),
        sa.Column(
            "register_session_id", sa.Uuid, sa.ForeignKey("register_sessions.id"), index=True
        ),
        sa.Column("register_id", sa.Uuid),
        sa.Column("receipt_number", sa.BigInteger),
        sa.Column("cashier_id", sa.Text),
        sa.Column("cashier_name", sa.Text),
        sa.Column("holder_id", sa.Text),
        sa.Column("holder_name", sa.Text),
        sa.Column("holder_email", sa.Text),
        sa.Column("language", sa.Text),
        sa.UniqueConstraint("register_id", "receipt_number"),
        sa.CheckConstraint("(state = 'paid') = (paid_at IS NOT NULL)", name="paid_at_when_paid"),
    )
    op.create_index("ix_orders_expiring", "orders", ["hold_expires_at"],
                    postgresql_where=sa.text("state = 'held'"))
    op.create_index("ix_orders_sale_point", "orders", ["sale_point_id", "number"])
    op.create_index("ix_orders_holder", "orders", ["holder_id", "number"])


def _order_lines() -> None:
    op.create_table(
        "order_lines",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("order_id", sa.Uuid, sa.ForeignKey("orders.id"), nullable=False),
        sa.Column("position", sa.BigInteger, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("label", sa.Text, nullable=False),
        sa.Column("quantity", sa.BigInteger, nullable=False),
        sa.Column("unit_price", sa.BigInteger, nullable=False),
        sa.Column("gross", sa.BigInteger, nullable=False),
        sa.Column("value", sa.BigInteger, nullable=False),
        sa.Column("vat", sa.BigInteger, nullable=False),
        sa.Column("vat_code", sa.Text),
        sa.Column("vat_rate_bp", sa.BigInteger, nullable=False),
        sa.Column("supply_at", sa.DateTime(timezone=True)),
        sa.Column("screening_id", sa.Uuid, sa.ForeignKey("screenings.id"), index=True),
        sa.Column("contingent_id", sa.Uuid, sa.ForeignKey("contingents.id")),
        sa.Column("contingent", sa.Text),
        sa.Column("lender_id", sa.Uuid, sa.ForeignKey("contingents.id")),
        sa.Column("ticket_type_id", sa.Uuid, sa.ForeignKey("ticket_types.id")),
        sa.Column("tariff", sa.Text),
        sa.Column("tariff_name", sa.Text),
        sa.Column("loaded_ticket_id", sa.Uuid),
        sa.UniqueConstraint("order_id", "position"),
        sa.CheckConstraint("kind = 'rounding' OR unit_price >= 0", name="price_not_negative"),
        sa.CheckConstraint("quantity > 0", name="quantity_positive"),
        sa.CheckConstraint("gross = quantity * unit_price", name="gross_adds_up"),
    )


def _payments() -> None:
    op.create_table(
        "payments",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("order_id", sa.Uuid, sa.ForeignKey("orders.id"), nullable=False, index=True),
        sa.Column("method", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("amount", sa.BigInteger, nullable=False),
        sa.Column("currency", sa.Text, nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True)),
        sa.Column("reference", sa.Text),
        sa.Column("redirect_url", sa.Text),
        sa.Column("expires_at", sa.DateTime(timezone=True)),
        sa.Column("declined_code", sa.Text),
        sa.Column("declined_detail", sa.Text),
        sa.UniqueConstraint("method", "reference"),
        sa.CheckConstraint("amount >= 0", name="amount_not_negative"),
    )
    op.create_index("ix_payments_to_refund", "payments", ["order_id"],
                    postgresql_where=sa.text("state = 'to_refund'"))


def _tickets() -> None:
    op.create_table(
        "tickets",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("number", sa.BigInteger, sa.Identity(always=True), nullable=False, unique=True),
        sa.Column("code", sa.Text, nullable=False, unique=True),
        sa.Column("revision", sa.BigInteger, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("type_key", sa.Text, nullable=False),
        sa.Column("ticket_type_id", sa.Uuid, sa.ForeignKey("ticket_types.id")),
        sa.Column("label", sa.Text, nullable=False),
        sa.Column("tariff", sa.Text, nullable=False),
        sa.Column("tariff_name", sa.Text, nullable=False),
        sa.Column("wallet_allowed", sa.Boolean, nullable=False),
        sa.Column("order_id", sa.Uuid, sa.ForeignKey("orders.id"), nullable=False, index=True),
        sa.Column("line_id", sa.Uuid, sa.ForeignKey("order_lines.id"), nullable=False),
        sa.Column("holder_id", sa.Text, index=True),
        sa.Column("holder_name", sa.Text),
        sa.Column("holder_email", sa.Text),
        sa.Column("language", sa.Text),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("revision BETWEEN 1 AND 65535", name="revision_fits"),
    )


def _windows() -> None:
    op.create_table(
        "windows",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("ticket_id", sa.Uuid, sa.ForeignKey("tickets.id"), nullable=False, index=True),
        sa.Column("screening_id", sa.Uuid),
        sa.Column("starts_at", sa.DateTime(timezone=True)),
        sa.Column("ends_at", sa.DateTime(timezone=True)),
        sa.Column("bookings", sa.BigInteger, nullable=False),
        sa.Column("used", sa.BigInteger, nullable=False),
        sa.CheckConstraint("used BETWEEN 0 AND bookings", name="used_within"),
    )


def _bookings() -> None:
    op.create_table(
        "bookings",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("ticket_id", sa.Uuid, sa.ForeignKey("tickets.id"), nullable=False),
        sa.Column("window_id", sa.Uuid, sa.ForeignKey("windows.id"), nullable=False),
        sa.Column("screening_id", sa.Uuid, sa.ForeignKey("screenings.id"), nullable=False),
        sa.Column("contingent_id", sa.Uuid, sa.ForeignKey("contingents.id"), nullable=False),
        sa.Column("contingent", sa.Text, nullable=False),
        sa.Column("lender_id", sa.Uuid, sa.ForeignKey("contingents.id")),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("booked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("cancelled_at", sa.DateTime(timezone=True)),
        sa.Column("inside", sa.Boolean, nullable=False),
        sa.Column("first_entry_at", sa.DateTime(timezone=True)),
        sa.CheckConstraint("NOT inside OR first_entry_at IS NOT NULL", name="inside_entered"),
    )
    op.create_index("ix_bookings_inside", "bookings", ["screening_id"],
                    postgresql_where=sa.text("inside"))
    op.create_index("ix_bookings_screening", "bookings", ["screening_id", "contingent_id"],
                    postgresql_where=sa.text("state = 'active'"))
    op.create_index("ix_bookings_once", "bookings", ["ticket_id", "screening_id"], unique=True,
                    postgresql_where=sa.text("state = 'active'"))


def _checkins() -> None:
    op.create_table(
        "checkins",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("nonce", sa.Text, nullable=False),
        sa.Column("direction", sa.Text, nullable=False),
        sa.Column("result", sa.Text, nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("code", sa.Text, nullable=False),
        sa.Column("ticket_id", sa.Uuid, sa.ForeignKey("tickets.id"), index=True),
        sa.Column("screening_id", sa.Uuid),
        sa.Column("first_entry", sa.Boolean, nullable=False),
        sa.Column("actor_id", sa.Text, nullable=False),
        sa.Column("actor_name", sa.Text, nullable=False),
        sa.UniqueConstraint("actor_id", "nonce"),
    )
    op.create_index("ix_checkins_refused", "checkins", ["screening_id"],
                    postgresql_where=sa.text("result = 'refused'"))
