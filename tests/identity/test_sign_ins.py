"""Signing in, staying signed in, and what a thief meets."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from contracts import identity as say
from contracts.errors import Code, DomainError
from contracts.identity import TokenView
from contracts.message import load
from contracts.roles import Actor, Principal, anonymous
from services.chassis.testing import Harness
from services.identity.models import Throttle, digest
from services.identity.usecases import attempts, holders, passwords, sign_ins, upkeep
from tests.identity.doors import (
    PASSWORD,
    SOMEONE,
    admin_of,
    audited,
    create_user,
    login,
    refresh,
    refused,
    secretly,
    stored,
    verifier,
)

COUNTED = ("throttles", "audit")  # a failed login is counted and written down, nothing else


def fail(identity: Harness, username: str = "admin", **options: object) -> DomainError:
    with pytest.raises(DomainError) as caught:
        login(identity, username, "wrong password", **options)  # type: ignore[arg-type]
    return caught.value


def test_login_answers_tokens_and_keeps_only_their_hash(identity: Harness) -> None:
    tokens = login(identity)
    assert tokens.expires_in == 600 and tokens.token_type == "Bearer"
    everything = stored(identity)
    assert tokens.refresh_token and tokens.refresh_token not in str(everything)
    assert tokens.access_token not in str(everything)
    assert not everything["inbox"]
    entry = audited(identity, action="sign_in")[0]
    assert (entry.object_id, entry.actor_id) == (str(admin_of(identity).user_id), SOMEONE.id)


def test_usernames_have_no_case(identity: Harness) -> None:
    assert login(identity, "ADMIN").access_token


@pytest.mark.parametrize("username", ["admin", "nobody"])
def test_a_wrong_password_and_an_unknown_name_are_one_answer(
    identity: Harness, username: str
) -> None:
    with refused(identity, Code.LOGIN_FAILED, but=COUNTED) as caught:
        login(identity, username, "wrong password")
    assert caught.value.detail == "The name, the password or the code is wrong."
    assert caught.value.errors == {}
    assert len(audited(identity, action="sign_in_refused")) == 1


def test_an_unknown_name_takes_as_long(identity: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same work is done: one Argon2 check of today's cost, whoever is named."""
    checked = []
    monkeypatch.setattr(
        passwords, "offload", lambda work, *args: checked.append(args[0]) or work(*args)
    )
    fail(identity, "nobody")
    fail(identity, "admin")
    assert checked[0] == passwords.NOBODY
    parameters = [stored_hash.split("$")[1:4] for stored_hash in checked]
    assert parameters[0] == parameters[1]


def test_failures_cost_pauses_that_grow(identity: Harness) -> None:
    errors = [fail(identity) for _ in range(attempts.FREE_PER_ACCOUNT)]
    assert {error.code for error in errors} == {Code.LOGIN_FAILED}
    with refused(identity, Code.LOGIN_THROTTLED) as caught:
        login(identity)  # with the right password
    assert caught.value.errors["retry_after"] == 1
    pauses = []
    later = timedelta()
    for _ in range(10):
        later += timedelta(seconds=600)
        assert fail(identity, later=later).code is Code.LOGIN_FAILED
        with identity.uow() as uow:
            throttle = uow.session.get_one(Throttle, digest("user:admin"))
            pauses.append((throttle.blocked_until - throttle.failed_at).total_seconds())
    assert pauses == [2, 4, 8, 16, 32, 64, 128, 256, 300, 300]


def test_unknown_names_are_slowed_down_alike(identity: Harness) -> None:
    codes = [fail(identity, "nobody").code for _ in range(6)]
    assert codes == [Code.LOGIN_FAILED] * 5 + [Code.LOGIN_THROTTLED]


def test_a_pause_ends_and_success_forgets(identity: Harness) -> None:
    for _ in range(attempts.FREE_PER_ACCOUNT):
        fail(identity)
    assert login(identity, later=timedelta(seconds=2)).access_token
    assert fail(identity).code is Code.LOGIN_FAILED
    assert login(identity).access_token


def test_an_address_is_slowed_down_over_all_accounts(
    identity: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attempts, "FREE_PER_ADDRESS", 3)
    for number in range(attempts.FREE_PER_ADDRESS):
        assert fail(identity, f"guess{number}").code is Code.LOGIN_FAILED
    assert fail(identity, "guess").code is Code.LOGIN_THROTTLED
    assert login(identity, actor=anonymous("192.0.2.2")).access_token


def test_an_ipv6_caller_has_one_network_not_endless_addresses(
    identity: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attempts, "FREE_PER_ADDRESS", 3)
    for number in range(attempts.FREE_PER_ADDRESS):
        fail(identity, f"guess{number}", actor=anonymous(f"2001:db8::{number:x}"))
    refused_one = fail(identity, "guess", actor=anonymous("2001:db8::ffff:1"))
    assert refused_one.code is Code.LOGIN_THROTTLED
    assert fail(identity, "guess", actor=anonymous("2001:db8:0:1::1")).code is Code.LOGIN_FAILED


def test_guesses_at_once_do_not_slip_past_the_count(identity: Harness) -> None:
    with ThreadPoolExecutor(8) as pool:
        codes = list(pool.map(lambda _: fail(identity).code, range(8)))
    assert codes.count(Code.LOGIN_FAILED) == attempts.FREE_PER_ACCOUNT


def test_validity_opens_and_closes(identity: Harness) -> None:
    now = datetime.now(UTC)
    create_user(identity, valid_from=now + timedelta(hours=1), valid_until=now + timedelta(hours=2))
    with refused(identity, Code.LOGIN_FAILED, but=COUNTED):
        login(identity, "marie", PASSWORD)
    tokens = login(identity, "marie", PASSWORD, later=timedelta(minutes=115))
    assert 0 < tokens.expires_in <= 300  # no token outlives the person's validity
    with pytest.raises(DomainError, match="SESSION_ENDED"):
        refresh(identity, tokens.refresh_token, later=timedelta(hours=2))
    with refused(identity, Code.LOGIN_FAILED, but=COUNTED):
        login(identity, "marie", PASSWORD, later=timedelta(hours=2))


# ------------------------------------------------------------------ staying signed in


def test_refresh_tokens_rotate(identity: Harness) -> None:
    first = login(identity)
    second = refresh(identity, first.refresh_token)
    third = refresh(identity, second.refresh_token)
    assert len({first.refresh_token, second.refresh_token, third.refresh_token}) == 3
    assert verifier(identity).actor(third.access_token).id == str(admin_of(identity).user_id)


def test_a_used_refresh_token_ends_the_whole_sign_in(identity: Harness) -> None:
    first, other = login(identity), login(identity)
    second = refresh(identity, first.refresh_token)
    told = ("sign_ins", "audit", "ended_sessions", "outbox")
    with refused(identity, Code.SESSION_ENDED, but=told):
        refresh(identity, first.refresh_token)
    with refused(identity, Code.SESSION_ENDED):
        refresh(identity, second.refresh_token)
    assert refresh(identity, other.refresh_token).access_token  # another sign-in of theirs
    assert audited(identity, action="end_sign_in")[0].after == {"reason": "token reused"}


def test_of_two_uses_at_once_one_wins_and_the_sign_in_ends(identity: Harness) -> None:
    tokens = login(identity)

    def use(_: int) -> str | None:
        try:
            return refresh(identity, tokens.refresh_token).refresh_token
        except DomainError as refusal:
            assert refusal.code is Code.SESSION_ENDED
            return None

    with ThreadPoolExecutor(2) as pool:
        won = [token for token in pool.map(use, range(2)) if token]
    assert len(won) == 1
    with refused(identity, Code.SESSION_ENDED):
        refresh(identity, won[0])


@pytest.mark.parametrize("token", ["", "x", "A" * 43, "A" * 200])
def test_foreign_refresh_tokens_are_refused(identity: Harness, token: str) -> None:
    login(identity)
    code = Code.SESSION_ENDED if token else Code.VALIDATION_FAILED
    with refused(identity, code):
        refresh(identity, token)


def test_a_sign_in_lasts_a_shift(identity: Harness) -> None:
    tokens = login(identity)
    tokens = refresh(identity, tokens.refresh_token, later=timedelta(hours=15))
    with refused(identity, Code.SESSION_ENDED):
        refresh(identity, tokens.refresh_token, later=timedelta(hours=16, seconds=1))


def test_logout_ends_the_sign_in(identity: Harness) -> None:
    tokens = login(identity)
    message = say.Logout(refresh_token=tokens.refresh_token or "")
    assert secretly(identity, sign_ins.logout, message, SOMEONE) is None
    with refused(identity, Code.SESSION_ENDED):
        refresh(identity, tokens.refresh_token)
    before = stored(identity)
    secretly(identity, sign_ins.logout, message, SOMEONE)
    assert stored(identity) == before
    assert len(audited(identity, action="sign_out")) == 1


# ------------------------------------------------------------------ holders


def register(identity: Harness, email: str = "Lea@Example.ch") -> say.HolderView:
    shop = Actor(Principal.ESHOP, "shop")
    message = say.RegisterHolder(email=email, password=PASSWORD, name="Léa Blanc")
    return load(say.HolderView, secretly(identity, holders.register_holder, message, shop))


def test_a_holder_registers_and_signs_in(identity: Harness) -> None:
    holder = register(identity)
    assert holder.email == "lea@example.ch"
    message = say.HolderLogin(email="LEA@example.ch", password=PASSWORD)
    tokens = load(TokenView, secretly(identity, sign_ins.holder_login, message, SOMEONE))
    assert refresh(identity, tokens.refresh_token, later=timedelta(days=29)).access_token
    actor = verifier(identity).actor(tokens.access_token)
    assert (actor.kind, actor.id, actor.name) == (
        Principal.HOLDER, str(holder.holder_id), "Léa Blanc"
    )
    assert actor.grants() == {Principal.HOLDER}


def test_an_address_has_one_account(identity: Harness) -> None:
    register(identity)
    with refused(identity, Code.EMAIL_TAKEN):
        register(identity, "lea@example.CH")
    with refused(identity, Code.VALIDATION_FAILED):
        register(identity, "not an address")


def test_users_and_holders_have_separate_doors(identity: Harness) -> None:
    create_user(identity, "lea@example.ch", password="another pass phrase")
    register(identity)
    with refused(identity, Code.LOGIN_FAILED, but=COUNTED):
        login(identity, "lea@example.ch", PASSWORD)


# ------------------------------------------------------------------ upkeep


def test_what_has_expired_is_forgotten_and_the_audit_stays(identity: Harness) -> None:
    login(identity)
    fail(identity)
    entries = stored(identity)["audit"]
    assert identity.tick(upkeep.forget) == 0

    def next_day(uow: object) -> int:
        uow.now += timedelta(days=1)  # type: ignore[attr-defined]
        return upkeep.forget(uow)  # type: ignore[arg-type]

    assert identity.tick(next_day) == 3  # a sign-in, and the counts of a name and an address
    left = stored(identity)
    assert not left["sign_ins"] and not left["refresh_tokens"] and not left["throttles"]
    assert left["audit"] == entries
