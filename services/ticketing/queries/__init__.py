"""Everything that is read of sales, tickets and the door. Nothing here writes or locks."""
