"""The launcher's small parts: process notes, secrets, what each process is told, both doors."""

import http.client
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local import databases
from deploy.local.console import Failure
from deploy.local.daemon import Daemon, session
from deploy.local.envfile import EnvFile
from deploy.local.ports import Ports
from deploy.local.processes import PASSWORDS, PREPARATIONS, PROCESSES, SEEDS, inherited
from deploy.local.supervisor import ROOT, State
from deploy.local.system import changes, host_and_port, not_ready
from tests.deploy.ports import DOOR
from tests.deploy.standin import DOORS

DOOR_BIND = f"127.0.0.1:{DOOR}"
SETTINGS = {
    "AMQP_URL": "amqp://broker/",
    "PAYMENT_WEBHOOK_SECRET": "s",
    "GATEWAY_BIND": "127.0.0.1:8080",
    "TERMINAL_BIND": "127.0.0.1:8081",
    **{databases.variable(owner): f"postgresql://{owner}@db/{owner}" for owner in databases.OWNERS},
    **dict.fromkeys(PASSWORDS, "p"),
}


def sleeper(tmp_path: Path, code: str = "import time; time.sleep(60)") -> Daemon:
    daemon = Daemon("sleeper", tmp_path / "run" / "sleeper.pid")
    command = [sys.executable, "-c", code]
    daemon.start(command, tmp_path / "log", dict(os.environ), cwd=tmp_path)
    return daemon


def test_daemon_starts_and_stops(tmp_path: Path) -> None:
    daemon = sleeper(tmp_path)
    assert daemon.pid
    daemon.stop()
    assert daemon.pid is None and not daemon.file.exists()
    daemon.stop()


def test_daemon_that_ignores_the_request_is_killed(tmp_path: Path) -> None:
    code = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
    daemon = sleeper(tmp_path, code + "open('started', 'w').close(); time.sleep(60)")
    while not (tmp_path / "started").exists():
        time.sleep(0.02)
    daemon.stop(patience=0.3)
    assert daemon.pid is None


def test_what_a_killed_leader_left_behind_is_ended(tmp_path: Path) -> None:
    child = "import time; time.sleep(60)"
    code = f"import subprocess, sys, time; subprocess.Popen([sys.executable, '-c', {child!r}]);"
    daemon = sleeper(tmp_path, code + "open('started', 'w').close(); time.sleep(60)")
    started = tmp_path / "started"
    while not started.exists():
        time.sleep(0.02)
    leader = daemon.pid
    daemon.send(signal.SIGKILL)
    assert daemon.gone(5) and daemon.died
    assert len(session(leader)) == 1
    daemon.stop()
    assert session(leader) == [] and not daemon.died


def test_stale_note_never_points_at_an_innocent_process(tmp_path: Path) -> None:
    daemon = Daemon("innocent", tmp_path / "innocent.pid")
    daemon.file.write_text(f"{os.getpid()} 1\n")
    assert daemon.pid is None
    daemon.stop()
    daemon.file.write_text("half a no")
    assert daemon.pid is None


def test_secret_is_made_once_and_may_be_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secrets = EnvFile(tmp_path / "secrets.env")
    made = secrets.secret("ONE")
    assert len(made) == 20 and secrets.secret("ONE") == made
    monkeypatch.setenv("TWO", "given")
    assert secrets.secret("TWO") == "given"
    monkeypatch.setenv("TWO", "changed")
    assert secrets.read() == {"ONE": made, "TWO": "given"}


def test_env_file_has_comments_and_equal_signs(tmp_path: Path) -> None:
    file = EnvFile(tmp_path / "x.env")
    file.path.write_text("# a comment\n\nURL=amqp://h/?a=b\n")
    assert file.read() == {"URL": "amqp://h/?a=b"}


def test_every_process_is_told_its_own_database_only() -> None:
    for process in (*PROCESSES, *PREPARATIONS, *SEEDS):
        told = process.environment(SETTINGS)
        addresses = [name for name in told if name.endswith("_DATABASE_URL")]
        expected = [databases.variable(process.database)] if process.database else []
        assert addresses == expected, process.name
        assert "AMQP_URL" in told


def test_only_what_creates_people_is_told_passwords() -> None:
    for process in (*PROCESSES, *PREPARATIONS, *SEEDS):
        told = set(PASSWORDS) & set(process.environment(SETTINGS))
        creates_people = process in (PREPARATIONS[0], SEEDS[0])
        assert told == (set(PASSWORDS) if creates_people else set()), process.name


def test_processes_do_not_inherit_the_launchers_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://root@db/")
    monkeypatch.setenv("WALLET_DATABASE_URL", "postgresql://wallet@db/")
    monkeypatch.setenv("ADMIN_PASSWORD", "x")
    assert not {"DATABASE_URL", "WALLET_DATABASE_URL", "ADMIN_PASSWORD"} & set(inherited())


def test_addresses_keep_the_server_and_take_a_prefix(tmp_path: Path) -> None:
    secrets = EnvFile(tmp_path / "secrets.env")
    found = databases.addresses("postgresql://a:b@db:5/postgres?sslmode=require", secrets, "x_")
    password = secrets.secret("WALLET_PASSWORD")
    expected = f"postgresql://x_wallet:{password}@db:5/x_wallet?sslmode=require"
    assert found["WALLET_DATABASE_URL"] == expected


@pytest.mark.parametrize("value", ["", "http", "0", "70000"])
def test_port_setting_that_is_none(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("POSTGRES_PORT", value)
    with pytest.raises(Failure, match="POSTGRES_PORT must be a port number"):
        Ports.from_environment()


def test_bind_setting_that_is_none() -> None:
    with pytest.raises(Failure, match=r"GATEWAY_BIND must be like 127\.0\.0\.1:8080"):
        host_and_port("GATEWAY_BIND", "8080")


def test_what_a_person_watching_hears() -> None:
    up, down, again = (
        State("wallet", state, pid, 5, "detail")
        for state, pid in (("RUNNING", 1), ("BACKOFF", 0), ("RUNNING", 2))
    )
    assert changes([up], [up]) == []
    assert changes([up], [down]) == ["wallet ended: detail. It will be started again."]
    assert changes([down], [down]) == []
    assert changes([down], [again]) == changes([up], [again]) == ["wallet was started again."]


@pytest.fixture
def door(tmp_path: Path) -> Iterator[str]:
    command = [sys.executable, *DOORS[1].command]
    env = os.environ | {"BIND": DOOR_BIND, "WEB_THREADS": "2"}
    with (tmp_path / "door.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=log, stderr=log)
    deadline = time.monotonic() + 20
    while not_ready(DOOR_BIND) and time.monotonic() < deadline:
        time.sleep(0.05)
    yield DOOR_BIND
    process.terminate()
    process.wait(30)


def test_several_workers_count_together(tmp_path: Path) -> None:
    """Whichever worker is asked, it tells what all of them have done."""
    command = [sys.executable, *DOORS[1].command[:-1], "tests.deploy.counting:app"]
    env = os.environ | {"BIND": DOOR_BIND, "WEB_WORKERS": "3", "WEB_THREADS": "2"}
    with (tmp_path / "door.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=log, stderr=log)
    try:
        deadline = time.monotonic() + 20
        while not_ready(DOOR_BIND) and time.monotonic() < deadline:
            time.sleep(0.05)
        before = _live_requests()
        for _ in range(30):
            _get("/live")
        assert {_live_requests() - before for _ in range(10)} == {30}
    finally:
        process.terminate()
        process.wait(30)


def _live_requests() -> int:
    for line in _get("/metrics").decode().splitlines():
        if line.startswith("http_requests_total") and 'route="/live"' in line:
            return int(float(line.split()[-1]))
    return 0


def _get(path: str) -> bytes:
    connection = http.client.HTTPConnection(DOOR_BIND, timeout=5)
    connection.request("GET", path)
    body = connection.getresponse().read()
    connection.close()
    return body


def test_small_answers_on_a_kept_connection_take_no_40_ms_steps(door: str) -> None:
    """Nagle's algorithm and delayed acknowledgements together make every answer wait."""
    connection = http.client.HTTPConnection(door, timeout=5)
    took = []
    for _ in range(60):
        started = time.perf_counter()
        connection.request("POST", "/", body=b"{}")
        assert connection.getresponse().read()
        took.append(time.perf_counter() - started)
    connection.close()
    assert sorted(took)[30] < 0.02
