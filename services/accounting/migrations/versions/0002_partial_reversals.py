"""Several reversals of one debit may wait at a time: they are known by their own movement."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        ALTER TABLE waiting_reversals ADD id uuid;
        UPDATE waiting_reversals SET id = CAST(body ->> 'movement_id' AS uuid);
        ALTER TABLE waiting_reversals DROP CONSTRAINT pk_waiting_reversals;
        ALTER TABLE waiting_reversals ADD CONSTRAINT pk_waiting_reversals PRIMARY KEY (id);
    """)
    op.create_index("ix_waiting_reversals_reverses", "waiting_reversals", ["reverses"])
