"""Indexes that belong to no constraint, and what is said of an index beside its definition."""

from __future__ import annotations

from collections.abc import Sequence

from bootstrap.schema.catalog.draft import Draft, Row

ROOT = """CASE WHEN {0}.relispartition THEN
    (SELECT indrelid FROM pg_index WHERE indexrelid = pg_partition_root({0}.oid)) END,
    CASE WHEN {0}.relispartition THEN
    (SELECT quote_ident(relname) FROM pg_class WHERE oid = pg_partition_root({0}.oid)) END"""
"""SQL: the table and the name of the topmost index that an index in pg_class hangs on. Subqueries, since few hang."""

# That of a partitioned table is printed with ONLY; only one that lacks an index of a partition, and so is not valid,
# is meant that way. An index of a partition that hangs on its parent's is left out where PostgreSQL would choose its
# name (indexcmds.c, ChooseIndexName): it comes with the parent's.
INDEXES = f"""
SELECT c.oid, i.indrelid, quote_ident(c.relname),
    CASE WHEN k.oid IS NOT NULL OR (c.relispartition AND octet_length(c.relname) < 63
             AND c.relname = (SELECT format('%s_%s_idx', (SELECT relname FROM pg_class WHERE oid = i.indrelid),
                                            string_agg(a.attname, '_' ORDER BY a.attnum))
                              FROM pg_attribute a WHERE a.attrelid = c.oid)
             AND (SELECT indisvalid FROM pg_index WHERE indexrelid = pg_partition_root(c.oid))
             AND (i.indclass::text, i.indoption::text, c.reloptions::text) IS NOT DISTINCT FROM
                 (SELECT (s.indclass::text, s.indoption::text, sc.reloptions::text)
                  FROM pg_inherits h JOIN pg_index s ON s.indexrelid = h.inhparent
                  JOIN pg_class sc ON sc.oid = h.inhparent WHERE h.inhrelid = c.oid)) THEN NULL
         WHEN c.relkind = 'I' AND i.indisvalid
         THEN replace(pg_get_indexdef(c.oid), format(' INDEX %I ON ONLY ', c.relname),
                      format(' INDEX %I ON ', c.relname))
         ELSE pg_get_indexdef(c.oid) END,
    NOT i.indisvalid AND c.relkind = 'i', i.indisreplident, i.indisclustered, {ROOT.format("c")}
FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
LEFT JOIN pg_constraint k ON k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x')
WHERE c.relnamespace = ANY(:schemas) ORDER BY c.relname"""

STATISTICS = """
SELECT i.indrelid, quote_ident(c.relname), a.attnum, a.attstattarget
FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_attribute a ON a.attrelid = c.oid
WHERE c.relnamespace = ANY(:schemas) AND i.indexprs IS NOT NULL AND a.attstattarget >= 0 ORDER BY 2, 3"""


def indexes(draft: Draft, rows: Sequence[Row]) -> None:
    """Take up the indexes of the relations that are there."""
    for oid, relation, name, text, invalid, identity, clustered, top, root in rows:
        entry = draft.relations.get(relation)
        if entry is None:
            continue
        draft.parts["pg_class", oid] = entry, f"index {name}"
        if text is not None:
            entry.setdefault("indexes", {})[name] = text
            if top in draft.names:
                entry.setdefault("attached", {})[name] = f"{draft.names[top]}.{root}"
        if invalid:
            entry.setdefault("invalid", []).append(name)
        if identity:
            entry["replica_identity"] = f"USING INDEX {name}"
        if clustered:
            entry["cluster_on"] = name


def statistics(draft: Draft, rows: Sequence[Row]) -> None:
    """Take up the statistics targets of expressions."""
    for relation, name, number, target in rows:
        if relation in draft.relations:
            targets = draft.relations[relation].setdefault("index_statistics", {})
            targets.setdefault(name, {})[str(number)] = target
