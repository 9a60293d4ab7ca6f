"""pgbench doing the SQL effect of a wallet debit: what the database alone can do here."""

import re
import subprocess
from pathlib import Path

import psycopg

SCRIPT = Path(__file__).with_name("debit.sql")


def pgbench_binary() -> str:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/pgbench"))
    if not found:
        raise SystemExit("pgbench is missing: install the postgresql package.")
    return str(found[-1])


def transactions_per_second(url: str, clients: int, seconds: int) -> float:
    """On the wallet database at `url`, whose first 1 000 wallets are used and left changed."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("""
            CREATE TABLE IF NOT EXISTS bench_codes AS
            SELECT row_number() OVER () AS n, code FROM wallets LIMIT 1000
        """)
        connection.execute("CREATE INDEX IF NOT EXISTS bench_codes_n ON bench_codes (n)")
        connection.execute("ANALYZE")
    done = subprocess.run(
        [pgbench_binary(), "--no-vacuum", f"--client={clients}", "--jobs=2", f"--time={seconds}",
         "--protocol=prepared", f"--file={SCRIPT}", url],
        capture_output=True, text=True, check=False,
    )
    found = re.search(r"tps = ([0-9.]+)", done.stdout)
    if done.returncode or not found:
        raise SystemExit(f"pgbench failed: {done.stderr[-500:]}")
    return float(found[1])
