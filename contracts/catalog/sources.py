"""Import sources: addresses that programmes are pulled from, by hand or by the clock."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from marshmallow import validate

from contracts.catalog.parts import Limit
from contracts.message import Name, command, query, view

Address = Annotated[str, validate.Regexp(
    r"\Ahttps?://[^\s@]{1,1900}\Z", error="An address begins with https:// and holds no password."
)]
Header = Annotated[str, validate.Regexp(r"\A[A-Za-z][A-Za-z0-9-]{0,60}\Z")]
Secret = Annotated[str, validate.Regexp(
    r"\AIMPORT_SECRET_[A-Z0-9_]{1,60}\Z",
    error="The name of an environment variable that begins with IMPORT_SECRET_.",
)]


@view
class Credential:
    """A header that is sent along. Its value stands in the catalog's environment, under the name
    `secret`: never here. It is not sent on to another host by a redirect."""

    secret: Secret
    header: Header = "Authorization"


@view
class SourceView:
    """`failure`: why the last pull gave nothing, "" when it did; `import_id`: what the last new
    file became."""

    source_id: UUID
    version: int
    name: str
    address: str
    credential: Credential | None
    profile_id: UUID | None
    every_min: int | None
    apply_up_to: int | None
    active: bool
    pulled_at: datetime | None = None
    failure: str = ""
    import_id: UUID | None = None


@view
class SourcePage:
    items: tuple[SourceView, ...]
    next_cursor: str | None = None


@command("catalog.create_source.v1")
class CreateSource:
    """→ SourceView. `every_min`: pulled by itself that often; `apply_up_to`: a new file that
    creates or changes at most so many things, and leaves no conflict, is applied by itself.
    NAME_TAKEN, PROFILE_NOT_FOUND."""

    name: Name
    address: Address
    credential: Credential | None = None
    profile_id: UUID | None = None
    every_min: Annotated[int, validate.Range(min=5, max=10_080)] | None = None
    apply_up_to: Annotated[int, validate.Range(min=0, max=50_000)] | None = None


@command("catalog.update_source.v1")
class UpdateSource:
    """The whole new state → SourceView. SOURCE_NOT_FOUND, VERSION_OUTDATED, and as
    CreateSource."""

    source_id: UUID
    name: Name
    address: Address
    active: bool
    credential: Credential | None = None
    profile_id: UUID | None = None
    every_min: Annotated[int, validate.Range(min=5, max=10_080)] | None = None
    apply_up_to: Annotated[int, validate.Range(min=0, max=50_000)] | None = None
    version: int | None = None


@command("catalog.pull_source.v1")
class PullSource:
    """Fetch its file now and preview it → SourceView. Nothing new: nothing happens. An address
    that leads into a private network, itself or by a redirect: SOURCE_REFUSED. When it does not
    answer: SOURCE_UNREACHABLE; everything stays as it was. SOURCE_NOT_FOUND, IMPORT_REFUSED."""

    source_id: UUID


@query("catalog.list_sources.v1")
class ListSources:
    """By name → SourcePage."""

    cursor: str | None = None
    limit: Limit = 50
