"""A deliberate difference for every kind of object: found, at the right severity, and mended by its own statement."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import psycopg
import pytest
from real_servers import Postgres

from bootstrap import schema

pytestmark = pytest.mark.server
Connection = psycopg.Connection[Any]
Found = list[tuple[str, str, str, str]]


def check(connection: Connection, definition: schema.Schema) -> tuple[schema.SchemaDifference, ...]:
    """The differences, but for what this server cannot have."""
    _, found = schema.check(connection, definition)
    return tuple(each for each in found if each.severity != "INFO")


def told(found: tuple[schema.SchemaDifference, ...]) -> Found:
    return [(each.severity, each.kind, each.object, each.what) for each in found]


ERROR, WARN = "ERROR", "WARN"
MUTATIONS: list[tuple[str, Found]] = [
    # Tables
    ("DROP TABLE session_participants", [(ERROR, "table", "session_participants", "missing")]),
    ("CREATE TABLE extra (id int)", [(WARN, "table", "extra", "extra")]),
    ("ALTER TABLE refresh_tokens SET UNLOGGED", [(ERROR, "table", "refresh_tokens", "persistence")]),
    ("ALTER TABLE users SET (fillfactor = 70)", [(ERROR, "table", "users", "options")]),
    ("COMMENT ON TABLE users IS 'else'", [(ERROR, "comment", "users", "comment")]),
    ("COMMENT ON TABLE users IS NULL", [(ERROR, "comment", "users", "missing")]),
    # Columns
    ("ALTER TABLE threats DROP COLUMN mitigation", [(ERROR, "column", "threats.mitigation", "missing")]),
    ("ALTER TABLE threats ADD COLUMN extra int", [(WARN, "column", "threats.extra", "extra")]),
    (
        "ALTER TABLE users ALTER name TYPE text",  # PostgreSQL rewrites the check, which casts no longer
        [(ERROR, "column", "users.name", "type"), (ERROR, "constraint", "users.users_name_check", "definition")],
    ),
    ("ALTER TABLE threats ALTER score TYPE numeric(4,1)", [(ERROR, "column", "threats.score", "type")]),
    ('ALTER TABLE threats ALTER status TYPE text COLLATE "C"', [(ERROR, "column", "threats.status", "type")]),
    ("ALTER TABLE users ALTER name DROP NOT NULL", [(ERROR, "column", "users.name", "nullability")]),
    ("ALTER TABLE users ALTER last_login SET NOT NULL", [(ERROR, "column", "users.last_login", "nullability")]),
    ("ALTER TABLE threats ALTER status SET DEFAULT 'Open'", [(ERROR, "column", "threats.status", "default")]),
    ("ALTER TABLE threats ALTER status DROP DEFAULT", [(ERROR, "column", "threats.status", "default")]),
    ("ALTER TABLE threats ALTER severity SET DEFAULT 'low'", [(ERROR, "column", "threats.severity", "default")]),
    (
        "ALTER TABLE threats DROP COLUMN severity, ADD COLUMN severity text GENERATED ALWAYS AS (lower(name)) STORED",
        [
            (ERROR, "column", "threats.severity", "default"),
            (ERROR, "constraint", "threats.threats_severity_check", "missing"),
        ],
    ),
    ("COMMENT ON COLUMN users.email IS 'else'", [(ERROR, "comment", "users.email", "comment")]),
    ("COMMENT ON COLUMN users.name IS 'more'", [(WARN, "comment", "users.name", "extra")]),
    (
        "ALTER TABLE users RENAME name TO label",
        [
            (ERROR, "column", "users.name", "missing"),
            (ERROR, "constraint", "users.users_name_check", "definition"),
            (WARN, "column", "users.label", "extra"),
        ],
    ),
    # Constraints
    (
        "ALTER TABLE user_providers DROP CONSTRAINT user_providers_user_id_provider_key",
        [(ERROR, "constraint", "user_providers.user_providers_user_id_provider_key", "missing")],
    ),
    (
        "ALTER TABLE diagrams DROP CONSTRAINT diagrams_type_check,"
        " ADD CONSTRAINT diagrams_type_check CHECK (name > '')",
        [(ERROR, "constraint", "diagrams.diagrams_type_check", "definition")],
    ),
    (
        "ALTER TABLE diagrams ADD CONSTRAINT extra CHECK (content <> '')",
        [(WARN, "constraint", "diagrams.extra", "extra")],
    ),
    (
        "ALTER TABLE documents DROP CONSTRAINT documents_threat_model_id_fkey,"
        " ADD CONSTRAINT documents_threat_model_id_fkey FOREIGN KEY (threat_model_id) REFERENCES threat_models"
        " ON DELETE SET NULL NOT VALID",
        [(ERROR, "constraint", "documents.documents_threat_model_id_fkey", "definition")],
    ),
    (
        "ALTER TABLE documents DROP CONSTRAINT documents_threat_model_id_fkey,"
        " ADD CONSTRAINT documents_threat_model_id_fkey FOREIGN KEY (threat_model_id) REFERENCES threat_models"
        " ON DELETE CASCADE DEFERRABLE",
        [(ERROR, "constraint", "documents.documents_threat_model_id_fkey", "definition")],
    ),
    (
        "ALTER TABLE documents DROP CONSTRAINT documents_pkey",
        [(ERROR, "constraint", "documents.documents_pkey", "missing")],
    ),
    (
        "ALTER TABLE threats ADD CONSTRAINT extra EXCLUDE USING btree (name WITH =)",
        [(WARN, "constraint", "threats.extra", "extra")],
    ),
    (
        "ALTER TABLE audit_log DROP CONSTRAINT audit_log_action_check",
        [(ERROR, "constraint", "audit_log.audit_log_action_check", "missing")],
    ),
    # Indexes
    ("DROP INDEX idx_users_email", [(ERROR, "index", "users.idx_users_email", "missing")]),
    ("CREATE INDEX extra ON users (name)", [(WARN, "index", "users.extra", "extra")]),
    (
        "DROP INDEX idx_threats_diagram_id; CREATE INDEX idx_threats_diagram_id ON threats (diagram_id)",
        [(ERROR, "index", "threats.idx_threats_diagram_id", "definition")],
    ),
    (
        "DROP INDEX idx_user_providers_primary; CREATE INDEX idx_user_providers_primary ON user_providers (user_id)"
        " WHERE is_primary",
        [(ERROR, "index", "user_providers.idx_user_providers_primary", "definition")],
    ),
    (
        "DROP INDEX idx_users_last_login; CREATE INDEX idx_users_last_login ON users USING hash (last_login)",
        [(ERROR, "index", "users.idx_users_last_login", "definition")],
    ),
    (
        "DROP INDEX idx_users_last_login; CREATE INDEX idx_users_last_login ON users (last_login) INCLUDE (name)",
        [(ERROR, "index", "users.idx_users_last_login", "definition")],
    ),
    (
        "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'idx_users_email'::regclass",
        [(ERROR, "index", "users.idx_users_email", "definition")],
    ),
    (
        "DROP INDEX idx_audit_log_row_id_created_at",
        [(ERROR, "index", "audit_log.idx_audit_log_row_id_created_at", "missing")],
    ),
    # Triggers
    ("ALTER TABLE users DISABLE TRIGGER users_audit", [(ERROR, "trigger", "users.users_audit", "definition")]),
    ("ALTER TABLE users ENABLE ALWAYS TRIGGER users_audit", [(ERROR, "trigger", "users.users_audit", "definition")]),
    ("DROP TRIGGER users_audit ON users", [(ERROR, "trigger", "users.users_audit", "missing")]),
    (
        "CREATE OR REPLACE TRIGGER users_audit AFTER INSERT ON users FOR EACH ROW EXECUTE FUNCTION write_audit_log()",
        [(ERROR, "trigger", "users.users_audit", "definition")],
    ),
    (
        "CREATE TRIGGER extra AFTER INSERT ON refresh_tokens FOR EACH ROW EXECUTE FUNCTION write_audit_log()",
        [(WARN, "trigger", "refresh_tokens.extra", "extra")],
    ),
    # Row-level security
    ("ALTER TABLE threats DISABLE ROW LEVEL SECURITY", [(ERROR, "row security", "threats", "state")]),
    ("ALTER TABLE threats FORCE ROW LEVEL SECURITY", [(ERROR, "row security", "threats", "state")]),
    ("ALTER TABLE users ENABLE ROW LEVEL SECURITY", [(ERROR, "row security", "users", "state")]),
    ("DROP POLICY threats_read ON threats", [(ERROR, "policy", "threats.threats_read", "missing")]),
    ("CREATE POLICY extra ON threats USING (true)", [(WARN, "policy", "threats.extra", "extra")]),
    ("ALTER POLICY threats_read ON threats USING (true)", [(ERROR, "policy", "threats.threats_read", "definition")]),
    ("ALTER POLICY threats_read ON threats TO tmi_app", [(ERROR, "policy", "threats.threats_read", "definition")]),
    (
        "ALTER POLICY threat_models_insert ON threat_models WITH CHECK (true)",
        [(ERROR, "policy", "threat_models.threat_models_insert", "definition")],
    ),
    # Partitions
    ("DROP TABLE audit_log_default", [(ERROR, "partition", "audit_log_default", "missing")]),
    (
        "ALTER TABLE audit_log DETACH PARTITION audit_log_default",
        [(ERROR, "partition", "audit_log_default", "attachment")],
    ),
    (
        "CREATE TABLE audit_log_1999 PARTITION OF audit_log FOR VALUES FROM ('1999-01-01') TO ('1999-01-15')",
        [(WARN, "partition", "audit_log_1999", "extra")],
    ),
    (
        "CREATE TABLE audit_log_1999_01 PARTITION OF audit_log FOR VALUES FROM ('1999-01-05') TO ('1999-02-01')",
        [(ERROR, "partition", "audit_log_1999_01", "bound")],
    ),
    (
        "SET LOCAL timezone = 'UTC';"
        "CREATE TABLE audit_log_1999_01 PARTITION OF audit_log FOR VALUES FROM ('1999-01-01') TO ('1999-01-15');"
        "ALTER TABLE audit_log DETACH PARTITION audit_log_1999_01",
        [(ERROR, "partition", "audit_log_1999_01", "attachment")],
    ),
    # Functions, views
    (
        "DROP FUNCTION keep_audit_log_partitions",
        [(ERROR, "function", "keep_audit_log_partitions(integer, integer)", "missing")],
    ),
    (
        "CREATE OR REPLACE FUNCTION reads_all() RETURNS boolean LANGUAGE sql AS 'SELECT true'",
        [(ERROR, "function", "reads_all()", "definition")],
    ),
    ("ALTER FUNCTION write_audit_log() SECURITY INVOKER", [(ERROR, "function", "write_audit_log()", "definition")]),
    ("ALTER FUNCTION write_audit_log() RESET ALL", [(ERROR, "function", "write_audit_log()", "definition")]),
    (
        "CREATE FUNCTION extra(int) RETURNS int LANGUAGE sql AS 'SELECT 1'",
        [(WARN, "function", "extra(integer)", "extra")],
    ),
    ("COMMENT ON FUNCTION reads_all() IS NULL", [(ERROR, "comment", "reads_all()", "missing")]),
    ("DROP VIEW threat_model_overview", [(ERROR, "view", "threat_model_overview", "missing")]),
    ("CREATE VIEW extra AS SELECT 1 AS one", [(WARN, "view", "extra", "extra")]),
    (
        "ALTER VIEW threat_model_overview RESET (security_invoker)",
        [(ERROR, "view", "threat_model_overview", "definition")],
    ),
    (
        "ALTER VIEW threat_model_overview SET (security_barrier = true)",
        [(ERROR, "view", "threat_model_overview", "definition")],
    ),
    ("COMMENT ON VIEW threat_model_overview IS 'else'", [(ERROR, "comment", "threat_model_overview", "comment")]),
    ("CREATE MATERIALIZED VIEW extra AS SELECT 1 AS one", [(WARN, "view", "extra", "extra")]),
    # Types, sequences, extensions, the version
    ("CREATE TYPE mood AS ENUM ('good', 'bad')", [(WARN, "type", "mood", "extra")]),
    ("CREATE DOMAIN positive AS int CHECK (VALUE > 0)", [(WARN, "type", "positive", "extra")]),
    ("CREATE TYPE pair AS (a int, b text)", [(WARN, "type", "pair", "extra")]),
    ("CREATE SEQUENCE extra", [(WARN, "sequence", "extra", "extra")]),
    (
        "ALTER TABLE users ADD COLUMN n serial",
        [(WARN, "column", "users.n", "extra")],
    ),
    ("ALTER TABLE users ADD COLUMN n int GENERATED ALWAYS AS IDENTITY", [(WARN, "column", "users.n", "extra")]),
]


def ids(value: object) -> str | None:
    return value[:60] if isinstance(value, str) else ""


def test_the_migrations_make_what_is_defined(migrated: Connection, definition: schema.Schema) -> None:
    assert told(check(migrated, definition)) == []


@pytest.mark.parametrize(("sql", "expected"), MUTATIONS, ids=ids)
def test_a_difference_is_found_and_mended(
    tmi: Connection, definition: schema.Schema, sql: str, expected: Found
) -> None:
    tmi.execute(sql.encode())
    found = check(tmi, definition)
    assert told(found) == expected
    mend(tmi, found)
    mend(tmi, check(tmi, definition))  # a partition that was detached is a table to drop
    assert check(tmi, definition) == ()


def mend(connection: Connection, found: tuple[schema.SchemaDifference, ...]) -> None:
    for statement in (statement for each in found for statement in each.statements):
        connection.execute(statement.replace(" CONCURRENTLY", "").encode())


def test_an_extension_is_missed_only_where_it_could_be_had(tmi: Connection, definition: schema.Schema) -> None:
    shipped = {name for (name,) in tmi.execute("SELECT name FROM pg_available_extensions").fetchall()}
    everything = schema.compare(definition, schema.read(tmi))
    notes = {(each.kind, each.object) for each in everything}
    assert {each.severity for each in everything} <= {"INFO"}
    assert notes == {("extension", name) for name in definition["extensions"] if name not in shipped} | (
        set() if "vector" in shipped else {("table", "embeddings")}
    )
    name = "vector" if "vector" in shipped else "pg_stat_statements"
    tmi.execute(f"DROP EXTENSION {name} CASCADE".encode())
    found = check(tmi, definition)
    lost = [
        (ERROR, "column", "embeddings.embedding", "missing"),
        (ERROR, "index", "embeddings.idx_embeddings_embedding", "missing"),
    ]
    assert told(found) == [(ERROR, "extension", name, "missing"), *(lost if name == "vector" else [])]
    mend(tmi, found)
    assert check(tmi, definition) == ()


def test_a_table_whose_extension_came_later_is_made(tmi: Connection, definition: schema.Schema) -> None:
    if "public.embeddings" not in schema.read(tmi).schema["tables"]:
        pytest.skip("this server does not ship vector")
    tmi.execute("DROP TABLE embeddings; DROP EXTENSION vector")
    found = check(tmi, definition)
    assert told(found) == [(ERROR, "extension", "vector", "missing"), (ERROR, "table", "embeddings", "missing")]
    mend(tmi, found)
    assert check(tmi, definition) == ()


def test_a_database_at_another_migration_says_so(tmi: Connection, definition: schema.Schema) -> None:
    tmi.execute("UPDATE schema_migrations SET version = 11")
    (found,) = check(tmi, definition)
    assert (found.kind, found.expected, found.found) == ("migration", str(definition["version"]), "11")


def test_the_months_that_are_needed_next(tmi: Connection, definition: schema.Schema) -> None:
    live = schema.read(tmi)
    late = replace(live, today=date(live.today.year + 1, 12, 31))
    found = schema.compare(definition, late)
    upkeep = "SELECT public.keep_audit_log_partitions()"
    year = late.today.year
    assert [(each.severity, each.object, each.what, each.sql) for each in found if each.kind == "partition"] == [
        (WARN, f"audit_log_{year}_12", "missing", upkeep),
        (WARN, f"audit_log_{year + 1}_01", "missing", upkeep),
    ]
    other: schema.Schema = {**definition, "functions": {}}
    assert next(each.sql for each in schema.compare(other, late) if each.kind == "partition") == (
        f"CREATE TABLE public.audit_log_{year}_12 PARTITION OF public.audit_log "
        f"FOR VALUES FROM ('{year}-12-01 00:00:00+00') TO ('{year + 1}-01-01 00:00:00+00')"
    )
    tmi.execute(f"DROP TABLE audit_log_{live.today:%Y_%m}".encode())
    found = check(tmi, definition)
    assert told(found) == [(WARN, "partition", f"audit_log_{live.today:%Y_%m}", "missing")]
    mend(tmi, found)
    assert check(tmi, definition) == ()


def test_it_takes_two_round_trips_and_no_rights(migrated: Connection, definition: schema.Schema) -> None:
    sent: list[Any] = []

    class Counting(psycopg.Cursor[Any]):
        def execute(self, query: Any, *args: Any, **kwargs: Any) -> Any:
            sent.append(query)
            return super().execute(query, *args, **kwargs)

    migrated.execute("SET ROLE tmi_app")
    migrated.cursor_factory = Counting
    try:
        live = schema.read(migrated)
    finally:
        migrated.cursor_factory = psycopg.Cursor
        migrated.execute("RESET ROLE")
    assert len(sent) == 2
    assert "version" not in live.schema, "the books of the migrations are not this role's to read"
    assert {each.severity for each in schema.compare(definition, live)} <= {"INFO"}


def test_rows_are_counted(tmi: Connection) -> None:
    tmi.execute("INSERT INTO users (email, name) VALUES ('a@example.org', 'A'), ('b@example.org', 'B')")
    rows = schema.count(tmi).rows
    assert (rows["users"], rows["audit_log"], rows["threats"]) == (2, 2, 0)


def test_indexes_are_mended_without_locking_writers_out(schema_server: Postgres, definition: schema.Schema) -> None:
    """For real, outside a transaction: a statement with CONCURRENTLY and one that cannot have it."""
    with schema_server.superuser() as admin:
        admin.execute("CREATE DATABASE concurrent TEMPLATE template0")
    part: schema.Schema = {"tables": {"public.users": {**definition["tables"]["public.users"], "triggers": {}}}}
    with schema_server.superuser("concurrent") as connection:
        for statement in schema.generate(part):
            connection.execute(statement.encode())
        connection.execute("DROP INDEX idx_users_email; CREATE INDEX extra ON users (name)")
        connection.execute("UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'idx_users_last_login'::regclass")
        connection.execute("ALTER TABLE users DROP CONSTRAINT users_name_check")
        found = check(connection, part)
        assert sum("CONCURRENTLY" in str(each.sql) for each in found) == 3
        (constraint,) = (each for each in found if each.kind == "constraint")
        add = "ALTER TABLE public.users ADD CONSTRAINT users_name_check CHECK ((btrim((name)::text) <> ''::text))"
        assert constraint.statements == (
            f"{add} NOT VALID",
            "ALTER TABLE public.users VALIDATE CONSTRAINT users_name_check",
        )
        assert constraint.sql == ";\n".join(constraint.statements)
        for statement in (statement for each in found for statement in each.statements):
            connection.execute(statement.encode())
        assert check(connection, part) == ()
