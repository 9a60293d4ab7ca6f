"""People, places and keys as rows: who may sign in, what they hold, and what was done.

Secrets are kept as hashes: Argon2id for what a person types, SHA-256 for what we made ourselves
from 256 random bits. The audit table is append-only (migrations/versions/0001).
"""

from services.identity.models.audit import AuditEntry
from services.identity.models.base import Base, digest
from services.identity.models.devices import Device, device_refused, enrolment_refused
from services.identity.models.factors import (
    RECOVERY_CODES,
    Mail,
    RecoveryCode,
    ResetCode,
    SecondFactor,
    readable_code,
)
from services.identity.models.keys import ApiKey, SigningKey
from services.identity.models.people import Holder, User
from services.identity.models.places import SalePoint
from services.identity.models.sessions import EndedSession, RefreshToken, SignIn, Throttle

__all__ = [
    "RECOVERY_CODES",
    "ApiKey",
    "AuditEntry",
    "Base",
    "Device",
    "EndedSession",
    "Holder",
    "Mail",
    "RecoveryCode",
    "RefreshToken",
    "ResetCode",
    "SalePoint",
    "SecondFactor",
    "SignIn",
    "SigningKey",
    "Throttle",
    "User",
    "device_refused",
    "digest",
    "enrolment_refused",
    "readable_code",
]
