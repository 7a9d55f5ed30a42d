"""A stack in use, whose next bootstrap has something to do: migrations, a new identity, drift; and its writer."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import psycopg
from tier import REGION, Tier

from bootstrap.access import load_access
from bootstrap.aws import aws_client
from bootstrap.migrate import DirtyError, MigrationRunner, PostgresLedger, Source
from bootstrap.report import Report

# Version -> what it makes, by which one sees whether it was applied.
MAKES = {1: "users", 2: "notes", 3: "labels"}
_FILES = {
    "000002_notes.up.sql": """
ALTER TABLE users ADD COLUMN name text NOT NULL DEFAULT '';
CREATE TABLE notes (id bigserial PRIMARY KEY, user_id uuid REFERENCES users, text text NOT NULL);
SELECT pg_sleep(0.05);
INSERT INTO notes (text) SELECT 'note ' || n FROM generate_series(1, 100) n;
""",
    "000002_notes.down.sql": "DROP TABLE notes; ALTER TABLE users DROP COLUMN name;",
    "000003_labels.up.sql": "CREATE TABLE labels (note_id bigint REFERENCES notes, label text NOT NULL);",
    "000003_labels.down.sql": "DROP TABLE labels;",
}


def grow(tier: Tier) -> None:
    """Declare more: two migrations, an identity with its empty secret, another limit; and disturb what is there."""
    for name, text in _FILES.items():
        (tier.migrations / name).write_text(text)
    audit = f"{tier.name}_audit"
    access = tier.manifest.access
    access["identities"][audit] = {
        "postgres": "readonly",
        "redis": {"main": {"keys": ["audit:*"], "commands": ["get"]}},
    }
    access["limits"]["connection_limit"] = 40
    secret = aws_client("secretsmanager", REGION, tier.endpoint).create_secret(Name=f"app-{tier.name}/{audit}")
    tier.manifest.secrets[audit] = secret["ARN"]
    with tier.postgres.superuser(f"{tier.name}_app") as conn:
        conn.execute(f"GRANT DELETE ON events TO {tier.name}_reporting".encode())
        conn.execute(f"ALTER ROLE {tier.name}_monitoring_a SET statement_timeout = '1h'".encode())


@dataclass
class Written:
    """What a client of the application wrote, and was told to be written."""

    rows: list[int] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


@contextmanager
def writing(tier: Tier) -> Iterator[Written]:
    """The application writes within the context, row after row."""
    written, stop = Written(), threading.Event()
    with tier.login(f"{tier.name}_app") as conn:

        def write() -> None:
            number = 0
            while not stop.is_set():
                try:
                    conn.execute("INSERT INTO events (what) VALUES (%s)", (str(number),))
                except psycopg.Error as error:
                    written.errors.append(str(error))
                    return
                written.rows.append(number)
                number += 1
                stop.wait(0.005)

        thread = threading.Thread(target=write)
        thread.start()
        try:
            yield written
        finally:
            stop.set()
            thread.join()


def rows(tier: Tier) -> list[int]:
    with tier.postgres.superuser(f"{tier.name}_app") as conn:
        return sorted(int(row[0]) for row in conn.execute("SELECT what FROM events"))


def finish(tier: Tier) -> tuple[Report, bool]:
    """Run it again as a person would; a dirty version is forced as its sentence says. Returns whether it was."""
    try:
        return tier.run(), False
    except DirtyError as error:
        said = str(error)
    with tier.postgres.superuser(f"{tier.name}_app") as conn:
        row = conn.execute("SELECT version FROM schema_migrations").fetchone()
        assert row
        there = conn.execute("SELECT to_regclass(%s) IS NOT NULL", (MAKES[row[0]],)).fetchone()
    target = row[0] if there == (True,) else row[0] - 1 or -1
    assert f"datatier migrate force {'-- -1' if target == -1 else target}" in said
    with tier.login(f"{tier.name}_migrator") as conn:
        owner = load_access(tier.manifest.access).owner
        runner = MigrationRunner(Source.load(tier.migrations), PostgresLedger(conn), role=owner)
        runner.force(None if target == -1 else target)
    return tier.run(), True


def drop(tier: Tier) -> None:
    """Take the stack off its servers, so that hundreds can follow."""
    with tier.postgres.superuser() as conn:
        conn.execute(f"DROP DATABASE IF EXISTS {tier.name}_app WITH (FORCE)".encode())
        query = "SELECT string_agg(quote_ident(rolname), ', ') FROM pg_roles WHERE starts_with(rolname, %s)"
        row = conn.execute(query, (f"{tier.name}_",)).fetchone()
        conn.execute(f"DROP ROLE {row[0] if row else ''}".encode())
