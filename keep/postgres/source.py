"""The database that is copied: a session of whoever may read all of it, and the role that its objects belong to."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import psycopg

from bootstrap.postgres.pressure import migration
from keep.manifest import PostgresCopy, StoredObject, TableProof
from keep.place.place import Sink
from keep.place.sealed import seal
from keep.postgres import proof, roles
from keep.postgres.dump import dumped
from keep.postgres.fingerprint import fingerprint
from keep.postgres.programs import Programs, libpq
from keep.postgres.snapshot import Snapshot, exported

ARCHIVE, PROOF = "postgres.dump.zst", "postgres.proof.zst"


@dataclass(frozen=True, kw_only=True)
class PostgresSource:
    """Where a database is, and as whom it is read."""

    connect: Callable[[], psycopg.Connection[Any]]
    """Open an autocommit session of the master's, or of whoever the URL says."""
    owner: str | None
    """The role as which it is read: no policy hides rows from it. None: as whoever has logged in."""
    programs: Programs


def copy(source: PostgresSource, place: Sink, backup: str) -> tuple[PostgresCopy, tuple[StoredObject, ...]]:
    """Write the database's objects of a backup; return what the manifest says of them."""
    with source.connect() as conn, exported(conn, source.owner) as snapshot:
        major = conn.info.server_version // 10000
        pg_dump = source.programs("pg_dump", major)
        with ThreadPoolExecutor(1, thread_name_prefix="proof") as pool:
            # The proof is the server's work, the dump that of this computer.
            proving = pool.submit(proof.prove, conn)
            archive = seal(place, backup, ARCHIVE, dumped(pg_dump, libpq(conn), snapshot.id, source.owner))
            found = proving.result()
        written = seal(place, backup, PROOF, [proof.written(found)])
        return _described(conn, source, snapshot, found), (archive, written)


def _described(
    conn: psycopg.Connection[Any],
    source: PostgresSource,
    snapshot: Snapshot,
    found: dict[str, TableProof] | proof.Proof,
) -> PostgresCopy:
    row = conn.execute(
        """SELECT current_setting('server_version'), pg_encoding_to_char(encoding), pg_database_size(oid),
                  (SELECT coalesce(json_object_agg(extname, extversion), '{}') FROM pg_extension)
           FROM pg_database WHERE datname = current_database()"""
    ).fetchone()
    assert row is not None  # noqa: S101 one is always connected to a database
    version, encoding, size, extensions = row
    return PostgresCopy(
        database=conn.info.dbname,
        server_version=version.split()[0],
        major=conn.info.server_version // 10000,
        owner=source.owner,
        encoding=encoding,
        roles=roles.named(conn),
        extensions=extensions,
        migration=migration(conn),
        schema_fingerprint=fingerprint(conn),
        snapshot_at=snapshot.at,
        snapshot_lsn=snapshot.lsn,
        size=size,
        tables=len(found),
        rows=sum(each.rows for each in found.values()),
        archive=ARCHIVE,
        proof=PROOF,
    )
