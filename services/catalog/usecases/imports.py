"""Programme files: uploaded and looked at, then applied."""

import base64
import binascii
from uuid import UUID, uuid4

from sqlalchemy import delete, insert, select

from contracts.catalog import (
    ApplyImport,
    ImportAction,
    ImportCounts,
    ImportOptions,
    ImportState,
    ImportView,
    UploadImport,
)
from contracts.errors import Code
from contracts.message import dump
from services.catalog import importers
from services.catalog.importers import Reading
from services.catalog.models import (
    ChangeRow,
    Import,
    Part,
    PriceGrid,
    ProblemRow,
    Screening,
    check_zone,
    find,
    find_import,
    queue_for,
)
from services.catalog.models.base import invalid
from services.catalog.usecases.editing import published, tell_again
from services.catalog.usecases.known import Known
from services.catalog.usecases.merging import Merge
from services.chassis.unit_of_work import UnitOfWork


def upload_import(uow: UnitOfWork, command: UploadImport) -> ImportView:
    """What the file would do is found by doing it to rows in memory that are then forgotten."""
    options = command.options
    check_zone(options.time_zone)
    try:
        content = base64.b64decode(command.content, validate=True)
    except binascii.Error:
        raise invalid("content", "The file did not arrive whole: it is no base64.") from None
    reading = _read(content, command.filename, command.format, command.mapping, options)
    id, source = uuid4(), options.source or command.filename
    merge = _merge(uow, reading, source, id, options, lock=False)
    uow.session.expunge_all()
    found = Import(
        id=id, state=ImportState.PREVIEWED, filename=command.filename, source=source,
        content=content, format=reading.format, encoding=reading.encoding,
        separator=reading.separator, columns=list(reading.columns), mapping=reading.mapping,
        options=dump(options), counts={}, new_venues=[], new_rooms=[], progress=0, total=0,
        uploaded_at=uow.now, uploaded_by=uow.actor.name or uow.actor.id,
    )
    uow.session.add(found)
    uow.session.flush()
    _keep_problems(uow, id, reading)
    _keep_result(uow, found, reading, merge)
    return found.view(uow.session)


def apply_import(uow: UnitOfWork, command: ApplyImport) -> ImportView:
    """Every row that can be, in this one transaction, one import at a time. The programme may
    have changed since the preview: what counts is what it holds now."""
    queue_for(uow.session, "import")
    found = find_import(uow.session, command.import_id, lock=True)
    found.apply(uow.now, uow.actor.name or uow.actor.id)
    options = found.asked()
    reading = _read(found.content, found.filename, found.format, found.mapping, options)
    merge = _merge(uow, reading, found.source, found.id, options, lock=True)
    uow.session.add_all([*merge.known.new, *merge.new])
    uow.session.flush()
    for screening in merge.told:
        uow.emit(screening.said())
    _tell_of_productions(uow, merge)
    _keep_result(uow, found, reading, merge)
    found.progress = found.total
    return found.view(uow.session)


def _read(
    content: bytes, filename: str, format: str, mapping: object, options: ImportOptions
) -> Reading:
    return importers.read(content, filename, format, mapping, importers.Options(
        first_day=options.first_day, last_day=options.last_day, zone=options.time_zone,
        date_order=options.date_order, language=options.language, venue=options.venue,
        encoding=options.encoding, separator=options.separator,
    ))


def _merge(
    uow: UnitOfWork, reading: Reading, source: str, import_id: UUID, options: ImportOptions,
    lock: bool,
) -> Merge:
    grid = None
    if options.price_grid_id:
        grid = find(uow.session, PriceGrid, options.price_grid_id, Code.PRICE_GRID_NOT_FOUND)
    with uow.session.no_autoflush:
        known = Known(uow.session, source, import_id, options, lock)
        merge = Merge(known, options, grid, import_id, uow.now)
        merge.run(reading)
    return merge


def _tell_of_productions(uow: UnitOfWork, merge: Merge) -> None:
    """Screenings on sale whose production has changed, and that were not told already."""
    if merge.changed_productions:
        shows_it = select(Part.screening_id).where(
            Part.production_id.in_(merge.changed_productions)
        )
        told = {screening.id for screening in merge.told}
        tell_again(uow, published(uow, Screening.id.in_(shows_it), Screening.id.not_in(told)))


def _keep_problems(uow: UnitOfWork, import_id: UUID, reading: Reading) -> None:
    if reading.problems:
        uow.session.execute(insert(ProblemRow), [
            {"import_id": import_id, "number": number, "row": problem.row, "field": problem.field,
             "code": problem.code, "sentence": problem.sentence, "severity": problem.severity}
            for number, problem in enumerate(reading.problems, start=1)
        ])


def _keep_result(uow: UnitOfWork, found: Import, reading: Reading, merge: Merge) -> None:
    """The counts and the list of changes, instead of those of the preview."""
    actions = [change.action for change in merge.changes]
    read = reading.counts
    found.counts = dump(ImportCounts(
        **{name: read[name] for name in ("rows", "productions", "screenings", "errors",
                                         "warnings")},
        created=actions.count(ImportAction.CREATE), changed=actions.count(ImportAction.CHANGE),
        conflicts=actions.count(ImportAction.CONFLICT),
        missing=actions.count(ImportAction.MISSING), unchanged=merge.unchanged,
        published=merge.published,
    ))
    found.new_venues, found.new_rooms = merge.known.new_venues, merge.known.new_rooms
    found.total = len(reading.productions) + len(reading.screenings)
    uow.session.execute(delete(ChangeRow).where(ChangeRow.import_id == found.id))
    if merge.changes:
        uow.session.execute(insert(ChangeRow), [
            {"import_id": found.id, **dump(change), "object_id": change.object_id}
            for change in merge.changes
        ])
