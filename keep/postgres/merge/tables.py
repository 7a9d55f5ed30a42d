"""What a merge has to know of tables: columns, the key that a row is found by, unique rules, triggers, foreign keys."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from bootstrap.postgres import SCHEMA
from bootstrap.postgres.change import comma, ident, literal
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
    on: Name
    """The table, or the partition that has it for itself or as one of its table's."""
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
class Part:
    """A partition that has a foreign key, or is referred to by one, in place of its whole table."""

    name: Name
    holds: str
    """Condition of its rows, of columns without a table's name."""

    def rows(self, alias: str) -> str:
        """Return the condition that a row of the table is in it; none is where it is not there."""
        name = literal(quoted(self.name))
        return f"{alias}.tableoid IN (SELECT relid FROM pg_catalog.pg_partition_tree(to_regclass({name})))"


@dataclass(frozen=True, kw_only=True)
class ForeignKey:
    """A foreign key, of a partitioned table or of one of its partitions too."""

    name: str
    child: Name
    parent: Name
    child_part: Part | None = None
    parent_part: Part | None = None
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
        return f"{shown(self.on)}.{self.name}"

    @property
    def on(self) -> Name:
        """What it is a constraint of."""
        return self.child_part.name if self.child_part else self.child

    def child_rows(self, alias: str) -> str:
        """Return the condition that a row of the child's table is one that it is about."""
        return self.child_part.rows(alias) if self.child_part else "true"

    def parent_rows(self, alias: str) -> str:
        """Return the condition that a row of the parent's table is one that can be referred to."""
        return self.parent_part.rows(alias) if self.parent_part else "true"

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
