"""Programme files: uploaded and looked at, then applied."""

import base64
import binascii
from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid4

import structlog
from sqlalchemy import delete, insert, select, text

from contracts.catalog import (
    ApplyImport,
    ImportAction,
    ImportCounts,
    ImportOptions,
    ImportState,
    ImportView,
    UploadImport,
)
from contracts.errors import Code, DomainError
from contracts.message import dump
from services.catalog.importers import Problem, Reading
from services.catalog.models import (
    ChangeRow,
    Companion,
    Import,
    Part,
    PriceGrid,
    ProblemRow,
    Profile,
    Screening,
    check_zone,
    find,
    find_import,
    queue_for,
)
from services.catalog.models.base import invalid
from services.catalog.usecases.editing import published, tell_again
from services.catalog.usecases.history import remember_many
from services.catalog.usecases.known import Known
from services.catalog.usecases.merging import Merge
from services.catalog.usecases.progress import Breath, Watch
from services.catalog.usecases.reading import read
from services.chassis.database import is_clash, is_outage
from services.chassis.unit_of_work import UnitOfWork

log = structlog.get_logger("imports")


def upload_import(uow: UnitOfWork, command: UploadImport) -> ImportView:
    """What the file would do is found by doing it to rows in memory that are then forgotten."""
    profile = find(
        uow.session, Profile, command.profile_id, Code.PROFILE_NOT_FOUND
    ).view() if command.profile_id else None
    options, mapping, format = command.options, command.mapping, command.format
    if profile:
        options = _over(profile.options, options)
        mapping = profile.mapping if mapping is None else mapping
        format = profile.format if format == "auto" else format
    check_zone(options.time_zone)
    values = profile.values if profile else {}
    content, *companions = [_bytes(one) for one in (command.content, *command.companions)]
    reading = read(content, companions, command.filename, format, mapping, options, values)
    found = Import(
        id=uuid4(), state=ImportState.PREVIEWED, filename=command.filename,
        source=options.source or command.filename, content=content, format=reading.format,
        encoding=reading.encoding, separator=reading.separator, columns=list(reading.columns),
        mapping=reading.mapping, options=dump(options), counts={}, new_venues=[], new_rooms=[],
        progress=0, total=0, uploaded_at=uow.now, uploaded_by=uow.actor.name or uow.actor.id,
        profile_id=command.profile_id, values=values, made={}, failure="",
    )
    merge = _merge(uow, reading, found, lock=False)
    uow.session.expunge_all()
    uow.session.add(found)
    uow.session.flush()
    uow.session.add_all(
        Companion(import_id=found.id, number=number, content=one)
        for number, one in enumerate(companions)
    )
    _keep_result(uow, found, reading, merge)
    return found.view(uow.session)


def apply_import(uow: UnitOfWork, command: ApplyImport) -> ImportView:
    """Every row that can be, in this one transaction, one import at a time. The programme may
    have changed since the preview: what counts is what it holds now."""
    person = uow.actor.name or uow.actor.id
    if command.background:
        found = find_import(uow.session, command.import_id, lock=True)
        found.start(person)
        return found.view(uow.session)
    queue_for(uow.session, "import")
    found = find_import(uow.session, command.import_id, lock=True)
    found.apply(uow.now, person)
    _write(uow, found)
    return found.view(uow.session)


def apply_waiting(uow: UnitOfWork) -> int:
    """One import that was started in the background. A process that dies over it undoes it, and
    the next one finds it waiting still."""
    found = uow.session.scalar(
        select(Import).where(Import.state == ImportState.APPLYING)
        .order_by(Import.uploaded_at).limit(1).with_for_update(skip_locked=True)
    )
    if found is None:
        return 0
    queue_for(uow.session, "import")
    try:
        with uow.session.begin_nested():
            found.finish(uow.now)
            _write(uow, found)
            uow.session.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
    except Exception as error:
        if is_outage(error) or is_clash(error):
            raise  # it waits for the next round
        uow.emitted.clear()
        log.warning("import failed", import_id=str(found.id), error=repr(error))
        found.fail(error.detail if isinstance(error, DomainError) else
                   "Something went wrong on our side; nothing was written.")
    return 1


def _write(uow: UnitOfWork, found: Import) -> None:
    options = found.asked()
    companions = uow.session.scalars(
        select(Companion.content).where(Companion.import_id == found.id).order_by(Companion.number)
    ).all()
    reading = read(
        found.content, companions, found.filename, found.format, found.mapping, options,
        found.values,
    )
    merge = _merge(uow, reading, found, lock=True)
    uow.session.add_all([*merge.known.new, *merge.new])
    uow.session.flush()
    remember_many(uow, merge.history, found.id)
    for screening in merge.told:
        uow.emit(screening.said())
    _tell_of_productions(uow, merge)
    _keep_result(uow, found, reading, merge)
    found.progress, found.made = found.total, merge.known.made


def _bytes(content: str) -> bytes:
    try:
        return base64.b64decode(content, validate=True)
    except binascii.Error:
        raise invalid("content", "The file did not arrive whole: it is no base64.") from None


def _over(options: ImportOptions, given: ImportOptions) -> ImportOptions:
    """The options of a profile, but for those that were given."""
    standard = vars(ImportOptions())
    said = {name: value for name, value in vars(given).items() if value != standard[name]}
    return ImportOptions(**{**vars(options), **said})


def _merge(uow: UnitOfWork, reading: Reading, found: Import, lock: bool) -> Merge:
    grid, options = None, found.asked()
    if options.price_grid_id:
        grid = find(uow.session, PriceGrid, options.price_grid_id, Code.PRICE_GRID_NOT_FOUND)
    with uow.session.no_autoflush:
        known = Known(uow.session, found.source, found.id, options, lock)
        merge = Merge(known, options, grid, found.id, uow.now)
        merge.run(reading, Watch(uow.session, found) if lock else Breath())
    return merge


def _tell_of_productions(uow: UnitOfWork, merge: Merge) -> None:
    """Screenings on sale whose production has changed, and that were not told already."""
    if merge.changed_productions:
        shows_it = select(Part.screening_id).where(
            Part.production_id.in_(merge.changed_productions)
        )
        told = {screening.id for screening in merge.told}
        tell_again(uow, published(uow, Screening.id.in_(shows_it), Screening.id.not_in(told)))


def _keep_problems(uow: UnitOfWork, import_id: UUID, problems: Sequence[Problem]) -> None:
    uow.session.execute(delete(ProblemRow).where(ProblemRow.import_id == import_id))
    if problems:
        uow.session.execute(insert(ProblemRow), [
            {"import_id": import_id, "number": number, "row": problem.row, "field": problem.field,
             "code": problem.code, "sentence": problem.sentence, "severity": problem.severity}
            for number, problem in enumerate(problems, start=1)
        ])


def _keep_result(uow: UnitOfWork, found: Import, reading: Reading, merge: Merge) -> None:
    """The counts and the list of changes, instead of those of the preview."""
    problems = sorted([*reading.problems, *merge.warnings], key=lambda problem: problem.row)
    _keep_problems(uow, found.id, problems)
    actions = [change.action for change in merge.changes]
    read = reading.counts
    found.counts = dump(ImportCounts(
        **{name: read[name] for name in ("rows", "productions", "screenings", "errors")},
        warnings=read["warnings"] + len(merge.warnings),
        created=actions.count(ImportAction.CREATE), changed=actions.count(ImportAction.CHANGE),
        conflicts=actions.count(ImportAction.CONFLICT),
        missing=actions.count(ImportAction.MISSING), unchanged=merge.unchanged,
        published=merge.published,
    ))
    found.new_venues, found.new_rooms = merge.known.new_venues, merge.known.new_rooms
    found.total = len(reading.productions) + len(reading.screenings)
    uow.session.execute(delete(ChangeRow).where(ChangeRow.import_id == found.id))
    if merge.changes:
        uow.session.execute(insert(ChangeRow), [_row(found, merge, one) for one in merge.changes])


def _row(found: Import, merge: Merge, change: Any) -> dict[str, Any]:
    thing = merge.things.get(change.object_id)
    return {
        "import_id": found.id, **dump(change), "object_id": change.object_id,
        "version": thing.version if thing else None,
    }
