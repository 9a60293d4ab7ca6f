"""Passwords: which are good enough, and Argon2id, which is slow on purpose."""

from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from contracts.errors import Code, DomainError
from services.chassis.offload import offload

MIN_LENGTH = 12
MIN_DIFFERENT = 5
# RFC 9106's second choice (64 MB, three passes) on one lane: there are few cores to share.
_HASHER = PasswordHasher(time_cost=3, memory_cost=65_536, parallelism=1)
# The hash of a password that was thrown away: checked when there is no such person.
NOBODY = (
    "$argon2id$v=19$m=65536,t=3,p=1$LzKUR+XwyLyfHQysArpiWg$"
    "mB+QPMyKLm9avknfBDwY036J0yuEveL+QE7pFaIAMik"
)

# What is tried first among those that are long enough.
COMMON = frozenset(Path(__file__).with_name("common-passwords.txt").read_text().split())


def hashed(password: str) -> str:
    """Raises PASSWORD_TOO_WEAK."""
    if len(password) < MIN_LENGTH:
        raise _weak(f"A password has at least {MIN_LENGTH} characters; a few words are best.")
    if password.casefold() in COMMON or len(set(password)) < MIN_DIFFERENT:
        raise _weak("This password is too easy to guess; a few words are best.")
    return offload(_HASHER.hash, password)


def matches(password_hash: str | None, password: str) -> bool:
    """Takes as long when there is no such person, so that time does not tell."""
    try:
        verified = offload(_HASHER.verify, password_hash or NOBODY, password)
    except (VerificationError, InvalidHashError):
        return False
    return verified and password_hash is not None


def _weak(sentence: str) -> DomainError:
    return DomainError(Code.PASSWORD_TOO_WEAK, sentence, {"password": [sentence]})
