"""What the servers tell of themselves, read and judged: one catalogue of observations, and the views of it."""
