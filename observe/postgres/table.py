"""Everything about one table: the questions of all tables, asked about it and its partitions alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from observe.observation import Observation
from observe.postgres.bloat import BLOAT, read
from observe.postgres.cache_hit import CACHE_HIT_TABLES
from observe.postgres.constraints import CONSTRAINTS
from observe.postgres.dependents import dependents
from observe.postgres.foreign_keys import FOREIGN_KEYS
from observe.postgres.index_usage import INDEX_USAGE
from observe.postgres.indexes import INDEXES
from observe.postgres.relations import NAMED, tree
from observe.postgres.sequences import SEQUENCES
from observe.postgres.sizes import SHOWN, summed
from observe.postgres.vacuum import VACUUM
from observe.postgres.wraparound import WRAPAROUND_TABLES


def table(oid: int) -> Observation:
    """What there is to say about the table of that oid, with its parts as further tables."""
    return Observation(
        id="table",
        engine="postgres",
        question="What is there to say about a table?",
        read=lambda version: _overview(oid, version),
        judge=lambda _: (),
        columns=(
            "table",
            "kind",
            "partition_of",
            "owner",
            "rows",
            "total_bytes",
            "heap_bytes",
            "index_bytes",
            "toast_bytes",
            "partitions",
            "columns",
            "fillfactor",
            "options",
            "row_security",
            "dependents",
        ),
        on_replica=False,
        also=(
            _of(INDEXES, oid),
            _of(INDEX_USAGE, oid),
            _of(CONSTRAINTS, oid),
            _of(FOREIGN_KEYS, oid),
            _of(VACUUM, oid),
            replace(BLOAT, read=lambda _: read(from_bytes=1, only=oid)),
            _of(WRAPAROUND_TABLES, oid),
            _of(SEQUENCES, oid),
            _of(CACHE_HIT_TABLES, oid),
        ),
    )


def _of(observation: Observation, oid: int) -> Observation:
    """The same question about one table; without what belongs to it, which is asked by itself."""
    statement = observation.read
    assert callable(statement)  # noqa: S101 one of PostgreSQL
    return replace(observation, also=(), read=_narrowed(statement, oid))


def _narrowed(statement: Callable[[int], str], oid: int) -> Callable[[int], str]:
    # By an array, as a filter: a join would mix up the order of the statement.
    return lambda version: f"SELECT * FROM ({statement(version)}) AS every WHERE relid = ANY (ARRAY({tree(oid)}))"


def _overview(oid: int, version: int) -> str:
    hanging = dependents(oid).read
    assert callable(hanging)  # noqa: S101 one of PostgreSQL
    return f"""
WITH {summed(f"{oid:d}::oid", f"c.oid IN ({tree(oid)})")}
SELECT c.oid::bigint AS relid, {NAMED} AS "table", {SHOWN},
       (SELECT format('%I.%I', pn.nspname, p.relname) FROM pg_inherits i JOIN pg_class p ON p.oid = i.inhparent
        JOIN pg_namespace pn ON pn.oid = p.relnamespace WHERE i.inhrelid = c.oid AND c.relispartition) AS partition_of,
       pg_get_userbyid(c.relowner)::text AS owner,
       (SELECT count(*)::int FROM pg_attribute WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped) AS columns,
       coalesce((SELECT option_value::int FROM pg_options_to_table(c.reloptions) WHERE option_name = 'fillfactor'), 100)
         AS fillfactor,
       coalesce(c.reloptions, '{{}}') AS options,
       CASE WHEN c.relforcerowsecurity THEN 'forced' WHEN c.relrowsecurity THEN 'on' END AS row_security,
       (SELECT count(*)::int FROM ({hanging(version)}) AS hanging) AS dependents
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace LEFT JOIN summed s ON s.oid = c.oid
WHERE c.oid = {oid:d}
"""
