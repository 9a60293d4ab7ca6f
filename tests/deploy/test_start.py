"""What a container's command chooses, where its secrets come from, and what it is made of."""

import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from deploy.local.processes import PROCESSES
from deploy.start import alive, command, main, read_secrets

ROOT = Path(__file__).resolve().parents[2]
PINNED = re.compile(r"^([a-z0-9-]+==\S+)", re.MULTILINE)


def test_every_process_has_its_command() -> None:
    for process in PROCESSES:
        assert command(process.name) == process.command
    assert command("prepare", "wallet") == ("-m", "services.chassis.prepare", "wallet")
    assert command("seed", "catalog") == ("-m", "services.catalog.seed")


@pytest.mark.parametrize("words", [[], ["unheard-of"], ["seed"], ["seed", "gateway"]])
def test_other_words_are_explained(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 2
    assert "prepare <service>" in capsys.readouterr().err


def test_secrets_are_read_from_files_and_nothing_else_is(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("amqp://x\n")
    settings = {"AMQP_URL_FILE": str(file), "SSL_CERT_FILE": str(file), "ADMIN_PASSWORD_FILE": ""}
    assert read_secrets(settings) == {"AMQP_URL": "amqp://x"}
    with pytest.raises(FileNotFoundError):
        read_secrets({"WALLET_DATABASE_URL_FILE": str(tmp_path / "missing")})


class Answering(BaseHTTPRequestHandler):
    status = 200

    def do_GET(self) -> None:
        self.send_response(self.status)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


@pytest.fixture
def port() -> Iterator[int]:
    server = HTTPServer(("127.0.0.1", 0), Answering)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


def test_alive_is_who_answers(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    nobody = {"BIND": "0.0.0.0:1", "METRICS_PORT": "1"}
    assert not alive(nobody)
    assert alive(nobody | {"METRICS_PORT": str(port)})
    assert alive(nobody | {"BIND": f"0.0.0.0:{port}"})
    monkeypatch.setattr(Answering, "status", 503)
    assert not alive(nobody | {"BIND": f"0.0.0.0:{port}"})


def test_the_image_has_the_versions_that_are_tested() -> None:
    """Its list is a part of the whole one, without the tools."""
    whole = set(PINNED.findall((ROOT / "requirements.lock").read_text()))
    image = set(PINNED.findall((ROOT / "deploy" / "requirements.lock").read_text()))
    assert image < whole
    assert not {"pytest", "ruff", "mypy"} & {item.split("==")[0] for item in image}


def test_the_image_takes_base_and_index_from_outside() -> None:
    recipe = (ROOT / "deploy" / "Dockerfile").read_text()
    stages = [line for line in recipe.splitlines() if line.startswith("FROM")]
    assert stages == ["FROM ${BASE_IMAGE} AS packages", "FROM ${BASE_IMAGE}"]
    assert "ARG PIP_INDEX_URL" in recipe and "--require-hashes" in recipe
    last = recipe.split(stages[-1])[-1]
    assert "USER 10001" in last and "HEALTHCHECK" in last
