"""deploy/compose.yaml says the same as the launcher's list, and gives nobody more than it needs."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.local.databases import OWNERS, variable
from deploy.local.processes import PASSWORDS, PREPARATIONS, PROCESSES, SEEDS, Process
from deploy.secrets import Folder, file_of, make

COMPOSE = yaml.safe_load(
    (Path(__file__).resolve().parents[2] / "deploy" / "compose.yaml").read_text()
)
SERVERS = {"postgres", "rabbitmq"}
PARTS: dict[str, Process] = {
    **{process.name: process for process in PROCESSES},
    **{f"prepare-{process.name}": process for process in PREPARATIONS},
    **{f"seed-{process.name}": process for process in SEEDS},
}


def service(name: str) -> dict[str, Any]:
    return dict(COMPOSE["services"][name])


def test_everything_that_runs_is_there() -> None:
    assert set(COMPOSE["services"]) == SERVERS | {"databases"} | set(PARTS)


@pytest.mark.parametrize("name", [*PARTS, "databases"])
def test_it_is_hardened(name: str) -> None:
    part = service(name)
    assert part["read_only"] and part["cap_drop"] == ["ALL"]
    assert part["mem_limit"] and part["cpus"]
    assert part["security_opt"] == ["no-new-privileges:true"]


@pytest.mark.parametrize("name", PARTS)
def test_it_is_told_its_own_database_only(name: str) -> None:
    told = service(name)["environment"]
    owner = PARTS[name].database
    addresses = {item for item in told if "_DATABASE_URL" in item}
    assert addresses == ({f"{variable(owner)}_FILE"} if owner else set())
    passwords = {item.removesuffix("_FILE") for item in told if "_PASSWORD" in item}
    assert passwords == (set(PASSWORDS) if set(PASSWORDS) <= set(PARTS[name].needs) else set())
    files = {Path(value).name for item, value in told.items() if item.endswith("_FILE")}
    assert files == set(service(name)["secrets"])
    assert not [item for item in told if item.endswith(("_PASSWORD", "_URL", "_SECRET"))]


def test_services_wait_for_their_preparation_and_start_again() -> None:
    for process in PROCESSES:
        part = service(process.name)
        assert part["restart"] == "unless-stopped"
        if process.database:
            done = {"condition": "service_completed_successfully"}
            assert part["depends_on"] == {f"prepare-{process.database}": done}
    for name in SERVERS:
        assert service(name)["healthcheck"] and service(name)["volumes"]
    for owner in OWNERS:
        assert service(f"seed-{owner}")["profiles"] == ["demo"]


def test_every_secret_it_wants_is_made_and_made_once(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    make(Folder(folder), "postgres", "rabbitmq")
    made = {file.name: file.read_text() for file in folder.iterdir()}
    wanted = {Path(item["file"]).name for item in COMPOSE["secrets"].values()}
    assert wanted <= set(made)
    assert {file_of(item) for item in PASSWORDS} <= set(made)
    assert folder.stat().st_mode & 0o077 == 0
    make(Folder(folder), "elsewhere", "elsewhere")
    assert made == {file.name: file.read_text() for file in folder.iterdir()}
