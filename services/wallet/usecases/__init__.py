"""Everything that changes a wallet. Each function is one use case in one transaction.

They run the same behind the bus, the gateway and the terminal door.
"""
