"""The restore drill: a backup taken in the middle of a festival day is put back, and all agrees."""

import os
import shutil
import subprocess
import threading
from pathlib import Path

import psycopg
import pytest

from deploy.backup import addresses, restore, take
from deploy.local.processes import PROCESSES, python
from tests.conftest import PASSWORDS, SECRETS
from tests.running import ROOT, Festival, Servers, wait_until

FACTS = "SELECT count(*) FROM outbox"
MESSAGES = "SELECT count(*) FROM outbox WHERE published_at IS NULL"
MOVEMENTS = "SELECT count(*) FROM movements"


def one(url: str, query: str) -> int:
    with psycopg.connect(url) as link:
        row = link.execute(query).fetchone()
    assert row is not None
    return int(row[0])


def facts(urls: dict[str, str]) -> int:
    return sum(one(url, FACTS) for url in urls.values())


def live_a_day(festival: Festival, rush: list[int]) -> None:
    told = os.environ | festival.secrets | {
        "GATEWAY_URL": festival.gateway, "TERMINAL_URL": festival.terminal,
    }
    done = subprocess.run([python(), "-m", "tests.acceptance"], cwd=ROOT, env=told,
                          capture_output=True, check=False)
    rush.append(done.returncode)


def verify(festival: Festival, books: str) -> tuple[int, str]:
    done = subprocess.run(
        [python(), "-m", f"services.{books}.verify"], cwd=ROOT, env=os.environ | festival.settings,
        capture_output=True, text=True, check=False,
    )
    return done.returncode, done.stdout + done.stderr


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("pg_dump"), reason="pg_dump is not on this machine")
@pytest.mark.timeout(400)
def test_a_backup_from_the_middle_of_the_day_comes_back_whole(
    servers: Servers, tmp_path: Path, broker_to_itself: None
) -> None:
    festival = Festival(servers, tmp_path, PASSWORDS | SECRETS)
    try:
        festival.start()
        urls = addresses(festival.settings)
        rush: list[int] = []
        day = threading.Thread(target=live_a_day, args=(festival, rush))
        day.start()
        wait_until(lambda: one(urls["wallet"], MOVEMENTS) >= 1, 60, lambda: festival.log("wallet"))
        take(urls, tmp_path / "backup")
        kept = facts(urls)
        day.join()
        assert rush == [0], "the backup disturbed the day"
        assert facts(urls) > kept  # what came after is lost, as it must be
        for process in PROCESSES:
            festival.stop_process(process.name)

        assert restore(urls, servers.amqp_url, tmp_path / "backup") > 0
        assert facts(urls) <= kept and one(urls["wallet"], MOVEMENTS) >= 1
        for process in PROCESSES:
            festival.start_process(process.name)
        festival.wait_ready()
        wait_until(lambda: not sum(one(url, MESSAGES) for url in urls.values()), 60)
        for books in ("wallet", "accounting"):
            wait_until(lambda books=books: verify(festival, books)[0] == 0, 40,
                       lambda books=books: verify(festival, books)[1])
    finally:
        festival.stop()
