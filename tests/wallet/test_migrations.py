"""A ledger that was filled before there were lots and reversals by line keeps its meaning."""

from uuid import uuid4

from alembic import command

from services.chassis.prepare import alembic_config, migrate
from tests.chassis.support import Rows
from tests.running import Servers


def test_gifts_become_a_lot_and_whole_reversals_are_counted(servers: Servers) -> None:
    name = servers.create_database("wal_migrate")
    url = servers.database_url(name)
    command.upgrade(alembic_config("wallet", url), "0001")
    rows, wallet, debit = Rows(url), uuid4(), uuid4()
    rows.run("""
        INSERT INTO wallets VALUES (:id, gen_random_uuid(), 'A', NULL, 'CHF', 'active', 100, 250,
                                    2, 'h', now()),
            (gen_random_uuid(), gen_random_uuid(), 'B', NULL, 'CHF', 'active', 0, 0, 0, 'h', now())
    """, id=wallet)
    rows.run("""
        INSERT INTO movements (id, wallet_id, number, kind, at, paid, gifted, balance, label, lines,
                               reverses, actor_id, actor_name, previous, hash)
        VALUES (:debit, :wallet, 1, 'debit', now(), -600, 0, 0, '',
                '[{"quantity": 2}, {"quantity": 1}]', NULL, 'u', 'U', '', ''),
               (gen_random_uuid(), :wallet, 2, 'reversal', now(), 600, 0, 0, '', '[]',
                :debit, 'u', 'U', '', '')
    """, debit=debit, wallet=wallet)
    migrate("wallet", url)
    assert rows.all("SELECT lots_total(lots) FROM wallets ORDER BY code") == [250, 0]
    assert rows.one("SELECT lots -> 0 ->> 'left' FROM wallets WHERE code = 'A'") == "250"
    assert rows.all("SELECT quantity FROM reversed_lines ORDER BY line") == [2, 1]
    assert rows.one("SELECT count(*) FROM rules") == 1
    rows.engine.dispose()
    servers.drop_database(name)
