"""Access tokens and the keys that sign them.

A token says who its bearer is and what they may do, so that it is verified with the public key
alone; hence it is short-lived, and what it says is at most `LIFE` old.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import jwt
from sqlalchemy import select, text

from contracts.identity import (
    TOKEN_ALGORITHM,
    TOKEN_AUDIENCE,
    TOKEN_ISSUER,
    SigningKeyPublished,
    TokenView,
)
from contracts.roles import Principal
from services.chassis.unit_of_work import UnitOfWork
from services.identity.models import EndedSession, SigningKey
from services.identity.usecases.audit import audit

LIFE = EndedSession.TOKENS_LIVE
ROTATE_AFTER = timedelta(days=30)
HEAD_START = timedelta(minutes=5)  # a new key is known everywhere before it signs
KEY_LOCK = 7_120_003


def access_token(
    uow: UnitOfWork, kind: Principal, subject: UUID, name: str, sign_in_id: UUID,
    roles: Sequence[str] = (), sale_points: Iterable[UUID] = (), until: datetime | None = None,
    refresh_token: str | None = None,
) -> TokenView:
    """`until` is the end of the bearer's validity, which no token outlives."""
    expires_at = min(uow.now + LIFE, until) if until else uow.now + LIFE
    claims = {
        "sub": str(subject), "kind": str(kind),
        "name": name, "roles": list(roles), "sale_points": sorted(map(str, sale_points)),
        "sid": str(sign_in_id), "jti": str(uuid4()),
    }
    return TokenView(
        access_token=signed(uow, TOKEN_AUDIENCE, expires_at, claims), refresh_token=refresh_token,
        expires_in=int((expires_at - uow.now).total_seconds()),
    )


def signed(
    uow: UnitOfWork, audience: str, expires_at: datetime, claims: dict[str, object]
) -> str:
    """A JWT that says `claims` to `audience`, signed with the key of the day."""
    key = uow.session.scalars(
        select(SigningKey).where(SigningKey.not_before <= uow.now)
        .order_by(SigningKey.not_before.desc()).limit(1)
    ).one()
    claims = claims | {
        "iss": TOKEN_ISSUER, "aud": audience, "iat": uow.now, "nbf": uow.now, "exp": expires_at,
    }
    return jwt.encode(claims, key.signer(), TOKEN_ALGORITHM, headers={"kid": key.key_id})


def rotate_signing_key(uow: UnitOfWork) -> bool:
    """Timer: a first key, or a new one when the newest is old. True when one was made."""
    uow.session.execute(text(f"SELECT pg_advisory_xact_lock({KEY_LOCK})"))
    newest = uow.session.scalar(
        select(SigningKey).order_by(SigningKey.not_before.desc()).limit(1)
    )
    if newest is not None and uow.now < newest.not_before + ROTATE_AFTER:
        return False
    key = SigningKey.generate(uow.now if newest is None else uow.now + HEAD_START)
    uow.session.add(key)
    audit(uow, "create", "signing_key", key.key_id)
    uow.emit(SigningKeyPublished(
        key_id=key.key_id, public_key=key.public_key, not_before=key.not_before
    ))
    return True
