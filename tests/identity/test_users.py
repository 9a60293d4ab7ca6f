"""Users: who may be created, what a change ends, and the administrator who remains."""

from concurrent.futures import Future, ThreadPoolExecutor, wait
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from contracts import identity as say
from contracts.errors import Code, DomainError
from contracts.identity import Language, SalePointKind
from contracts.message import load
from contracts.roles import Role
from services.chassis.testing import Harness
from services.identity import queries
from services.identity.usecases import sale_points, sign_ins, users
from tests.identity.doors import (
    ADMIN,
    PASSWORD,
    admin_of,
    audited,
    changed,
    create_user,
    eshop,
    login,
    refresh,
    refused,
    secretly,
    stored,
)

NOON = datetime(2026, 8, 5, 10, tzinfo=UTC)


def update(identity: Harness, message: say.UpdateUser) -> say.UserView:
    return load(say.UserView, secretly(identity, users.update_user, message))


def test_a_user_has_a_name_roles_and_sale_points(identity: Harness) -> None:
    user = create_user(
        identity, "Marie.Favre", roles=(Role.POS, Role.REFUND, Role.POS), language=Language.DE,
        valid_from=NOON, valid_until=NOON + timedelta(days=10),
    )
    assert user.username == "marie.favre"
    assert user.roles == (Role.POS, Role.REFUND)
    assert user.sale_points == (eshop(identity),)
    assert user.active and user.language is Language.DE
    assert identity.ask(queries.get_user, say.GetUser(user_id=user.user_id), ADMIN) == user
    [entry] = audited(identity, object_id=str(user.user_id))
    assert (entry.actor_id, entry.action, entry.before) == (ADMIN.id, "create", {})
    assert entry.after["username"] == "marie.favre"


def test_a_username_belongs_to_one_whatever_its_case(identity: Harness) -> None:
    create_user(identity, "marie")
    with refused(identity, Code.USERNAME_TAKEN) as caught:
        create_user(identity, "MARIE")
    assert "username" in caught.value.errors


@pytest.mark.parametrize("password", [
    "short", "elevenchars", "motdepasse123", "MotDePasse123", "abababababababab", "festival2026",
])
def test_weak_passwords_are_refused(identity: Harness, password: str) -> None:
    with refused(identity, Code.PASSWORD_TOO_WEAK):
        create_user(identity, password=password)


@pytest.mark.parametrize(("code", "changes"), [
    (Code.SALE_POINT_NOT_FOUND, {"sale_points": (uuid4(),)}),
    (Code.VALIDATION_FAILED, {"sale_points": ()}),
    (Code.VALIDATION_FAILED, {"roles": ()}),
    (Code.VALIDATION_FAILED, {"username": "with space"}),
    (Code.VALIDATION_FAILED, {"valid_from": NOON, "valid_until": NOON}),
])
def test_incomplete_users_are_refused(
    identity: Harness, code: Code, changes: dict[str, Any]
) -> None:
    with refused(identity, code):
        create_user(identity, **changes)


def test_no_password_is_kept_or_audited(identity: Harness) -> None:
    user = create_user(identity)
    update(identity, changed(user, password="quatre petits chats"))
    assert not stored(identity)["inbox"]
    everything = str(stored(identity))
    assert PASSWORD not in everything and "quatre petits chats" not in everything
    assert audited(identity, object_id=str(user.user_id))[-1].after == {"password": "changed"}


@pytest.mark.parametrize("change", [
    {"password": "quatre petits chats"}, {"roles": (Role.POS, Role.REFUND)}, {"active": False},
])
def test_a_change_of_password_or_rights_ends_the_sign_ins(
    identity: Harness, change: dict[str, Any]
) -> None:
    user = create_user(identity)
    first, second = login(identity, "marie", PASSWORD), login(identity, "marie", PASSWORD)
    stranger = login(identity)
    update(identity, changed(user, **change))
    for tokens in (first, second):
        with refused(identity, Code.SESSION_ENDED):
            refresh(identity, tokens.refresh_token)
    assert refresh(identity, stranger.refresh_token).access_token


def test_a_new_name_ends_nothing(identity: Harness) -> None:
    user = create_user(identity)
    tokens = login(identity, "marie", PASSWORD)
    renamed = update(identity, changed(user, display_name="Marie Rey"))
    assert renamed.display_name == "Marie Rey"
    assert audited(identity, object_id=str(user.user_id), action="update")[0].before == {
        "display_name": "Marie Favre"
    }
    assert refresh(identity, tokens.refresh_token).access_token


def test_the_same_state_again_changes_nothing(identity: Harness) -> None:
    user = create_user(identity)
    before = stored(identity)
    assert update(identity, changed(user)) == user
    assert stored(identity) == before


def test_the_new_password_replaces_the_old(identity: Harness) -> None:
    user = create_user(identity)
    update(identity, changed(user, password="quatre petits chats"))
    assert login(identity, "marie", "quatre petits chats").access_token
    with pytest.raises(DomainError, match="LOGIN_FAILED"):
        login(identity, "marie", PASSWORD)


def test_deactivation_is_not_deletion(identity: Harness) -> None:
    user = create_user(identity)
    body = identity.call(
        users.deactivate_user, say.DeactivateUser(user_id=user.user_id), ADMIN
    )
    assert body["active"] is False
    listed = identity.ask(queries.list_users, say.ListUsers(active=False), ADMIN)
    assert [item.display_name for item in listed.items] == ["Marie Favre"]
    with pytest.raises(DomainError, match="LOGIN_FAILED"):
        login(identity, "marie", PASSWORD)


def test_an_unknown_user_cannot_be_changed(identity: Harness) -> None:
    user = create_user(identity)
    with refused(identity, Code.USER_NOT_FOUND):
        update(identity, changed(user, user_id=uuid4()))
    with refused(identity, Code.USER_NOT_FOUND):
        identity.call(users.deactivate_user, say.DeactivateUser(user_id=uuid4()), ADMIN)
    with refused(identity, Code.USER_NOT_FOUND):
        identity.ask(queries.get_user, say.GetUser(user_id=uuid4()), ADMIN)


@pytest.mark.parametrize("change", [
    {"active": False}, {"roles": (Role.POS,)}, {"valid_until": NOON + timedelta(days=9_000)},
])
def test_the_last_administrator_stays(identity: Harness, change: dict[str, Any]) -> None:
    admin = admin_of(identity)
    create_user(identity, "temp", roles=(Role.ADMIN,), valid_until=NOON + timedelta(days=9_000))
    with refused(identity, Code.LAST_ADMIN):
        update(identity, changed(admin, **change))
    with refused(identity, Code.LAST_ADMIN):
        identity.call(users.deactivate_user, say.DeactivateUser(user_id=admin.user_id), ADMIN)


def test_of_two_administrators_one_may_go(identity: Harness) -> None:
    create_user(identity, "second", roles=(Role.ADMIN,))
    admin = admin_of(identity)
    assert update(identity, changed(admin, roles=(Role.STATS,))).roles == (Role.STATS,)


def test_two_administrators_cannot_remove_each_other(identity: Harness) -> None:
    both = (admin_of(identity), create_user(identity, "second", roles=(Role.ADMIN,)))

    def remove(user: say.UserView) -> str:
        message = say.DeactivateUser(user_id=user.user_id)
        answer = identity.answer(users.deactivate_user, message, ADMIN)
        return answer.error.code if answer.error else "done"

    with ThreadPoolExecutor(2) as pool:
        outcomes = sorted(pool.map(remove, both))
    assert outcomes == [Code.LAST_ADMIN, "done"]


def test_a_login_under_way_does_not_survive_the_change_of_its_password(
    identity: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The old password has just been checked when the administrator changes it."""
    user = create_user(identity)
    with ThreadPoolExecutor(1) as pool:
        changing: list[Future[Any]] = []

        def right(password_hash: str | None, password: str) -> bool:
            message = changed(user, password="quatre petits chats")
            changing.append(pool.submit(update, identity, message))
            wait(changing, timeout=1)
            return True

        monkeypatch.setattr(sign_ins, "matches", right)
        tokens = login(identity, "marie", PASSWORD)
        assert changing[0].result().user_id == user.user_id
    with refused(identity, Code.SESSION_ENDED):
        refresh(identity, tokens.refresh_token)


def test_users_are_listed_by_name_a_page_at_a_time(identity: Harness) -> None:
    for name in ("zoe", "bob", "kim"):
        create_user(identity, name)
    seen, cursor = [], None
    while True:
        page = identity.ask(queries.list_users, say.ListUsers(limit=2, cursor=cursor), ADMIN)
        seen += [item.username for item in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert seen == ["admin", "bob", "kim", "zoe"]


def test_a_user_of_several_sale_points(identity: Harness) -> None:
    desk = identity.call(
        sale_points.create_sale_point,
        say.CreateSalePoint(name="Caisse 1", kind=SalePointKind.DESK), ADMIN,
    )
    user = create_user(identity)
    both = tuple(sorted((*user.sale_points, load(say.SalePointView, desk).sale_point_id)))
    assert update(identity, changed(user, sale_points=both)).sale_points == both
