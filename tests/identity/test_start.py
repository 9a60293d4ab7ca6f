"""What identity starts with, the demo, the audit table, and long work beside green threads."""

import subprocess
import sys
import threading
import time

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from contracts import identity as say
from contracts.errors import Code
from contracts.identity import SalePointChanged
from contracts.roles import Principal
from services.chassis.offload import AT_ONCE, offload
from services.chassis.testing import Harness
from services.identity import queries, seed
from tests.identity.doors import (
    ADMIN,
    SOMEONE,
    audited,
    create_user,
    login,
    refused,
    stored,
    verifier,
)


def test_it_starts_with_a_key_a_web_shop_and_an_administrator(identity: Harness) -> None:
    actor = verifier(identity).actor(login(identity).access_token)
    assert [role.value for role in actor.roles] == ["admin"]
    assert [fact.name for fact in identity.said(SalePointChanged)] == ["Eshop"]
    assert {entry.actor_kind for entry in audited(identity, action="create")} == {
        Principal.SYSTEM
    }


def test_preparing_again_changes_nothing(
    identity: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ADMIN_PASSWORD")
    before = stored(identity)
    seed.prepare(identity.database)
    assert stored(identity) == before


@pytest.mark.parametrize(("password", "sentence"), [
    (None, "Set CASHIER_PASSWORD"), ("short", "at least 12"),
])
def test_the_demo_says_what_is_wrong_with_its_passwords(
    identity: Harness, monkeypatch: pytest.MonkeyPatch, password: str | None, sentence: str
) -> None:
    monkeypatch.delenv("CASHIER_PASSWORD")
    if password:
        monkeypatch.setenv("CASHIER_PASSWORD", password)
    before = stored(identity)
    with pytest.raises(SystemExit, match=sentence):
        seed.seed_demo(identity.database)
    assert stored(identity) == before


def test_the_demo_is_loaded_once(identity: Harness) -> None:
    assert seed.seed_demo(identity.database) == [
        "Caisse centrale", "Bar du lac", "cashier", "bar", "accountant", "door"
    ]
    before = stored(identity)
    assert seed.seed_demo(identity.database) == []
    assert stored(identity) == before
    for username in ("cashier", "bar", "accountant", "door"):
        assert login(identity, username, f"test-{username}-password").access_token


@pytest.mark.parametrize("change", [
    "UPDATE audit SET actor_name = 'Nobody'", "DELETE FROM audit", "TRUNCATE audit",
])
def test_the_audit_only_grows(identity: Harness, change: str) -> None:
    before = stored(identity)
    with pytest.raises(IntegrityError, match="append-only"), identity.uow() as uow:
        uow.session.execute(text(change))
    assert stored(identity) == before


def test_the_audit_is_read_newest_first_by_what_is_asked(identity: Harness) -> None:
    user = create_user(identity)
    login(identity)
    first = identity.ask(queries.list_audit, say.ListAudit(limit=2), ADMIN)
    assert [entry.action for entry in first.items] == ["sign_in", "create"]
    rest = identity.ask(queries.list_audit, say.ListAudit(cursor=first.next_cursor), ADMIN)
    numbers = [entry.number for entry in (*first.items, *rest.items)]
    assert numbers == sorted(numbers, reverse=True)
    assert [entry.object_id for entry in audited(identity, actor_id=ADMIN.id)] == [
        str(user.user_id)
    ]
    assert [entry.action for entry in audited(identity, actor_id=SOMEONE.id)] == ["sign_in"]
    with refused(identity, Code.VALIDATION_FAILED):
        identity.ask(queries.list_audit, say.ListAudit(cursor="-1"), ADMIN)


def test_long_work_runs_a_few_at_a_time() -> None:
    running, most, lock = 0, 0, threading.Lock()

    def work() -> None:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        time.sleep(0.02)
        with lock:
            running -= 1

    threads = [threading.Thread(target=offload, args=(work,)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == AT_ONCE


GREEN = """
from services.chassis.green import make_green
make_green()
import eventlet
from services.identity.usecases.passwords import matches, NOBODY
turns = 0
def tick():
    global turns
    while True:
        turns += 1
        eventlet.sleep(0.005)
eventlet.spawn(tick)
eventlet.sleep(0)
pool = eventlet.GreenPool()
for _ in range(4):
    pool.spawn(matches, NOBODY, "wrong")
pool.waitall()
print(turns)
"""


def test_green_threads_go_on_while_passwords_are_checked() -> None:
    """Four checks of 0.1 s and more: blocked by them, the ticker would turn a time or two each."""
    done = subprocess.run(
        [sys.executable, "-c", GREEN], capture_output=True, text=True, timeout=60, check=True
    )
    assert int(done.stdout) > 12
