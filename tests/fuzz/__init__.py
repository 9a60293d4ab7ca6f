"""Requests that are almost right, by the million: `make fuzz`."""
