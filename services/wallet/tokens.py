"""Who stands at the terminal door: a person with identity's token, or a terminal with its own."""

import time
from uuid import UUID

import jwt
import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from contracts.errors import Code, DomainError
from contracts.roles import Actor, system
from contracts.wallet import TERMINAL_AUDIENCE, TERMINAL_TOKEN_MAX_S
from services.chassis.database import Database, as_refusal
from services.chassis.web import ALGORITHM, CLOCK_SKEW_S, TokenVerifier
from services.wallet.models import Terminal
from services.wallet.usecases.terminals import note_seen

SEEN_EVERY_S = 60.0
LAST = 2**62  # unreadable debits are refused after all others


class DoorVerifier(TokenVerifier):
    """Access token → Actor. A terminal's own token (`kid`: its id) says no more than who it is:
    whatever else it claims is not read. A key never changes, so it is asked for once; that the
    terminal is still in use is looked up with each request, in the statement it sends anyway."""

    def __init__(self, database: Database, people: TokenVerifier) -> None:
        self._database = database
        self._people = people
        self._terminals: dict[str, tuple[Ed25519PublicKey, Actor]] = {}
        self._tokens: dict[str, tuple[Actor, float]] = {}
        self._seen: dict[str, float] = {}

    def actor(self, token: str) -> Actor:
        terminal_id = _terminal_of(token)
        if terminal_id is None:
            return self._people.actor(token)
        actor, expires = self._tokens.get(token, (None, 0.0))
        if actor is None or expires <= time.time():
            actor, expires = self._own(token, terminal_id)
            if len(self._tokens) >= self.REMEMBERED:
                self._tokens = {}
            self._tokens[token] = actor, expires
        self._note(actor)
        return actor

    def _own(self, token: str, terminal_id: str) -> tuple[Actor, float]:
        key, actor = self._terminal(terminal_id)
        try:
            claims = jwt.decode(
                token, key, algorithms=[ALGORITHM], audience=TERMINAL_AUDIENCE,
                leeway=CLOCK_SKEW_S, options={"require": ["exp", "iat", "aud"]},
            )
        except jwt.ExpiredSignatureError:
            raise DomainError(Code.TOKEN_EXPIRED, "Sign a new token: this one ended.") from None
        except jwt.PyJWTError:
            raise _invalid() from None
        if claims["exp"] - claims["iat"] > TERMINAL_TOKEN_MAX_S:
            raise _invalid()
        return actor, claims["exp"] + CLOCK_SKEW_S

    def _terminal(self, terminal_id: str) -> tuple[Ed25519PublicKey, Actor]:
        if terminal_id not in self._terminals:
            with self._database.transaction(system("terminal")) as uow:
                terminal = uow.session.get(Terminal, UUID(terminal_id))
            if terminal is None or terminal.public_key is None:
                raise _invalid()
            raw = bytes.fromhex(terminal.public_key)
            self._terminals[terminal_id] = Ed25519PublicKey.from_public_bytes(raw), terminal.actor
        return self._terminals[terminal_id]

    def _note(self, actor: Actor) -> None:
        """Last seen, to a minute: not a write with every debit."""
        now = time.monotonic()
        if now - self._seen.get(actor.id, -SEEN_EVERY_S) < SEEN_EVERY_S:
            return
        self._seen[actor.id] = now
        try:
            with self._database.transaction(actor) as uow:
                note_seen(uow, UUID(actor.id))
        except Exception as error:
            if as_refusal(error) is None:
                raise
            structlog.get_logger("door").warning("last seen not noted", error=repr(error))


def offline_order(signed: str) -> tuple[int, str]:
    """Where a signed offline debit comes in its batch: by sequence, then wallet."""
    try:
        claims = jwt.decode(signed, options={"verify_signature": False})
        return int(claims["sequence"]), str(claims["code"])
    except (jwt.PyJWTError, KeyError, ValueError, TypeError):
        return LAST, signed


def _terminal_of(token: str) -> str | None:
    try:
        return str(UUID(str(jwt.get_unverified_header(token).get("kid"))))
    except (jwt.PyJWTError, ValueError):
        return None


def _invalid() -> DomainError:
    return DomainError(Code.TOKEN_INVALID, "This terminal's token is not valid.")
