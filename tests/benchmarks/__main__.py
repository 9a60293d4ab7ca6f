"""`make bench`: measure the rows of SPEC §8 on this machine, everything on it, this client too.

Prints a table and writes `.local/bench.json`, a list of {row, value, unit, bar, met}. Starts
servers and processes of its own, with disk flushes on, and stops them. Names of rows as arguments
measure only those: `make bench ARGS="rpc debits"`.
"""

import sys
import tempfile
from pathlib import Path

from deploy.local.instances import Instances
from deploy.local.ports import Ports
from services.chassis.prepare import load_contracts
from tests.benchmarks.report import Report
from tests.benchmarks.rows import ROWS
from tests.benchmarks.stage import Stage
from tests.running import Festival, Servers

ROOT = Path(__file__).parents[2]
PORTS = Ports(postgres=21560, amqp=21561, distribution=21562, epmd=21563)
SECRETS = {
    "PAYMENT_WEBHOOK_SECRET": "bench-webhook-secret", "WEB_WORKERS": "2", "WEB_THREADS": "16",
} | {f"{name}_PASSWORD": f"bench-{name.lower()}-password"
     for name in ("ADMIN", "CASHIER", "BAR", "ACCOUNTANT", "DOOR")}


def main(names: list[str]) -> int:
    load_contracts()
    pair = Instances(ROOT / ".local" / "bench", PORTS)
    with pair.running(), tempfile.TemporaryDirectory() as directory:
        festival = Festival(Servers(pair), Path(directory), SECRETS)
        try:
            festival.start()
            stage = Stage(festival)
            stage.prepare()
            report = Report(ROOT / ".local" / "bench.json")
            for measure in ROWS:
                if not names or measure.__name__ in names:
                    measure(stage, report)
        finally:
            festival.stop()
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
