"""Everything that changes sales, tickets and bookings; one file per noun, no door in sight."""
