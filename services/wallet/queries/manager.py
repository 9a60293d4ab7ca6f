"""For the manager: the rules in force, and what deserves a look."""

from datetime import datetime
from typing import Any

from sqlalchemy import text

from contracts.money import Money
from contracts.wallet import AnomalyList, AnomalyView, GetRules, ListAnomalies, RulesView
from services.chassis.unit_of_work import UnitOfWork
from services.wallet.models import rules_in_force

FAST_DEBITS = 6  # of one wallet within ten minutes
REVERSALS = 5  # by one seller, and more than a tenth of their debits
AT_MOST = 100  # of each kind, the worst first

# Each answers count, amount, wallet_id, actor_id, actor_name.
_FAST = """
    SELECT max(debits) AS count, max(amount) AS amount, wallet_id, NULL, NULL FROM (
        SELECT wallet_id, count(*) OVER near AS debits, -sum(paid + gifted) OVER near AS amount
        FROM movements WHERE kind = 'debit' AND at >= :since
        WINDOW near AS (PARTITION BY wallet_id ORDER BY at
                        RANGE BETWEEN INTERVAL '10 minutes' PRECEDING AND CURRENT ROW)
    ) AS counted
    GROUP BY wallet_id HAVING max(debits) >= :fast ORDER BY count DESC LIMIT :at_most
"""
_REVERSALS = """
    SELECT count(*) FILTER (WHERE kind = 'reversal') AS count,
           sum(paid + gifted) FILTER (WHERE kind = 'reversal'), NULL, actor_id, max(actor_name)
    FROM movements WHERE kind IN ('debit', 'reversal') AND at >= :since
    GROUP BY actor_id
    HAVING count(*) FILTER (WHERE kind = 'reversal') >= :reversals
       AND count(*) FILTER (WHERE kind = 'reversal') * 10
           > count(*) FILTER (WHERE kind = 'debit')
    ORDER BY count DESC LIMIT :at_most
"""
_PINS = """
    SELECT pin_failures AS count, 0, id, NULL, NULL FROM wallets
    WHERE pin_failures >= 3 ORDER BY count DESC LIMIT :at_most
"""
_LOSSES = """
    SELECT count(*) AS count, sum(lost), NULL, terminal_id::text, max(terminals.name)
    FROM offline_debits JOIN terminals ON terminals.id = terminal_id
    WHERE lost > 0 AND settled_at >= :since
    GROUP BY terminal_id ORDER BY sum(lost) DESC LIMIT :at_most
"""
KINDS = {
    "fast_debits": _FAST, "many_reversals": _REVERSALS, "pin_failures": _PINS,
    "offline_loss": _LOSSES,
}


def get_rules(uow: UnitOfWork, query: GetRules) -> RulesView:
    return rules_in_force(uow.session).view()


def list_anomalies(uow: UnitOfWork, query: ListAnomalies) -> AnomalyList:
    return AnomalyList(items=tuple(
        item for kind, statement in KINDS.items() for item in _found(uow, kind, statement,
                                                                     query.since)
    ))


def _found(uow: UnitOfWork, kind: str, statement: str, since: datetime) -> list[AnomalyView]:
    given: dict[str, Any] = {
        "since": since, "fast": FAST_DEBITS, "reversals": REVERSALS, "at_most": AT_MOST,
    }
    names = {name: value for name, value in given.items() if f":{name}" in statement}
    return [
        AnomalyView(
            kind=kind, count=count, amount=Money(int(amount)), wallet_id=wallet_id,
            actor_id=actor_id, actor_name=actor_name,
        )
        for count, amount, wallet_id, actor_id, actor_name
        in uow.session.execute(text(statement), names)
    ]
