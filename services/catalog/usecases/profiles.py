"""Profiles: how the files of a source are read."""

from typing import Any
from uuid import uuid4

from contracts.catalog import (
    CreateProfile,
    DeleteProfile,
    ProfileView,
    UpdateProfile,
)
from contracts.errors import Code
from contracts.message import dump
from services.catalog.models import Profile, check_zone, claim_name, find
from services.catalog.models.base import invalid
from services.catalog.usecases.editing import editing
from services.catalog.usecases.history import created
from services.catalog.usecases.reading import TRANSLATED
from services.chassis.unit_of_work import UnitOfWork

TABLES = sorted({name.removesuffix("s") if name != "countries" else name for name in TRANSLATED})


def create_profile(uow: UnitOfWork, command: CreateProfile) -> ProfileView:
    profile = Profile(id=uuid4(), version=1, key=claim_name(uow.session, Profile, command.name))
    _put(profile, command)
    return created(uow, profile)


def update_profile(uow: UnitOfWork, command: UpdateProfile) -> ProfileView:
    profile = find(uow.session, Profile, command.profile_id, Code.PROFILE_NOT_FOUND, lock=True)
    with editing(uow, profile, command.version):
        profile.key = claim_name(uow.session, Profile, command.name, profile)
        _put(profile, command)
    return profile.view()


def delete_profile(uow: UnitOfWork, command: DeleteProfile) -> None:
    profile = find(uow.session, Profile, command.profile_id, Code.PROFILE_NOT_FOUND, lock=True)
    uow.session.delete(profile)


def _put(profile: Profile, command: CreateProfile | UpdateProfile) -> None:
    check_zone(command.options.time_zone)
    profile.name, profile.format, profile.mapping = command.name, command.format, command.mapping
    profile.values, profile.options = _tables(command.values), dump(command.options)


def _tables(values: dict[str, Any]) -> dict[str, dict[str, str]]:
    """{"section": {written: meant}}, and nothing else."""
    for name, table in values.items():
        if name not in TABLES:
            raise invalid("values", f"Values can be translated for: {', '.join(TABLES)}.")
        if not isinstance(table, dict) or not all(isinstance(one, str) for one in table.values()):
            raise invalid("values", f"The table of “{name}” is not made of texts.")
    return values
