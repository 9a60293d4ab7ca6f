"""What was gifted before there were lots is one lot without an end; reversals were whole."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        UPDATE wallets SET lots = CASE WHEN gifted = 0 THEN '[]'::jsonb ELSE jsonb_build_array(
            jsonb_build_object('id', gen_random_uuid(), 'left', gifted, 'expires_at', NULL)
        ) END
        WHERE lots IS NULL
    """)
    op.execute("""
        INSERT INTO reversed_lines (debit_id, line, sold, quantity)
        SELECT debit.id, unit.line, unit.quantity, unit.quantity
        FROM movements AS reversal
        JOIN movements AS debit ON debit.id = reversal.reverses
        CROSS JOIN LATERAL (
            SELECT line.place - 1 AS line, (line.said ->> 'quantity')::bigint AS quantity
            FROM jsonb_array_elements(debit.lines) WITH ORDINALITY AS line (said, place)
            UNION ALL SELECT 0, 1 WHERE debit.lines = '[]'
        ) AS unit
        ON CONFLICT DO NOTHING
    """)
