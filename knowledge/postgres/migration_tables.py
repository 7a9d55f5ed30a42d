"""Tables in which migration tools keep what they have applied, by name and columns.

Seen by running each tool: Alembic 1.20, Django 5.2, drizzle 0.45, node-pg-migrate 9, knex 3.3, TypeORM 1.1, Flyway 13,
Liquibase 4.33, sqlx-cli 0.9, goose 3.30, River 0.51; Prisma's, Rails', Ecto's and dbmate's from their documentation.
"""

from __future__ import annotations

from collections.abc import Collection

_TOOLS: dict[str, tuple[tuple[str, frozenset[str]], ...]] = {
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


def migration_tool(table: str, columns: Collection[str]) -> str | None:
    """The tool whose books a table is, by its bare name and columns; None where it is nobody's known here."""
    return next((tool for tool, has in _TOOLS.get(table, ()) if has <= set(columns)), None)
