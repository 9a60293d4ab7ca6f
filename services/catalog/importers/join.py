"""Files that belong together: sessions with `movieId` and `theatreId`, and the files of these.

The columns of a companion are added to the rows that name its id, their headers preceded by what
the id is of, so that `name` in the file of `theatreId` becomes “theatre name”.
"""

from services.catalog.importers.headers import normalise
from services.catalog.importers.record import ImportRefused, Problem, Severity
from services.catalog.importers.table import Table, unique_names


def attach(main: Table, companions: list[Table], problems: list[Problem]) -> Table:
    """`main` with the columns of all companions; ids found nowhere are reported once each."""
    for companion in companions:
        main = _attach(main, companion, problems)
    return main


def _attach(main: Table, companion: Table, problems: list[Problem]) -> Table:
    key, column = _common_id(main, companion)
    subject = " ".join(normalise(column).split()[:-1])
    others = [name for name in companion.columns if name != key]
    columns = unique_names([*main.columns, *(f"{subject} {name}".strip() for name in others)])
    added = columns[len(main.columns):]
    details = {
        row[key]: dict(zip(added, (row[name] for name in others), strict=True))
        for _, row in companion.rows
    }
    nothing = dict.fromkeys(added, "")
    missed: set[str] = set()
    rows = []
    for number, row in main.rows:
        value = row[column]
        if value and value not in details and value not in missed:
            missed.add(value)
            problems.append(Problem(
                number, "", "JOIN_MISSED", f"No other file has the {column} “{value[:60]}”.",
                Severity.WARNING,
            ))
        rows.append((number, {**row, **details.get(value, nothing)}))
    return Table(columns, rows)


def _common_id(main: Table, companion: Table) -> tuple[str, str]:
    """The column of the companion that tells its rows apart, and the same one of `main`."""
    names = {normalise(column): column for column in main.columns}
    for key in companion.columns:
        values = [row[key] for _, row in companion.rows]
        same = names.get(normalise(key))
        if same and normalise(key).endswith("id") and len(set(values)) == len(values):
            return key, same
    raise ImportRefused(
        "JOIN_IMPOSSIBLE",
        "A companion file shares no id column with the programme (such as “film id”).",
    )
