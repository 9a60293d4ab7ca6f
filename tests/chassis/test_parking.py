"""A failing message: tried again after pauses, parked with its reason, looked at, replayed."""

import os
import subprocess
import time
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from kombu import Connection, Exchange, Producer

from contracts.envelope import Envelope
from contracts.roles import system
from deploy.local.processes import python
from services.chassis import dead_letters
from services.chassis.bus import RETRY_PAUSES_S
from tests.chassis.conftest import DEAD_LETTERS, QUEUE, Probe
from tests.chassis.probe import Worked
from tests.running import ROOT, wait_until

ALL_TRIES = len(RETRY_PAUSES_S) + 1


def say(probe: Probe, text: str, **more) -> str:
    """Send the probe one message; its id."""
    envelope = Envelope.of(Worked(text=text, **more), system("probe"))
    probe.bus.publish(envelope)
    return envelope.id


def fail_on(probe: Probe, text: str) -> None:
    probe.rows.run("INSERT INTO faults VALUES (:text)", text=text)


def operate(probe: Probe, capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    """What `make dead-letters` answers: exit status and text."""
    status = dead_letters.main(arguments, probe.bus.url)
    return status, capsys.readouterr().out


def park(probe: Probe, *texts: str) -> list[str]:
    """Messages that failed until they were parked, in that order; their ids."""
    ids = []
    for text in texts:
        fail_on(probe, text)
        ids.append(say(probe, text))
        time.sleep(0.1)
    wait_until(lambda: probe.bus.depth(DEAD_LETTERS) == len(texts), 20)
    return ids


def test_a_failing_message_is_tried_again_and_does_not_hold_up_the_others(running: Probe) -> None:
    fail_on(running, "bad")
    say(running, "bad", number=1)
    for number in range(20):
        say(running, "good", number=number)
    wait_until(lambda: len(running.notes("good")) == 20, 5)
    assert running.notes("bad") == []
    running.rows.run("DELETE FROM faults")
    wait_until(lambda: running.notes("bad") == [1], 5)
    assert running.bus.depth(DEAD_LETTERS) == 0


@pytest.mark.slow
def test_parked_with_its_reason_then_listed_shown_and_replayed(
    running: Probe, capsys: pytest.CaptureFixture[str]
) -> None:
    started = time.monotonic()
    first, second = park(running, "bad", "worse")
    assert time.monotonic() - started > sum(RETRY_PAUSES_S)
    assert running.rows.one("SELECT last_value FROM attempts") == 2 * ALL_TRIES
    assert running.bus.depth(QUEUE) == 0

    status, text = operate(running, capsys, "list", "probe")
    assert status == 0
    for message_id, name in ((first, "bad"), (second, "worse")):
        assert message_id in text and f"no shelf for {name}" in text
    assert f"after {ALL_TRIES} attempts" in text and QUEUE in text
    assert datetime.now(UTC).strftime("parked %Y-%m-%dT") in text

    status, text = operate(running, capsys, "show", "probe", "2")
    assert status == 0 and '"text": "worse"' in text and first not in text
    assert operate(running, capsys, "show", first)[1].count("no shelf for bad") == 1

    running.rows.run("DELETE FROM faults")
    assert operate(running, capsys, "replay", first) == (
        0, f"{first}: back in {QUEUE}.\n1 replayed.\n")
    wait_until(lambda: running.notes("bad") == [0])
    assert running.bus.depth(DEAD_LETTERS) == 1 and running.notes("worse") == []
    assert operate(running, capsys, "replay", "probe")[0] == 0
    wait_until(lambda: running.notes("worse") == [0])
    assert operate(running, capsys) == (0, "No message is parked.\n")


def test_replaying_twice_has_one_effect(
    probe: Probe, capsys: pytest.CaptureFixture[str]
) -> None:
    """As after a replay that died between its two steps: the message is in both queues."""
    envelope = Envelope.of(Worked(text="twice"), system("probe"))
    for _ in range(2):
        _dead_letter(probe, envelope.to_dict(), {"queue": QUEUE, "reason": "was broken"})
    assert operate(probe, capsys, "replay", "probe", envelope.id)[0] == 0
    assert probe.bus.depth(QUEUE) == 2
    probe.start()
    wait_until(lambda: probe.bus.depth(QUEUE) == 0 and probe.notes("twice") == [0])


def test_a_replay_that_finds_no_queue_keeps_the_message(
    probe: Probe, capsys: pytest.CaptureFixture[str]
) -> None:
    _dead_letter(probe, {"id": "m1"}, {"queue": "probe.gone.v1", "reason": "was broken"})
    status, text = operate(probe, capsys, "replay", "probe")
    assert (status, text.splitlines()) == (1, [
        "m1: the queue probe.gone.v1 does not exist; kept.", "0 replayed, 1 still parked.",
    ])
    assert probe.bus.depth(DEAD_LETTERS) == 1


def test_what_is_no_message_is_parked_and_can_be_shown(
    running: Probe, capsys: pytest.CaptureFixture[str]
) -> None:
    with Connection(running.bus.url) as connection:
        Producer(connection.channel()).publish(
            b"{not json", exchange=Exchange("probe.events", type="topic"), retry=False,
            routing_key="probe.worked.v1", content_type="application/json",
            content_encoding="utf-8",
        )
    wait_until(lambda: running.bus.depth(DEAD_LETTERS) == 1)
    text = operate(running, capsys, "show", "probe", "1")[1]
    assert "{not json" in text and "not readable as a message" in text and QUEUE in text


def test_what_cannot_be_found_is_said(probe: Probe, capsys: pytest.CaptureFixture[str]) -> None:
    missing = str(uuid4())
    assert operate(probe, capsys, "show", "probe", missing) == (
        1, f"No parked message is {missing}: `list` shows them all.\n")
    assert operate(probe, capsys, "list", "probe") == (0, "No message is parked.\n")
    for wrong in (("show",), ("burn", "1"), ("replay", "nobody", "1")):
        status, text = operate(probe, capsys, *wrong)
        assert status == 2 and "replay [service]" in text


def test_the_command_works_as_a_command(probe: Probe) -> None:
    done = _command(probe.bus.url, "list", "wallet")
    assert (done.returncode, done.stderr) == (0, "")
    lost = _command("amqp://127.0.0.1:1//", "list")
    assert lost.returncode == 1 and lost.stderr.startswith("The broker does not answer")


def _command(amqp_url: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [python(), "-m", "services.chassis.dead_letters", *arguments], cwd=ROOT, timeout=30,
        capture_output=True, text=True, check=False, env=os.environ | {"AMQP_URL": amqp_url},
    )


def _dead_letter(probe: Probe, document: dict, headers: dict[str, str]) -> None:
    with Connection(probe.bus.url) as connection:
        Producer(connection.channel()).publish(
            document, exchange="dead-letters", routing_key="probe", headers=headers, retry=False
        )
