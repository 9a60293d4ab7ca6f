"""What ticketing tells the operator of its database at every look: name → (meaning, query)."""

MEASURES = {
    "orders_held": (
        "Orders that keep places until they are paid",
        "SELECT count(*) FROM orders WHERE state = 'held'",
    ),
    "orders_stuck": (
        "Orders whose wallet has not answered for a minute",
        "SELECT count(DISTINCT orders.id) FROM orders JOIN payments ON order_id = orders.id"
        " WHERE orders.state = 'paying' AND payments.state = 'requested'"
        " AND requested_at < now() - interval '1 minute'",
    ),
    "holds_overdue": (
        "Held orders that should have been released a minute ago",
        "SELECT count(*) FROM orders"
        " WHERE state = 'held' AND hold_expires_at < now() - interval '1 minute'",
    ),
}
