"""The rules of the edition. Their history is kept: nothing is changed, a version is added."""

from sqlalchemy import text

from contracts.money import Money
from contracts.wallet import ChangeRules, FreezeWallets, RulesView
from services.chassis.unit_of_work import UnitOfWork
from services.wallet.models import Rules, rules_in_force

RULES_LOCK = 7_120_010


def change_rules(uow: UnitOfWork, command: ChangeRules) -> RulesView:
    return _next(
        uow, "limits", velocity_count=command.velocity_count,
        velocity_seconds=command.velocity_seconds, refundable_until=command.refundable_until,
        max_balance=_cents(command.max_balance), max_debit=_cents(command.max_debit),
        velocity_amount=_cents(command.velocity_amount), pin_above=_cents(command.pin_above),
    )


def freeze(uow: UnitOfWork, command: FreezeWallets) -> RulesView:
    """Effective by the clock at that instant, at every door, without any other step."""
    return _next(uow, command.reason, frozen_at=command.at)


def _next(uow: UnitOfWork, reason: str, **values: object) -> RulesView:
    uow.session.execute(text(f"SELECT pg_advisory_xact_lock({RULES_LOCK})"))
    rules: Rules = rules_in_force(uow.session).changed(
        reason=reason, changed_at=uow.now, changed_by=uow.actor.name or uow.actor.id, **values)
    uow.session.add(rules)
    uow.session.flush()
    return rules.view()


def _cents(money: Money | None) -> int | None:
    return None if money is None else money.amount
