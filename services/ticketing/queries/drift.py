"""What is counted, compared with the rows that it counts. Differences are said, never repaired."""

from collections.abc import Iterator

import structlog
from sqlalchemy import text

from services.chassis.unit_of_work import UnitOfWork

log = structlog.get_logger("drift")

# Each in one statement, so that a sale under way is seen as a whole or not at all.
_CHECKS = (
    ("contingent {id} of screening {screening_id}: {held} held and {sold} sold are counted, the"
     " rows say {really_held} and {really_sold}", """
        WITH taken AS (
            SELECT coalesce(line.lender_id, line.contingent_id) AS id, sum(line.quantity) AS held
            FROM order_lines line JOIN orders ON orders.id = line.order_id
            WHERE orders.state IN ('held', 'paying') GROUP BY 1
        ), booked AS (
            SELECT coalesce(lender_id, contingent_id) AS id, count(*) AS sold
            FROM bookings WHERE state = 'active' GROUP BY 1
        )
        SELECT c.id, c.screening_id, c.held, c.sold, coalesce(taken.held, 0) AS really_held,
               coalesce(booked.sold, 0) AS really_sold
        FROM contingents c LEFT JOIN taken USING (id) LEFT JOIN booked USING (id)
        WHERE (c.held, c.sold) <> (coalesce(taken.held, 0), coalesce(booked.sold, 0))
     """),
    ("contingent {id} of screening {screening_id}: {overbooked} overbooked are counted of {taken}"
     " taken places where {capacity} are", """
        SELECT id, screening_id, overbooked, held + sold AS taken, capacity FROM contingents
        WHERE overbooked <> greatest(0, held + sold - capacity)
     """),
    ("window {id} of ticket {ticket_id}: {used} bookings are counted, the rows say {really}", """
        SELECT w.id, w.ticket_id, w.used, count(b.id) AS really
        FROM windows w LEFT JOIN bookings b ON b.window_id = w.id AND b.state = 'active'
        JOIN tickets t ON t.id = w.ticket_id WHERE t.state <> 'void'
        GROUP BY w.id HAVING w.used <> count(b.id)
     """),
    ("register session {id}: {receipts} receipts are counted, the orders say {really}", """
        SELECT s.id, s.receipts, count(o.id) AS really
        FROM register_sessions s LEFT JOIN orders o
            ON o.register_session_id = s.id AND o.receipt_number IS NOT NULL
        GROUP BY s.id HAVING s.receipts <> count(o.id)
     """),
    ("order {number}: its total is {total}, its lines sum to {lines}", """
        SELECT o.number, o.total, coalesce(sum(l.gross), 0) AS lines
        FROM orders o LEFT JOIN order_lines l ON l.order_id = o.id
        GROUP BY o.id HAVING o.total <> coalesce(sum(l.gross), 0)
     """),
    ("order {number} is paid: {total} is its total, {captured} was captured", """
        SELECT o.number, o.total, coalesce(sum(p.amount), 0) AS captured
        FROM orders o LEFT JOIN payments p ON p.order_id = o.id AND p.state = 'captured'
        WHERE o.state = 'paid' GROUP BY o.id HAVING o.total <> coalesce(sum(p.amount), 0)
     """),
    ("order {number}: {refunded} was given back of {total}", """
        SELECT o.number, o.total, sum(r.amount) AS refunded
        FROM orders o JOIN refunds r ON r.order_id = o.id
        GROUP BY o.id HAVING sum(r.amount) > o.total
     """),
)


def find_drift(uow: UnitOfWork) -> Iterator[str]:
    """A sentence for each counter that is not what its rows say, with their ids."""
    for sentence, query in _CHECKS:
        for row in uow.session.execute(text(query)).mappings():
            yield sentence.format(**row)


def report_drift(uow: UnitOfWork) -> None:
    """On a timer: for whoever reads the logs."""
    for fault in find_drift(uow):
        log.error("a counter is not what its rows say", fault=fault)
