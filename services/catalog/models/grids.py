"""Price grids, and how they meet tariffs that were edited by hand."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column, relationship

from contracts.catalog import PriceGridView, TariffDifference, TariffState
from contracts.message import dump
from services.catalog.models.base import Base, Versioned
from services.catalog.models.tariffs import Tariff


class PriceGrid(Versioned, Base):
    """A named set of tariffs, to be given to screenings."""

    __tablename__ = "price_grids"

    name: Mapped[str]
    key: Mapped[str] = mapped_column(unique=True)

    tariffs: Mapped[list[Tariff]] = relationship(
        order_by=Tariff.position, cascade="all, delete-orphan"
    )

    def states(self) -> tuple[TariffState, ...]:
        return tuple(tariff.state() for tariff in self.tariffs)

    def view(self) -> PriceGridView:
        return PriceGridView(
            price_grid_id=self.id, version=self.version, name=self.name, tariffs=self.states()
        )


def merge_tariffs(
    screening_id: UUID, base: dict[str, Any] | None, ours: Iterable[TariffState],
    grid: Iterable[TariffState],
) -> tuple[list[TariffState], TariffDifference]:
    """The tariffs a screening shall have, and what that changes. `base` is what a grid gave it
    last: a tariff that is not as it was then was edited by hand, and stays; one that was taken
    away stays away. Without a base everything is the grid's."""
    here, new = {one.key: one for one in ours}, {one.key: one for one in grid}
    was = said_by_key(here.values()) if base is None else base
    said = said_by_key(here.values())
    given = said_by_key(new.values())
    mine = {key for key in {**was, **said} if said.get(key) != was.get(key)}
    wanted = [
        here[key] if key in mine else new[key]
        for key in new if key not in mine or key in here
    ]
    wanted += [one for key, one in here.items() if key in mine and key not in new]
    result = {one.key for one in wanted}
    return wanted, TariffDifference(
        screening_id=screening_id,
        added=tuple(key for key in new if key in result and key not in here),
        changed=tuple(
            key for key in new if key in here and key not in mine and given[key] != said[key]
        ),
        removed=tuple(key for key in here if key not in result),
        kept=tuple(key for key in {**here, **new} if key in mine and said.get(key)
                   != given.get(key)),
    )


def said_by_key(tariffs: Iterable[TariffState]) -> dict[str, Any]:
    """What tariffs say, whatever their ids."""
    return {
        one.key: {name: value for name, value in dump(one).items() if name != "tariff_id"}
        for one in tariffs
    }
