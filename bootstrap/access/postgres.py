"""The PostgreSQL half of access.yaml: profiles, custom grants, memberships, settings, row-level policies."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from bootstrap.access import names
from bootstrap.access.condition import condition
from bootstrap.rule import Rule, short, whole

Kind = Literal["database", "schema", "table", "sequence", "function"]
Login = Literal["siblings", "present", "single", "none"]
Keep = Literal["marks", "owner"]
Schemas = Literal["create", "declared"]
Privilege = Literal[
    "select",
    "insert",
    "update",
    "delete",
    "truncate",
    "references",
    "trigger",
    "maintain",
    "usage",
    "execute",
    "connect",
    "temporary",
    "create",
]
EVERY = "*"
# GRANT's own table of what can be granted on what; `maintain` is PostgreSQL 17's.
_TABLE = {"select", "insert", "update", "delete", "truncate", "references", "trigger", "maintain"}
GRANTABLE: dict[str, set[str]] = {
    "table": _TABLE,
    "column": {"select", "insert", "update", "references"},
    "sequence": {"usage", "select", "update"},
    "function": {"execute"},
    "schema": {"usage", "create"},
    "database": {"connect", "temporary", "create"},
}
# guc.c, valid_custom_variable_name: names of an application's own are identifiers with dots between them.
_SETTING = re.compile(r"[A-Za-z_][A-Za-z0-9_$]*(\.[A-Za-z_][A-Za-z0-9_$]*)*")


def _list(value: object) -> object:
    if isinstance(value, str):
        if value != EVERY:
            raise ValueError(f"must be `*` or a list: [{value}]")
        return (EVERY,)
    return value


def _seconds(value: object) -> int:
    seconds = names.duration(value)
    if seconds is None:
        raise ValueError("needs a duration such as `30s`; `0` means no limit")
    return seconds


def _object(name: str) -> str:
    """Return a name that PostgreSQL keeps whole: quoting makes any other character safe (`change.ident`)."""
    if not name or "\0" in name:
        raise ValueError("is empty or holds a NUL; name an object")
    if len(name.encode()) > 63:
        raise ValueError(f"is {len(name.encode())} bytes long; PostgreSQL cuts names at 63")
    return name


def signature(text: str) -> str:
    """Return `name(type, type)` with its spaces put right."""
    if text == EVERY:
        return text
    found = re.fullmatch(r"\s*(.+?)\s*\((.*)\)\s*", text, re.DOTALL)
    if not found or "\0" in text:
        raise ValueError("needs its argument types: `answer()`, `total(integer, text)`")
    return f"{found[1]}({', '.join(part.strip() for part in found[2].split(',')) if found[2].strip() else ''})"


def _setting(name: str) -> str:
    if not _SETTING.fullmatch(name) or len(name) > 63:
        raise ValueError("is not that of a setting, e.g. `search_path`")
    return name.lower()


def _settings(value: object) -> object:
    """Values as YAML reads them (`off` is a boolean, `0` a number); each name once, whatever its capitals."""
    if not isinstance(value, dict):
        return value
    seen: dict[str, str] = {}
    for name in (name for name in value if isinstance(name, str)):
        if (other := seen.setdefault(name.lower(), name)) != name:
            raise ValueError(f"`{other}` and `{name}` are one setting to PostgreSQL; take one out")
    return {name: _setting_value(each) for name, each in value.items()}


def _setting_value(value: object) -> object:
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, str) and "\0" in value:
        raise ValueError("holds a NUL, which no setting can")
    return value


def timed(check: Callable[[object], int], *, zero: str = "") -> Rule:
    """A time in seconds, written as a duration; `zero` says what 0 means where it may stand."""
    forms: list[dict[str, object]] = [{"type": "string", "pattern": whole(names.DURATION_FORM)}]
    return Rule(
        words=names.DURATION + (f"; 0 means {zero}" if zero else ""),
        check=check,
        when="before",
        schema={"anyOf": [*forms, {"const": 0}]} if zero else forms[0],
        instead=True,
    )


Seconds = Annotated[int, timed(_seconds, zero="no limit")]
ObjectName = Annotated[str, Rule(words="63 bytes at most", check=_object, schema={"minLength": 1, "maxLength": 63})]
Signature = Annotated[
    str,
    Rule(
        words="with its argument types: `answer()`, `total(integer, text)`",
        check=signature,
        schema={"pattern": r"^(\*|\s*\S[\s\S]*\([\s\S]*\)\s*)$"},
    ),
]
SettingName = Annotated[
    str,
    Rule(
        words="that of a setting, e.g. `search_path`",
        check=_setting,
        schema={"pattern": whole(_SETTING.pattern), "maxLength": 63},
    ),
]
Settings = Annotated[
    dict[SettingName, str],
    Rule(
        words="each name once, whatever its capitals",
        check=_settings,
        when="before",
        schema={
            "type": "object",
            "patternProperties": {whole(_SETTING.pattern): {"type": ["string", "number", "boolean"]}},
            "propertyNames": {"maxLength": 63},
        },
        instead=True,
    ),
]
Objects = Annotated[tuple[ObjectName, ...] | None, Rule(words="", check=_list, when="before", also=({"const": EVERY},))]
Signatures = Annotated[
    tuple[Signature, ...] | None, Rule(words="", check=_list, when="before", also=({"const": EVERY},))
]
Condition = Annotated[
    str,
    Rule(
        words="one SQL condition, its quotes and parentheses closed, without comments",
        check=condition,
        schema={"pattern": r"\S"},
    ),
]


class Model(BaseModel):
    """Frozen and closed: an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Limits(Model):
    """What one login may take at most; 0 means no limit."""

    connection_limit: int | None = Field(default=None, ge=1, le=10000)
    """Connections at a time (`CONNECTION LIMIT`)."""
    statement_timeout: Seconds | None = None
    """How long a statement may take."""
    idle_in_transaction_session_timeout: Seconds | None = None
    """How long a transaction may wait for its client."""
    lock_timeout: Seconds | None = None
    """How long a statement waits for a lock."""

    def over(self, base: Limits) -> Limits:
        """Return these limits with `base` where they say nothing."""
        return Limits.model_construct(**{**base.model_dump(), **self.model_dump(exclude_none=True)})


class Grant(Model):
    """Privileges on some objects of one schema; on the schema itself where no object is named."""

    schema_name: ObjectName = Field(default="public", alias="schema")
    """Schema that the objects are in."""
    tables: Objects = None
    """Tables, views, materialized views, foreign tables. `*` is all there are and will be."""
    columns: tuple[ObjectName, ...] = ()
    """Only these columns of the tables."""
    sequences: Objects = None
    """Sequences. `*` is all there are and will be."""
    functions: Signatures = None
    """Functions and procedures with their argument types."""
    future: Literal["tables", "sequences", "functions"] | None = None
    """Only what the owner will make: its default privileges."""
    database: Literal[True] | None = None
    """The stack's database itself."""
    privileges: tuple[Privilege, ...]
    """Privileges as GRANT has them, in lower case."""

    @property
    def kind(self) -> Kind:
        """What the privileges are on."""
        chosen = self.future or next((k for k in ("tables", "sequences", "functions") if getattr(self, k)), None)
        kinds: dict[str | None, Kind] = {"tables": "table", "sequences": "sequence", "functions": "function"}
        return kinds.get(chosen, "database" if self.database else "schema")

    @property
    def objects(self) -> tuple[str, ...]:
        """Names or `*`; none where it is about the schema, the database or the future only."""
        return self.tables or self.sequences or self.functions or ()

    @model_validator(mode="after")
    def _one_target(self) -> Grant:
        """One of `tables`, `sequences`, `functions`, `future` and `database`; none of them means the schema itself.
        `columns` need their tables by name. `privileges` are some that PostgreSQL grants on that kind of object."""
        chosen = [k for k in ("tables", "sequences", "functions", "future", "database") if getattr(self, k) is not None]
        if not self.privileges:
            raise ValueError("grants no privilege: name some, e.g. `privileges: [select]`")
        if len(chosen) > 1:
            raise ValueError(f"names {' and '.join(chosen)}; write one grant for each")
        if self.columns and (self.tables is None or EVERY in self.tables):
            raise ValueError("columns need their tables by name: `tables: [users], columns: [id, email]`")
        on = "column" if self.columns else self.kind
        if wrong := [p for p in self.privileges if p not in GRANTABLE[on]]:
            known = ", ".join(sorted(GRANTABLE[on]))
            raise ValueError(f"`{', '.join(wrong)}` is nothing that can be granted on a {on}: {known}")
        return self


class MemberOf(Model):
    """Membership in another identity's role or in a predefined one (`pg_read_all_data`)."""

    role: ObjectName
    """An identity, or a role that PostgreSQL or RDS predefines."""
    admin: bool = False
    """Whether it may hand the membership on."""
    inherit: bool = True
    """Whether it has the role's privileges without SET ROLE; PostgreSQL 16+, before that always as the role is."""
    set: bool = True
    """Whether it may SET ROLE; PostgreSQL 16+, before that always true."""


class PostgresAccess(Model):
    """What an identity may do in the database."""

    privileges: Literal["migrator", "maintainer", "readwrite", "readonly", "monitoring", "custom"]
    """`migrator` acts as the owner, `readwrite` reads and writes rows, `readonly` reads, `monitoring` is pg_monitor
    and reads where the migrations and the sequences are, `custom` has its `grants` alone; the others may have some on
    top. `maintainer` is pg_monitor and pg_maintain (PostgreSQL 17+), reads no row by itself, and becomes the owner by
    SET ROLE for what PostgreSQL leaves to owners: dropping an index, partitions, rows past their time, and before 17
    VACUUM and REINDEX."""
    grants: tuple[Grant, ...] = ()
    member_of: tuple[Annotated[MemberOf, short("role")], ...] = ()
    login: Login = "siblings"
    """`siblings`: two logins x_a and x_b over a role x that cannot log in, for rotation without downtime; `single`:
    the role logs in itself; `none`: a role that others are members of. `present`: x is an existing login, whose
    password only its users have: it stays as it is, the siblings are made next to it, and it ends with the grace of
    the first `access rotate x` (docs/adopt.md)."""
    limits: Limits = Limits()
    schemas: Schemas | None = None
    """Whether a migrator may make schemas (and extensions that are trusted), as drizzle, pg-boss and graphile-worker
    do: `create` gives the owner CREATE on the database; `declared` takes it, and the bootstrap makes the schemas that
    are declared before its migrations. Absent, the owner has it where it owns the database, as PostgreSQL has it."""
    implied: bool = True
    """Whether CONNECT on the database and USAGE on the schemas come along; where not, its `grants` say all of it."""
    settings: Settings = Field(default_factory=dict)
    """Further settings of its logins, as ALTER ROLE ... SET takes them: `search_path: app, public`, `TimeZone: UTC`,
    `app.tenant: acme`. Names without regard to capitals."""

    @model_validator(mode="after")
    def _fits(self) -> PostgresAccess:
        """`custom` needs `grants` or `member_of` where somebody logs in. `settings` has no `role` beside
        `login: siblings`. A maintainer has `login: siblings`. `schemas` is a migrator's."""
        if self.privileges == "custom" and not self.grants and not self.member_of and self.login == "siblings":
            raise ValueError("custom privileges need `grants` or `member_of`")
        if self.login == "siblings" and "role" in self.settings:
            raise ValueError("`role` is set by the bootstrap: a sibling login acts as its identity")
        if self.schemas and self.privileges != "migrator":
            raise ValueError(
                "`schemas` says whether a migrator makes them; a grant on the database says it of others: "
                "`grants: [{database: true, privileges: [create]}]`"
            )
        if self.privileges == "maintainer" and self.login != "siblings":
            # Before PostgreSQL 16 a role has the privileges of all that it is a member of, or of none.
            raise ValueError("a maintainer has `login: siblings`: they are members of the owner, it is not")
        return self


class Policy(Model):
    """One row-level policy; `using` and `check` are SQL conditions, resolved in the declared schemas."""

    command: Literal["all", "select", "insert", "update", "delete"] = "all"
    """Statements that it is about."""
    roles: tuple[ObjectName, ...] = Field(min_length=1)
    """Identities, or `public`."""
    using: Condition | None = None
    """Rows that are seen, changed or deleted."""
    check: Condition | None = None
    """Rows that may be written."""
    restrictive: bool = False
    """Whether it limits what other policies permit (`AS RESTRICTIVE`), or permits more."""
    migration: bool = False
    """Whether a migration makes it: then it is compared, and never made, changed or dropped."""

    @model_validator(mode="after")
    def _conditions(self) -> Policy:
        """`using`, `check` or both, unless a migration makes it; an insert has `check` only, a select and a delete
        `using` only."""
        if self.using is None and self.check is None and not self.migration:
            raise ValueError("needs `using`, `check` or both")
        if self.command == "insert" and self.using is not None:
            raise ValueError("an insert has no row to look at yet: `check` only")
        if self.command in {"select", "delete"} and self.check is not None:
            raise ValueError(f"a {self.command} writes no row: `using` only")
        return self


class TablePolicies(Model):
    """Row-level security of one table; what a migration made is left alone, and compared where it is written here."""

    schema_name: ObjectName = Field(default="public", alias="schema")
    """Schema of the table."""
    table: ObjectName
    """The table; `*` is each one of the schema on which row-level security is on, also later, and that has no entry:
    graphile-worker switches it on and makes no policy, so nobody but the owner sees a job."""
    enabled: bool | None = None
    """Whether row-level security is on; on where a policy is declared, else as the migrations left it."""
    forced: bool | None = None
    """Whether it binds the owner too; as the migrations left it when absent."""
    rules: dict[ObjectName, Policy] = Field(default_factory=dict)
    """Policies, by name."""

    @model_validator(mode="after")
    def _of_many(self) -> TablePolicies:
        """`*` has `rules`, none of them of a migration, and neither `enabled` nor `forced`."""
        if self.table == EVERY and (self.enabled is not None or self.forced is not None):
            raise ValueError("`*` is the tables on which somebody has switched it on: `enabled` and `forced` name one")
        if self.table == EVERY and (not self.rules or any(rule.migration for rule in self.rules.values())):
            raise ValueError("`*` needs `rules` to make; what a migration makes is written down table by table")
        return self

    @property
    def on(self) -> bool | None:
        """Whether row-level security shall be on, None where that is left alone."""
        ours = any(not rule.migration for rule in self.rules.values())
        return True if self.enabled is None and ours else self.enabled
