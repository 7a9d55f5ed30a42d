"""SQL for how large a heap or a b-tree would be if it were written anew: by the statistics of its columns."""

from __future__ import annotations

# A heap tuple has a line pointer of 4 bytes, a header of 23 and a bitmap where columns are null, its data begin at a
# multiple of 8; a page has a header of 24 (PostgreSQL, Database Page Layout). An index tuple has a header of 8, a
# b-tree's page 16 bytes of its own at the end. A b-tree of values that repeat is smaller, as those are kept once
# (deduplication), so its estimate is too careful. avg_width is that of values in the table itself, without TOAST.
_EIGHTS = "8 * ceil(({0}) / 8.0)"

_STATISTICS = """SELECT count(*) AS known, sum((1 - s.null_frac) * s.avg_width) AS width, max(s.null_frac) AS null_frac
     FROM pg_stats s WHERE s.schemaname = {schema} AND s.tablename = {table} AND NOT s.inherited"""

HEAP = f"""SELECT CASE WHEN w.known = a.columns AND c.reltuples >= 0 THEN
       ceil(c.reltuples * (4 + {_EIGHTS.format("23 + CASE WHEN w.null_frac > 0 THEN (a.columns + 7) / 8 ELSE 0 END")}
                           + {_EIGHTS.format("coalesce(w.width, 0)")})
            / ((current_setting('block_size')::int - 24) * fillfactor / 100.0)) * current_setting('block_size')::int END
     FROM (SELECT count(*) AS columns FROM pg_attribute
           WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped) a,
          ({_STATISTICS.format(schema="n.nspname", table="c.relname")}) w"""
"""Bytes of `pg_class c`, `pg_namespace n` with `fillfactor`; NULL where pg_stats does not show every column."""

BTREE = f"""SELECT CASE WHEN w.known = i.indnatts AND c.reltuples >= 0 THEN
       (1 + ceil(c.reltuples * (4 + {_EIGHTS.format("8 + coalesce(w.width, 0)")})
                 / ((current_setting('block_size')::int - 40) * fillfactor / 100.0)))
       * current_setting('block_size')::int END
     FROM ({_STATISTICS.format(schema="tn.nspname", table="t.relname")}
           AND s.attname IN (SELECT attname FROM pg_attribute
                             WHERE attrelid = i.indrelid AND attnum = ANY(i.indkey::int2[]))) w"""
"""Bytes of a b-tree of columns alone: `pg_class c`, `pg_index i`, its table's `pg_class t` and `pg_namespace tn`."""
