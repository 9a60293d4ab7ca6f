"""How long large programmes take. The bars are those of the specification; a machine that is busy
with other things is given three times as long, and the numbers are printed (`pytest -s`)."""

import os
import time
from uuid import UUID

import pytest

from contracts.catalog import CreatePriceGrid, EditScreenings, ListScreenings, UpdatePriceGrid
from services.catalog.queries import programme as queries
from services.catalog.usecases import planning, tariffs

pytestmark = pytest.mark.slow

HEAD = "id;Titre;Durée;Date;Heure;Fin;Lieu;Salle;Section\n"
FILE = HEAD + "".join(
    f"{n};Film {n % 300};90;{1 + n % 10:02}.07.2027;{9 + n % 13:02}:00;{10 + n % 13:02}:30;"
    f"Lieu {n % 7};Salle {n // 130};Section {n % 9}\n"
    for n in range(1000)
)


@pytest.fixture
def slack() -> int:
    return 1 if os.getloadavg()[0] < (os.cpu_count() or 1) else 3


def timed(label: str, work):
    started, computed = time.perf_counter(), time.process_time()
    result = work()
    taken, computed = time.perf_counter() - started, time.process_time() - computed
    print(f"\n{label}: {taken:.2f} s, {computed:.2f} s of CPU (load {os.getloadavg()[0]:.1f})")
    return taken, result


def test_a_thousand_screenings_and_five_hundred_edited(programme, slack: int) -> None:
    made = programme.do(tariffs.create_price_grid, CreatePriceGrid(
        name="G", tariffs=(programme.tariff(), programme.tariff("reduced", 1200))))
    grid = UUID(made["price_grid_id"])
    options = {"price_grid_id": grid, "publish": True}

    def whole():
        return programme.apply(programme.upload(FILE, **options))["counts"]

    taken, counts = timed("1000 screenings previewed and applied", whole)
    assert (counts["published"], counts["errors"]) == (1000, 0) and taken < 5 * slack

    before = writes(programme)
    taken, counts = timed("the same file again", whole)
    assert counts["unchanged"] == 1300 and taken < 2 * slack
    assert writes(programme) == before, "the programme is not written to"

    programme.do(tariffs.update_price_grid, UpdatePriceGrid(
        price_grid_id=grid, name="G", tariffs=(programme.tariff(cents=2000),)))
    rows = programme.ask(queries.list_screenings, ListScreenings(limit=500)).items
    edit = EditScreenings(
        screening_ids=tuple(row.screening_id for row in rows), shift_min=15, price_grid_id=grid)
    taken, edited = timed(
        "bulk edit of 500", lambda: programme.do(planning.edit_screenings, edit))
    assert len(edited["changed"]) == 500 and taken < 3 * slack


def writes(programme) -> dict:
    tables = ("screenings", "productions", "venues", "contingents", "tariffs", "source_links",
              "outbox", "history")
    rows = programme.rows()
    return {table: rows[table] for table in tables}
