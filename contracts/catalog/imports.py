"""Programme files: uploaded, looked at, applied."""

from dataclasses import field
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from marshmallow import validate

from contracts.catalog.parts import Limit, Minutes, Places
from contracts.message import I18n, Json, Name, command, query, view

MAX_FILE = 20 * 1024 * 1024

Base64 = Annotated[str, validate.Length(min=1, max=MAX_FILE * 4 // 3 + 4)]
Short = Annotated[str, validate.Length(max=40)]
Clock = Annotated[str, validate.Regexp(
    r"\A([01]\d|2[0-3]):[0-5]\d\Z", error="A time of day, such as 06:00."
)]


class ImportState(StrEnum):
    PREVIEWED = "previewed"
    APPLYING = "applying"  # in the background
    APPLIED = "applied"
    FAILED = "failed"  # in the background, with its reason; it may be applied again
    ROLLED_BACK = "rolled_back"


class ImportAction(StrEnum):
    CREATE = "create"
    CHANGE = "change"
    CONFLICT = "conflict"  # the file says something new about a field that was edited by hand
    MISSING = "missing"  # known from this source, and not in the file any more: flagged only


class ProblemSeverity(StrEnum):
    ERROR = "error"  # the row was not imported
    WARNING = "warning"


@view
class ImportOptions:
    """What the file does not say. `source`: whose ids these are, without it the file's name;
    the same source again changes what it created before. `first_day` of the edition resolves
    weekdays and dates without a year; `venue` is where a row names none; `room_capacity` is
    given to new rooms; `duration_min` to screenings without an end. `day_cutoff`: what starts
    before it belongs to the night of the date that is written. `publish`: new screenings
    that are complete go on sale at once, with the tariffs of the price grid."""

    source: Name | None = None
    first_day: date | None = None
    last_day: date | None = None
    time_zone: Name = "Europe/Zurich"
    language: Short | None = None
    date_order: Short | None = None
    day_cutoff: Clock | None = None
    encoding: Short | None = None
    separator: Short | None = None
    venue: Annotated[str, validate.Length(max=200)] = ""
    room_capacity: Places = 100
    duration_min: Minutes | None = None
    price_grid_id: UUID | None = None
    publish: bool = False


@view
class ImportCounts:
    """`created` to `conflicts` count productions and screenings; a record with a conflict is
    counted there, whether other fields of it change or not."""

    rows: int
    productions: int
    screenings: int
    errors: int
    warnings: int
    created: int
    changed: int
    unchanged: int
    conflicts: int
    missing: int
    published: int


@view
class ImportProblem:
    """`row` as a spreadsheet shows it, 0 is the whole file; `field` of the record."""

    row: int
    field: str
    code: str
    sentence: str
    severity: ProblemSeverity


@view
class FieldChange:
    """`kept`: edited by hand, so the file's value is not taken, until a person has `resolved` it
    for `mine` (what was edited) or `theirs` (what the file says)."""

    field: str
    before: Any | None
    after: Any | None
    kept: bool = False
    resolved: str = ""


@view
class ImportChange:
    """What happens to one production or screening (`kind`) that the file calls `ref`."""

    number: int
    kind: str
    ref: str
    title: I18n
    action: ImportAction
    rows: tuple[int, ...]
    fields: tuple[FieldChange, ...]
    object_id: UUID | None = None


@view
class ImportView:
    """`mapping` is what was used: edit it and upload again to read differently. `progress` of
    `total` records are merged, `percent` in all, up to `row` of the file; `seconds_left` is an
    estimate while it is being applied in the background. `problems` and
    `changes` are the first ones; the rest is listed by queries of their own."""

    import_id: UUID
    state: ImportState
    filename: str
    source: str
    format: str
    encoding: str
    separator: str
    columns: tuple[str, ...]
    mapping: Json
    options: ImportOptions
    counts: ImportCounts
    new_venues: tuple[str, ...]
    new_rooms: tuple[str, ...]
    problems: tuple[ImportProblem, ...]
    changes: tuple[ImportChange, ...]
    progress: int
    total: int
    uploaded_at: datetime
    uploaded_by: str
    percent: int = 0
    row: int = 0
    seconds_left: int | None = None
    failure: str = ""
    profile_id: UUID | None = None
    values: Json = field(default_factory=dict)
    applied_at: datetime | None = None
    applied_by: str | None = None
    rolled_back_at: datetime | None = None
    rolled_back_by: str | None = None


@view
class ImportSummary:
    import_id: UUID
    state: ImportState
    filename: str
    source: str
    format: str
    counts: ImportCounts
    uploaded_at: datetime
    uploaded_by: str
    applied_at: datetime | None = None


@view
class ImportPage:
    items: tuple[ImportSummary, ...]
    next_cursor: str | None = None


@view
class ImportProblemPage:
    items: tuple[ImportProblem, ...]
    next_cursor: str | None = None


@view
class ImportChangePage:
    items: tuple[ImportChange, ...]
    next_cursor: str | None = None


@command("catalog.upload_import.v1")
class UploadImport:
    """Read a programme and show what it would do; the programme stays as it is → ImportView.
    `content` is the file in base64, `companions` are files with the details of its ids, `format`
    is its name or `auto`, `mapping` which column feeds which field (without it one is proposed).
    A profile says all this, except where the command does. IMPORT_REFUSED when the file as a
    whole cannot be read, PRICE_GRID_NOT_FOUND, PROFILE_NOT_FOUND."""

    filename: Name
    content: Base64 = field(repr=False)
    format: Name = "auto"
    mapping: Json | None = None
    options: ImportOptions = ImportOptions()
    profile_id: UUID | None = None
    companions: Annotated[tuple[Base64, ...], validate.Length(max=5)] = field(
        default=(), repr=False
    )


@command("catalog.apply_import.v1")
class ApplyImport:
    """Write every row that can be, in one transaction → ImportView with what was really done.
    Fields edited by hand are kept. In the `background` the answer comes at once, and GetImport
    tells how far it is. IMPORT_NOT_FOUND, IMPORT_STATE when it was applied before."""

    import_id: UUID
    background: bool = False


@query("catalog.get_import.v1")
class GetImport:
    """→ ImportView. IMPORT_NOT_FOUND."""

    import_id: UUID


@query("catalog.list_imports.v1")
class ListImports:
    """Newest first → ImportPage."""

    cursor: str | None = None
    limit: Limit = 50


@query("catalog.list_import_problems.v1")
class ListImportProblems:
    """In the order of the file → ImportProblemPage. IMPORT_NOT_FOUND."""

    import_id: UUID
    cursor: str | None = None
    limit: Limit = 50


@query("catalog.list_import_changes.v1")
class ListImportChanges:
    """In the order of the file → ImportChangePage. IMPORT_NOT_FOUND."""

    import_id: UUID
    cursor: str | None = None
    limit: Limit = 50
