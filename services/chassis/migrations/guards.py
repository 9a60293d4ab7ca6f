"""Rules that the database itself keeps, for use in migrations."""

from alembic import op

from services.chassis.tables import create_chassis_tables


def chassis_tables() -> None:
    """The inbox and the outbox, in each service's first migration."""
    create_chassis_tables(op.get_bind())


def append_only(*tables: str) -> None:
    """Rows of these tables are facts: an update, delete or truncate is refused."""
    op.execute("""
        CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP
                USING ERRCODE = 'restrict_violation';
        END $$
    """)
    for table in tables:
        op.execute(f"""
            CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
            FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
        """)


def balanced(table: str, group: str, amount: str) -> None:
    """Each INSERT must bring rows whose `amount` sums to zero within every `group`.

    One check per statement, not per row; it also means that nothing can be added later to a
    group that is complete, unless the addition balances in itself.
    """
    op.execute(f"""
        CREATE FUNCTION {table}_must_balance() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE wrong record;
        BEGIN
            SELECT {group} AS id, sum({amount}) AS rest INTO wrong
            FROM added GROUP BY {group} HAVING sum({amount}) <> 0 LIMIT 1;
            IF FOUND THEN
                RAISE EXCEPTION '{table} of % do not balance: % left over', wrong.id, wrong.rest
                    USING ERRCODE = 'check_violation';
            END IF;
            RETURN NULL;
        END $$
    """)
    op.execute(f"""
        CREATE TRIGGER {table}_balanced AFTER INSERT ON {table}
        REFERENCING NEW TABLE AS added
        FOR EACH STATEMENT EXECUTE FUNCTION {table}_must_balance()
    """)
