"""Temporary files that are on the volume now: sorts and hashes that work_mem did not hold."""

from __future__ import annotations

from observe.observation import Observation
from observe.postgres.wal import LISTS_FILES

# A file is called pgsql_tmpPID.NUMBER, a shared one stands in a folder pgsql_tmpPID.NUMBER.fileset (storage/file/fd.c).
# Only the default tablespace: RDS has no other. pg_ls_tmpdir is for members of pg_monitor.
_FILES = """
SELECT substring(f.name FROM '^pgsql_tmp([0-9]+)')::int AS pid, a.usename::text AS "user",
       a.application_name AS application, count(*)::int AS files, sum(f.size)::bigint AS temporary_bytes,
       extract(epoch FROM clock_timestamp() - min(f.modification))::float8 AS oldest_seconds
  FROM pg_ls_tmpdir() f
  LEFT JOIN pg_stat_activity a ON a.pid = substring(f.name FROM '^pgsql_tmp([0-9]+)')::int
 GROUP BY 1, 2, 3 ORDER BY temporary_bytes DESC
"""

TEMPORARY_FILES = Observation(
    id="temporary-files",
    engine="postgres",
    question="Which sessions have temporary files on the volume?",
    read=lambda _: _FILES,
    judge=lambda _: (),
    columns=("pid", "user", "application", "files", "temporary_bytes", "oldest_seconds"),
    demands=(LISTS_FILES,),
)
