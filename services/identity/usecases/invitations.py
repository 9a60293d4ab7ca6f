"""Volunteers by the hundred: users from a CSV file, each with a code for a first password.

Nobody's password is made here, hashed slowly or handed around: the code is random, kept as a
digest, and good for as long as the user is.
"""

import base64
import binascii
import csv
import io
from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select

from contracts.errors import Code, DomainError
from contracts.identity import CreateUser, InvitedUser, InvitedUsersView, InviteUsers, Language
from contracts.message import load
from services.chassis.unit_of_work import UnitOfWork
from services.identity.models import SalePoint
from services.identity.usecases.passwords import NOBODY
from services.identity.usecases.recovery import give_reset_code
from services.identity.usecases.users import add_user

ROWS_MAX = 500
CODE_LASTS = timedelta(days=90)
COLUMNS = ("username", "display_name", "roles", "sale_points")
OPTIONAL = ("email", "language", "valid_from", "valid_until")


def invite_users(uow: UnitOfWork, command: InviteUsers) -> InvitedUsersView:
    places = {
        name.casefold(): point
        for name, point in uow.session.execute(select(SalePoint.name, SalePoint.id)).tuples()
    }
    items, errors = [], {}
    for line, row in _rows(command.content):
        try:
            with uow.session.begin_nested():
                user = add_user(uow, _command(row, places), NOBODY)
                code = give_reset_code(uow, user, user.valid_until or uow.now + CODE_LASTS)
            items.append(InvitedUser(user=user.view(), code=code))
        except DomainError as refusal:
            errors[f"line {line}"] = refusal.errors or [refusal.detail]
    if errors or not items:
        raise DomainError(
            Code.VALIDATION_FAILED, "Nobody was created: correct these lines and send it again.",
            errors or {"file": ["Has no users."]},
        )
    return InvitedUsersView(items=tuple(items))


def _rows(content: str) -> Iterator[tuple[int, dict[str, str]]]:
    """Line number and cells by column; empty lines are left out."""
    try:
        text = base64.b64decode(content, validate=True).decode("utf-8-sig")
    except (binascii.Error, UnicodeDecodeError):
        raise _unreadable("Is no text in UTF-8.") from None
    first = text.split("\n", 1)[0]
    reader = csv.DictReader(
        io.StringIO(text, newline=""), delimiter=";" if ";" in first else ",", strict=True
    )
    try:
        columns = [name.strip().casefold() for name in reader.fieldnames or ()]
        if not set(COLUMNS) <= set(columns) <= {*COLUMNS, *OPTIONAL}:
            raise _unreadable(f"The columns are {', '.join((*COLUMNS, *OPTIONAL))}.")
        reader.fieldnames = columns
        for number, row in enumerate(reader):
            if number >= ROWS_MAX:
                raise _unreadable(f"Has more than {ROWS_MAX} users: send several files.")
            if None in row:
                raise _unreadable(f"Line {reader.line_num} has too many cells.")
            cells = {name: (cell or "").strip() for name, cell in row.items()}
            if any(cells.values()):
                yield reader.line_num, cells
    except csv.Error as error:
        raise _unreadable(f"Line {reader.line_num}: {error}.") from None


def _command(row: dict[str, str], places: dict[str, UUID]) -> CreateUser:
    names = _several(row["sale_points"])
    unknown = [name for name in names if name.casefold() not in places]
    if unknown:
        raise DomainError(
            Code.SALE_POINT_NOT_FOUND, "One of these sale points does not exist.",
            {"sale_points": [f"{name} does not exist." for name in unknown]},
        )
    optional = {name: row[name] for name in OPTIONAL if row.get(name)}
    return load(CreateUser, {
        "username": row["username"], "display_name": row["display_name"], "password": "-",
        "roles": _several(row["roles"]), "language": Language.FR.value,
        "sale_points": [str(places[name.casefold()]) for name in names],
    } | optional)


def _several(cell: str) -> list[str]:
    return [part.strip() for part in cell.split("|") if part.strip()]


def _unreadable(why: str) -> DomainError:
    return DomainError(Code.VALIDATION_FAILED, "This file cannot be read.", {"file": [why]})
