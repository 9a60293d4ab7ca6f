"""Access tokens as every door verifies them, with the published keys alone."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import select

from contracts import identity as say
from contracts.errors import Code, DomainError
from contracts.identity import SigningKeyPublished
from contracts.roles import Principal, Role
from services.chassis import web
from services.chassis.testing import Harness
from services.identity import queries
from services.identity.models import SigningKey
from services.identity.usecases.tokens import HEAD_START, ROTATE_AFTER, rotate_signing_key
from tests.identity.doors import PASSWORD, SOMEONE, create_user, eshop, login, verifier


def signing_key(identity: Harness) -> SigningKey:
    with identity.uow() as uow:
        return uow.session.scalars(
            select(SigningKey).order_by(SigningKey.not_before.desc()).limit(1)
        ).one()


def claims(**changes: Any) -> dict[str, Any]:
    now = datetime.now(UTC)
    return {
        "iss": "festival", "aud": "festival", "sub": "x", "kind": "user", "name": "Mallory",
        "roles": ["admin"], "sale_points": [], "sid": "s", "jti": "j", "iat": now, "nbf": now,
        "exp": now + timedelta(minutes=10), **changes,
    }


def test_a_token_says_who_its_bearer_is(identity: Harness) -> None:
    user = create_user(identity, roles=(Role.POS, Role.REFUND))
    token = login(identity, "marie", PASSWORD).access_token
    actor = verifier(identity).actor(token)
    assert (actor.kind, actor.id, actor.name) == (
        Principal.USER, str(user.user_id), "Marie Favre"
    )
    assert actor.roles == {Role.POS, Role.REFUND}
    assert actor.sale_points == {eshop(identity)}
    told = jwt.decode(token, options={"verify_signature": False})
    assert set(told) == set(claims())
    assert told["exp"] - told["iat"] == 600
    me = identity.ask(queries.get_me, say.GetMe(), actor)
    assert (me.username, me.roles, me.sale_points[0].name) == ("marie", user.roles, "Eshop")


def test_identity_and_the_doors_agree_on_what_is_demanded() -> None:
    assert (say.TOKEN_ISSUER, say.TOKEN_AUDIENCE, say.TOKEN_ALGORITHM) == (
        web.ISSUER, web.AUDIENCE, web.ALGORITHM
    )


def test_our_own_signature_is_accepted(identity: Harness) -> None:
    """The base of the forgeries below: the same claims, signed as they should be, are good."""
    key = signing_key(identity)
    token = jwt.encode(claims(), key.signer(), "EdDSA", headers={"kid": key.key_id})
    assert verifier(identity).actor(token).name == "Mallory"


@pytest.mark.parametrize("change", [
    {"aud": "another"}, {"iss": "another"}, {"kind": "nobody"}, {"roles": ["root"]},
    {"sale_points": ["x"]}, {"nbf": datetime.now(UTC) + timedelta(hours=1)}, {"exp": None},
])
def test_wrong_claims_are_refused(identity: Harness, change: dict[str, Any]) -> None:
    key = signing_key(identity)
    said = {name: value for name, value in claims(**change).items() if value is not None}
    token = jwt.encode(said, key.signer(), "EdDSA", headers={"kid": key.key_id})
    with pytest.raises(DomainError) as caught:
        verifier(identity).actor(token)
    assert caught.value.code is Code.TOKEN_INVALID


def test_an_expired_token_is_told_apart(identity: Harness) -> None:
    past = datetime.now(UTC) - timedelta(minutes=1)
    key = signing_key(identity)
    token = jwt.encode(claims(exp=past), key.signer(), "EdDSA", headers={"kid": key.key_id})
    with pytest.raises(DomainError) as caught:
        verifier(identity).actor(token)
    assert caught.value.code is Code.TOKEN_EXPIRED


def forgeries(key: SigningKey) -> dict[str, str]:
    """Tokens of an attacker, who knows the public key and a token of their own."""
    header = {"kid": key.key_id}
    mallory, public = Ed25519PrivateKey.generate(), bytes.fromhex(key.public_key)
    good = jwt.encode(claims(roles=["stats"]), key.signer(), "EdDSA", headers=header)
    start, body, signature = good.split(".")
    raised = json.loads(urlsafe_b64decode(body + "==")) | {"roles": ["admin"]}
    more = urlsafe_b64encode(json.dumps(raised).encode()).decode().rstrip("=")
    return {
        "no algorithm": jwt.encode(claims(), None, "none", headers=header),
        "public key as shared secret": jwt.encode(claims(), public, "HS256", headers=header),
        "public key in hex as shared secret": jwt.encode(
            claims(), key.public_key, "HS256", headers=header
        ),
        "own key under our name": jwt.encode(claims(), mallory, "EdDSA", headers=header),
        "own key under its name": jwt.encode(claims(), mallory, "EdDSA", headers={"kid": "m"}),
        "no key id": jwt.encode(claims(), mallory, "EdDSA"),
        "changed claims": f"{start}.{more}.{signature}",
        "no signature": f"{start}.{body}.",
        "not a token": "x.y",
    }


def test_forged_tokens_are_refused(identity: Harness) -> None:
    accepted = []
    for what, token in forgeries(signing_key(identity)).items():
        try:
            verifier(identity).actor(token)
        except DomainError as refusal:
            assert refusal.code is Code.TOKEN_INVALID, what
        else:
            accepted.append(what)
    assert accepted == []


# ------------------------------------------------------------------ keys


def test_the_first_key_is_told_with_its_raw_public_key(identity: Harness) -> None:
    key = signing_key(identity)
    [fact] = identity.said(SigningKeyPublished)
    assert (fact.key_id, fact.public_key) == (key.key_id, key.public_key)
    assert len(bytes.fromhex(fact.public_key)) == 32


def test_a_young_key_is_not_replaced(identity: Harness) -> None:
    assert identity.tick(rotate_signing_key) is False


def test_an_old_key_is_replaced_and_both_verify(identity: Harness) -> None:
    """Told at once, used a little later; the old one is shown until its last token is gone."""
    old, before = signing_key(identity), login(identity).access_token
    month = ROTATE_AFTER + timedelta(seconds=1)

    def later(uow: Any) -> bool:
        uow.now += month
        return rotate_signing_key(uow)

    with ThreadPoolExecutor(2) as pool:  # two processes whose timers fall together
        assert sorted(pool.map(lambda _: identity.tick(later), range(2))) == [False, True]
    new = signing_key(identity)
    assert [fact.key_id for fact in identity.said(SigningKeyPublished)] == [
        old.key_id, new.key_id
    ]

    def used(after: timedelta) -> str:
        token = login(identity, later=month + after).access_token
        return str(jwt.get_unverified_header(token)["kid"])

    assert used(HEAD_START / 2) == old.key_id
    assert used(HEAD_START) == new.key_id
    assert verifier(identity).actor(before).id

    def shown(after: timedelta) -> list[str]:
        with identity.uow(SOMEONE) as uow:
            uow.now += month + after
            return [key.kid for key in queries.get_jwks(uow, say.GetJwks()).keys]

    assert shown(HEAD_START + timedelta(minutes=30)) == [old.key_id, new.key_id]
    assert shown(HEAD_START + timedelta(hours=2)) == [new.key_id]
