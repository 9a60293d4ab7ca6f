"""Names that only one may have: the database decides, and its refusal becomes a sentence."""

from sqlalchemy.exc import IntegrityError

from contracts.errors import DomainError
from services.chassis.unit_of_work import UnitOfWork


def flush_unique(uow: UnitOfWork, constraint: str, refusal: DomainError) -> None:
    """Write what is pending; raises `refusal` when that breaks the unique `constraint`."""
    try:
        uow.session.flush()
    except IntegrityError as error:
        if constraint in str(error.orig):
            raise refusal from None
        raise
