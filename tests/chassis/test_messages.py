"""State and message together, once each, in order, and never lost."""

import json
import signal
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import psycopg
import pytest
from sqlalchemy.exc import DBAPIError

from contracts.envelope import Envelope
from contracts.errors import Code
from contracts.roles import system
from services.chassis.broker import Publisher
from services.chassis.database import Database
from services.chassis.outbox import RELAY_LOCK, drain
from tests.chassis.conftest import DEAD_LETTERS, QUEUE, STREAM, Probe
from tests.chassis.probe import Counted, Work, Worked, note, work
from tests.chassis.support import CASHIER
from tests.running import wait_until

# ------------------------------------------------------------------ together or not at all


def test_state_and_message_are_committed_together(probe: Probe) -> None:
    probe.call(work, Work(text="beer", messages=2), CASHIER)
    assert probe.effects("beer") == 1
    assert [item.number for item in probe.said(Worked)] == [0, 1]


@pytest.mark.parametrize("text", ["refused", "broken"])
def test_what_fails_leaves_neither_state_nor_message(probe: Probe, text: str) -> None:
    with pytest.raises(Exception, match=r"Nothing is left|a fault of ours"):
        probe.call(work, Work(text=text), CASHIER)
    assert (probe.effects(text), probe.said(Worked)) == (0, [])


def test_without_a_message_there_is_no_state(probe: Probe) -> None:
    probe.rows.run("ALTER TABLE outbox ADD CONSTRAINT shut CHECK (type <> 'probe.worked.v1')")
    with pytest.raises((DBAPIError, psycopg.Error)):
        probe.call(work, Work(text="beer"), CASHIER)
    assert probe.effects("beer") == 0


def test_a_process_killed_before_its_commit_leaves_nothing(running: Probe) -> None:
    key = str(uuid4())
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(
            running.bus.try_call, Work(text="beer", pause_ms=60_000), key, timeout=2
        )
        wait_until(lambda: running.rows.all(
            "SELECT 1 FROM pg_stat_activity WHERE application_name = 'probe' AND "
            "datname = current_database() AND query LIKE '%pg_sleep%' AND state = 'active'"))
        running.processes.end("probe", signal.SIGKILL)
        assert answer.result() == Code.SERVICE_TIMEOUT
    assert (running.effects("beer"), running.said(Worked)) == (0, [])


# ------------------------------------------------------------------ the relay


def test_killed_between_commit_and_publish_it_publishes_after_a_restart(running: Probe) -> None:
    with running.rows.relay_held(RELAY_LOCK):
        assert running.bus.try_call(Work(text="beer")) == "ok"
        running.processes.end("probe", signal.SIGKILL)
    assert (running.rows.waiting(), running.notes("beer")) == (1, [])
    running.start()
    wait_until(lambda: running.notes("beer") == [0])
    assert running.rows.waiting() == 0


def test_killed_between_publish_and_mark_it_publishes_twice_with_one_effect(probe: Probe) -> None:
    probe.call(work, Work(text="beer"), CASHIER)
    publisher = Publisher(probe.bus.url)
    for _ in range(2):
        drain(probe.database, publisher)
        probe.rows.run("UPDATE outbox SET published_at = NULL")
    publisher.close()
    assert probe.bus.depth(QUEUE) == 2
    probe.start()
    wait_until(lambda: probe.rows.waiting() == 0 and probe.bus.depth(QUEUE) == 0)
    assert probe.notes("beer") == [0]


def test_messages_keep_their_order(probe: Probe) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(
            lambda n: probe.call(work, Work(text=f"n{n}", messages=3), CASHIER), range(40)))
    publisher = Publisher(probe.bus.url)
    assert drain(probe.database, publisher) == 120
    publisher.close()
    arrived = [Envelope.from_dict(item) for item in map(json.loads, probe.bus.take(QUEUE))]
    committed = probe.rows.all("SELECT message_id::text FROM outbox ORDER BY id")
    assert [item.id for item in arrived] == committed


def test_two_relays_at_once_publish_each_message_once(probe: Probe) -> None:
    for _ in range(5):
        probe.call(work, Work(text="beer", messages=150), CASHIER)
    relays = [(Database(probe.url, "relay", 2), Publisher(probe.bus.url)) for _ in range(2)]
    with ThreadPoolExecutor(2) as pool:
        while probe.rows.waiting():
            list(pool.map(lambda relay: drain(*relay), relays))
    for database, publisher in relays:
        database.close()
        publisher.close()
    assert len(probe.bus.take(QUEUE)) == 750


def test_a_message_without_a_queue_waits_in_the_outbox(probe: Probe) -> None:
    probe.bus.delete(QUEUE)
    probe.call(work, Work(text="beer"), CASHIER)
    publisher = Publisher(probe.bus.url)
    assert drain(probe.database, publisher) == 0
    publisher.close()
    assert probe.rows.waiting() == 1
    probe.start()  # it makes its queue
    wait_until(lambda: probe.notes("beer") == [0])
    assert probe.rows.waiting() == 0


def test_a_message_leaves_long_before_the_tick(running: Probe) -> None:
    for number in range(5):
        assert running.bus.try_call(Work(text=f"n{number}")) == "ok"
    wait_until(lambda: running.rows.waiting() == 0)
    waits = running.rows.all(
        "SELECT extract(epoch FROM published_at - occurred_at) FROM outbox ORDER BY id")
    assert sorted(waits)[2] < 0.5, waits


# ------------------------------------------------------------------ delivery


def test_delivered_five_times_it_has_one_effect(running: Probe) -> None:
    envelope = Envelope.of(Worked(text="beer", number=7), system("probe"))
    running.bus.publish(envelope, times=5)
    running.bus.publish(Envelope.of(Worked(text="last"), system("probe")))
    wait_until(lambda: running.notes("last") == [0] and running.bus.depth(QUEUE) == 0)
    assert running.notes("beer") == [7]
    assert running.rows.one(
        "SELECT count(*) FROM inbox WHERE id = :id", id=envelope.id) == 1


def test_consumers_do_not_share_ids(probe: Probe) -> None:
    """The same message id in another queue, or as a caller's key, is another thing."""
    probe.react(note, Worked(text="beer"), id="same")
    probe.react(note, Worked(text="beer"), id="same")
    assert probe.answer(work, Work(text="wine"), CASHIER, "same").error is None
    assert (probe.notes("beer"), probe.effects("wine")) == ([0], 1)


# ------------------------------------------------------------------ many at a time


def count(probe: Probe, numbers: range, text: str = "beer") -> list[Envelope]:
    said = [Envelope.of(Counted(text=text, number=n), system("probe")) for n in numbers]
    for envelope in said:
        probe.bus.publish(envelope)
    return said


def test_a_stream_is_handled_in_order_and_once(probe: Probe) -> None:
    said = count(probe, range(300))
    probe.bus.publish(said[7], times=3)
    probe.start()
    wait_until(lambda: probe.bus.depth(STREAM) == 0 and len(probe.notes("beer")) >= 300)
    assert probe.notes("beer") == list(range(300))
    transactions = probe.rows.one("SELECT count(DISTINCT xmin::text) FROM notes")
    assert transactions <= 4, transactions


def test_one_bad_message_of_a_stream_fails_alone(probe: Probe) -> None:
    probe.rows.run("INSERT INTO faults VALUES ('bad')")
    count(probe, range(20))
    count(probe, range(1), "bad")
    count(probe, range(20, 40))
    probe.start()
    wait_until(lambda: len(probe.notes("beer")) == 40, 5)
    assert sorted(probe.notes("beer")) == list(range(40)) and probe.notes("bad") == []
    probe.rows.run("DELETE FROM faults")
    wait_until(lambda: probe.notes("bad") == [0])
    assert probe.bus.depth(DEAD_LETTERS) == 0
