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
DOCTORS: Found = [
    (ERROR, "view", "staffed_wards", "missing"),
    (ERROR, "sequence", "doctors_id_seq", "missing"),
    (ERROR, "table", "doctors", "missing"),
]
TIMESTAMPS: Found = [
    (ERROR, "function", "keep_timestamps()", "missing"),
    *((ERROR, "trigger", f"{table}.{table}_keep_timestamps", "missing") for table in ("patients", "users")),
]
MUTATIONS: list[tuple[str, Found]] = [
    # Tables
    ("DROP TABLE doctors CASCADE", DOCTORS),
    ("CREATE TABLE extra (id int)", [(WARN, "table", "extra", "extra")]),
    ("ALTER TABLE letters SET UNLOGGED", [(ERROR, "table", "letters", "persistence")]),
    ("ALTER TABLE users SET (fillfactor = 70)", [(ERROR, "table", "users", "options")]),
    ("COMMENT ON TABLE users IS 'else'", [(ERROR, "comment", "users", "comment")]),
    ("COMMENT ON TABLE users IS NULL", [(ERROR, "comment", "users", "missing")]),
    # Columns
    ("ALTER TABLE patients DROP COLUMN born", [(ERROR, "column", "patients.born", "missing")]),
    ("ALTER TABLE patients ADD COLUMN extra int", [(WARN, "column", "patients.extra", "extra")]),
    ("ALTER TABLE users ALTER name TYPE text", [(ERROR, "column", "users.name", "type")]),
    (
        "ALTER TABLE wards ALTER beds TYPE bigint",  # as a column that a check is about
        [(ERROR, "column", "wards.beds", "type")],
    ),
    ("ALTER TABLE users ALTER email TYPE varchar(320)", [(ERROR, "column", "users.email", "type")]),
    ('ALTER TABLE visits ALTER note TYPE text COLLATE "C"', [(ERROR, "column", "visits.note", "type")]),
    ("ALTER TABLE users ALTER name DROP NOT NULL", [(ERROR, "column", "users.name", "nullability")]),
    ("ALTER TABLE users ALTER last_login SET NOT NULL", [(ERROR, "column", "users.last_login", "nullability")]),
    ("ALTER TABLE wards ALTER kind SET DEFAULT 'intensive'", [(ERROR, "column", "wards.kind", "default")]),
    ("ALTER TABLE wards ALTER kind DROP DEFAULT", [(ERROR, "column", "wards.kind", "default")]),
    ("ALTER TABLE visits ALTER note SET DEFAULT ''", [(ERROR, "column", "visits.note", "default")]),
    (
        "ALTER TABLE wards DROP COLUMN beds,"
        " ADD COLUMN beds smallint NOT NULL GENERATED ALWAYS AS (length(name)::smallint) STORED",
        [(ERROR, "column", "wards.beds", "default"), (ERROR, "constraint", "wards.wards_beds_check", "missing")],
    ),
    ("COMMENT ON COLUMN patients.owner_email IS 'else'", [(ERROR, "comment", "patients.owner_email", "comment")]),
    ("COMMENT ON COLUMN users.name IS 'more'", [(WARN, "comment", "users.name", "extra")]),
    (
        "ALTER TABLE wards RENAME beds TO places",
        [
            (ERROR, "column", "wards.beds", "missing"),
            (ERROR, "constraint", "wards.wards_beds_check", "definition"),
            (WARN, "column", "wards.places", "extra"),
        ],
    ),
    # Constraints
    (
        "ALTER TABLE doctors DROP CONSTRAINT doctors_user_id_key",
        [(ERROR, "constraint", "doctors.doctors_user_id_key", "missing")],
    ),
    (
        "ALTER TABLE wards DROP CONSTRAINT wards_beds_check, ADD CONSTRAINT wards_beds_check CHECK (beds >= 0)",
        [(ERROR, "constraint", "wards.wards_beds_check", "definition")],
    ),
    ("ALTER TABLE letters ADD CONSTRAINT extra CHECK (body <> '')", [(WARN, "constraint", "letters.extra", "extra")]),
    (
        "ALTER TABLE letters DROP CONSTRAINT letters_visit_id_fkey,"
        " ADD CONSTRAINT letters_visit_id_fkey FOREIGN KEY (visit_id) REFERENCES visits ON DELETE SET NULL NOT VALID",
        [(ERROR, "constraint", "letters.letters_visit_id_fkey", "definition")],
    ),
    (
        "ALTER TABLE letters DROP CONSTRAINT letters_visit_id_fkey,"
        " ADD CONSTRAINT letters_visit_id_fkey FOREIGN KEY (visit_id) REFERENCES visits ON DELETE CASCADE DEFERRABLE",
        [(ERROR, "constraint", "letters.letters_visit_id_fkey", "definition")],
    ),
    (
        "ALTER TABLE letters DROP CONSTRAINT letters_pkey",
        [(ERROR, "constraint", "letters.letters_pkey", "missing")],
    ),
    (
        "ALTER TABLE visits ADD CONSTRAINT extra EXCLUDE USING gist (period WITH &&)",
        [(WARN, "constraint", "visits.extra", "extra")],
    ),
    (
        "ALTER TABLE audit_log DROP CONSTRAINT audit_log_action_check",
        [(ERROR, "constraint", "audit_log.audit_log_action_check", "missing")],
    ),
    # Indexes
    ("DROP INDEX users_email_key", [(ERROR, "index", "users.users_email_key", "missing")]),
    ("CREATE INDEX extra ON users (name)", [(WARN, "index", "users.extra", "extra")]),
    (
        "DROP INDEX idx_visits_ward_id_open; CREATE INDEX idx_visits_ward_id_open ON visits (ward_id)",
        [(ERROR, "index", "visits.idx_visits_ward_id_open", "definition")],
    ),
    (
        "DROP INDEX users_email_key; CREATE INDEX users_email_key ON users (lower(email))",
        [(ERROR, "index", "users.users_email_key", "definition")],
    ),
    (
        "DROP INDEX idx_doctors_ward_id; CREATE INDEX idx_doctors_ward_id ON doctors USING hash (ward_id)",
        [(ERROR, "index", "doctors.idx_doctors_ward_id", "definition")],
    ),
    (
        "DROP INDEX idx_doctors_ward_id; CREATE INDEX idx_doctors_ward_id ON doctors (ward_id) INCLUDE (since)",
        [(ERROR, "index", "doctors.idx_doctors_ward_id", "definition")],
    ),
    (
        "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'idx_letters_visit_id'::regclass",
        [(ERROR, "index", "letters.idx_letters_visit_id", "definition")],
    ),
    (
        "DROP INDEX idx_audit_log_row_id_created_at",
        [(ERROR, "index", "audit_log.idx_audit_log_row_id_created_at", "missing")],
    ),
    # Triggers
    ("ALTER TABLE visits DISABLE TRIGGER visits_audit", [(ERROR, "trigger", "visits.visits_audit", "definition")]),
    (
        "ALTER TABLE visits ENABLE ALWAYS TRIGGER visits_audit",
        [(ERROR, "trigger", "visits.visits_audit", "definition")],
    ),
    ("DROP TRIGGER visits_audit ON visits", [(ERROR, "trigger", "visits.visits_audit", "missing")]),
    (
        "CREATE OR REPLACE TRIGGER visits_audit AFTER INSERT ON visits FOR EACH ROW EXECUTE FUNCTION write_audit_log()",
        [(ERROR, "trigger", "visits.visits_audit", "definition")],
    ),
    (
        "CREATE TRIGGER extra AFTER INSERT ON refresh_tokens FOR EACH ROW EXECUTE FUNCTION write_audit_log()",
        [(WARN, "trigger", "refresh_tokens.extra", "extra")],
    ),
    # Row-level security
    ("ALTER TABLE visits DISABLE ROW LEVEL SECURITY", [(ERROR, "row security", "visits", "state")]),
    ("ALTER TABLE visits FORCE ROW LEVEL SECURITY", [(ERROR, "row security", "visits", "state")]),
    ("ALTER TABLE users ENABLE ROW LEVEL SECURITY", [(ERROR, "row security", "users", "state")]),
    ("DROP POLICY visits_read ON visits", [(ERROR, "policy", "visits.visits_read", "missing")]),
    ("CREATE POLICY extra ON visits USING (true)", [(WARN, "policy", "visits.extra", "extra")]),
    ("ALTER POLICY visits_read ON visits USING (true)", [(ERROR, "policy", "visits.visits_read", "definition")]),
    ("ALTER POLICY visits_read ON visits TO clinic_app", [(ERROR, "policy", "visits.visits_read", "definition")]),
    (
        "ALTER POLICY patients_write ON patients WITH CHECK (true)",
        [(ERROR, "policy", "patients.patients_write", "definition")],
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
    ("DROP FUNCTION keep_timestamps CASCADE", TIMESTAMPS),
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
    ("COMMENT ON FUNCTION app_user_email() IS NULL", [(ERROR, "comment", "app_user_email()", "missing")]),
    ("DROP VIEW patient_visits", [(ERROR, "view", "patient_visits", "missing")]),
    ("CREATE VIEW extra AS SELECT 1 AS one", [(WARN, "view", "extra", "extra")]),
    ("ALTER VIEW patient_visits RESET (security_invoker)", [(ERROR, "view", "patient_visits", "definition")]),
    ("ALTER VIEW patient_visits SET (security_barrier = true)", [(ERROR, "view", "patient_visits", "definition")]),
    ("COMMENT ON VIEW patient_visits IS 'else'", [(ERROR, "comment", "patient_visits", "comment")]),
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
    clinic: Connection, definition: schema.Schema, sql: str, expected: Found
) -> None:
    clinic.execute(sql.encode())
    found = check(clinic, definition)
    assert told(found) == expected
    mend(clinic, found)
    mend(clinic, check(clinic, definition))  # a partition that was detached is a table to drop
    assert check(clinic, definition) == ()


def mend(connection: Connection, found: tuple[schema.SchemaDifference, ...]) -> None:
    for statement in (statement for each in found for statement in each.statements):
        connection.execute(statement.replace(" CONCURRENTLY", "").encode())


EMBEDDINGS: schema.Schema = {
    "extensions": {"vector": {"schema": "public"}},
    "tables": {
        "public.embeddings": {
            "columns": {"embedding": {"type": "public.vector(3)", "not_null": True}},
            "indexes": {
                "by_meaning": "CREATE INDEX by_meaning ON public.embeddings USING hnsw (embedding public.vector_l2_ops)"
            },
            "needs": {"table": ["extension vector"]},
        }
    },
}
"""What a migration makes where it can."""


@pytest.fixture(scope="module")
def wanted(definition: schema.Schema) -> schema.Schema:
    return {
        **definition,
        "extensions": definition["extensions"] | EMBEDDINGS["extensions"],
        "tables": definition["tables"] | EMBEDDINGS["tables"],
    }


def shipped(connection: Connection) -> set[str]:
    return {name for (name,) in connection.execute("SELECT name FROM pg_available_extensions").fetchall()}


def test_an_extension_is_missed_only_where_it_could_be_had(clinic: Connection, wanted: schema.Schema) -> None:
    has = "vector" in shipped(clinic)
    mend(clinic, check(clinic, wanted))
    everything = schema.compare(wanted, schema.read(clinic))
    assert {each.severity for each in everything} <= {"INFO"}
    expected = set() if has else {("extension", "vector"), ("table", "embeddings")}
    assert {(each.kind, each.object) for each in everything} == expected
    name = "vector" if has else "citext"
    clinic.execute(f"DROP EXTENSION {name} CASCADE".encode())
    found = check(clinic, wanted)
    lost = [
        (ERROR, "column", "embeddings.embedding", "missing"),
        (ERROR, "index", "embeddings.by_meaning", "missing"),
    ]
    assert told(found) == [(ERROR, "extension", name, "missing"), *(lost if has else [])]
    mend(clinic, found)
    assert check(clinic, wanted) == ()


def test_a_table_whose_extension_came_later_is_made(clinic: Connection, wanted: schema.Schema) -> None:
    if "vector" not in shipped(clinic):
        pytest.skip("this server does not ship vector")
    found = check(clinic, wanted)
    assert told(found) == [(ERROR, "extension", "vector", "missing"), (ERROR, "table", "embeddings", "missing")]
    mend(clinic, found)
    assert check(clinic, wanted) == ()


def test_a_database_at_another_migration_says_so(clinic: Connection, definition: schema.Schema) -> None:
    clinic.execute("UPDATE schema_migrations SET version = 11")
    (found,) = check(clinic, definition)
    assert (found.kind, found.expected, found.found) == ("migration", str(definition["version"]), "11")


def test_the_months_that_are_needed_next(clinic: Connection, definition: schema.Schema) -> None:
    live = schema.read(clinic)
    late = replace(live, today=date(live.today.year + 1, 12, 31))
    kept = {"public.keep_audit_log_partitions()": {"definition": [""]}}
    found = schema.compare({**definition, "functions": kept}, late)
    upkeep = "SELECT public.keep_audit_log_partitions()"
    year = late.today.year
    assert [(each.severity, each.object, each.what, each.sql) for each in found if each.kind == "partition"] == [
        (WARN, f"audit_log_{year}_12", "missing", upkeep),
        (WARN, f"audit_log_{year + 1}_01", "missing", upkeep),
    ]
    assert next(each.sql for each in schema.compare(definition, late) if each.kind == "partition") == (
        f"CREATE TABLE public.audit_log_{year}_12 PARTITION OF public.audit_log "
        f"FOR VALUES FROM ('{year}-12-01 00:00:00+00') TO ('{year + 1}-01-01 00:00:00+00')"
    )
    clinic.execute(f"DROP TABLE audit_log_{live.today:%Y_%m}".encode())
    found = check(clinic, definition)
    assert told(found) == [(WARN, "partition", f"audit_log_{live.today:%Y_%m}", "missing")]
    mend(clinic, found)
    assert check(clinic, definition) == ()


def test_it_takes_two_round_trips_and_no_rights(migrated: Connection, definition: schema.Schema) -> None:
    sent: list[Any] = []

    class Counting(psycopg.Cursor[Any]):
        def execute(self, query: Any, *args: Any, **kwargs: Any) -> Any:
            sent.append(query)
            return super().execute(query, *args, **kwargs)

    migrated.execute("SET ROLE clinic_app")
    migrated.cursor_factory = Counting
    try:
        live = schema.read(migrated)
    finally:
        migrated.cursor_factory = psycopg.Cursor
        migrated.execute("RESET ROLE")
    assert len(sent) == 2
    assert "version" not in live.schema, "the books of the migrations are not this role's to read"
    assert {each.severity for each in schema.compare(definition, live)} <= {"INFO"}


def test_rows_are_counted(clinic: Connection) -> None:
    clinic.execute("INSERT INTO patients (owner_email, name) VALUES ('a@example.org', 'A'), ('b@example.org', 'B')")
    rows = schema.count(clinic).rows
    assert (rows["patients"], rows["audit_log"], rows["letters"]) == (2, 2, 0)


def test_indexes_are_mended_without_locking_writers_out(schema_server: Postgres, definition: schema.Schema) -> None:
    """For real, outside a transaction: a statement with CONCURRENTLY and one that cannot have it."""
    with schema_server.superuser() as admin:
        admin.execute("CREATE DATABASE concurrent TEMPLATE template0")
    tokens = definition["tables"]["public.refresh_tokens"]
    alone = {name: each for name, each in tokens["constraints"].items() if not name.endswith("_fkey")}
    part: schema.Schema = {"tables": {"public.refresh_tokens": {**tokens, "constraints": alone}}}
    with schema_server.superuser("concurrent") as connection:
        for statement in schema.generate(part):
            connection.execute(statement.encode())
        connection.execute("DROP INDEX idx_refresh_tokens_user_id; CREATE INDEX extra ON refresh_tokens (created_at)")
        invalid = "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'idx_refresh_tokens_expires_at'::regclass"
        connection.execute(invalid)
        connection.execute("ALTER TABLE refresh_tokens DROP CONSTRAINT refresh_tokens_expires_at_check")
        found = check(connection, part)
        assert sum("CONCURRENTLY" in str(each.sql) for each in found) == 3
        (constraint,) = (each for each in found if each.kind == "constraint")
        name = "refresh_tokens_expires_at_check"
        add = f"ALTER TABLE public.refresh_tokens ADD CONSTRAINT {name} CHECK ((expires_at > created_at))"
        assert constraint.statements == (
            f"{add} NOT VALID",
            f"ALTER TABLE public.refresh_tokens VALIDATE CONSTRAINT {name}",
        )
        assert constraint.sql == ";\n".join(constraint.statements)
        for statement in (statement for each in found for statement in each.statements):
            connection.execute(statement.encode())
        assert check(connection, part) == ()
