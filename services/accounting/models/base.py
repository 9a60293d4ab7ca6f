"""The base of accounting's tables."""

from datetime import date

from sqlalchemy import Date
from sqlalchemy.orm import DeclarativeBase

from services.chassis.tables import COLUMN_TYPES, service_metadata


class Base(DeclarativeBase):
    metadata = service_metadata()
    type_annotation_map = COLUMN_TYPES | {date: Date()}
