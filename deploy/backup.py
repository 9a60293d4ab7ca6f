"""Backups of the five databases that fit together: `python -m deploy.backup <command>`.

    take <folder> | restore <folder>
    recovered    after PostgreSQL itself went back to a moment: the queues go with it
    say-again    only let the outboxes' last day go out anew

A backup is one moment of each database, chosen so that no service has heard what another has not
yet said: while the moments are fixed, for some milliseconds, no relay may publish. What was said
and not yet heard at that moment is said again after a restore: the outboxes' last hours go out
anew, and the inboxes drop what they know. So no part of the broker has to be saved.

Reads the five addresses (WALLET_DATABASE_URL …) and, to restore, AMQP_URL. Stop all processes
before a restore; take a backup at any time.
"""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
from kombu import Connection

from deploy.local.databases import OWNERS, variable
from services.chassis.broker import queues_around
from services.chassis.outbox import RELAY_LOCK
from services.chassis.prepare import load_contracts

MANIFEST = "manifest.json"
SAID_AGAIN = timedelta(hours=24)  # longer than any queue has ever been behind
LIMIT_SECONDS = 3600


def addresses(env: Mapping[str, str]) -> dict[str, str]:
    """Each service's database. KeyError for one that is not told."""
    return {owner: env[variable(owner)] for owner in OWNERS}


def take(urls: Mapping[str, str], folder: Path) -> datetime:
    """Write one dump a service and a manifest; the moment that they hold."""
    folder.mkdir(parents=True)
    with ExitStack() as stack:
        links = {owner: stack.enter_context(psycopg.connect(url)) for owner, url in urls.items()}
        for link in links.values():
            link.autocommit = True
            link.execute("SELECT pg_advisory_lock(%s)", [RELAY_LOCK])
        moment = datetime.now(UTC)
        snapshots = {owner: _snapshot(link) for owner, link in links.items()}
        for link in links.values():
            link.execute("SELECT pg_advisory_unlock(%s)", [RELAY_LOCK])
        for owner, url in urls.items():
            _run("pg_dump", "--format=custom", f"--snapshot={snapshots[owner]}",
                 f"--file={folder / owner}.dump", url)
    (folder / MANIFEST).write_text(json.dumps({"moment": moment.isoformat()}))
    return moment


def _snapshot(link: psycopg.Connection) -> str:
    """What this connection sees from now on, under a name; it lasts as long as the connection."""
    link.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
    row = link.execute("SELECT pg_export_snapshot()").fetchone()
    assert row is not None
    return str(row[0])


def restore(urls: Mapping[str, str], amqp_url: str, folder: Path) -> int:
    """Put every database back and empty the queues; how many messages will be said again."""
    _require_nobody(urls)
    moment = datetime.fromisoformat(json.loads((folder / MANIFEST).read_text())["moment"])
    _empty_queues(amqp_url)
    for owner, url in urls.items():
        _run("pg_restore", "--clean", "--if-exists", "--no-owner", "--single-transaction",
             f"--dbname={url}", f"{folder / owner}.dump")
    return say_again(urls, moment - SAID_AGAIN)


def _require_nobody(urls: Mapping[str, str]) -> None:
    for owner, url in urls.items():
        with psycopg.connect(url) as link:
            row = link.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                " AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
            ).fetchone()
        if row and row[0]:
            sys.exit(f"Somebody still works on the database of {owner}: stop all processes first.")


def say_again(urls: Mapping[str, str], since: datetime) -> int:
    """Let the relays publish anew what they have since then; inboxes drop what is known."""
    count = 0
    for url in urls.values():
        with psycopg.connect(url) as link:
            count += link.execute(
                "UPDATE outbox SET published_at = NULL WHERE published_at >= %s", [since]
            ).rowcount
    return count


def _empty_queues(amqp_url: str) -> None:
    """They may hold facts younger than the backup, which never happened now."""
    load_contracts()
    queues = {queue.name: queue for owner in OWNERS for queue in queues_around(owner)}
    with Connection(amqp_url, connect_timeout=5) as connection:
        channel = connection.channel()
        for queue in queues.values():
            queue(channel).declare()
            queue(channel).purge()


def _run(*command: str) -> None:
    subprocess.run(command, check=True, timeout=LIMIT_SECONDS)


def main(verb: str, folder: Path) -> int:
    urls = addresses(os.environ)
    if verb == "take":
        moment = take(urls, folder)
        print(f"The moment {moment:%Y-%m-%d %H:%M:%S} UTC is in {folder}.")
    elif verb == "restore":
        count = restore(urls, os.environ["AMQP_URL"], folder)
        print(f"Restored. {count} messages will be said again once the services run.")
    elif verb == "recovered":
        _require_nobody(urls)
        _empty_queues(os.environ["AMQP_URL"])
    if verb in ("say-again", "recovered"):
        print(f"{say_again(urls, datetime.now(UTC) - SAID_AGAIN)} messages will be said again.")
    return 0


if __name__ == "__main__":
    if sys.argv[1:2] not in (["take"], ["restore"], ["recovered"], ["say-again"]):
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1], Path(*sys.argv[2:])))
