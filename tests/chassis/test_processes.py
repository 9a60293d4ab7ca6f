"""What a nameko process does with many calls at once, and when it is told to end."""

import signal
import time
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest

from contracts.envelope import Envelope
from contracts.errors import Code
from contracts.roles import system
from tests.chassis.conftest import QUEUE, Probe
from tests.chassis.probe import Look, Work, Worked
from tests.running import wait_until


def asleep(probe: Probe, count: int) -> bool:
    """Are so many of the probe's transactions sleeping in the database?"""
    return count == len(probe.rows.all(
        "SELECT 1 FROM pg_stat_activity WHERE application_name = 'probe' AND state = 'active' "
        "AND datname = current_database() AND query LIKE '%pg_sleep%'"))


def in_background(pool: ThreadPoolExecutor, probe: Probe, message: Any) -> Future[str]:
    return pool.submit(probe.bus.try_call, message, str(uuid4()), 20)


def test_five_slow_queries_do_not_block_each_other(running: Probe) -> None:
    assert running.bus.try_call(Look()) == "ok"
    started = time.monotonic()
    with ThreadPoolExecutor(6) as pool:
        slow = [in_background(pool, running, Look(pause_ms=1000)) for _ in range(5)]
        wait_until(lambda: asleep(running, 5), 0.9)
        assert running.bus.try_call(Look(), timeout=0.5) == "ok"  # and the sixth passes them
        assert [item.result() for item in slow] == ["ok"] * 5
    assert time.monotonic() - started < 1.8


def test_more_calls_than_workers_wait_their_turn(running: Probe) -> None:
    with ThreadPoolExecutor(25) as pool:
        calls = [in_background(pool, running, Look(pause_ms=200)) for _ in range(25)]
        assert [item.result() for item in calls] == ["ok"] * 25


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_told_to_end_it_finishes_what_is_running_and_takes_no_more(
    running: Probe, number: int
) -> None:
    with ThreadPoolExecutor(4) as pool:
        under_way = [
            in_background(pool, running, Work(text=f"n{n}", pause_ms=2500)) for n in range(2)
        ]
        wait_until(lambda: asleep(running, 2))
        running.processes.send("probe", number)
        time.sleep(1.5)  # longer than it takes to see the signal, shorter than the work
        late = in_background(pool, running, Work(text="late"))
        assert [item.result() for item in under_way] == ["ok", "ok"]
        assert running.processes.end("probe", number) == 0
        assert late.result() == Code.SERVICE_UNAVAILABLE  # told at once, it can ask another
    assert (running.effects("n0"), running.effects("late")) == (1, 0)
    running.start()
    wait_until(lambda: running.notes("n0") + running.notes("n1") == [0, 0])


def test_a_message_being_worked_on_is_not_given_to_another_process(running: Probe) -> None:
    """Two processes: one is told to end in the middle of a slow call, the other must not start
    the same call, and the caller hears of no trouble."""
    with ThreadPoolExecutor(1) as pool:
        slow = in_background(pool, running, Work(text="slow", pause_ms=2500))
        wait_until(lambda: asleep(running, 1))
        running.start("second")
        assert running.processes.end("probe") == 0
        assert slow.result() == "ok"
    assert running.effects("slow") == 1
    assert running.bus.try_call(Look()) == "ok"


def test_it_ends_in_time_while_a_message_waits_for_its_next_try(running: Probe) -> None:
    running.rows.run("INSERT INTO faults VALUES ('bad')")
    running.bus.publish(Envelope.of(Worked(text="bad"), system("probe")))
    wait_until(lambda: running.rows.one("SELECT last_value FROM attempts") >= 3)
    started = time.monotonic()
    assert running.processes.end("probe") == 0
    assert time.monotonic() - started < 5
    assert running.bus.depth(QUEUE) == 1


def test_a_fault_is_answered_and_the_process_lives(running: Probe) -> None:
    assert running.bus.try_call(Work(text="broken")) == Code.INTERNAL_ERROR
    assert running.bus.try_call(Work(text="refused")) == Code.SOLD_OUT
    assert running.bus.try_call(Work(text="beer")) == "ok"


def test_a_caller_who_has_left_harms_nobody(running: Probe) -> None:
    """Its reply queue is gone when the answer comes."""
    assert running.bus.try_call(Work(text="n1", pause_ms=800), timeout=0.3) == Code.SERVICE_TIMEOUT
    running.bus.close()
    wait_until(lambda: running.effects("n1") == 1)
    assert running.bus.try_call(Work(text="n2")) == "ok"
