"""What a careful operator does every week: planned from observations, done only where it is needed, stopped in time."""
