"""The database that is copied: its archive and its proof from one snapshot, and what the manifest says of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import closing, suppress
from dataclasses import asdict, dataclass
from typing import Any

import psycopg

from keep.errors import KeepError
from keep.manifest import PostgresCopy, StoredObject
from keep.place.place import Sink
from keep.place.sealed import seal
from keep.postgres import large_objects, proof, sequences, tables
from keep.postgres.described import Described, described
from keep.postgres.dump import cause_of, dumped
from keep.postgres.fingerprint import fingerprint
from keep.postgres.left_out import left_out, unproved, warnings
from keep.postgres.programs import Programs, libpq, own
from keep.postgres.proof import Proof
from keep.postgres.reader import reader
from keep.postgres.snapshot import exported, pinned

ARCHIVE, PROOF = "postgres.dump.zst", "postgres.proof.zst"
_CANCEL, _PAUSE = 5.0, 0.1
"""Seconds: for the server to take a cancellation, and for the proof to end by it."""


@dataclass(frozen=True, kw_only=True)
class PostgresSource:
    """Where a database is, and as whom it is read."""

    connect: Callable[[], psycopg.Connection[Any]]
    """Open an autocommit session of the master's, or of whoever the URL says."""
    owner: str | None
    """The role that the tables belong to; None for what no stack describes."""
    programs: Programs


@dataclass(frozen=True, kw_only=True)
class _Read:
    """What the proof's session has found in the snapshot."""

    described: Described
    fingerprint: str | None
    left_out: tuple[str, ...]
    unproved: tuple[str, ...]
    warnings: tuple[str, ...]
    proof: Proof


@dataclass(frozen=True, kw_only=True)
class Copied:
    """What the manifest says of a database."""

    copy: PostgresCopy
    server: str
    """Host and port, as they were asked for: of several all, whichever answered."""
    objects: tuple[StoredObject, ...]


def copy(source: PostgresSource, place: Sink, backup: str) -> Copied:
    """Write the database's objects of a backup; return what the manifest says of them.

    Raise KeepError for whatever fails on the server, in pg_dump or on the way, and before anything is written where the
    database cannot be read whole.
    """
    try:
        with source.connect() as conn:
            return _copied(conn, source, place, backup)
    except psycopg.Error as error:
        said = (error.diag.message_primary or str(error)).strip().replace("\n", " ")
        cause = cause_of(f"{said} {error}")
        raise KeepError(f"the database could not be read: {said}{f' ({cause})' if cause else ''}") from None


def _copied(conn: psycopg.Connection[Any], source: PostgresSource, place: Sink, backup: str) -> Copied:
    with pinned(conn):
        pg_dump = own(source.programs, "pg_dump", conn)
    role = reader(conn, source.owner)
    with pinned(conn, role):
        locked = [table.lock() for table in tables.tables(conn) if table.heaps]
    with exported(conn, role, locked) as snapshot:
        before = sequences.prove(conn)
        with ThreadPoolExecutor(1, thread_name_prefix="proof") as pool:
            # The proof is the server's work, the dump that of this computer.
            proving = pool.submit(_read, conn)
            try:
                with closing(dumped(pg_dump, libpq(conn), snapshot.id, role)) as chunks:
                    counted = _Counted(_while(chunks, proving))
                    archive = seal(place, backup, ARCHIVE, counted)
            except BaseException:
                _end(conn, proving)
                raise
            read = proving.result()
        spanned = sequences.spanning(before, sequences.prove(conn))
        found = read.proof.model_copy(update={"sequences": spanned})
    written = seal(place, backup, PROOF, [proof.written(found)])
    made = PostgresCopy(
        **asdict(read.described),
        owner=source.owner,
        read_as=role or conn.info.user,
        schema_fingerprint=read.fingerprint,
        snapshot_at=snapshot.at,
        snapshot_lsn=snapshot.lsn,
        tables=len(found.tables),
        rows=found.rows,
        left_out=read.left_out,
        unproved=read.unproved,
        warnings=read.warnings,
        archive=ARCHIVE,
        archive_size=counted.bytes,
        proof=PROOF,
    )
    return Copied(copy=made, server=_server(conn), objects=(archive, written))


def _server(conn: psycopg.Connection[Any]) -> str:
    asked = conn.info.get_parameters()
    host = asked.get("host") or asked.get("hostaddr") or conn.info.host
    return f"{host}:{asked.get('port') or conn.info.port}"


def _read(conn: psycopg.Connection[Any]) -> _Read:
    """The schema first: it is what pg_dump reads first, too."""
    return _Read(
        fingerprint=fingerprint(conn),
        described=described(conn),
        left_out=left_out(conn),
        unproved=unproved(conn),
        warnings=warnings(conn),
        proof=Proof(tables=tables.prove(conn), sequences={}, large_objects=large_objects.prove(conn)),
    )


def _end(conn: psycopg.Connection[Any], proving: Future[_Read]) -> None:
    """Cancel what the proof's session does, statement after statement, until it has ended."""
    while not wait([proving], timeout=_PAUSE).done:
        with suppress(psycopg.Error):
            conn.cancel_safe(timeout=_CANCEL)


def _while(chunks: Iterator[memoryview], proving: Future[_Read]) -> Iterator[memoryview]:
    """Give the chunks for as long as the proof does not fail."""
    for chunk in chunks:
        if proving.done():
            proving.result()
        yield chunk


class _Counted:
    def __init__(self, chunks: Iterator[memoryview]) -> None:
        self._chunks, self.bytes = chunks, 0

    def __iter__(self) -> Iterator[memoryview]:
        for chunk in self._chunks:
            self.bytes += len(chunk)
            yield chunk
