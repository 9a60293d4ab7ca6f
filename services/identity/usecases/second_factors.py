"""The second factor: begun, confirmed, asked for, reset; and the codes that stand in for it."""

from sqlalchemy import CursorResult, delete

from contracts.errors import Code, DomainError
from contracts.identity import (
    ConfirmSecondFactor,
    RecoveryCodesView,
    ResetSecondFactor,
    SecondFactorView,
    StartSecondFactor,
    UserView,
)
from contracts.roles import Principal, Role
from services.chassis.settings import Settings
from services.chassis.unit_of_work import UnitOfWork
from services.identity.models import (
    RECOVERY_CODES,
    RecoveryCode,
    SecondFactor,
    User,
    digest,
    readable_code,
)
from services.identity.usecases.attempts import begin_attempt, fail_attempt, own_account
from services.identity.usecases.audit import audit
from services.identity.usecases.passwords import matches
from services.identity.usecases.users import end_sign_ins, find_user

SPACES = str.maketrans("", "", " -")
RECOVERY_LENGTH = 12


def start_second_factor(
    uow: UnitOfWork, command: StartSecondFactor
) -> SecondFactorView | DomainError:
    user = own_account(uow)
    assert isinstance(user, User)  # the route is for users
    account = begin_attempt(uow, Principal.USER, user.username)
    if not matches(user.password_hash, command.password):
        return fail_attempt(uow, account, Principal.USER, user)
    account.clear()
    factor = _factor(uow, user)
    if factor is None:
        factor = SecondFactor(user_id=user.id, last_step=0)
        uow.session.add(factor)
    audit(uow, "start_second_factor", "user", user.id)
    return factor.begin(user.username, Settings.from_env("identity").festival_name)


def confirm_second_factor(uow: UnitOfWork, command: ConfirmSecondFactor) -> RecoveryCodesView:
    user = own_account(uow)
    assert isinstance(user, User)  # the route is for users
    factor = _factor(uow, user)
    if factor is None or factor.pending is None:
        raise DomainError(Code.SECOND_FACTOR_STATE, "First set up an authenticator app.")
    if not factor.confirm(command.code.translate(SPACES), uow.now):
        raise DomainError(Code.SECOND_FACTOR_WRONG, "This is not the code that the app shows.")
    uow.session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user.id))
    codes = tuple(readable_code(RECOVERY_LENGTH) for _ in range(RECOVERY_CODES))
    uow.session.add_all(RecoveryCode(hash=digest(code), user_id=user.id) for code in codes)
    audit(uow, "confirm_second_factor", "user", user.id)
    return RecoveryCodesView(codes=codes)


def reset_second_factor(uow: UnitOfWork, command: ResetSecondFactor) -> UserView:
    user = find_user(uow, command.user_id)
    uow.session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user.id))
    uow.session.execute(delete(SecondFactor).where(SecondFactor.user_id == user.id))
    end_sign_ins(uow, user)
    audit(uow, "reset_second_factor", "user", user.id)
    return user.view()


# ------------------------------------------------------------------ asked when signing in


def has_second_factor(uow: UnitOfWork, user: User) -> bool:
    factor = uow.session.get(SecondFactor, user.id)
    return factor is not None and factor.secret is not None


def must_set_up(uow: UnitOfWork, user: User) -> bool:
    """The festival asks a second factor of one of the user's roles, and there is none."""
    demanded = Settings.from_env("identity").second_factor_roles
    return not demanded.isdisjoint(map(Role, user.roles)) and not has_second_factor(uow, user)


def accepts(uow: UnitOfWork, user: User, code: str) -> bool:
    """A code of the app, or a recovery code; neither is good again."""
    factor = _factor(uow, user)
    typed = code.translate(SPACES).lower()
    if factor is None or factor.secret is None:
        return False
    if factor.accepts(typed, uow.now):
        return True
    used = uow.session.execute(delete(RecoveryCode).where(
        RecoveryCode.user_id == user.id, RecoveryCode.hash == digest(typed)
    ))
    assert isinstance(used, CursorResult)
    if used.rowcount:
        audit(uow, "use_recovery_code", "user", user.id)
    return bool(used.rowcount)


def _factor(uow: UnitOfWork, user: User) -> SecondFactor | None:
    """Locked: of two that bring the same code one is let in."""
    return uow.session.get(SecondFactor, user.id, with_for_update=True)
