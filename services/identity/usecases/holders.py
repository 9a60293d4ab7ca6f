"""Holders: customers of the web shop with an account."""

from contracts.errors import Code, DomainError
from contracts.identity import HolderView, RegisterHolder
from contracts.message import dump
from services.chassis.unit_of_work import UnitOfWork
from services.identity.models import Holder
from services.identity.usecases.audit import audit
from services.identity.usecases.passwords import hashed
from services.identity.usecases.unique import flush_unique


def register_holder(uow: UnitOfWork, command: RegisterHolder) -> HolderView:
    holder = Holder(
        email=command.email.lower(), password_hash=hashed(command.password), name=command.name,
        language=command.language, created_at=uow.now,
    )
    uow.session.add(holder)
    flush_unique(uow, "uq_holders_email", DomainError(
        Code.EMAIL_TAKEN, "There is an account with this e-mail address already.",
        {"email": ["Is taken."]},
    ))
    audit(uow, "create", "holder", holder.id, after=dump(holder.view()))
    return holder.view()
