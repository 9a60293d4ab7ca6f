"""The festival's clock: local time, and business days, which turn at 04:00."""

from datetime import date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from services.chassis.settings import Settings

DAY_TURNS_AT = timedelta(hours=4)


@cache
def festival_zone() -> ZoneInfo:
    return ZoneInfo(Settings.from_env("accounting").time_zone)


def local(at: datetime) -> datetime:
    return at.astimezone(festival_zone())


def business_day(at: datetime) -> date:
    """A sale at half past one in the night belongs to the evening before."""
    return (local(at).replace(tzinfo=None) - DAY_TURNS_AT).date()


def day_start(day: date) -> datetime:
    """The first instant of a business day."""
    return datetime.combine(day, time(), festival_zone()) + DAY_TURNS_AT
