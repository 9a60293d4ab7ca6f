"""The acceptance cycle, as a test of the whole system."""

import io

import pytest

from tests.acceptance.__main__ import steps
from tests.acceptance.runner import Runner
from tests.acceptance.world import World
from tests.running import Festival


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_a_festival_day(festival: Festival) -> None:
    world = World(
        festival.gateway, festival.terminal, festival.secrets["ADMIN_PASSWORD"],
        festival.secrets["PAYMENT_WEBHOOK_SECRET"],
    )
    said = io.StringIO()
    runner = Runner(world, said)
    assert runner.run(steps()), said.getvalue()
    assert runner.passed == len(steps())
