"""Settings and folders of the launcher's own tests, apart from everybody else's."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local.instances import Instances
from tests.deploy.ports import GATEWAY, PORTS, TERMINAL

SETTINGS = {
    "POSTGRES_PORT": str(PORTS.postgres),
    "RABBITMQ_PORT": str(PORTS.amqp),
    "RABBITMQ_DISTRIBUTION_PORT": str(PORTS.distribution),
    "RABBITMQ_EPMD_PORT": str(PORTS.epmd),
    "GATEWAY_BIND": f"127.0.0.1:{GATEWAY}",
    "TERMINAL_BIND": f"127.0.0.1:{TERMINAL}",
}


@pytest.fixture
def launcher_settings(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The environment of a person who wants a second copy on other ports."""
    for name in ("DATABASE_URL", "AMQP_URL", "DATABASE_PREFIX"):
        monkeypatch.delenv(name, raising=False)
    for name, value in SETTINGS.items():
        monkeypatch.setenv(name, value)
    return SETTINGS


@pytest.fixture
def directory(tmp_path: Path) -> Iterator[Path]:
    """A copy's folder. Under root, pytest's are closed to PostgreSQL's account, as /root is."""
    folder = tmp_path / "copy"
    folder.mkdir()
    yield folder
    Instances(folder, PORTS).remove()
