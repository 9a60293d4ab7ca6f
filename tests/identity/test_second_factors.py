"""The second factor: codes of the app are good once, recovery codes too, and some must have it."""

import time
from uuid import UUID

import pytest

from contracts import identity as say
from contracts.errors import Code, DomainError
from contracts.message import load
from contracts.roles import Action, Actor, Approval, Principal, Role
from services.chassis.approvals import spend_approval
from services.chassis.testing import Harness
from services.identity.models.factors import one_time_code
from services.identity.usecases import approvals, second_factors, sign_ins
from tests.identity.doors import (
    ADMIN,
    PASSWORD,
    SOMEONE,
    create_user,
    eshop,
    login,
    refresh,
    secretly,
    verifier,
)

RFC_SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
ORDER = UUID("33333333-3333-4333-8333-333333333333")


def actor_of(user: say.UserView) -> Actor:
    return Actor(Principal.USER, str(user.user_id), user.display_name, frozenset(user.roles),
                 frozenset(user.sale_points))


def code_for(secret: str, steps: int = 0) -> str:
    return one_time_code(secret, int(time.time()) // 30 + steps)


def set_up(identity: Harness, user: say.UserView, steps: int = -1) -> tuple[str, tuple[str, ...]]:
    """The app's secret, and the recovery codes; the code of one step ago is used up."""
    begun = load(say.SecondFactorView, secretly(
        identity, second_factors.start_second_factor,
        say.StartSecondFactor(password=PASSWORD), actor_of(user),
    ))
    confirmed = load(say.RecoveryCodesView, secretly(
        identity, second_factors.confirm_second_factor,
        say.ConfirmSecondFactor(code=code_for(begun.secret, steps)), actor_of(user),
    ))
    return begun.secret, confirmed.codes


def sign_in(identity: Harness, code: str | None) -> say.TokenView | Code:
    message = say.Login(username="marie", password=PASSWORD, code=code)
    try:
        return load(say.TokenView, secretly(identity, sign_ins.login, message, SOMEONE))
    except DomainError as refusal:
        return refusal.code


@pytest.mark.parametrize(("at", "code"), [
    (59, "287082"), (1111111109, "081804"), (1234567890, "005924"), (2000000000, "279037"),
])
def test_codes_are_those_of_rfc_6238(at: int, code: str) -> None:
    assert one_time_code(RFC_SECRET, at // 30) == code


def test_a_code_is_asked_for_and_good_once(identity: Harness) -> None:
    user = create_user(identity)
    secret, _ = set_up(identity, user)
    assert sign_in(identity, None) is Code.SECOND_FACTOR_REQUIRED
    code = code_for(secret)
    assert isinstance(sign_in(identity, code), say.TokenView)
    assert sign_in(identity, code) is Code.LOGIN_FAILED
    assert sign_in(identity, code_for(secret, -1)) is Code.LOGIN_FAILED  # older than the last
    assert isinstance(sign_in(identity, code_for(secret, 1)), say.TokenView)


def test_wrong_codes_are_slowed_down(identity: Harness) -> None:
    set_up(identity, create_user(identity))
    codes = [sign_in(identity, "000000") for _ in range(6)]
    assert codes == [Code.LOGIN_FAILED] * 5 + [Code.LOGIN_THROTTLED]


def test_a_recovery_code_stands_in_once(identity: Harness) -> None:
    _, codes = set_up(identity, create_user(identity))
    assert len(set(codes)) == 10
    typed = f"{codes[0][:4]}-{codes[0][4:]}".upper()
    assert isinstance(sign_in(identity, typed), say.TokenView)
    assert sign_in(identity, codes[0]) is Code.LOGIN_FAILED
    assert isinstance(sign_in(identity, codes[1]), say.TokenView)


def test_an_administrator_takes_it_off_and_the_sessions_end(identity: Harness) -> None:
    user = create_user(identity)
    secret, _ = set_up(identity, user)
    tokens = sign_in(identity, code_for(secret))
    assert isinstance(tokens, say.TokenView)
    identity.call(second_factors.reset_second_factor,
                  say.ResetSecondFactor(user_id=user.user_id), ADMIN)
    with pytest.raises(DomainError):
        refresh(identity, tokens.refresh_token)
    assert isinstance(sign_in(identity, None), say.TokenView)


def test_without_the_password_or_a_first_code_nothing_is_set_up(identity: Harness) -> None:
    user = create_user(identity)
    with pytest.raises(DomainError) as wrong:
        secretly(identity, second_factors.start_second_factor,
                 say.StartSecondFactor(password="another password"), actor_of(user))
    assert wrong.value.code is Code.LOGIN_FAILED
    with pytest.raises(DomainError) as unset:
        secretly(identity, second_factors.confirm_second_factor,
                 say.ConfirmSecondFactor(code="123456"), actor_of(user))
    assert unset.value.code is Code.SECOND_FACTOR_STATE
    assert isinstance(sign_in(identity, None), say.TokenView)


def test_who_must_have_one_gets_no_role_before(
    identity: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECOND_FACTOR_ROLES", "admin,accounting")
    user = create_user(identity, roles=(Role.ACCOUNTING, Role.STATS))
    tokens = login(identity, "marie", PASSWORD)
    assert tokens.second_factor_missing
    actor = verifier(identity).actor(tokens.access_token)
    assert not actor.grants() and actor.may(Principal.USER)
    set_up(identity, user)
    renewed = refresh(identity, tokens.refresh_token)
    assert not renewed.second_factor_missing
    assert verifier(identity).actor(renewed.access_token).may(Role.ACCOUNTING)
    create_user(identity, "paul", roles=(Role.POS,))
    assert not login(identity, "paul", PASSWORD).second_factor_missing


# ------------------------------------------------------------------ approvals


def approve(identity: Harness, cashier: Actor, code: str, username: str = "marie") -> str:
    message = say.ApproveAction(
        username=username, code=code, action=Action.REFUND, object_id=ORDER
    )
    body = secretly(identity, approvals.approve_action, message, cashier)
    return load(say.ApprovalView, body).approval


def test_a_colleague_approves_one_action_once(identity: Harness) -> None:
    chief = create_user(identity, roles=(Role.POS, Role.REFUND))
    cashier = actor_of(create_user(identity, "paul", roles=(Role.POS,)))
    secret, _ = set_up(identity, chief)
    approval = verifier(identity).approval(approve(identity, cashier, code_for(secret)), cashier)
    assert approval.approver_id == str(chief.user_id)
    asking = Actor.from_dict({**cashier.to_dict(), "approval": {
        "id": approval.id, "approver_id": approval.approver_id, "object_id": approval.object_id,
        "approver_name": approval.approver_name, "action": "refund",
    }})
    assert asking.approval == approval
    with identity.uow(asking) as uow:
        assert spend_approval(uow, Action.REFUND, ORDER) == str(chief.user_id)
    with identity.uow(asking) as uow, pytest.raises(DomainError) as again:
        spend_approval(uow, Action.REFUND, ORDER)
    assert again.value.code is Code.APPROVAL_REFUSED


@pytest.mark.parametrize(("action", "object_id"), [
    (Action.OVERBOOK, ORDER), (Action.REFUND, UUID(int=ORDER.int + 1)),
])
def test_an_approval_is_for_nothing_else(
    identity: Harness, action: Action, object_id: UUID
) -> None:
    approval = Approval("1", "2", "Marie", Action.REFUND, str(ORDER))
    actor = Actor(Principal.USER, "3", roles=frozenset({Role.POS}), approval=approval)
    with identity.uow(actor) as uow, pytest.raises(DomainError) as caught:
        spend_approval(uow, action, object_id)
    assert caught.value.code is Code.APPROVAL_REQUIRED


def test_only_a_colleague_with_the_role_and_the_sale_point_approves(identity: Harness) -> None:
    cashier = create_user(identity, "paul", roles=(Role.POS, Role.REFUND))
    secret, _ = set_up(identity, cashier)
    refusals = []
    for asking, steps in (
        (actor_of(cashier), 0),  # oneself
        (Actor(Principal.USER, "4", roles=frozenset({Role.POS}),
               sale_points=frozenset({ORDER})), 1),  # elsewhere
    ):
        with pytest.raises(DomainError) as caught:
            approve(identity, asking, code_for(secret, steps), "paul")
        refusals.append(caught.value.code)
    assert refusals == [Code.APPROVAL_REFUSED] * 2
    anybody = Actor(Principal.USER, "4", sale_points=frozenset({eshop(identity)}))
    with pytest.raises(DomainError) as caught:
        approve(identity, anybody, "000000", "paul")
    assert caught.value.code is Code.LOGIN_FAILED


def test_an_approval_is_no_access_token_and_not_for_others(identity: Harness) -> None:
    chief = create_user(identity, roles=(Role.POS, Role.REFUND))
    cashier = actor_of(create_user(identity, "paul", roles=(Role.POS,)))
    secret, _ = set_up(identity, chief)
    token, doorman = approve(identity, cashier, code_for(secret)), verifier(identity)
    with pytest.raises(DomainError) as caught:
        doorman.actor(token)
    assert caught.value.code is Code.TOKEN_INVALID
    for given, who in ((token, ADMIN), (login(identity).access_token, cashier)):
        with pytest.raises(DomainError) as caught:
            doorman.approval(given, who)
        assert caught.value.code is Code.APPROVAL_REFUSED
