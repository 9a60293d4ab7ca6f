"""The manual's §8 cycle against a running system: `make acceptance`.

Reads GATEWAY_URL, TERMINAL_URL, ADMIN_PASSWORD and PAYMENT_WEBHOOK_SECRET from the environment
(`python -m deploy.local env` prints those of `make up`).
"""

import os
import sys

from tests.acceptance import books, preparation, rights, sales
from tests.acceptance.runner import Runner, Step
from tests.acceptance.world import World


def steps() -> list[Step]:
    """The whole cycle, in the order of a festival day."""
    return [
        *preparation.script.steps, *sales.script.steps, *rights.script.steps, *books.script.steps,
    ]


def main() -> int:
    names = ("GATEWAY_URL", "TERMINAL_URL", "ADMIN_PASSWORD", "PAYMENT_WEBHOOK_SECRET")
    missing = [name for name in names if name not in os.environ]
    if missing:
        sys.stderr.write(f"Not set: {', '.join(missing)}. Start the system with `make up`.\n")
        return 2
    world = World(*(os.environ[name] for name in names))
    return 0 if Runner(world).run(steps()) else 1


if __name__ == "__main__":
    raise SystemExit(main())
