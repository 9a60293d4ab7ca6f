"""A session that ends is over everywhere: told by identity, kept by the wallet, refused at both
doors within two seconds."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import jwt
import pytest
import requests

from contracts import identity as say
from contracts.errors import Code, DomainError
from contracts.identity import SalePointKind, SessionsEnded
from contracts.message import dump, load
from contracts.roles import Role
from services.chassis.ended import EndedSessions
from services.chassis.testing import Harness
from services.identity import queries
from services.identity.usecases import api_keys, sale_points, sign_ins, upkeep, users
from services.wallet.queries import ledger
from services.wallet.usecases.facts import keep_ended_sessions
from tests.identity.doors import (
    ADMIN,
    SOMEONE,
    changed,
    create_user,
    eshop,
    login,
    refresh,
    secretly,
    verifier,
)
from tests.running import Festival

EFFECTIVE_S = 2.0


def session_of(tokens: say.TokenView) -> UUID:
    claims = jwt.decode(tokens.access_token, options={"verify_signature": False})
    return UUID(claims["sid"])


def ended(identity: Harness) -> set[UUID]:
    said = {item.session_id for event in identity.said(SessionsEnded) for item in event.items}
    listed = identity.ask(queries.list_ended_sessions, say.ListEndedSessions(), ADMIN).items
    assert said == {item.session_id for item in listed}
    return said


def test_every_end_of_a_sign_in_is_told(identity: Harness) -> None:
    user = create_user(identity)
    logged_out, stolen, changed_rights = (
        login(identity, "marie", "trois petits chats") for _ in range(3)
    )
    secretly(identity, sign_ins.logout, say.Logout(refresh_token=logged_out.refresh_token or ""),
             SOMEONE)
    assert ended(identity) == {session_of(logged_out)}
    refresh(identity, stolen.refresh_token)
    with pytest.raises(DomainError):
        refresh(identity, stolen.refresh_token)
    assert ended(identity) == {session_of(logged_out), session_of(stolen)}
    secretly(identity, users.update_user, changed(user, roles=(Role.STATS,)))
    assert ended(identity) == {
        session_of(logged_out), session_of(stolen), session_of(changed_rights)
    }


def test_keys_end_when_revoked_and_with_their_sale_point(identity: Harness) -> None:
    partner = load(say.SalePointView, identity.call(
        sale_points.create_sale_point,
        say.CreateSalePoint(name="Kiosk", kind=SalePointKind.PARTNER), ADMIN,
    )).sale_point_id
    first, second = (
        load(say.NewApiKeyView, secretly(
            identity, api_keys.create_api_key, say.CreateApiKey(name="Key", sale_point_id=place)
        )).api_key.api_key_id
        for place in (eshop(identity), partner)
    )
    identity.call(api_keys.revoke_api_key, say.RevokeApiKey(api_key_id=first), ADMIN)
    assert ended(identity) == {first}
    close = say.UpdateSalePoint(sale_point_id=partner, name="Kiosk", active=False)
    identity.call(sale_points.update_sale_point, close, ADMIN)
    assert ended(identity) == {first, second}


def test_a_verifier_refuses_a_token_that_it_has_verified_before(identity: Harness) -> None:
    tokens, other = login(identity), login(identity)
    doorman = verifier(identity)
    assert doorman.actor(tokens.access_token)
    secretly(identity, sign_ins.logout, say.Logout(refresh_token=tokens.refresh_token or ""),
             SOMEONE)
    [event] = identity.said(SessionsEnded)
    doorman.ended.add(dump(event)["items"])
    with pytest.raises(DomainError) as caught:
        doorman.actor(tokens.access_token)
    assert caught.value.code is Code.SESSION_ENDED
    assert doorman.actor(other.access_token)


def test_the_list_forgets_what_no_token_outlives() -> None:
    sessions, now = EndedSessions(), datetime.now(UTC)
    old, new, again = str(uuid4()), str(uuid4()), str(uuid4())
    sessions.add([
        {"session_id": session, "ended_at": dump(now - timedelta(minutes=11)),
         "forget_at": dump(now + timedelta(minutes=minutes))}
        for session, minutes in ((old, -1), (new, 1), (again, 1))
    ])
    before = (now - timedelta(minutes=12)).timestamp()
    assert not sessions.include(old, before)
    assert sessions.include(new, before)
    assert not sessions.include(again, now.timestamp())  # a token of a session that began anew


def test_identity_forgets_too(identity: Harness) -> None:
    tokens = login(identity)
    message = say.Logout(refresh_token=tokens.refresh_token or "")
    secretly(identity, sign_ins.logout, message, SOMEONE, later=timedelta(hours=-1))
    identity.tick(upkeep.forget)
    assert not identity.ask(queries.list_ended_sessions, say.ListEndedSessions(), ADMIN).items


def test_the_wallet_keeps_the_latest_end(wallet: Harness) -> None:
    session, now = uuid4(), datetime.now(UTC)
    for minutes in (0, -5):
        at = now + timedelta(minutes=minutes)
        wallet.react(keep_ended_sessions, SessionsEnded(items=(say.EndedSession(
            session_id=session, ended_at=at, forget_at=at + timedelta(minutes=11)
        ),)))
    with wallet.uow() as uow:
        assert ledger.ended_sessions(uow) == [{
            "session_id": str(session), "ended_at": dump(now),
            "forget_at": dump(now + timedelta(minutes=11)),
        }]


@pytest.mark.slow
def test_a_sign_in_that_ends_is_refused_at_both_doors_within_two_seconds(
    festival: Festival
) -> None:
    admin = {"Authorization": f"Bearer {festival.token()}"}
    places = requests.get(f"{festival.gateway}/v1/sale-points", headers=admin, timeout=10).json()
    user = requests.post(f"{festival.gateway}/v1/users", headers=admin, timeout=10, json={
        "username": f"bar-{uuid4().hex[:8]}", "password": "trois petits chats",
        "display_name": "Bar", "roles": ["wallet_cashier"],
        "sale_points": [places["items"][0]["sale_point_id"]],
    }).json()
    token = festival.token(user["username"], "trois petits chats")
    mine = {"Authorization": f"Bearer {token}"}
    at_gateway = f"{festival.gateway}/v1/me"
    at_terminal = f"{festival.terminal}/terminal/v1/wallets/0000000000"
    assert requests.get(at_gateway, headers=mine, timeout=10).status_code == 200
    assert requests.get(at_terminal, headers=mine, timeout=10).status_code == 404
    requests.delete(
        f"{festival.gateway}/v1/users/{user['user_id']}", headers=admin, timeout=10
    ).raise_for_status()
    done = time.monotonic()
    for url in (at_gateway, at_terminal):
        refused_after = _until(
            lambda url=url: requests.get(url, headers=mine, timeout=10).status_code == 401, done
        )
        assert refused_after < EFFECTIVE_S, url
        print(f"{url}: refused {refused_after:.3f} s after the answer")
    answer = requests.get(at_gateway, headers=mine, timeout=10).json()
    assert answer["code"] == "SESSION_ENDED"


def _until(condition: Callable[[], bool], since: float) -> float:
    """Seconds from `since` until it held."""
    while not condition():
        assert time.monotonic() - since < 10
        time.sleep(0.02)
    return time.monotonic() - since
