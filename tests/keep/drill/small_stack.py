"""A small stack of another application: an orchard's books, on a server of the tests, with secrets in memory."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from real_servers import Postgres

from bootstrap.manifest import Endpoint, Manifest, PostgresTarget
from bootstrap.run import run
from bootstrap.secrets import Credential, Secret
from bootstrap.secrets.memory import MemoryStore

NAME, DATABASE, MASTER = "orchard", "harvest", "gardener"
ACCESS = """
owner: orchard_owner
identities:
  orchard_migrator: {postgres: migrator}
  picker: {postgres: readwrite}
  visitor: {postgres: readonly}
"""
MIGRATION = """
CREATE TABLE tree (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, kind text NOT NULL);
CREATE TABLE apple (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
                    tree bigint NOT NULL REFERENCES tree ON DELETE CASCADE, weight integer NOT NULL);
"""
ROWS = """
INSERT INTO tree (kind) SELECT 'kind ' || n FROM generate_series(1, 20) n;
INSERT INTO apple (tree, weight) SELECT 1 + n % 20, n FROM generate_series(1, 2000) n;
ANALYZE;
"""


@dataclass(frozen=True, kw_only=True)
class Orchard:
    """The stack as it is deployed."""

    server: Postgres
    manifest: Manifest
    store: MemoryStore
    migrations: Path


def orchard(server: Postgres, folder: Path, number: int) -> Orchard:
    """Deploy it on a server, with names of its own."""
    access: dict[str, Any] = yaml.safe_load(
        ACCESS.replace("orchard", f"{NAME}{number}")
        .replace("picker", f"picker{number}")
        .replace("visitor", f"visitor{number}")
    )
    folder.mkdir()
    (folder / "000001_first.up.sql").write_text(MIGRATION)
    (folder / "000001_first.down.sql").write_text("DROP TABLE apple, tree;")
    store = MemoryStore(["arn:master", "arn:acl", *(f"arn:{name}" for name in access["identities"])])
    password = "the-first-password-of-the-orchard"
    store.promote(
        "arn:master",
        store.put_pending(
            "arn:master", Credential(username=f"{MASTER}{number}", password=Secret(password), initial=True)
        ),
    )
    with server.superuser() as conn:
        conn.execute(
            f"CREATE ROLE {MASTER}{number} LOGIN CREATEDB CREATEROLE PASSWORD '{password}' IN ROLE rds_superuser"
        )
    manifest = Manifest(
        stack=f"{NAME}{number}",
        prefix=f"farm-{NAME}{number}",
        region="eu-west-1",
        postgres=PostgresTarget(
            primary=Endpoint(name="primary", host="127.0.0.1", port=server.port),
            database=f"{DATABASE}{number}",
            sslmode="disable",
            master_secret="arn:master",
        ),
        secrets={name: f"arn:{name}" for name in access["identities"]},
        access=access,
    )
    assert run(manifest, migrations=folder, store=store).ok
    with server.superuser(f"{DATABASE}{number}") as conn:
        conn.execute(ROWS)
    return Orchard(server=server, manifest=manifest, store=store, migrations=folder)
