"""Tables in which migration tools keep what they have applied, by name and columns.

Seen by running each tool of `tools/`, in the version that stands there; Prisma's, Rails', Ecto's and dbmate's are from
their documentation.
"""

from __future__ import annotations

from collections.abc import Collection

TABLES: dict[str, tuple[tuple[str, frozenset[str]], ...]] = {
    "alembic_version": (("Alembic", frozenset({"version_num"})),),
    "django_migrations": (("Django", frozenset({"app", "name", "applied"})),),
    "__drizzle_migrations": (("drizzle", frozenset({"hash", "created_at"})),),
    "pgmigrations": (("node-pg-migrate", frozenset({"name", "run_on"})),),
    "knex_migrations": (("knex", frozenset({"name", "batch"})),),
    "knex_migrations_lock": (("knex", frozenset({"is_locked"})),),
    "migrations": (("TypeORM", frozenset({"timestamp", "name"})),),
    "flyway_schema_history": (("Flyway", frozenset({"installed_rank", "checksum"})),),
    "databasechangelog": (("Liquibase", frozenset({"id", "author", "md5sum"})),),
    "databasechangeloglock": (("Liquibase", frozenset({"locked", "lockedby"})),),
    "_sqlx_migrations": (("sqlx", frozenset({"version", "checksum"})),),
    "goose_db_version": (("goose", frozenset({"version_id", "is_applied"})),),
    "river_migration": (("River", frozenset({"version", "line"})),),
    "_prisma_migrations": (("Prisma", frozenset({"migration_name", "checksum"})),),
    "ar_internal_metadata": (("Rails", frozenset({"key", "value"})),),
    "schema_migrations": (
        ("golang-migrate", frozenset({"version", "dirty"})),
        ("Ecto", frozenset({"version", "inserted_at"})),
        ("Rails or dbmate", frozenset({"version"})),
    ),
}
"""Table -> whose it may be, each with columns that tell it from others'."""


def migration_tool(table: str, columns: Collection[str]) -> str | None:
    """The tool whose books a table is, by its bare name and columns; None where it is nobody's known here."""
    return next((tool for tool, has in TABLES.get(table, ()) if has <= set(columns)), None)
