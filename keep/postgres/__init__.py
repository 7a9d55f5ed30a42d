"""A PostgreSQL database in a backup: pg_dump and a proof of every row from one exported snapshot, and the way back."""
