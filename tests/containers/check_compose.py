"""deploy/compose.yaml started for real and used for a festival day: `make compose-test`."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from deploy.local.databases import OWNERS
from deploy.local.processes import PROCESSES
from deploy.secrets import Folder, make
from tests.containers.podman import (
    BUILD_SECONDS,
    IMAGE,
    ROOT,
    SERVERS,
    base_image,
    build,
    podman,
    server_image,
)
from tests.running import free_port

PROJECT = "festival-compose-test"
ENGINE = """
[containers]
default_ulimits = ["nofile=8192:8192", "nproc=4096:4096"]
[engine]
runtime = "runc"
"""
PREPARATIONS = tuple(f"prepare-{owner}" for owner in OWNERS)
READY_SECONDS = 120
pytestmark = pytest.mark.timeout(BUILD_SECONDS * 2)


class Compose:
    """One project of podman-compose, which neither waits for health nor for jobs: we do."""

    def __init__(self, folder: Path) -> None:
        make(Folder(folder / "secrets"), "postgres", "rabbitmq")
        (folder / "containers.conf").write_text(ENGINE)
        self.secrets = folder / "secrets"
        self.gateway, self.terminal = (f"127.0.0.1:{free_port()}" for _ in range(2))
        self.settings = {
            "CONTAINERS_CONF": str(folder / "containers.conf"), "SECRETS": str(self.secrets),
            "FESTIVAL_IMAGE": IMAGE, "POSTGRES_IMAGE": "localhost/postgres",
            "RABBITMQ_IMAGE": "localhost/rabbitmq", "FESTIVAL_ENV": "development",
            "GATEWAY_ADDRESS": self.gateway, "TERMINAL_ADDRESS": self.terminal,
        }

    def __call__(self, *arguments: str, **settings: str) -> str:
        done = subprocess.run(
            ["podman-compose", "-p", PROJECT, "-f", str(ROOT / "deploy" / "compose.yaml"),
             *arguments],
            env=os.environ | self.settings | settings, cwd=ROOT / "deploy", text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=600, check=False,
        )
        return done.stdout

    def up(self, *services: str, **settings: str) -> None:
        said = self("up", "--detach", "--no-deps", *services, **settings)
        missing = [name for name in services if not self.state(name)]
        assert not missing, f"{missing}\n{said[-6000:]}"

    def state(self, service: str, number: int = 1) -> dict[str, object]:
        name = f"{PROJECT}_{service}_{number}"
        found = podman("inspect", "--format", "[{{json .State}}]", name, check=False)
        return dict(json.loads(found)[0]) if found.startswith("[{") else {}

    def logs(self, service: str) -> str:
        return podman("logs", "--tail", "40", f"{PROJECT}_{service}_1", check=False)

    def answers(self, service: str, *probe: str) -> bool:
        done = subprocess.run(
            ["podman", "--runtime", "runc", "exec", f"{PROJECT}_{service}_1", *probe],
            capture_output=True, timeout=60, check=False,
        )
        return done.returncode == 0

    def wait(self, service: str, good) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while not good():
            assert time.monotonic() < deadline, f"{service}:\n{self.logs(service)}"
            time.sleep(1)

    def finish(self, *jobs: str) -> None:
        self.up(*jobs)
        for job in jobs:
            self.wait(job, lambda job=job: self.state(job)["Status"] == "exited")
            assert self.state(job)["ExitCode"] == 0, f"{job}:\n{self.logs(job)}"

    def start(self) -> None:
        self.up("postgres", "rabbitmq")
        self.wait("postgres", lambda: self.answers("postgres", "pg_isready", "-h", "127.0.0.1"))
        self.wait("rabbitmq", lambda: self.answers(
            "rabbitmq", "rabbitmq-diagnostics", "--quiet", "check_port_connectivity"))
        self.finish("databases")
        self.finish(*PREPARATIONS)
        self.up(*[process.name for process in PROCESSES])
        self.wait_ready()

    def wait_ready(self) -> None:
        for service, address in (("gateway", self.gateway), ("terminal", self.terminal)):
            self.wait(service, lambda address=address: ready(address))

    def acceptance(self) -> subprocess.CompletedProcess[str]:
        told = {
            "GATEWAY_URL": f"http://{self.gateway}", "TERMINAL_URL": f"http://{self.terminal}",
            "ADMIN_PASSWORD": (self.secrets / "admin-password").read_text(),
            "PAYMENT_WEBHOOK_SECRET": (self.secrets / "payment-webhook-secret").read_text(),
        }
        return subprocess.run(
            [sys.executable, "-m", "tests.acceptance"], env=os.environ | told, cwd=ROOT,
            capture_output=True, text=True, timeout=300, check=False,
        )


def ready(address: str) -> bool:
    try:
        with urlopen(f"http://{address}/ready", timeout=5) as answer:
            return bool(answer.status == 200)
    except (URLError, OSError):
        return False


@pytest.fixture(scope="module")
def compose(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Compose]:
    folder = tmp_path_factory.mktemp("compose")
    base = base_image(folder)
    for image in SERVERS:
        server_image(image, base)
    build(IMAGE, "Dockerfile", ROOT, "--build-arg", f"BASE_IMAGE={base}")
    running = Compose(folder)
    running("down", "--volumes")
    try:
        running.start()
        yield running
    finally:
        running("down", "--volumes", WALLET_REPLICAS="3", TICKETING_REPLICAS="3")


def test_a_festival_day_on_one_of_each(compose: Compose) -> None:
    done = compose.acceptance()
    print(done.stdout[-1500:])
    assert done.returncode == 0, done.stdout + done.stderr


def test_another_day_on_three_of_wallet_and_ticketing(compose: Compose) -> None:
    """They share queues, outbox and database: nothing is done twice and nothing is lost."""
    compose.up("wallet", "ticketing", WALLET_REPLICAS="3", TICKETING_REPLICAS="3")
    for service in ("wallet", "ticketing"):
        for number in (1, 2, 3):
            assert compose.state(service, number)["Running"], f"{service} {number}"
    compose.wait_ready()
    done = compose.acceptance()
    print(done.stdout[-1500:])
    assert done.returncode == 0, done.stdout + done.stderr
    for books in ("wallet", "accounting"):
        verified = podman(
            "exec", f"{PROJECT}_{books}_1", "python", "-m", "deploy.start", f"verify-{books}")
        assert "hold together" in verified


def test_what_runs_is_hardened(compose: Compose) -> None:
    for process in PROCESSES:
        found = json.loads(podman("inspect", f"{PROJECT}_{process.name}_1"))[0]
        assert found["HostConfig"]["ReadonlyRootfs"], process.name
        assert found["HostConfig"]["Memory"] > 0, process.name
        assert found["Config"]["User"] == "10001:10001", process.name
        assert compose.answers(process.name, "python", "-m", "deploy.start", "live")
