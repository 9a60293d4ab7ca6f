"""What the books tell the operator at every look: name → (meaning, query)."""

MEASURES = {
    "register_sessions_open": (
        "Register sessions that sell",
        "SELECT count(*) FROM register_sessions WHERE state = 'open'",
    ),
    "register_sessions_waiting": (
        "Register sessions whose opening or closing has not been acknowledged for two minutes",
        "SELECT count(*) FROM register_sessions WHERE state IN ('opening', 'closing')"
        " AND coalesce(closing_at, opened_at) < now() - interval '2 minutes'",
    ),
    "books_sum_cents": (
        "All journal lines together: zero, or the books are damaged",
        "SELECT coalesce(sum(amount), 0) FROM journal_lines",
    ),
    "books_in_passage_cents": (
        "Money said by one service and not yet by the other; zero once every message has arrived",
        "SELECT coalesce(sum(abs(total)), 0) FROM (SELECT sum(amount) AS total FROM journal_lines"
        " WHERE account IN ('wallet_payment', 'wallet_load', 'wallet_move')"
        " GROUP BY account) AS passage",
    ),
    "books_wallet_owed_cents": (
        "What is owed to all holders, as the books say",
        "SELECT coalesce(-sum(amount), 0) FROM journal_lines"
        " WHERE account IN ('wallet_paid', 'wallet_gifted')",
    ),
}
