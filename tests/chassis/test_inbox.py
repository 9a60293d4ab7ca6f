"""Same id, same answer: what is recorded, replayed, refused and tried again."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event

import pytest
from sqlalchemy import text

from contracts.errors import Code, DomainError
from contracts.roles import Actor, Principal
from services.chassis.testing import Harness
from tests.chassis.conftest import Probe
from tests.chassis.probe import Done, Work, Worked, note, work
from tests.chassis.support import CASHIER

BEER = Work(text="beer")


def refuse(code: Code):
    def use_case(uow, command):
        raise DomainError(code, "Not now.")

    return use_case


def test_the_same_id_has_the_same_answer_and_one_effect(probe: Probe) -> None:
    first, again = (probe.answer(work, BEER, CASHIER, "key") for _ in range(2))
    assert (first.replayed, again.replayed) == (False, True)
    assert first.body == again.body == {"text": "beer"}
    assert (probe.effects("beer"), len(probe.said(Worked))) == (1, 1)


def test_another_body_under_the_same_id_is_refused(probe: Probe) -> None:
    probe.call(work, BEER, CASHIER, "key")
    answer = probe.answer(work, Work(text="wine"), CASHIER, "key")
    assert answer.error and answer.error.code is Code.IDEMPOTENCY_KEY_REUSED
    assert probe.effects("wine") == 0
    assert probe.answer(work, BEER, CASHIER, "key").body == {"text": "beer"}


def test_two_callers_may_use_the_same_id(probe: Probe) -> None:
    other = Actor(Principal.USER, "u2")
    assert not probe.answer(work, BEER, CASHIER, "key").replayed
    assert not probe.answer(work, BEER, other, "key").replayed
    assert probe.effects("beer") == 2


def test_a_refusal_is_recorded_as_the_answer(probe: Probe) -> None:
    assert probe.answer(refuse(Code.SOLD_OUT), BEER, CASHIER, "key").error
    again = probe.answer(work, BEER, CASHIER, "key")
    assert (again.error and again.error.code, again.replayed) == (Code.SOLD_OUT, True)
    assert probe.effects("beer") == 0


@pytest.mark.parametrize("passing", [
    Code.ORDER_BUSY, Code.SERVICE_UNAVAILABLE, Code.LOGIN_THROTTLED, Code.VALIDATION_FAILED,
])
def test_a_refusal_that_says_try_again_is_not_recorded(probe: Probe, passing: Code) -> None:
    answer = probe.answer(refuse(passing), BEER, CASHIER, "key")
    assert answer.error and answer.error.code is passing
    assert probe.answer(work, BEER, CASHIER, "key").error is None


def test_a_fault_is_not_recorded(probe: Probe) -> None:
    def break_down(uow, command):
        raise RuntimeError("a fault of ours")

    with pytest.raises(RuntimeError):
        probe.answer(break_down, BEER, CASHIER, "key")
    assert probe.answer(work, BEER, CASHIER, "key").error is None


def test_while_it_runs_the_same_id_is_told_so_at_once(probe: Probe) -> None:
    started, release = Event(), Event()

    def slow(uow, command):
        started.set()
        assert release.wait(10)
        return work(uow, command)

    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(probe.answer, slow, BEER, CASHIER, "key")
        assert started.wait(5)
        second = probe.answer(work, BEER, CASHIER, "key")
        other = probe.answer(work, Work(text="wine"), CASHIER, "another")
        release.set()
        assert first.result().error is None
    assert second.error and second.error.code is Code.IDEMPOTENCY_KEY_RUNNING
    assert other.error is None
    assert probe.answer(work, BEER, CASHIER, "key").replayed
    assert probe.effects("beer") == 1


def test_many_at_once_with_the_same_id_have_one_effect(probe: Probe) -> None:
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda _: probe.answer(work, BEER, CASHIER, "key"), range(40)))
    assert probe.effects("beer") == 1
    assert sum(not item.replayed and item.error is None for item in answers) == 1


def test_a_refusal_that_was_overtaken_gives_the_answer_that_stands(probe: Probe) -> None:
    """Between the end of a refused transaction and the record of its refusal the same request
    may have run again, and succeeded: one id, one answer, for both."""
    overtaking = Harness("probe", probe.url)

    def refused_and_overtaken(uow, command):
        uow.session.rollback()  # as if it had ended
        overtaking.call(work, command, CASHIER, "key")
        raise DomainError(Code.SOLD_OUT, "Not now.")

    answer = probe.answer(refused_and_overtaken, BEER, CASHIER, "key")
    overtaking.close()
    assert (answer.error, answer.body, answer.replayed) == (None, {"text": "beer"}, True)


# ------------------------------------------------------------------ trying again


def test_a_deadlock_is_settled_by_trying_again(probe: Probe) -> None:
    probe.rows.run("INSERT INTO faults VALUES ('a'), ('b')")
    both = Barrier(2, timeout=10)
    tries = []

    def cross(order: str):
        def use_case(uow, command):
            tries.append(order)
            for place, name in enumerate(order):
                uow.session.execute(
                    text("SELECT 1 FROM faults WHERE text = :name FOR UPDATE"), {"name": name})
                if place == 0 and len(tries) <= 2:
                    both.wait()
            return work(uow, command)

        return use_case

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(
            lambda order: probe.answer(cross(order), Work(text=order), CASHIER), ["ab", "ba"]))
    assert [item.error for item in answers] == [None, None]
    assert len(tries) >= 3
    assert (probe.effects("ab"), probe.effects("ba")) == (1, 1)


@pytest.mark.parametrize("after", [False, True])
def test_a_lost_connection_is_tried_again_and_counts_once(probe: Probe, after: bool) -> None:
    """`after`: the connection dies when the statements have run, before the commit is answered."""
    tries = []

    def cut_off(uow, command):
        tries.append(command)
        done = work(uow, command) if after else Done(text="beer")
        if len(tries) == 1:
            uow.session.flush()
            probe.rows.run(
                "SELECT pg_terminate_backend(:pid)",
                pid=uow.session.scalar(text("SELECT pg_backend_pid()")),
            )
        return done if after else work(uow, command)

    assert probe.answer(cut_off, BEER, CASHIER, "key").body == {"text": "beer"}
    assert len(tries) == 2
    assert (probe.effects("beer"), len(probe.said(Worked))) == (1, 1)


def test_all_pooled_connections_may_be_dead(probe: Probe) -> None:
    def hold(uow, command):
        both.wait()
        return work(uow, command)

    both = Barrier(8, timeout=10)
    with ThreadPoolExecutor(8) as pool:  # fills the pool
        list(pool.map(lambda n: probe.call(hold, Work(text=f"n{n}"), CASHIER), range(8)))
    probe.rows.run(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND application_name = 'test-probe'")
    assert probe.answer(work, BEER, CASHIER, "key").error is None


def test_trying_again_has_an_end(probe: Probe) -> None:
    tries = []

    def always_clashes(uow, command):
        tries.append(command)
        uow.session.execute(text(
            "DO $$ BEGIN RAISE EXCEPTION 'busy' USING ERRCODE = 'deadlock_detected'; END $$"))

    with pytest.raises(Exception, match="busy"):
        probe.answer(always_clashes, BEER, CASHIER, "key")
    assert len(tries) == 3


def test_a_message_whose_effect_is_refused_is_not_marked_as_done(probe: Probe) -> None:
    with pytest.raises(DomainError):
        probe.react(refuse(Code.SOLD_OUT), Worked(text="beer"), id="m1")
    probe.react(note, Worked(text="beer"), id="m1")
    assert probe.notes("beer") == [0]
