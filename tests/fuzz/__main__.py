"""`make fuzz`: against the running system; ARGS="--count 1000000 --seed 7"."""

import argparse
import os
import time

from services.chassis.prepare import load_contracts
from tests.fuzz.run import Fuzzer, everybody

ROUND = 20_000  # new tokens after each: they live ten minutes


def main() -> int:
    load_contracts()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    gateway, password = os.environ["GATEWAY_URL"], os.environ["ADMIN_PASSWORD"]
    sent, faults, started = 0, 0, time.monotonic()
    while sent < given.count:
        fuzzer = Fuzzer(gateway, lambda: everybody(gateway, password))
        verdict = fuzzer.run(min(ROUND, given.count - sent), given.seed + sent)
        sent, faults = sent + verdict.sent, faults + len(verdict.faults)
        for fault in verdict.faults:
            print(fault)
        rate = sent / (time.monotonic() - started)
        print(f"{sent} sent, {faults} faults, {rate:.0f}/s, {dict(verdict.statuses)}", flush=True)
    return 1 if faults else 0


if __name__ == "__main__":
    raise SystemExit(main())
