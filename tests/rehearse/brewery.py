"""A brewery's database on a server that is to be upgraded: migrations, access, statements that were counted."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import yaml
from postgres_server import binaries, initdb, running

from bootstrap import schema
from bootstrap.access import load_access
from bootstrap.manifest import Endpoint, Manifest, PostgresTarget
from bootstrap.migrate import MigrationRunner, PostgresLedger, Source
from bootstrap.reconcile.by_url import desired_by_url
from bootstrap.secrets import Secret, open_database_url
from keep.backup.access import brought_about
from keep.backup.create import Sources, create
from keep.manifest import BackupManifest
from keep.place.folder import FolderPlace
from keep.postgres.source import PostgresSource

DATABASE = "brewery"
ACCESS: dict[str, Any] = yaml.safe_load("""
owner: brewery_owner
identities:
  brewery_migrator: {postgres: migrator}
  brewer: {postgres: readwrite}
  taster: {postgres: readonly}
""")
FILES = {
    "000001_casks": """CREATE TABLE cask (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, beer text NOT NULL,
                       litres integer NOT NULL);
                       CREATE INDEX cask_beer ON cask (beer);""",
    "000002_tastings": """CREATE TABLE tasting (cask bigint NOT NULL REFERENCES cask, at date NOT NULL, points integer)
                            PARTITION BY RANGE (at);
                          CREATE TABLE tasting_old PARTITION OF tasting
                            FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
                          CREATE STATISTICS cask_both ON beer, litres FROM cask;""",
    "000003_notes": "CREATE TABLE note (cask bigint PRIMARY KEY REFERENCES cask, text text NOT NULL);",
}
"""The last one is pending on the source."""
ROWS = """
INSERT INTO cask (beer, litres) SELECT 'beer ' || n % 40, n % 40 FROM generate_series(1, 4000) n;
INSERT INTO tasting SELECT n, '2026-02-01'::date + n % 300, n % 10 FROM generate_series(1, 3000) n;
"""
JOINED = "SELECT one.beer FROM cask one JOIN cask other USING (id) WHERE other.litres = %s"
"""18 leaves the join of a table with itself out (PostgreSQL 18, Release Notes: self-joins)."""
GONE = "SELECT count(*) FROM cask, pg_stat_wal WHERE wal_write >= %s"
"""18 has that column in pg_stat_io alone (PostgreSQL 18, Release Notes)."""
SAME = "SELECT count(*) FROM tasting WHERE at = %s"


@dataclass(frozen=True, kw_only=True)
class Brewery:
    """The server, and the folders of the application."""

    major: int
    port: int
    folder: Path

    @property
    def migrations(self) -> Path:
        return self.folder / "migrations"

    def url(self, database: str = DATABASE) -> str:
        return f"postgresql://curator@127.0.0.1:{self.port}/{database}"

    def connect(self, database: str = DATABASE) -> psycopg.Connection[Any]:
        return open_database_url(Secret(self.url(database)))

    def backup(
        self, folder: Path, database: str = DATABASE, *, stack: bool = False
    ) -> tuple[FolderPlace, BackupManifest]:
        """Of the database; with its declaration of access where it is a stack's."""
        place, bin_ = FolderPlace(folder), binaries()[self.major]
        source = PostgresSource(
            connect=lambda: self.connect(database), owner=None, programs=lambda program, _: str(bin_ / program)
        )
        return place, create(Sources(postgres=source, stack=self._stack() if stack else None), place)

    def _stack(self) -> Manifest:
        where = PostgresTarget(
            primary=Endpoint(name="primary", host="127.0.0.1", port=self.port),
            database=DATABASE,
            sslmode="disable",
            master_secret="arn:none",
        )
        return Manifest(stack="cellar", prefix="brewery-cellar", region="eu-north-1", postgres=where, access=ACCESS)


@contextmanager
def brewery(major: int) -> Iterator[Brewery]:
    """On a server of its own of that major version."""
    with tempfile.TemporaryDirectory(prefix="dt-brewery-", dir="/tmp") as made:
        folder, bin_ = Path(made), binaries()[major]
        folder.chmod(0o755)
        (folder / "server").mkdir()
        initdb(bin_, folder / "server" / "data", "curator")
        settings = ["wal_level=logical", "max_prepared_transactions=4", "work_mem=6MB"]
        # The package of 16 has no contrib.
        settings += ["shared_preload_libraries=pg_stat_statements"] if major > 16 else ["old_snapshot_threshold=60"]
        with running(bin_, folder / "server" / "data", settings) as port:
            found = Brewery(major=major, port=port, folder=folder)
            _fill(found)
            yield found


def _fill(at: Brewery) -> None:
    at.migrations.mkdir()
    for name, sql in FILES.items():
        (at.migrations / f"{name}.up.sql").write_text(sql)
        (at.migrations / f"{name}.down.sql").write_text("SELECT 1;")
    with at.connect("postgres") as conn:
        conn.execute("CREATE DATABASE defined")
        conn.execute(f"CREATE DATABASE {DATABASE}")
    with at.connect("defined") as conn:
        MigrationRunner(Source.load(at.migrations), PostgresLedger(conn)).up()
        (at.folder / "schema").mkdir()
        (at.folder / "schema" / "schema.json").write_text(schema.dump(schema.read(conn).schema))
    access = load_access(ACCESS)
    with at.connect() as conn:
        assert brought_about(conn, desired_by_url(conn, access)).wrong == ()
        conn.execute(f"ALTER DATABASE {DATABASE} OWNER TO brewery_owner")
        if at.major > 16:
            conn.execute("CREATE EXTENSION pg_stat_statements VERSION '1.10'")
            conn.execute("CREATE EXTENSION pgcrypto")  # 18 has it of another package
        MigrationRunner(Source.load(at.migrations), PostgresLedger(conn), role="brewery_owner").up(2)
        assert brought_about(conn, desired_by_url(conn, access)).wrong == ()
        conn.execute(ROWS)
        conn.execute("ANALYZE")
        for _ in range(3):
            conn.execute(JOINED, (7,))
            conn.execute(SAME, ("2026-03-01",))
            if at.major == 17:
                conn.execute(GONE, (0,))
