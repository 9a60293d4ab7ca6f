"""Registers, sessions, sales, journal and counters, and the rules the database keeps."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from services.chassis.migrations.guards import append_only, balanced, chassis_tables

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

LIVE = sa.text("state <> 'closed'")


def upgrade() -> None:
    chassis_tables()
    _programme()
    _registers()
    _sessions()
    _drawers()
    _z_reports()
    _sales()
    _journal()
    _counters()
    append_only(
        "drawer_movements", "register_counts", "z_reports", "sales", "sale_lines",
        "sale_payments", "journal_entries", "journal_lines",
    )
    balanced("journal_lines", "entry_id", "amount")


def _uuid(name: str, *more: object, **options: object) -> sa.Column:
    return sa.Column(name, sa.Uuid, *more, **({"nullable": False} | options))


def _number(name: str, **options: object) -> sa.Column:
    return sa.Column(name, sa.BigInteger, **({"nullable": False} | options))


def _text(name: str, **options: object) -> sa.Column:
    return sa.Column(name, sa.Text, **({"nullable": False} | options))


def _instant(name: str, **options: object) -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), **({"nullable": False} | options))


def _json(name: str, **options: object) -> sa.Column:
    return sa.Column(name, JSONB, **({"nullable": False} | options))


def _programme() -> None:
    op.create_table(
        "sale_points",
        _uuid("id", primary_key=True), _number("version"), _text("name"), _text("kind"),
        sa.Column("active", sa.Boolean, nullable=False),
    )
    op.create_table(
        "screenings",
        _uuid("id", primary_key=True), _number("version"), _number("cancelled_version"),
        _json("title"), _uuid("venue_id", nullable=True), _text("venue"),
        _uuid("room_id", nullable=True), _text("room"), _text("time_zone"),
        _instant("starts_at", nullable=True), _number("capacity"),
    )
    op.create_table(
        "vat_codes",
        _text("key", primary_key=True), _number("version"), _json("label"), _json("rates"),
    )


def _registers() -> None:
    op.create_table(
        "cash_registers",
        _uuid("id", primary_key=True),
        _uuid("sale_point_id", sa.ForeignKey("sale_points.id")),
        _text("name"), _text("currency"), _number("tolerance"), _number("balance"),
        _number("movements"), _number("z_number"), _text("z_head", nullable=True),
        _number("grand_total"), _instant("created_at"),
        sa.UniqueConstraint("sale_point_id", "name"),
    )


def _sessions() -> None:
    op.create_table(
        "register_sessions",
        _uuid("id", primary_key=True),
        _uuid("register_id", sa.ForeignKey("cash_registers.id"), index=True),
        _text("cashier_id"), _text("cashier_name"), _text("state"), _instant("opened_at"),
        _number("opening_float"), _json("opening_counts", nullable=True), _number("orders"),
        _number("counts"), _number("counted_cash", nullable=True),
        _number("counted_card", nullable=True), _text("reason", nullable=True),
        _instant("closing_at", nullable=True), _text("closing_by", nullable=True),
        _json("said", nullable=True), _instant("said_at", nullable=True),
        _number("first_receipt", nullable=True), _number("last_receipt", nullable=True),
        _instant("closed_at", nullable=True),
    )
    for owner in ("register", "cashier"):
        op.create_index(f"ix_register_sessions_live_{owner}", "register_sessions",
                        [f"{owner}_id"], unique=True, postgresql_where=LIVE)
    op.create_index("ix_register_sessions_order", "register_sessions", ["opened_at", "id"])
    op.create_table(
        "register_counts",
        _uuid("register_session_id", sa.ForeignKey("register_sessions.id"), primary_key=True),
        _number("number", primary_key=True, autoincrement=False), _instant("at"), _text("by"),
        _json("pieces"), _number("cash"), _number("card"), _text("reason", nullable=True),
    )
    op.create_table(
        "session_counters",
        _uuid("register_session_id", sa.ForeignKey("register_sessions.id"), primary_key=True),
        _text("dimension", primary_key=True), _text("key", primary_key=True), _text("label"),
        _number("rate_bp"), _number("count"), _number("amount"), _number("vat"),
    )


def _drawers() -> None:
    op.create_table(
        "drawer_movements",
        _uuid("id", primary_key=True),
        _uuid("register_id", sa.ForeignKey("cash_registers.id")),
        _number("number"), _text("kind"), _number("amount"), _number("signed"),
        _number("balance"), _text("comment"), _instant("at"), _text("actor_id"),
        _text("actor_name"),
        _uuid("register_session_id", sa.ForeignKey("register_sessions.id"), nullable=True),
        _uuid("corrects", sa.ForeignKey("drawer_movements.id"), nullable=True, index=True),
        _uuid("source_id", nullable=True),
        sa.UniqueConstraint("register_id", "number"),
        sa.UniqueConstraint("source_id", "kind"),
        sa.CheckConstraint("amount > 0 AND abs(signed) = amount", name="amount_positive"),
        sa.CheckConstraint("(corrects IS NOT NULL) = (kind IN ('credit_error', 'debit_error'))",
                           name="errors_correct"),
    )
    for name, columns in (("session", ["register_session_id"]),
                          ("history", ["register_id", "number"])):
        op.create_index(f"ix_drawer_movements_{name}", "drawer_movements", columns,
                        postgresql_where=sa.text("kind <> 'sale_cash'"))


def _z_reports() -> None:
    op.create_table(
        "z_reports",
        _uuid("id", primary_key=True),
        _uuid("register_id", sa.ForeignKey("cash_registers.id")),
        _uuid("register_session_id", sa.ForeignKey("register_sessions.id"), unique=True),
        _number("number"), _instant("sealed_at"), _json("content"),
        _text("previous_hash", nullable=True), _text("hash"),
        sa.UniqueConstraint("register_id", "number"),
        sa.CheckConstraint("number > 0", name="number_positive"),
    )


def _sales() -> None:
    op.create_table(
        "sales",
        _uuid("id", primary_key=True), _instant("sold_at"),
        sa.Column("business_day", sa.Date, nullable=False), _text("channel"),
        _number("order_number", nullable=True), _number("receipt_number", nullable=True),
        _uuid("sale_point_id", nullable=True),
        _uuid("register_id", sa.ForeignKey("cash_registers.id"), nullable=True),
        _uuid("register_session_id", sa.ForeignKey("register_sessions.id"), nullable=True,
              index=True),
        _text("cashier_id", nullable=True), _text("cashier_name", nullable=True),
        _text("tenders"), sa.Column("late", sa.Boolean, nullable=False),
        _uuid("refund_of", nullable=True),
    )
    op.create_index("ix_sales_order", "sales", ["sold_at", "id"])
    op.create_table(
        "sale_lines",
        _uuid("sale_id", sa.ForeignKey("sales.id"), primary_key=True),
        _number("number", primary_key=True, autoincrement=False), _text("kind"), _text("label"),
        _number("quantity"), _number("unit_price"), _number("gross"), _number("vat"),
        _text("vat_code", nullable=True), _number("vat_rate_bp"),
        _uuid("screening_id", nullable=True, index=True), _text("contingent", nullable=True),
        sa.Column("overbooked", sa.Boolean, nullable=False), _text("tariff", nullable=True),
        _text("tariff_name", nullable=True),
        sa.Column("ticket_ids", ARRAY(sa.Uuid), nullable=False),
    )
    op.create_table(
        "sale_payments",
        _uuid("id", primary_key=True),
        _uuid("sale_id", sa.ForeignKey("sales.id"), index=True),
        _text("method"), _number("amount"), _instant("paid_at"), _text("reference", nullable=True),
    )


def _journal() -> None:
    op.create_table(
        "accounts",
        _text("key", primary_key=True), _text("number", unique=True), _text("kind"),
        _json("name"),
    )
    op.create_table(
        "journal_entries",
        _uuid("id", primary_key=True), _text("source"), _uuid("source_id"), _instant("at"),
        sa.Column("booked_on", sa.Date, nullable=False), _text("document"), _text("label"),
        _uuid("wallet_id", nullable=True, index=True),
        sa.UniqueConstraint("source", "source_id"),
    )
    op.create_index("ix_journal_entries_order", "journal_entries", ["at", "id"])
    op.create_table(
        "journal_lines",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        _uuid("entry_id", sa.ForeignKey("journal_entries.id"), index=True),
        _text("account", index=True), _number("amount"), _text("vat_code", nullable=True),
        _uuid("sale_point_id", nullable=True), _uuid("register_id", nullable=True),
        sa.ForeignKeyConstraint(["account"], ["accounts.key"]),
        sa.CheckConstraint("amount <> 0", name="amount_not_zero"),
    )
    op.create_table(
        "waiting_reversals", _uuid("reverses", primary_key=True), _json("body"),
    )


def _counters() -> None:
    sums = ("sold", "entries", "revenue")
    op.create_table(
        "screening_counters",
        _uuid("screening_id", primary_key=True), _text("tariff", primary_key=True),
        _text("tariff_name"), *(_number(name) for name in sums),
    )
    op.create_table(
        "hour_counters",
        sa.Column("day", sa.Date, primary_key=True),
        _number("hour", primary_key=True, autoincrement=False),
        _text("tariff", primary_key=True), _text("tariff_name"),
        *(_number(name) for name in sums),
    )
