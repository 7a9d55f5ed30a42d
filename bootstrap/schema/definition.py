"""The committed definition: its shape. How it is written, read from a file and compared: see docs/adr/0037.

Every name is SQL as the server quotes it (quote_ident) and has its schema (`public.users`, `shop."Order"`); every
expression stands as PostgreSQL prints it with an empty search_path (pg_get_constraintdef, ...), so that comparing is
exact and no text means something else where the search_path is another. What is absent is not so.

A need is `kind name`, as in `table public.users`, `type public.mood`, `constraint public.users.users_pkey` or
`extension citext`: what has to be there first, from pg_depend. What hangs on a table (indexes, triggers, foreign keys,
policies, rules) comes after everything that stands for itself, as in pg_dump's sections, and so has needs only where
it names an extension.
"""

from __future__ import annotations

from typing import Literal

from pydantic import ConfigDict, with_config
from typing_extensions import TypedDict

from bootstrap.periods import Period

_STRICT = ConfigDict(extra="forbid", strict=True)


@with_config(_STRICT)
class Extension(TypedDict, total=False):
    """An installed extension; what belongs to it is left out everywhere."""

    schema: str
    """Where its objects are; absent where the extension has a schema of its own."""


@with_config(_STRICT)
class Namespace(TypedDict, total=False):
    """A schema beside `public`, which is listed where its comment is not PostgreSQL's."""

    comment: str
    """Empty where `public` has lost its own."""


@with_config(_STRICT)
class Sequence(TypedDict, total=False):
    """A sequence; absent are PostgreSQL's defaults for its type and direction (CREATE SEQUENCE)."""

    type: str
    """Where it is not bigint."""
    name: str
    """Of an identity column's sequence, where it is not `<table>_<column>_seq` in the table's schema."""
    start: int
    increment: int
    minimum: int
    maximum: int
    cache: int
    cycle: bool
    unlogged: bool
    owned_by: str
    """The column with which it is dropped: `public.users.id`. Never that of an identity column."""
    comment: str


@with_config(_STRICT)
class Column(TypedDict, total=False):
    """A column of a table, view or foreign table.

    Of a partition that is laid out as its parent only `comment`, `statistics` and `options` are given, where it has its
    own; such an entry has no `type`.
    """

    type: str
    """As format_type prints it."""
    inherited: bool
    """Only from the tables it inherits from; it is not declared here."""
    not_null: bool
    """Its own; what a table that it inherits from says holds beside it."""
    not_null_name: str
    """From PostgreSQL 18 on: the constraint's name where it is not `<table>_<column>_not_null`."""
    not_null_no_inherit: bool
    default: str
    identity: Literal["ALWAYS", "BY DEFAULT"]
    sequence: Sequence
    """The options of an identity's sequence, where one is not the default."""
    generated: Literal["STORED", "VIRTUAL"]
    """`default` is then the expression."""
    collation: str
    """Where it is not that of the type."""
    storage: Literal["PLAIN", "MAIN", "EXTERNAL", "EXTENDED"]
    """Where it is not that of the type."""
    compression: Literal["pglz", "lz4"]
    statistics: int
    """The statistics target, where it is set."""
    options: list[str]
    """`n_distinct=-0.5`."""
    foreign_options: list[str]
    """Of a foreign table's column: `column_name 'x'`."""
    comment: str


@with_config(_STRICT)
class Relation(TypedDict, total=False):
    """What tables and views share; everything that hangs on them is by name."""

    comment: str
    options: list[str]
    """Storage parameters, `fillfactor=70`; those of its TOAST table begin with `toast.`."""
    access_method: str
    """Where it is not `heap`."""
    columns: dict[str, Column]
    """In order. Absent in a partition that is laid out as its parent and has no entry of its own."""
    indexes: dict[str, str]
    """CREATE INDEX; those of constraints are left out, as are those that PostgreSQL makes and names by itself in a
    partition for an index of its parent."""
    index_statistics: dict[str, dict[str, int]]
    """Statistics targets of an index's expressions by their number from 1."""
    invalid: list[str]
    """Indexes that a CREATE INDEX CONCURRENTLY left when it failed. Only of a server: no definition has any."""
    triggers: dict[str, str]
    """CREATE TRIGGER; may end in DISABLED, REPLICA or ALWAYS."""
    rules: dict[str, str]
    """CREATE RULE, but for that which makes a view; may end in DISABLED, REPLICA or ALWAYS."""
    replica_identity: str
    """FULL, NOTHING or USING INDEX and its name; absent where it is the primary key."""
    cluster_on: str
    """The index that CLUSTER follows."""
    comments: dict[str, str]
    """On what hangs on it: `index i`, `constraint c`, `trigger t`, `rule r`, `policy p`."""


@with_config(_STRICT)
class Foreign(TypedDict, total=False):
    """Where a foreign table's rows are."""

    server: str
    options: list[str]
    """`table_name 'x'`."""


@with_config(_STRICT)
class Table(Relation, total=False):
    """A table, partition or foreign table. Partitions of single periods that an upkeep makes are not listed."""

    needs: dict[str, list[str]]
    """By part: `table` (types, the partition key's functions), `column c` (its default or expression),
    `constraint c`, `index i`."""
    unlogged: bool
    of: str
    """The type of a typed table."""
    inherits: list[str]
    """In order; that which it is a partition of is not among them."""
    foreign: Foreign
    partition_by: str
    """Strategy and key."""
    partition_of: str
    bound: str
    """Of a partition: FOR VALUES ... or DEFAULT."""
    attached: dict[str, str]
    """Of a partition: which of its indexes and keys hang on which one of the table at the top, `public.t.t_pkey`."""
    period: Period
    """There is a partition for each such period in UTC, by access.yaml's `upkeep` or a function of its own."""
    constraints: dict[str, str]
    """Its own, not those inherited; NOT NULL only where it is NOT VALID."""
    row_security: Literal["ENABLED", "FORCED", "FORCED WHEN ENABLED"]
    """FORCED: enabled, for the owner too."""
    policies: dict[str, str]
    """CREATE POLICY."""


@with_config(_STRICT)
class View(Relation, total=False):
    """A view, materialized or not. Its columns follow from the definition; a default or a comment does not."""

    needs: list[str]
    materialized: bool
    unpopulated: bool
    """A materialized view that nobody has refreshed yet."""
    definition: list[str]
    """Lines of its SELECT."""


@with_config(_STRICT)
class Function(TypedDict, total=False):
    """A function, procedure, window function or aggregate."""

    comment: str
    needs: list[str]
    """What its signature names, and the functions that an aggregate is made of."""
    body_needs: list[str]
    """What only its body names, where PostgreSQL has parsed it (BEGIN ATOMIC, RETURN)."""
    definition: list[str]
    """Lines of CREATE OR REPLACE FUNCTION or of CREATE AGGREGATE."""


@with_config(_STRICT)
class Attribute(TypedDict, total=False):
    """A field of a composite type."""

    type: str
    collation: str
    comment: str


@with_config(_STRICT)
class Domain(TypedDict, total=False):
    """What makes a domain."""

    type: str
    collation: str
    default: str
    not_null: bool
    """Its own; what a table that it inherits from says holds beside it."""
    not_null_name: str
    """From PostgreSQL 17 on: where it is not `<domain>_not_null`."""
    constraints: dict[str, str]


@with_config(_STRICT)
class Type(TypedDict, total=False):
    """A type: one of the five is given; none where it is a shell."""

    comment: str
    needs: dict[str, list[str]]
    """By part: `type`, and of a domain `default` and `constraint c`."""
    enum: list[str]
    composite: dict[str, Attribute]
    domain: Domain
    range: dict[str, str]
    """CREATE TYPE's parameters of a range, by their names in lower case."""
    base: dict[str, str]
    """CREATE TYPE's parameters of a base type, by their names in lower case."""
    comments: dict[str, str]
    """On a domain's constraints: `constraint c`."""


@with_config(_STRICT)
class Object(TypedDict, total=False):
    """Any other object: `DROP <kind> <name>` drops it, `COMMENT ON <kind> <name>` comments on it."""

    comment: str
    needs: list[str]
    definition: list[str]
    """The statements that make it."""


@with_config(_STRICT)
class Schema(TypedDict, total=False):
    """All of it.

    Left out are the books of the migrations, what belongs to an extension and what the cloud keeps for itself; owners
    and grants are the access declaration's.
    """

    version: int
    """The migration it is the schema of."""
    extensions: dict[str, Extension]
    schemas: dict[str, Namespace]
    types: dict[str, Type]
    sequences: dict[str, Sequence]
    """Those that belong to no identity column."""
    functions: dict[str, Function]
    """By name and types of the arguments."""
    tables: dict[str, Table]
    views: dict[str, View]
    objects: dict[str, dict[str, Object]]
    """By kind (`operator`, `cast`, `collation`, `text search configuration`, `statistics`, `event trigger`,
    `publication`, ...) and name."""
