"""What the wallet tells the operator of its database at every look: name → (meaning, query)."""

MEASURES = {
    "wallet_postings_sum_cents": (
        "All postings of all wallets together: zero, or the ledger is damaged",
        "SELECT coalesce(sum(amount), 0) FROM postings",
    ),
    "wallet_owed_cents": (
        "What is owed to all holders, as the wallets' balances say",
        "SELECT coalesce(sum(paid + gifted), 0) FROM wallets",
    ),
}
