"""What the servers report about themselves, read and judged: one catalogue of observations, and the views of it."""
