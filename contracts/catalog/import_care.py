"""Looking after imports: taken back, conflicts settled, rows that are gone removed; and profiles,
with which the next file of a source is read like the last."""

from dataclasses import field
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from marshmallow import validate

from contracts.catalog.imports import ImportOptions
from contracts.catalog.parts import Limit
from contracts.message import I18n, Json, Name, command, query, view


class Side(StrEnum):
    MINE = "mine"  # what was edited by hand stays, and is no conflict any more
    THEIRS = "theirs"  # the file's value is taken


@view
class KeptThing:
    """Something that was left as it is, and why, in a sentence."""

    kind: str
    object_id: UUID
    title: I18n
    reason: str


@view
class ImportRemoval:
    """`removed` things are gone for good; `kept` ones say why they are still there."""

    import_id: UUID
    removed: int
    kept: tuple[KeptThing, ...]


@command("catalog.roll_back_import.v1")
class RollBackImport:
    """Undo an applied import as a whole: what it created is removed, what it changed is put back
    → ImportRemoval, whose `kept` are rooms and sections that something else uses by now.
    IMPORT_IN_USE lists in `errors.blocked` what was edited since, or is or was on sale; nothing is
    undone then. IMPORT_STATE unless it is applied, IMPORT_NOT_FOUND."""

    import_id: UUID


@command("catalog.resolve_conflict.v1")
class ResolveConflict:
    """Settle one change of an applied import in which edits by hand were kept: for the `fields`
    named, or for all of them → ImportChange. `theirs` is refused like an edit would be.
    CHANGE_NOT_FOUND, VERSION_OUTDATED when the thing was edited since, IMPORT_NOT_FOUND,
    IMPORT_STATE."""

    import_id: UUID
    number: int
    side: Side
    fields: Annotated[tuple[Name, ...], validate.Length(max=50)] = ()


@command("catalog.remove_missing.v1")
class RemoveMissing:
    """Remove screenings that an applied import flagged as gone from their source: the `numbers`
    of its changes, or all → ImportRemoval. What is or was on sale is kept. IMPORT_STATE,
    IMPORT_NOT_FOUND, CHANGE_NOT_FOUND."""

    import_id: UUID
    numbers: Annotated[tuple[int, ...], validate.Length(max=500)] = ()


# ------------------------------------------------------------------ profiles



@view
class ProfileView:
    profile_id: UUID
    version: int
    name: str
    format: str
    mapping: Json | None
    values: Json
    options: ImportOptions


@view
class ProfilePage:
    items: tuple[ProfileView, ...]
    next_cursor: str | None = None


@command("catalog.create_profile.v1")
class CreateProfile:
    """How the files of a source are read → ProfileView. `values` translates what a source writes,
    field by field, whatever its case and accents. NAME_TAKEN."""

    name: Name
    format: Name = "auto"
    mapping: Json | None = None
    values: Json = field(default_factory=dict)
    options: ImportOptions = ImportOptions()


@command("catalog.update_profile.v1")
class UpdateProfile:
    """The whole new state → ProfileView. PROFILE_NOT_FOUND, NAME_TAKEN, VERSION_OUTDATED."""

    profile_id: UUID
    name: Name
    format: Name = "auto"
    mapping: Json | None = None
    values: Json = field(default_factory=dict)
    options: ImportOptions = ImportOptions()
    version: int | None = None


@command("catalog.delete_profile.v1")
class DeleteProfile:
    """→ nothing. PROFILE_NOT_FOUND."""

    profile_id: UUID


@query("catalog.get_profile.v1")
class GetProfile:
    """→ ProfileView. PROFILE_NOT_FOUND."""

    profile_id: UUID


@query("catalog.list_profiles.v1")
class ListProfiles:
    """By name → ProfilePage."""

    cursor: str | None = None
    limit: Limit = 50
