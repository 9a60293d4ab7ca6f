"""API keys: shown once, kept as a hash, exchanged for short tokens, revoked at once."""

from uuid import UUID, uuid4

import pytest

from contracts import identity as say
from contracts.errors import Code
from contracts.identity import SalePointKind
from contracts.message import load
from contracts.roles import Principal
from services.chassis.testing import Harness
from services.identity import queries
from services.identity.usecases import api_keys, sale_points
from tests.identity.doors import ADMIN, SOMEONE, audited, eshop, refused, secretly, stored, verifier


def create(identity: Harness, at: UUID | None = None) -> say.NewApiKeyView:
    message = say.CreateApiKey(name="Web shop", sale_point_id=at or eshop(identity))
    return load(say.NewApiKeyView, secretly(identity, api_keys.create_api_key, message))


def exchange(identity: Harness, secret: str) -> say.TokenView:
    message = say.ExchangeApiKey(secret=secret)
    return load(say.TokenView, secretly(identity, api_keys.exchange_api_key, message, SOMEONE))


def revoke(identity: Harness, api_key_id: UUID) -> say.ApiKeyView:
    message = say.RevokeApiKey(api_key_id=api_key_id)
    return load(say.ApiKeyView, identity.call(api_keys.revoke_api_key, message, ADMIN))


def test_the_secret_is_shown_once_and_not_kept(identity: Harness) -> None:
    made = create(identity)
    assert made.secret.startswith("fk_") and len(made.secret) > 40
    assert made.secret.startswith(made.api_key.hint)
    assert made.secret not in str(stored(identity))
    assert not stored(identity)["inbox"]
    assert made.secret not in repr(made)


def test_a_key_is_exchanged_for_a_token_of_the_web_shop(identity: Harness) -> None:
    made = create(identity)
    tokens = exchange(identity, made.secret)
    assert tokens.refresh_token is None
    actor = verifier(identity).actor(tokens.access_token)
    assert (actor.kind, actor.id, actor.name) == (
        Principal.ESHOP, str(made.api_key.api_key_id), "Web shop"
    )
    assert actor.sale_points == {eshop(identity)}
    assert actor.grants() == {Principal.ESHOP}
    [listed] = identity.ask(queries.list_api_keys, say.ListApiKeys(), ADMIN).items
    assert listed.last_used_at is not None


def test_a_revoked_key_is_refused(identity: Harness) -> None:
    made = create(identity)
    assert revoke(identity, made.api_key.api_key_id).revoked_at
    with refused(identity, Code.API_KEY_INVALID):
        exchange(identity, made.secret)
    before = stored(identity, "inbox")
    revoke(identity, made.api_key.api_key_id)
    assert stored(identity, "inbox") == before
    assert [entry.action for entry in audited(identity, object_type="api_key")] == [
        "create", "revoke"
    ]


@pytest.mark.parametrize("secret", ["fk_", "fk_" + "A" * 43, "x"])
def test_foreign_secrets_are_refused(identity: Harness, secret: str) -> None:
    create(identity)
    with refused(identity, Code.API_KEY_INVALID):
        exchange(identity, secret)


def test_a_key_falls_with_its_sale_point(identity: Harness) -> None:
    partner = _place(identity, SalePointKind.PARTNER)
    made = create(identity, partner)
    close = say.UpdateSalePoint(sale_point_id=partner, name="Place", active=False)
    identity.call(sale_points.update_sale_point, close, ADMIN)
    with refused(identity, Code.API_KEY_INVALID):
        exchange(identity, made.secret)


def test_keys_are_for_web_shops_and_partners(identity: Harness) -> None:
    desk = _place(identity, SalePointKind.DESK)
    with refused(identity, Code.VALIDATION_FAILED):
        create(identity, desk)
    with refused(identity, Code.SALE_POINT_NOT_FOUND):
        create(identity, uuid4())
    with refused(identity, Code.API_KEY_NOT_FOUND):
        revoke(identity, uuid4())


def test_keys_are_listed_newest_first(identity: Harness) -> None:
    first, second = create(identity).api_key, create(identity).api_key
    page = identity.ask(queries.list_api_keys, say.ListApiKeys(limit=1), ADMIN)
    rest = identity.ask(queries.list_api_keys, say.ListApiKeys(cursor=page.next_cursor), ADMIN)
    assert [key.api_key_id for key in (*page.items, *rest.items)] == [
        second.api_key_id, first.api_key_id
    ]
    with refused(identity, Code.VALIDATION_FAILED):
        identity.ask(queries.list_api_keys, say.ListApiKeys(cursor="x"), ADMIN)


def _place(identity: Harness, kind: SalePointKind) -> UUID:
    message = say.CreateSalePoint(name="Place", kind=kind)
    body = identity.call(sale_points.create_sale_point, message, ADMIN)
    return load(say.SalePointView, body).sale_point_id
