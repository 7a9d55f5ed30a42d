"""The WAL that is on the volume, and what bounds it."""

from __future__ import annotations

from dataclasses import replace

from observe.observation import PG_MONITOR, Observation

LISTS_FILES = replace(PG_MONITOR, lack='"{login}" lacks {name}, so it may not list files of the server')
"""What pg_ls_waldir and pg_ls_tmpdir take, which without it answer nothing."""
# pg_ls_waldir is for members of pg_monitor (PostgreSQL, Generic File Access Functions).
_WAL = """
SELECT count(*)::int AS files, sum(size)::bigint AS wal_bytes,
       (SELECT setting::bigint * 1048576 FROM pg_settings WHERE name = 'max_wal_size') AS max_wal_size_bytes,
       (SELECT nullif(setting, '-1')::bigint * 1048576 FROM pg_settings WHERE name = 'max_slot_wal_keep_size')
         AS slot_limit_bytes
  FROM pg_ls_waldir()
"""

WAL = Observation(
    id="wal",
    engine="postgres",
    question="How much WAL is on the volume, of how much between checkpoints?",
    read=lambda _: _WAL,
    judge=lambda _: (),
    columns=("files", "wal_bytes", "max_wal_size_bytes", "slot_limit_bytes"),
    demands=(LISTS_FILES,),
)
