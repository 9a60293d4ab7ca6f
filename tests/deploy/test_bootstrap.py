"""What a fresh machine gets, and the sentence when it cannot have it. Nothing is installed here."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.local import bootstrap
from deploy.local.console import Failure

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def logs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap, "LOGS", tmp_path / "logs")


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty place for a virtual environment that wants nothing."""
    monkeypatch.setattr(bootstrap, "VENV", tmp_path / "venv")
    monkeypatch.setattr(bootstrap, "PYTHON", tmp_path / "venv" / "bin" / "python")
    monkeypatch.setattr(bootstrap, "LOCK", tmp_path / "requirements.lock")
    bootstrap.LOCK.write_text("")
    return bootstrap.VENV


def test_nothing_missing_here() -> None:
    assert bootstrap.missing_packages() == []


def test_servers_of_others_need_no_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.delenv("AMQP_URL", raising=False)
    monkeypatch.setattr(bootstrap.postgres, "installed", lambda: False)
    monkeypatch.setattr(bootstrap.rabbitmq, "installed", lambda: False)
    assert bootstrap.missing_packages() == ["postgresql", "rabbitmq-server"]
    monkeypatch.setenv("DATABASE_URL", "postgresql://db.example/postgres")
    monkeypatch.setenv("AMQP_URL", "amqp://broker.example/")
    assert bootstrap.missing_packages() == []


def test_packages_without_root_or_sudo(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap, "missing_packages", lambda: ["rabbitmq-server"])
    monkeypatch.setattr(bootstrap.os, "geteuid", lambda: 1000)
    monkeypatch.setattr(bootstrap, "_may_sudo", lambda: False)
    with pytest.raises(Failure, match="sudo apt-get install rabbitmq-server"):
        bootstrap.install_packages()


def test_packages_that_apt_cannot_get(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(bootstrap, "missing_packages", lambda: ["rabbitmq-server"])
    monkeypatch.setattr(bootstrap.os, "geteuid", lambda: 0)
    script = tmp_path / "install-packages.sh"
    script.write_text("#!/bin/sh\necho no route to host\nexit 100\n")
    script.chmod(0o755)
    monkeypatch.setattr(bootstrap, "INSTALLER", script)
    with pytest.raises(Failure, match="apt could not install") as caught:
        bootstrap.install_packages()
    assert "no route to host" in str(caught.value)


@pytest.mark.slow
def test_environment_is_made_once_and_again_when_the_lock_changes(
    environment: Path, capsys: pytest.CaptureFixture
) -> None:
    bootstrap.make_environment()
    assert "Creating the virtual environment" in capsys.readouterr().out
    bootstrap.make_environment()
    assert capsys.readouterr().out == ""
    bootstrap.LOCK.write_text("# another\n")
    bootstrap.make_environment()
    said = capsys.readouterr().out
    assert "Installing the Python packages" in said and "Creating" not in said


@pytest.mark.slow
def test_packages_that_pip_cannot_get(environment: Path) -> None:
    bootstrap.LOCK.write_text(f"--no-index\nnameko==0 --hash=sha256:{'0' * 64}\n")
    with pytest.raises(Failure, match="is the network there") as caught:
        bootstrap.make_environment()
    assert "No matching distribution" in str(caught.value)
    assert not (environment / "made-from").exists()


def test_wrong_python(environment: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap, "WANTED_PYTHON", (3, 99))
    with pytest.raises(Failure, match=r"Python 3\.99 is needed; this one is 3\."):
        bootstrap.make_environment()


def test_only_the_standard_library_before_the_environment() -> None:
    code = "import deploy.local.__main__, sys; print(*sys.modules)"
    isolated = [sys.executable, "-S", "-c", code]
    loaded = subprocess.run(isolated, cwd=ROOT, capture_output=True, text=True, check=True)
    roots = {name.partition(".")[0] for name in loaded.stdout.split()}
    assert roots - set(sys.stdlib_module_names) <= {"__main__", "deploy"} | {
        name for name in roots if name.startswith("_")
    }


def test_lock_names_no_place_and_hashes_everything() -> None:
    lock = (ROOT / "requirements.lock").read_text()
    assert not re.search(r"://|--(extra-)?index-url|--find-links|--trusted-host|file:", lock)
    pins = re.findall(r"^[A-Za-z0-9].*?(?=^[A-Za-z0-9]|\Z)", lock, re.DOTALL | re.MULTILINE)
    assert len(pins) > 60
    assert [pin.split()[0] for pin in pins if "--hash=sha256:" not in pin] == []
    for exact in ("nameko==3.0.0rc11", "kombu==5.7.0", "eventlet==0.41.3"):
        assert f"\n{exact} " in lock
