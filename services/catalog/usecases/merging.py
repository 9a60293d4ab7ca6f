"""A file's records merged into the programme, field by field.

Three values meet in each field: what the source said last time (base), what it says now, and what
the programme holds. Where the programme still holds the base, the field is the source's and follows
it. Where somebody has edited it by hand it is theirs and stays; if the source says something new
about it as well, that is a conflict for a person to look at.

`Merge` works on rows in memory: its caller flushes them (apply) or drops them (preview), so that
a preview is exactly what would happen.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

from contracts.catalog import (
    FieldChange,
    ImportAction,
    ImportChange,
    ImportOptions,
    ScreeningState,
)
from contracts.errors import DomainError
from contracts.message import dump
from services.catalog.importers import (
    Problem,
    ProductionRecord,
    Reading,
    ScreeningRecord,
    Severity,
)
from services.catalog.models import (
    Base,
    PriceGrid,
    Production,
    Room,
    Screening,
    SourceLink,
    shown,
)
from services.catalog.models.clashes import clashes
from services.catalog.usecases.fields import current, plain
from services.catalog.usecases.history import CHANGED, CREATED, difference
from services.catalog.usecases.known import Known
from services.catalog.usecases.progress import Breath

# Kept in the metadata of a screening: what only its source and a person make use of.
DETAILS = ("version", "languages", "subtitles", "age_text", "tariffs", "url", "description")


class Merge:
    """`changes` in the order of the file. `new` rows are to be added; `told` are the screenings
    on sale that are new or changed, with their new version already."""

    def __init__(
        self, known: Known, options: ImportOptions, grid: PriceGrid | None, import_id: UUID,
        now: datetime,
    ) -> None:
        self.known = known
        self.options = options
        self.grid = grid
        self.import_id = import_id
        self.now = now
        self.changes: list[ImportChange] = []
        self.unchanged = 0
        self.published = 0
        self.new: list[Base] = []
        self.told: list[Screening] = []
        self.changed_productions: list[UUID] = []
        self.things: dict[UUID | None, Production | Screening] = {}  # created or changed
        self.history: list[tuple[Production | Screening, str, dict[str, Any]]] = []
        self.warnings: list[Problem] = []
        self._rows: dict[UUID, int] = {}  # of screenings whose time or room is new
        self._by_ref: dict[str, Production] = {}

    def run(self, reading: Reading, watch: Breath) -> None:
        """`watch` is told the row of each record."""
        watch.start(len(reading.productions) + len(reading.screenings))
        self._follow_renamed(reading)
        for production in reading.productions:
            self._production(production)
            watch(production.rows[0])
        records = {record.ref: record for record in reading.productions}
        for screening in reading.screenings:
            self._screening(screening, records)
            watch(screening.rows[0])
        self._clashes()
        self._missing({screening.ref for screening in reading.screenings})

    def _follow_renamed(self, reading: Reading) -> None:
        """A production without an id is known by its title. When that changes, a screening that
        has an id and shows nothing else still tells which production it was."""
        links = self.known.links
        refs = {record.ref for record in reading.productions}
        gone = {
            str(link.object_id): link for (kind, ref), link in links.items()
            if kind == "production" and ref not in refs
        }
        for record in reading.screenings:
            link = links.get(("screening", record.ref))
            if link is None or len(record.production_refs) != 1:
                continue
            shows, (new,) = link.base["productions"], record.production_refs
            if len(shows) != 1 or ("production", new) in links:
                continue
            if renamed := gone.pop(shows[0], None):
                del links["production", renamed.ref]
                renamed.ref = new
                links["production", new] = renamed

    # ------------------------------------------------------------------ records

    def _production(self, record: ProductionRecord) -> None:
        wanted = {
            "title": dict(record.title), "original_title": record.original_title,
            "duration_min": record.duration_min, "year": record.year,
            "countries": list(record.countries), "languages": list(record.languages),
            "directors": list(record.directors), "people": list(record.people),
            "minimum_age": record.age, "description": dict(record.description),
            "short_description": dict(record.short_description), "poster": record.poster,
            "trailer": record.trailer, "details": dict(record.metadata),
        }
        link = self.known.links.get(("production", record.ref))
        if link is None:
            production = Production.with_fields(**wanted)
            self.new.append(production)
            self._created("production", record, production, wanted)
        else:
            production = self.known.productions[link.object_id]
            if self._changed("production", record, production, link, wanted):
                self.changed_productions.append(production.id)
        self._by_ref[record.ref] = production

    def _screening(
        self, record: ScreeningRecord, productions: Mapping[str, ProductionRecord]
    ) -> None:
        wanted = self._wanted(record, productions)
        link = self.known.links.get(("screening", record.ref))
        if link is None:
            self._new_screening(record, wanted)
            return
        screening = self.known.screenings[link.object_id]
        public = screening.state == ScreeningState.PUBLISHED
        if screening.state == ScreeningState.CANCELLED:
            self.unchanged += 1
        elif self._changed("screening", record, screening, link, wanted) and public:
            self.told.append(screening)

    def _wanted(
        self, record: ScreeningRecord, productions: Mapping[str, ProductionRecord]
    ) -> dict[str, Any]:
        shows = [productions[ref] for ref in record.production_refs]
        same_title = len(shows) == 1 and shows[0].title == record.title
        details = {
            name: dump(value) for name in DETAILS if (value := getattr(record, name))
        } | dict(record.metadata)
        if len(record.sections) > 1:
            details["sections"] = list(record.sections)
        return {
            "productions": [self._by_ref[ref] for ref in record.production_refs],
            "room": self._room(record), "section": self.known.section(record),
            "starts_at": record.starts_at, "ends_at": self._end(record, shows),
            "own_title": {} if same_title else dict(record.title), "note": record.note,
            "minimum_age": record.age, "details": details, "cancelled": record.cancelled,
        }

    def _room(self, record: ScreeningRecord) -> Room | None:
        venues = len(self.known.new_venues)
        room = self.known.room(record)
        for name in self.known.new_venues[venues:]:
            self._warn(record.rows[0], "venue", "VENUE_NEW",
                       f"“{name}” is not known yet: this import creates it.")
        return room

    def _clashes(self) -> None:
        moved = [one for one in self.things.values() if one.id in self._rows]
        for clash in clashes(self.known.session, cast(list[Screening], moved)):
            later = clash.second if clash.second.screening_id in self._rows else clash.first
            other = clash.first if later is clash.second else clash.second
            self._warn(
                self._rows[later.screening_id], "room", "ROOM_CLASH",
                f"“{shown(later.title)}” and “{shown(other.title)}” leave {clash.pause_min} minutes"
                f" between them in {clash.room}, which needs {clash.turnover_min}.",
            )

    def _warn(self, row: int, field: str, code: str, sentence: str) -> None:
        self.warnings.append(Problem(row, field, code, sentence, Severity.WARNING))

    def _end(self, record: ScreeningRecord, shows: list[ProductionRecord]) -> datetime | None:
        """As said, else after its productions, else after the duration that a person chose."""
        minutes = [show.duration_min or 0 for show in shows]
        total = sum(minutes) if minutes and all(minutes) else self.options.duration_min
        return record.ends_at or (record.starts_at + timedelta(minutes=total) if total else None)

    def _new_screening(self, record: ScreeningRecord, wanted: dict[str, Any]) -> None:
        screening = Screening.draft(
            **{name: value for name, value in wanted.items() if name != "cancelled"}
        )
        if self.grid:
            screening.price_by(self.grid)
        if record.cancelled:
            screening.cancel()
        elif self.options.publish and not screening.missing:
            screening.publish(self.now)
            self.told.append(screening)
            self.published += 1
        self.new.append(screening)
        self._rows[screening.id] = record.rows[0]
        self._created("screening", record, screening, wanted)

    def _missing(self, refs: set[str]) -> None:
        """Not in the file any more: said, never removed. What is over has a right to be gone."""
        for (kind, ref), link in self.known.links.items():
            if kind != "screening" or ref in refs:
                continue
            screening = self.known.screenings[link.object_id]
            if screening.state != ScreeningState.CANCELLED and screening.starts_at > self.now:
                self._say("screening", ref, screening.title, ImportAction.MISSING, screening.id)

    # ------------------------------------------------------------------ fields

    def _created(
        self, kind: str, record: ProductionRecord | ScreeningRecord, thing: Any,
        wanted: dict[str, Any],
    ) -> None:
        base = {name: plain(value) for name, value in wanted.items()}
        self.new.append(SourceLink(
            source=self.known.source, kind=kind, ref=record.ref, object_id=thing.id, base=base,
            import_id=self.import_id,
        ))
        self.history.append((thing, CREATED, difference({}, base)))
        self.things[thing.id] = thing
        self._say(kind, record.ref, record.title, ImportAction.CREATE, thing.id, record.rows)

    def _changed(
        self, kind: str, record: ProductionRecord | ScreeningRecord, thing: Any,
        link: SourceLink, wanted: dict[str, Any],
    ) -> bool:
        """Take over what the source may change; True when anything did."""
        fields, taken = [], {}
        base = dict(link.base)
        for name, value in wanted.items():
            was, now, new = base.get(name), plain(current(thing, name)), plain(value)
            if new == was:
                continue
            if new == now:
                base[name] = new
            elif now == was:
                taken[name] = value
            else:
                fields.append(FieldChange(field=name, before=now, after=new, kept=True))
        refused = _take(thing, taken)
        for name, value in taken.items():
            fields.append(FieldChange(
                field=name, before=base.get(name), after=plain(value), kept=refused
            ))
            if not refused:
                base[name] = plain(value)
        if base != link.base:
            link.base = base
        kept = any(field.kept for field in fields)
        if fields:
            action = ImportAction.CONFLICT if kept else ImportAction.CHANGE
            self._say(kind, record.ref, record.title, action, thing.id, record.rows, fields)
        else:
            self.unchanged += 1
        changed = bool(taken) and not refused
        if changed:
            self.things[thing.id] = thing
            self.history.append((thing, CHANGED, {
                field.field: {"before": field.before, "after": field.after}
                for field in fields if not field.kept
            }))
        if changed and not taken.keys().isdisjoint(("room", "starts_at", "ends_at")):
            self._rows[thing.id] = record.rows[0]
        thing.version += changed
        return changed

    def _say(
        self, kind: str, ref: str, title: Mapping[str, str], action: ImportAction, id: UUID,
        rows: tuple[int, ...] = (), fields: list[FieldChange] | None = None,
    ) -> None:
        self.changes.append(ImportChange(
            number=len(self.changes) + 1, kind=kind, ref=ref, title=dict(title), action=action,
            rows=rows, fields=tuple(fields or ()), object_id=id,
        ))


def _take(thing: Production | Screening, values: dict[str, Any]) -> bool:
    """Put all of `values` in place, or none; True when the thing refuses them."""
    fields = {name: value for name, value in values.items() if name != "cancelled"}
    before = {name: getattr(thing, name) for name in fields}
    try:
        thing.put(**fields)
        if isinstance(thing, Screening) and thing.state == ScreeningState.PUBLISHED:
            thing.must_be_complete()
    except DomainError:
        thing.put(**before)
        return True
    if isinstance(thing, Screening) and values.get("cancelled"):
        thing.cancel()
    return False
