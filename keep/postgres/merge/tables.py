"""What a merge has to know of tables: columns, the key that a row is found by, unique rules, triggers, foreign keys."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import psycopg
from psycopg.rows import tuple_row

from bootstrap.postgres import SCHEMA
from bootstrap.postgres.change import comma, ident
from keep.errors import AskedError

Name = tuple[str, str]
"""Schema and table: what tables of two databases have in common."""


@dataclass(frozen=True, kw_only=True)
class Column:
    """A column of a table."""

    name: str
    type: str
    """With its collation, as it is declared."""
    generated: str | None
    """Expression of a generated column, which is never written."""
    default: str
    """Expression; `NULL` where there is none."""
    required: bool
    """Whether a row cannot be without a value for it."""


@dataclass(frozen=True, kw_only=True)
class Rule:
    """A unique index or an exclusion constraint: no two rows for which every operator holds."""

    name: str
    expressions: tuple[str, ...]
    operators: tuple[str, ...]
    predicate: str | None
    distinct_nulls: bool
    """Whether NULL meets nothing, as by default."""


@dataclass(frozen=True, kw_only=True)
class Trigger:
    """A user's trigger that fires where rows are inserted or changed."""

    name: str
    state: Literal["O", "A"]
    """`O` fires in ordinary sessions, `A` always."""


@dataclass(frozen=True, kw_only=True)
class Table:
    """A table, with its partitions."""

    name: Name
    proved: str
    """What proofs of rows call it (`keep.postgres.tables`): with its schema, quoted where SQL has to."""
    partitioned: bool
    hidden: bool
    """Whether row security is forced, so that it hides rows even from the owner."""
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    """Columns of the primary key, or else of a unique index whose columns are never NULL; none where there is none."""
    key_operators: tuple[str, ...]
    rules: tuple[Rule, ...]
    """All others."""
    triggers: tuple[Trigger, ...]

    @property
    def shown(self) -> str:
        """As shown to people: with its schema, unless that is the applications' own."""
        return shown(self.name)

    @property
    def sql(self) -> str:
        """As it is read: without those that inherit from it, but with its partitions."""
        return f"{'' if self.partitioned else 'ONLY '}{self.written}"

    @property
    def written(self) -> str:
        """As it is written to."""
        return quoted(self.name)

    def column(self, name: str) -> Column | None:
        """Return a column; None where there is none of that name."""
        return next((each for each in self.columns if each.name == name), None)


@dataclass(frozen=True, kw_only=True)
class ForeignKey:
    """A foreign key, of a partitioned table too."""

    name: str
    child: Name
    parent: Name
    columns: tuple[str, ...]
    referenced: tuple[str, ...]
    operators: tuple[str, ...]
    """Parent's column, operator, child's column (pg_constraint.conpfeqop)."""
    on_delete: Literal["a", "r", "c", "n", "d"]
    """As pg_constraint has it: no action, restrict, cascade, set null, set default."""
    cleared: tuple[str, ...]
    """Columns that SET NULL and SET DEFAULT touch."""
    deferrable: bool
    deferred: bool
    enforced: bool

    @property
    def shown(self) -> str:
        """As shown to people."""
        return f"{shown(self.child)}.{self.name}"

    def meet(self, parent: str, child: str) -> str:
        """Return the condition that a row of one alias is the parent of the other's."""
        pairs = zip(self.referenced, self.operators, self.columns, strict=True)
        return " AND ".join(f"{parent}.{ident(to)} {op} {child}.{ident(of)}" for to, op, of in pairs)

    def refers(self, child: str) -> str:
        """Return the condition that a row refers to anything: a NULL among its columns means that it does not."""
        return " AND ".join(f"{child}.{ident(of)} IS NOT NULL" for of in self.columns)


@dataclass(frozen=True, kw_only=True)
class Catalogue:
    """The tables and foreign keys of a database; without extensions', temporary and foreign tables."""

    tables: dict[Name, Table]
    keys: tuple[ForeignKey, ...]

    def named(self, asked: str, where: str) -> Table:
        """Return the table that `TABLE` or `SCHEMA.TABLE` means. Raise AskedError."""
        for table in self.tables.values():
            if asked in (table.shown, ".".join(table.name)):
                return table
        raise AskedError(f"{where} has no table `{asked}`; a table of a schema other than {SCHEMA} is SCHEMA.TABLE")


def shown(name: Name) -> str:
    """Return it with its schema, unless that is the applications' own."""
    return name[1] if name[0] == SCHEMA else ".".join(name)


def quoted(name: Name) -> str:
    """Return it as SQL."""
    return f"{ident(name[0])}.{ident(name[1])}"


def listed(names: tuple[str, ...], of: str = "") -> str:
    """Return columns as a list in SQL, of an alias where one is given."""
    return comma(f"{of}.{ident(each)}" if of else ident(each) for each in names)


# Equality as the index means it: the operator of its operator class, by name with schema, for the path is empty.
_TABLES = """
WITH heaps AS (
  SELECT c.oid, n.nspname, c.relname, c.relkind FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relpersistence <> 't'
    AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
    AND NOT EXISTS (SELECT FROM pg_depend d
                    WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')),
indexes AS (
  SELECT i.*, x.conexclop, r.relname FROM pg_index i JOIN heaps h ON h.oid = i.indrelid
  JOIN pg_class r ON r.oid = i.indexrelid
  LEFT JOIN pg_constraint x ON x.conindid = i.indexrelid AND x.contype = 'x'
  WHERE (i.indisunique OR i.indisexclusion) AND i.indisvalid),
rules AS (
  SELECT i.indrelid, json_build_object(
    'name', i.relname, 'predicate', pg_get_expr(i.indpred, i.indrelid), 'nulls', NOT i.indnullsnotdistinct,
    'primary', i.indisprimary,
    'columns', (SELECT json_agg(a.attname ORDER BY k) FROM generate_series(0, i.indnkeyatts - 1) k
                JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[k] AND a.attnotnull
                WHERE i.indpred IS NULL AND i.indisunique AND NOT i.indisexclusion AND i.indimmediate),
    'expressions', (SELECT json_agg(pg_get_indexdef(i.indexrelid, k, false) ORDER BY k)
                    FROM generate_series(1, i.indnkeyatts) k),
    'operators', (SELECT json_agg(format('OPERATOR(%I.%s)', on_.nspname, o.oprname) ORDER BY k)
                  FROM generate_series(0, i.indnkeyatts - 1) k JOIN pg_opclass oc ON oc.oid = i.indclass[k]
                  LEFT JOIN pg_amop am ON am.amopfamily = oc.opcfamily AND am.amopstrategy = 3
                    AND am.amoplefttype = oc.opcintype AND am.amoprighttype = oc.opcintype AND am.amoppurpose = 's'
                  JOIN pg_operator o ON o.oid = coalesce(i.conexclop[k + 1], am.amopopr)
                  JOIN pg_namespace on_ ON on_.oid = o.oprnamespace)) AS rule
  FROM indexes i)
SELECT h.nspname, h.relname, format('%I.%I', h.nspname, h.relname), h.relkind = 'p', row_security_active(h.oid),
  (SELECT json_agg(json_build_array(a.attname,
       format_type(a.atttypid, a.atttypmod) || CASE WHEN a.attcollation = 0 THEN '' ELSE
         (SELECT format(' COLLATE %I.%I', ln.nspname, l.collname) FROM pg_collation l
          JOIN pg_namespace ln ON ln.oid = l.collnamespace WHERE l.oid = a.attcollation) END,
       CASE WHEN a.attgenerated <> '' THEN pg_get_expr(d.adbin, d.adrelid) END,
       CASE WHEN a.attgenerated = '' THEN coalesce(pg_get_expr(d.adbin, d.adrelid), 'NULL') ELSE 'NULL' END,
       a.attnotnull AND d.oid IS NULL AND a.attidentity = '') ORDER BY a.attnum)
   FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
   WHERE a.attrelid = h.oid AND a.attnum > 0 AND NOT a.attisdropped),
  (SELECT json_agg(r.rule ORDER BY (r.rule ->> 'primary')::boolean DESC, r.rule ->> 'name')
   FROM rules r WHERE r.indrelid = h.oid),
  (SELECT json_agg(json_build_array(t.tgname, t.tgenabled) ORDER BY t.tgname) FROM pg_trigger t
   WHERE t.tgrelid = h.oid AND NOT t.tgisinternal AND t.tgenabled IN ('O', 'A')
     AND (t.tgtype & 4 > 0 OR t.tgtype & 16 > 0))  -- TRIGGER_TYPE_INSERT, TRIGGER_TYPE_UPDATE
FROM heaps h ORDER BY 1, 2
"""
# One line for a foreign key of a partitioned table: those of its partitions have it as their parent. `conenforced`
# came with PostgreSQL 18.
_KEYS = """
SELECT c.conname, cn.nspname, ch.relname, pn.nspname, pa.relname, names.of, names.to_, names.operators,
       c.confdeltype, coalesce(names.cleared, names.of), c.condeferrable, c.condeferred,
       coalesce((to_jsonb(c) ->> 'conenforced')::boolean, true)
FROM pg_constraint c
JOIN pg_class ch ON ch.oid = c.conrelid JOIN pg_namespace cn ON cn.oid = ch.relnamespace
JOIN pg_class pa ON pa.oid = c.confrelid JOIN pg_namespace pn ON pn.oid = pa.relnamespace
CROSS JOIN LATERAL (
  SELECT json_agg(a.attname ORDER BY k) AS of, json_agg(b.attname ORDER BY k) AS to_,
         json_agg(format('OPERATOR(%I.%s)', n.nspname, o.oprname) ORDER BY k) AS operators,
         json_agg(a.attname ORDER BY k) FILTER (WHERE a.attnum = ANY(c.confdelsetcols)) AS cleared
  FROM generate_subscripts(c.conkey, 1) k
  JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[k]
  JOIN pg_attribute b ON b.attrelid = c.confrelid AND b.attnum = c.confkey[k]
  JOIN pg_operator o ON o.oid = c.conpfeqop[k] JOIN pg_namespace n ON n.oid = o.oprnamespace) names
WHERE c.contype = 'f' AND c.conparentid = 0 ORDER BY 2, 3, 1
"""


def read(conn: psycopg.Connection[Any]) -> Catalogue:
    """Read the catalogue, with an empty search_path, so that every name comes with its schema."""
    with conn.cursor(row_factory=tuple_row) as cursor:
        found = cursor.execute(_TABLES.encode()).fetchall()
        keys = cursor.execute(_KEYS.encode()).fetchall()
    tables = {(each[0], each[1]): _table(*each) for each in found}
    every = tuple(
        ForeignKey(
            name=name,
            child=(child_schema, child),
            parent=(parent_schema, parent),
            columns=tuple(columns),
            referenced=tuple(referenced),
            operators=tuple(operators),
            on_delete=action,
            cleared=tuple(cleared),
            deferrable=deferrable,
            deferred=deferred,
            enforced=enforced,
        )
        for (
            name,
            child_schema,
            child,
            parent_schema,
            parent,
            columns,
            referenced,
            operators,
            action,
            cleared,
            deferrable,
            deferred,
            enforced,
        ) in keys
    )
    return Catalogue(
        tables=tables, keys=tuple(each for each in every if each.child in tables and each.parent in tables)
    )


def _table(
    schema: str,
    name: str,
    proved: str,
    partitioned: bool,
    hidden: bool,
    columns: list[list[Any]],
    rules: list[dict[str, Any]] | None,
    triggers: list[list[Any]] | None,
) -> Table:
    whole = [each for each in rules or () if len(each["columns"] or ()) == len(each["expressions"])]
    key = whole[0] if whole else None
    return Table(
        name=(schema, name),
        proved=proved,
        partitioned=partitioned,
        hidden=hidden,
        columns=tuple(
            Column(name=each, type=type_, generated=generated, default=default, required=required)
            for each, type_, generated, default, required in columns or ()
        ),
        key=tuple(key["columns"]) if key else (),
        key_operators=tuple(key["operators"]) if key else (),
        rules=tuple(
            Rule(
                name=each["name"],
                expressions=tuple(each["expressions"]),
                operators=tuple(each["operators"]),
                predicate=each["predicate"],
                distinct_nulls=each["nulls"],
            )
            for each in rules or ()
            if each is not key
        ),
        triggers=tuple(Trigger(name=each, state=state) for each, state in triggers or ()),
    )
