"""How many places of a screening one buyer may have (the shops' rule; a desk decides itself)."""

from sqlalchemy import func, or_, select

from contracts.ticketing import Channel, FailedRule, OrderState
from services.chassis.settings import Settings
from services.chassis.unit_of_work import UnitOfWork
from services.ticketing.models import Line, Order

SHOPS = frozenset({Channel.WEB, Channel.MOBILE})
GIVEN_UP = (OrderState.EXPIRED, OrderState.CANCELLED)


def over_limit(uow: UnitOfWork, order: Order) -> list[FailedRule]:
    """What stands against the order. Ask under the lock of its screenings' contingents: two
    orders of one buyer then see each other."""
    if order.channel not in SHOPS:
        return []
    limit = Settings.from_env("ticketing").places_per_buyer
    mine = [
        column == value for column, value in (
            (Order.holder_id, order.holder_id),
            (func.lower(Order.holder_email), order.holder_email and order.holder_email.lower()),
        ) if value
    ]
    if not limit or not mine:
        return []
    wanted: dict[object, int] = {}
    for line in order.lines:
        if line.screening_id:
            wanted[line.screening_id] = wanted.get(line.screening_id, 0) + line.quantity
    bought = dict(uow.session.execute(
        select(Line.screening_id, func.sum(Line.quantity))
        .join(Order, Order.id == Line.order_id)
        .where(or_(*mine), Line.screening_id.in_(wanted.keys()), Order.state.not_in(GIVEN_UP))
        .group_by(Line.screening_id)
        .execution_options(autoflush=False)
    ).all())
    return [
        FailedRule(
            rule="purchase_limit",
            detail=f"At most {limit} places of this screening for one buyer;"
                   f" {bought.get(screening, 0)} are yours already.",
        )
        for screening, places in wanted.items() if bought.get(screening, 0) + places > limit
    ]
