"""The places of those who booked on a pass and did not come, given to others (c-9)."""

from datetime import datetime
from uuid import UUID

from contracts.message import command, view


@view
class ReleasedPlaces:
    """So many bookings under the rules of one contingent."""

    contingent_id: UUID
    contingent: str
    count: int


@view
class ReleaseView:
    """`count`: the bookings that the preview found; `released` of them were still there and not
    scanned when it was confirmed; `restored` of those were given back by undoing it."""

    token: UUID
    screening_id: UUID
    previewed_at: datetime
    count: int
    contingents: tuple[ReleasedPlaces, ...]
    released: int | None = None
    released_at: datetime | None = None
    undo_until: datetime | None = None
    restored: int | None = None
    undone_at: datetime | None = None


@command("ticketing.release_bookings.v1")
class ReleaseBookings:
    """With `dry_run`: how many bookings of a screening are older than 15 minutes and not scanned,
    and a token that stands for exactly these. With that `token`: release them → ReleaseView.

    Single tickets, whose place is paid, are never released. The same token again changes nothing.
    RELEASE_NOT_FOUND; RELEASE_OUTDATED for a preview older than 10 minutes.
    """

    screening_id: UUID
    dry_run: bool = False
    token: UUID | None = None


@command("ticketing.undo_release.v1")
class UndoRelease:
    """Within 15 minutes, and while places are left: the bookings are good again → ReleaseView."""

    token: UUID
