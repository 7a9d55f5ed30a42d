"""One row for each type, by service."""
