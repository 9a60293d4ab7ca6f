"""`make up` and `make down` as a whole, with stand-ins in the place of the services."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from argparse import Namespace
from pathlib import Path

import pytest

from deploy.local.commands import COMMANDS, NOT_RUNNING
from deploy.local.console import Failure
from deploy.local.supervisor import ROOT
from deploy.local.system import Plan, System
from tests.deploy.ports import GATEWAY, PORTS, TERMINAL
from tests.deploy.standin import BROKEN, DOORS, WORKING

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("launcher_settings")]
NOBODY = Namespace(process=None)


def listening(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def nothing_listens() -> bool:
    ports = (PORTS.postgres, PORTS.amqp, PORTS.distribution, PORTS.epmd, GATEWAY, TERMINAL)
    return not any(map(listening, ports))


def test_up_again_status_env_down(directory: Path, capsys: pytest.CaptureFixture) -> None:
    system = System(directory, WORKING)
    assert COMMANDS["status"](system, NOBODY) == NOT_RUNNING
    try:
        assert COMMANDS["up"](system, Namespace(detach=True)) == 0
        said = capsys.readouterr().out
        password = system.settings()["ADMIN_PASSWORD"]
        assert f"admin, password {password}" in said
        assert f"http://127.0.0.1:{GATEWAY}/docs" in said
        with urllib.request.urlopen(f"http://127.0.0.1:{TERMINAL}/ready", timeout=5) as answer:
            assert answer.status == 200

        assert COMMANDS["up"](system, Namespace(detach=True)) == 0
        said = capsys.readouterr().out
        assert "already runs" in said and password not in said
        assert COMMANDS["env"](system, NOBODY) == 0
        assert "WALLET_DATABASE_URL=postgresql://wallet:" in capsys.readouterr().out
    finally:
        COMMANDS["down"](system, NOBODY)
    assert nothing_listens()
    capsys.readouterr()
    assert COMMANDS["down"](system, NOBODY) == 0
    assert "Nothing runs" in capsys.readouterr().out


def test_second_start_keeps_the_data_and_says_no_password(
    directory: Path, capsys: pytest.CaptureFixture
) -> None:
    system = System(directory, WORKING)
    for expected in (True, False):
        system.start()
        system.stop()
        assert ("admin, password" in capsys.readouterr().out) is expected


def test_a_process_that_dies_is_started_again(directory: Path) -> None:
    system = System(directory, WORKING)
    system.start()
    try:
        before = {state.name: state.pid for state in system.supervisor.states()}
        os.kill(before["wallet"], signal.SIGKILL)
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            now = {state.name: state.pid for state in system.supervisor.states()}
            if now["wallet"] not in (0, before["wallet"]):
                break
            time.sleep(0.1)
        else:
            pytest.fail("the process was not started again")
        assert now["gateway"] == before["gateway"]
    finally:
        system.stop()


def test_killed_manager_leaves_no_orphans_behind(directory: Path) -> None:
    system = System(directory, WORKING)
    system.start()
    manager = int((directory / "run" / "supervisord.pid").read_text().split()[0])
    os.kill(manager, signal.SIGKILL)
    while system.supervisor.running:
        time.sleep(0.05)
    try:
        system.start()
        assert all(state.state == "RUNNING" for state in system.supervisor.states())
    finally:
        system.stop()
    assert nothing_listens()


def test_dead_private_server_is_told_and_started_again(
    directory: Path, capsys: pytest.CaptureFixture
) -> None:
    system = System(directory, WORKING)
    system.start()
    try:
        node = int((directory / "run" / "rabbitmq.pid").read_text().split()[0])
        os.kill(node, signal.SIGKILL)
        while listening(PORTS.amqp):
            time.sleep(0.1)
        capsys.readouterr()
        COMMANDS["status"](system, NOBODY)
        assert "DEAD" in capsys.readouterr().out
        assert COMMANDS["up"](system, Namespace(detach=True)) == 0
        assert "The private RabbitMQ died" in capsys.readouterr().out
        assert listening(PORTS.amqp)
    finally:
        system.stop()
    assert nothing_listens()


def test_a_process_that_cannot_start_is_named_and_nothing_stays(directory: Path) -> None:
    system = System(directory, Plan((BROKEN, *DOORS), preparations=(), seeds=()))
    with pytest.raises(Failure, match="wallet did not stay up") as caught:
        system.start()
    assert "no wallet today" in str(caught.value)
    assert nothing_listens()
    assert system.settings() == {}


def test_a_failing_preparation_is_named_and_nothing_stays(directory: Path) -> None:
    system = System(directory, Plan(WORKING.processes, preparations=(BROKEN,), seeds=()))
    with pytest.raises(Failure, match="prepare step of wallet failed") as caught:
        system.start()
    assert "no wallet today" in str(caught.value)
    assert nothing_listens()


def test_a_door_whose_port_is_taken(directory: Path) -> None:
    refusal = pytest.raises(Failure, match=rf"gateway cannot use port {GATEWAY}.*GATEWAY_BIND")
    with socket.create_server(("127.0.0.1", GATEWAY)), refusal:
        System(directory, WORKING).start()
    assert nothing_listens()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_foreground_stops_everything_on_a_signal(directory: Path, number: int) -> None:
    launcher = subprocess.Popen(
        [sys.executable, "-m", "tests.deploy.standin", "up", str(directory)],
        cwd=ROOT, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        for line in launcher.stdout:
            if "Ctrl-C stops everything" in line:
                break
        assert listening(GATEWAY)
        launcher.send_signal(number)
        assert launcher.wait(60) == 0
    finally:
        launcher.kill()
        System(directory).stop()
    assert nothing_listens()


def test_a_signal_while_starting_leaves_nothing(directory: Path) -> None:
    launcher = subprocess.Popen(
        [sys.executable, "-m", "tests.deploy.standin", "up", str(directory)],
        cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        deadline = time.monotonic() + 60
        while not listening(PORTS.postgres) and time.monotonic() < deadline:
            time.sleep(0.05)
        launcher.send_signal(signal.SIGINT)
        assert launcher.wait(60) != 0
    finally:
        launcher.kill()
        System(directory).stop()
    assert nothing_listens()
