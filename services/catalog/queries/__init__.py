"""Everything that is read of the programme. Nothing here writes or locks."""
