"""Everything that changes the programme. Each function is one use case in one transaction."""
