"""Everything that changes people, places and keys. Each function is one use case in one
transaction, and writes in it what was done (audit.py)."""
