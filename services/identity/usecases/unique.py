"""Names that only one may have: the database decides, and its refusal becomes a sentence."""

from sqlalchemy.exc import IntegrityError

from contracts.errors import DomainError
from services.chassis.unit_of_work import UnitOfWork


def flush_unique(uow: UnitOfWork, *refusals: str | DomainError) -> None:
    """Write what is pending. `refusals`: names of unique constraints, each followed by the
    DomainError to raise when it is broken."""
    try:
        uow.session.flush()
    except IntegrityError as error:
        for constraint, refusal in zip(refusals[::2], refusals[1::2], strict=True):
            if isinstance(refusal, DomainError) and str(constraint) in str(error.orig):
                raise refusal from None
        raise
