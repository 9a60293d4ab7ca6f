"""Ways back in: one's own password, codes by mail, invitations by the hundred."""

import base64
import re
from datetime import timedelta
from pathlib import Path

import pytest

from contracts import identity as say
from contracts.errors import Code, DomainError
from contracts.message import load
from contracts.roles import Actor, Principal, Role
from services.chassis.testing import Harness
from services.identity.usecases import holders, invitations, mails, recovery, sign_ins
from tests.identity.doors import (
    ADMIN,
    PASSWORD,
    SOMEONE,
    create_user,
    login,
    refresh,
    refused,
    secretly,
    stored,
)

NEW = "quatre gros chiens"


def test_a_user_changes_the_own_password_and_signs_in_anew(identity: Harness) -> None:
    user = create_user(identity)
    tokens = login(identity, "marie", PASSWORD)
    me = Actor(Principal.USER, str(user.user_id), roles=frozenset({Role.POS}))
    secretly(identity, recovery.change_password,
             say.ChangePassword(current=PASSWORD, password=NEW), me)
    with pytest.raises(DomainError):
        refresh(identity, tokens.refresh_token)
    assert login(identity, "marie", NEW)
    with refused(identity, Code.LOGIN_FAILED, but=("throttles", "audit")):
        secretly(identity, recovery.change_password,
                 say.ChangePassword(current=PASSWORD, password=NEW), me)
    with refused(identity, Code.PASSWORD_TOO_WEAK):
        secretly(identity, recovery.change_password,
                 say.ChangePassword(current=NEW, password="short"), me)


def test_a_mail_brings_a_code_that_is_good_once(
    identity: Harness, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAIL_URL", f"file:{tmp_path}")
    secretly(identity, holders.register_holder, say.RegisterHolder(
        email="Lea@example.org", password=PASSWORD, name="Léa"), SOMEONE)
    create_user(identity, email="marie@example.org")
    for email in ("lea@example.org", "MARIE@example.org", "nobody@example.org"):
        secretly(identity, recovery.request_password_reset,
                 say.RequestPasswordReset(email=email), SOMEONE)
    assert identity.tick(mails.send_mails) == 2
    codes = {}
    for path in tmp_path.glob("*.eml"):
        text = path.read_text()
        recipient = re.search(r"^To: (\S+)", text, re.M)
        code = re.search(r"^ {4}([0-9a-z]{16})$", text, re.M)
        assert recipient and code
        codes[recipient[1]] = code[1]
    assert set(codes) == {"lea@example.org", "marie@example.org"}
    rows = stored(identity)
    assert not rows["mails"] and not any(code in str(rows) for code in codes.values())
    reset = say.ResetPassword(code=codes["marie@example.org"], password=NEW)
    secretly(identity, recovery.reset_password, reset, SOMEONE)
    assert login(identity, "marie", NEW)
    with refused(identity, Code.RESET_CODE_INVALID):
        secretly(identity, recovery.reset_password, reset, SOMEONE)
    with refused(identity, Code.RESET_CODE_INVALID):
        late = say.ResetPassword(code=codes["lea@example.org"], password=NEW)
        secretly(identity, recovery.reset_password, late, SOMEONE, later=timedelta(hours=2))
    secretly(identity, recovery.reset_password,
             say.ResetPassword(code=codes["lea@example.org"], password=NEW), SOMEONE)
    message = say.HolderLogin(email="lea@example.org", password=NEW)
    assert secretly(identity, sign_ins.holder_login, message, SOMEONE)


def test_a_mailbox_is_not_flooded(identity: Harness) -> None:
    create_user(identity, email="marie@example.org")
    for _ in range(6):
        secretly(identity, recovery.request_password_reset,
                 say.RequestPasswordReset(email="marie@example.org"), SOMEONE)
    assert len(stored(identity)["mails"]) == recovery.MAILED_CODES_MAX


def test_a_mail_that_cannot_be_sent_waits(
    identity: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAIL_URL", "smtp://127.0.0.1:1")
    create_user(identity, email="marie@example.org")
    secretly(identity, recovery.request_password_reset,
             say.RequestPasswordReset(email="marie@example.org"), SOMEONE)
    assert identity.tick(mails.send_mails) == 0
    assert identity.tick(mails.send_mails) == 0  # not before its time
    assert len(stored(identity)["mails"]) == 1


def invite(identity: Harness, text: str) -> tuple[say.InvitedUser, ...]:
    message = say.InviteUsers(
        filename="volunteers.csv", content=base64.b64encode(text.encode()).decode()
    )
    return load(
        say.InvitedUsersView, secretly(identity, invitations.invite_users, message, ADMIN)
    ).items


def test_volunteers_come_from_a_file_and_choose_their_passwords(identity: Harness) -> None:
    made = invite(identity, (
        "username;display_name;roles;sale_points;valid_until\n"
        "vol.1;Vólo Un;pos|on-site;eshop;2099-08-14T06:00:00+02:00\n\n"
        "vol.2;Volo Deux;entry_check;Eshop;\n"
    ))
    assert [item.user.username for item in made] == ["vol.1", "vol.2"]
    assert made[0].user.roles == (Role.ON_SITE, Role.POS) and made[0].user.valid_until
    with pytest.raises(DomainError):
        login(identity, "vol.1", "-")
    secretly(identity, recovery.reset_password,
             say.ResetPassword(code=made[0].code, password=NEW), SOMEONE)
    assert login(identity, "vol.1", NEW)


@pytest.mark.parametrize(("text", "where"), [
    ("username,display_name,roles,sale_points\nv.1,V,pos,Eshop\nv.2,V,king,Eshop\n", "line 3"),
    ("username,display_name,roles,sale_points\nv.1,V,pos,Nowhere\n", "line 2"),
    ("username,display_name,roles,sale_points\nv.1,V,pos,Eshop\nV.1,V,pos,Eshop\n", "line 3"),
    ("username,roles\nv.1,pos\n", "file"),
    ("username,display_name,roles,sale_points\n", "file"),
    ("username,display_name,roles,sale_points\nv.1,V,pos,Eshop,more\n", "file"),
])
def test_a_file_with_a_fault_creates_nobody(identity: Harness, text: str, where: str) -> None:
    with refused(identity, Code.VALIDATION_FAILED) as caught:
        invite(identity, text)
    assert list(caught.value.errors) == [where]
