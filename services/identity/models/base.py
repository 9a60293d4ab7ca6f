"""What all tables of identity share."""

import hashlib

from sqlalchemy.orm import DeclarativeBase

from services.chassis.tables import COLUMN_TYPES, service_metadata


class Base(DeclarativeBase):
    metadata = service_metadata()
    type_annotation_map = COLUMN_TYPES


def digest(secret: str) -> str:
    """How a secret of ours is kept. Good for long random ones only, never for passwords."""
    return hashlib.sha256(secret.encode()).hexdigest()
