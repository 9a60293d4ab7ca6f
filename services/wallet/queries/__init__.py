"""Everything that is read of wallets. Nothing here writes or locks."""
