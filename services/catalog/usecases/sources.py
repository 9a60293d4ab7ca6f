"""Import sources: kept, and pulled from by hand or by the clock."""

import base64
import hashlib
import os
from collections.abc import Callable
from urllib.parse import urlsplit
from uuid import uuid4

from sqlalchemy import select

from contracts.catalog import (
    ApplyImport,
    CreateSource,
    ImportOptions,
    ImportView,
    PullSource,
    SourceView,
    UpdateSource,
    UploadImport,
)
from contracts.errors import Code, DomainError
from services.catalog import fetching
from services.catalog.fetching import Fetched
from services.catalog.models import ImportSource, Profile, claim_name, find
from services.catalog.usecases.editing import editing
from services.catalog.usecases.history import created
from services.catalog.usecases.imports import apply_import, upload_import
from services.chassis.unit_of_work import UnitOfWork

Fetch = Callable[..., Fetched]


def create_source(uow: UnitOfWork, command: CreateSource) -> SourceView:
    source = ImportSource.new(uuid4(), claim_name(uow.session, ImportSource, command.name))
    _put(uow, source, command)
    return created(uow, source)


def update_source(uow: UnitOfWork, command: UpdateSource) -> SourceView:
    source = find(uow.session, ImportSource, command.source_id, Code.SOURCE_NOT_FOUND, lock=True)
    with editing(uow, source, command.version):
        source.key = claim_name(uow.session, ImportSource, command.name, source)
        source.active = command.active
        _put(uow, source, command)
    return source.view()


def pull_source(
    uow: UnitOfWork, command: PullSource, fetch: Fetch = fetching.fetch
) -> SourceView | DomainError:
    """A refusal is returned, not raised: that the source failed is kept."""
    source = find(uow.session, ImportSource, command.source_id, Code.SOURCE_NOT_FOUND, lock=True)
    refusal = _pull(uow, source, fetch)
    return refusal or find(
        uow.session, ImportSource, command.source_id, Code.SOURCE_NOT_FOUND
    ).view()


def pull_due(uow: UnitOfWork, fetch: Fetch = fetching.fetch) -> int:
    """The source that has been due for the longest time, if nobody else is at it."""
    source = uow.session.scalar(
        select(ImportSource).where(ImportSource.next_at <= uow.now, ImportSource.active)
        .order_by(ImportSource.next_at).limit(1).with_for_update(skip_locked=True)
    )
    if source is None:
        return 0
    _pull(uow, source, fetch)
    return 1


def _put(uow: UnitOfWork, source: ImportSource, command: CreateSource | UpdateSource) -> None:
    with uow.session.no_autoflush:
        if command.profile_id:
            find(uow.session, Profile, command.profile_id, Code.PROFILE_NOT_FOUND)
    source.put(command, uow.now)


def _pull(uow: UnitOfWork, source: ImportSource, fetch: Fetch) -> DomainError | None:
    """A preview of what is new. What goes wrong stands in the source, and nothing else changes."""
    id = source.id
    try:
        with uow.session.begin_nested():
            fetched = fetch(source.address, _conditions(source), _secret(source))
            digest = hashlib.sha256(fetched.content or b"").hexdigest()
            if fetched.content is not None and digest != source.digest:
                limit = source.apply_up_to
                preview = _preview(uow, source, fetched.content)
                # A preview forgets all rows that it has seen.
                source = find(uow.session, ImportSource, id, Code.SOURCE_NOT_FOUND)
                source.import_id, source.digest = preview.import_id, digest
                if limit is not None and _is_small(preview, limit):
                    apply_import(
                        uow, ApplyImport(import_id=preview.import_id, background=True)
                    )
            if fetched.content is not None:
                source.etag, source.last_modified = fetched.etag, fetched.last_modified
    except DomainError as refusal:
        find(uow.session, ImportSource, id, Code.SOURCE_NOT_FOUND).pulled(uow.now, refusal.detail)
        return refusal
    source.pulled(uow.now)
    return None


def _preview(uow: UnitOfWork, source: ImportSource, content: bytes) -> ImportView:
    filename = urlsplit(source.address).path.rsplit("/", 1)[-1][:200] or "programme"
    return upload_import(uow, UploadImport(
        filename=filename, content=base64.b64encode(content).decode(),
        profile_id=source.profile_id, options=ImportOptions(source=source.name),
    ))


def _is_small(preview: ImportView, most: int) -> bool:
    counts = preview.counts
    return counts.created + counts.changed <= most and not counts.conflicts + counts.missing


def _conditions(source: ImportSource) -> dict[str, str]:
    said = {"If-None-Match": source.etag, "If-Modified-Since": source.last_modified}
    return {name: value for name, value in said.items() if value}


def _secret(source: ImportSource) -> dict[str, str]:
    credential = source.asks_for()
    if credential is None:
        return {}
    value = os.environ.get(credential.secret, "")
    if not value:
        raise DomainError(
            Code.SOURCE_REFUSED, f"The catalog's environment has no {credential.secret}."
        )
    return {credential.header: value}
