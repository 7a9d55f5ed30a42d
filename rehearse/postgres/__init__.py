"""A major upgrade of PostgreSQL: by pg_upgrade, and by dump and restore."""
