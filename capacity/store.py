"""Samples in a table of the database: by the hour for some days, by the day for a year.

It is the data tier's own (`bootstrap.books`): the role that owns the schema writes it, whoever monitors reads it. A
thousand tables take about 60 MB in a year.
"""

from __future__ import annotations

import datetime
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from bootstrap.access import Access
from bootstrap.books import CAPACITY
from bootstrap.postgres import SCHEMA
from bootstrap.postgres.desired import PUBLIC, desired
from capacity.errors import CapacityError
from capacity.names import unit_of
from capacity.samples import Sample
from capacity.series import Series

if TYPE_CHECKING:
    import psycopg

HOURLY_DAYS = 8
"""Days that are kept by the hour: a whole week, and today."""
DAYS = 400
"""Days that are kept at all: a year, and what it takes to compare with the one before."""
MOST = 1e18
"""Nothing that is measured is as large, an exabyte. Neither is it NaN or infinite, which a double precision may be."""
_LOCK = zlib.crc32(b"data-tier capacity")
_NAME = f"{SCHEMA}.{CAPACITY}"
_CREATE = f"""
CREATE TABLE IF NOT EXISTS {_NAME} (
    at    timestamptz      NOT NULL,
    hours smallint         NOT NULL CHECK (hours IN (1, 24)),
    node  text             NOT NULL,
    name  text             NOT NULL,
    value double precision NOT NULL,
    PRIMARY KEY (node, name, hours, at)
);
COMMENT ON TABLE {_NAME} IS 'Samples of datatier capacity: the highest value of each hour, later of each day';
"""
# The highest of an hour counts, so whoever writes twice, or while another does, changes nothing.
_WRITE = f"""
INSERT INTO {_NAME} AS kept (at, hours, node, name, value)
SELECT date_trunc('hour', %(at)s::timestamptz, 'UTC'), 1, * FROM unnest(%(nodes)s::text[], %(names)s::text[],
       %(values)s::float8[])
ON CONFLICT (node, name, hours, at) DO UPDATE SET value = excluded.value WHERE kept.value < excluded.value
"""  # noqa: S608 our own names
_BY_DAY = f"""
WITH old AS (
  DELETE FROM {_NAME}
  WHERE hours = 1 AND at < date_trunc('day', %(at)s::timestamptz, 'UTC') - %(hourly)s * interval '1 day'
  RETURNING *
)
INSERT INTO {_NAME} AS kept (at, hours, node, name, value)
SELECT date_trunc('day', at, 'UTC'), 24, node, name, max(value) FROM old GROUP BY 1, 3, 4
ON CONFLICT (node, name, hours, at) DO UPDATE SET value = greatest(kept.value, excluded.value)
"""  # noqa: S608 our own names
_FORGET = f"DELETE FROM {_NAME} WHERE at < %(at)s::timestamptz - %(days)s * interval '1 day'"  # noqa: S608
_READ = f"""
SELECT node, name, array_agg(floor(extract(epoch FROM at) / 3600)::int ORDER BY at), array_agg(value ORDER BY at)
FROM {_NAME} WHERE abs(value) < {MOST} AND at <= %(until)s GROUP BY node, name
"""  # noqa: S608 our own names


def write(conn: psycopg.Connection[Any], access: Access, found: Iterable[Sample], at: datetime.datetime) -> int:
    """Keep the samples of the hour of `at`, and thin out what is older; return how many there were.

    The session's role owns the schema of `access`, or may become who does. Raise CapacityError where it may not.
    """
    import psycopg

    ordered = sorted(found)  # in one order: two at once wait for each other, and not both ways
    try:
        if not _there(conn):
            with _as_owner(conn, access):
                _prepare(conn, access)
        with _as_owner(conn, access):
            columns = {
                "at": at,
                "nodes": [each.node for each in ordered],
                "names": [each.name for each in ordered],
                "values": [each.value for each in ordered],
            }
            conn.execute(_WRITE.encode(), columns)
        with _as_owner(conn, access):
            row = conn.execute("SELECT pg_try_advisory_xact_lock(%s)", (_LOCK,)).fetchone()
            if row and row[0]:  # else another does it
                conn.execute(_BY_DAY.encode(), {"at": at, "hourly": HOURLY_DAYS})
                conn.execute(_FORGET.encode(), {"at": at, "days": DAYS})
    except psycopg.Error as error:
        said = str(error.diag.message_primary or error).splitlines()[0]
        raise CapacityError(f"the samples could not be kept in {_NAME}: {said}") from None
    return len(ordered)


@contextmanager
def _as_owner(conn: psycopg.Connection[Any], access: Access) -> Iterator[None]:
    from psycopg.sql import SQL, Identifier

    with conn.transaction():
        conn.execute(SQL("SET LOCAL ROLE {}").format(Identifier(access.owner)))
        yield


def _prepare(conn: psycopg.Connection[Any], access: Access) -> None:
    """Make the table, with the grants that the declaration has for it."""
    from psycopg.sql import SQL, Identifier

    # Two at once would both find it missing, and IF NOT EXISTS alone lets one of them fail.
    conn.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
    conn.execute("SET LOCAL client_min_messages = warning")
    conn.execute(_CREATE.encode())
    there = {row[0] for row in conn.execute("SELECT rolname::text FROM pg_roles")}
    for grantee, privileges in desired(access, {}).acl("table", SCHEMA, CAPACITY).items():
        if grantee not in there and grantee != PUBLIC:
            continue
        names = {
            "table": Identifier(SCHEMA, CAPACITY),
            "role": SQL("PUBLIC") if grantee == PUBLIC else Identifier(grantee),
        }
        # What default privileges have given to whoever writes the application's tables.
        conn.execute(SQL("REVOKE ALL ON {table} FROM {role}").format(**names))
        if "SELECT" in privileges:
            conn.execute(SQL("GRANT SELECT ON {table} TO {role}").format(**names))


def read(conn: psycopg.Connection[Any], until: datetime.datetime) -> tuple[Series, ...]:
    """All series; none where nothing was ever kept. Raise CapacityError where the session may not read them.

    :param until: now: what a wrong clock has written of days to come would be taken for now until they are over.
    """
    import psycopg

    if not _there(conn):
        return ()
    try:
        rows = conn.execute(_READ.encode(), {"until": until}).fetchall()
    except psycopg.errors.InsufficientPrivilege:
        raise CapacityError(
            f"{conn.info.user} may not read {_NAME}, where samples are kept: GRANT SELECT ON {_NAME} TO "
            f'"{conn.info.user}", or `datatier access apply`'
        ) from None
    moments: dict[int, datetime.datetime] = {}
    for hour in {hour for _, _, hours, _ in rows for hour in hours}:
        moments[hour] = datetime.datetime.fromtimestamp(hour * 3600, datetime.UTC)
    return tuple(
        Series(
            name=name,
            node=node,
            unit=unit_of(name),
            times=[moments[hour] for hour in hours],
            values=values,
        )
        for node, name, hours, values in rows
    )


def _there(conn: psycopg.Connection[Any]) -> bool:
    row = conn.execute("SELECT to_regclass(%s) IS NOT NULL", (_NAME,)).fetchone()
    return bool(row and row[0])
