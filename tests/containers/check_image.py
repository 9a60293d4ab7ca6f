"""The image, built and run for real: `make image-test`."""

import json
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local.processes import PROCESSES
from tests.containers.podman import BUILD_SECONDS, IMAGE, LIMITS, ROOT, base_image, build, podman

MEGABYTE = 1_000_000
LARGEST = 450 * MEGABYTE
HARDENED = (
    "--read-only", "--tmpfs", "/tmp", "--cap-drop", "all", "--security-opt", "no-new-privileges",
    "--memory", "512m", *LIMITS,
)
NOWHERE = ("--env", "AMQP_URL=amqp://127.0.0.1:1//")
pytestmark = pytest.mark.timeout(BUILD_SECONDS)


@pytest.fixture(scope="module", autouse=True)
def image(tmp_path_factory: pytest.TempPathFactory) -> None:
    base = base_image(tmp_path_factory.mktemp("base"))
    build(IMAGE, "Dockerfile", ROOT, "--build-arg", f"BASE_IMAGE={base}")


def run(*command: str, check: bool = True, options: tuple[str, ...] = ()) -> str:
    return podman("run", "--rm", *HARDENED, *options, IMAGE, *command, check=check)


def shell(line: str) -> str:
    return run("-c", line, options=("--entrypoint", "/bin/sh")).strip()


def test_it_is_small() -> None:
    size = json.loads(podman("image", "inspect", IMAGE))[0]["Size"]
    print(f"\nimage: {size / MEGABYTE:.0f} MB")
    assert size < LARGEST


def test_it_runs_as_nobody_in_particular_and_writes_nowhere() -> None:
    assert shell("id -u") == "10001"
    for place in ("/opt/festival/x", "/opt/venv/x", "/etc/x", "/x"):
        assert shell(f"touch {place} 2>/dev/null || echo refused") == "refused"
    assert shell("touch /tmp/x && echo written") == "written"


@pytest.mark.parametrize("tool", ["gcc", "cc", "make", "pip", "git", "curl"])
def test_nothing_in_it_builds_or_fetches(tool: str) -> None:
    assert shell(f"command -v {tool} || echo none") == "none"


def test_only_what_runs_is_in_it() -> None:
    assert shell("ls /opt/festival").split() == ["contracts", "deploy", "gateway", "services"]
    assert shell("python -c 'import pytest' 2>/dev/null || echo none") == "none"


def test_every_process_is_known_and_other_words_are_not() -> None:
    known = "from deploy.start import command; import sys; [command(n) for n in sys.argv[1:]]"
    names = " ".join(process.name for process in PROCESSES)
    assert shell(f'python -c "{known}" {names} && echo known') == "known"
    assert "prepare <service>" in run("unheard-of", check=False)


def test_it_draws_a_ticket() -> None:
    """Pango, a font and a writable cache are all there."""
    drawn = "import weasyprint; print(weasyprint.HTML(string='<p>Zürich').write_pdf()[:4])"
    assert "%PDF" in run("-c", drawn, options=("--entrypoint", "python"))


@pytest.fixture
def gateway() -> Iterator[str]:
    name = "festival-image-test"
    podman("rm", "--force", name, check=False)
    podman("run", "--detach", "--name", name, *HARDENED, *NOWHERE, IMAGE, "gateway")
    yield name
    podman("rm", "--force", name)


def test_health_is_told_and_what_is_missing(gateway: str) -> None:
    """Alive without a broker; not ready, and it says what is missing."""
    deadline = time.monotonic() + 30
    while podman("healthcheck", "run", gateway, check=False).strip():
        assert time.monotonic() < deadline, podman("logs", gateway)
        time.sleep(0.5)
    ask = ("import urllib.request as u, urllib.error as e\n"
           "try: u.urlopen('http://127.0.0.1:8080/ready')\n"
           "except e.HTTPError as answer: print(answer.code, answer.read().decode())")
    assert podman("exec", gateway, "python", "-c", ask).startswith("503")
    assert "broker" in podman("exec", gateway, "python", "-c", ask)


def test_it_stops_when_told(gateway: str) -> None:
    time.sleep(2)
    started = time.monotonic()
    podman("stop", "--time", "20", gateway)
    assert time.monotonic() - started < 15
    state = json.loads(podman("inspect", gateway))[0]["State"]
    assert state["ExitCode"] == 0, podman("logs", gateway)


def test_secrets_come_from_files(tmp_path: Path) -> None:
    secret = tmp_path / "amqp-url"
    secret.write_text("amqp://from-a-file:1//\n")
    shutil.chown(secret, 10001)
    read = "from deploy.start import read_secrets; import os; print(read_secrets(os.environ))"
    said = run("-c", read, options=(
        "--entrypoint", "python", "--env", "AMQP_URL_FILE=/run/secrets/amqp-url",
        "--volume", f"{secret}:/run/secrets/amqp-url:ro",
    ))
    assert said.strip() == "{'AMQP_URL': 'amqp://from-a-file:1//'}"
