"""What a role can do in a database and why: memberships, ownership, PUBLIC, predefined roles, policies, loopholes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import psycopg
from pydantic import JsonValue

from bootstrap.access import Access, RedisRules, access_string
from bootstrap.access.names import logins
from bootstrap.access.used_clients import UsedClient
from bootstrap.errors import BootstrapError
from bootstrap.postgres.desired import PUBLIC, RDS_IAM, Desired
from bootstrap.postgres.live import Live, LiveObject, read

# database-roles.html, "Predefined Roles": no ACL mentions what they may.
_PREDEFINED = {
    "pg_checkpoint": "runs CHECKPOINT",
    "pg_create_subscription": "creates subscriptions",
    "pg_database_owner": "owns the schema public of a database that it owns",
    "pg_execute_server_program": "runs programs on the server as its operating system user",
    "pg_maintain": "vacuums, analyzes, reindexes, refreshes and locks every table",
    "pg_monitor": "reads server settings, statistics and sizes",
    "pg_read_all_data": "reads every table, view and sequence, whatever their privileges say",
    "pg_read_all_settings": "reads every server setting",
    "pg_read_all_stats": "reads every statistic, other users' statements among them",
    "pg_read_server_files": "reads files of the server",
    "pg_signal_backend": "cancels queries and ends sessions of others",
    "pg_stat_scan_tables": "runs monitoring functions that lock tables",
    "pg_use_reserved_connections": "uses reserved connections",
    "pg_write_all_data": "writes every table, whatever their privileges say",
    "pg_write_server_files": "writes files of the server",
    "rds_iam": "logs in by IAM token; a password no longer works",
    "rds_superuser": "administers the instance, as far as RDS allows",
}
_LOOPHOLES = """SELECT 'function', format('%%I.%%I', n.nspname, p.proname), pg_get_userbyid(p.proowner)
    FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE p.prosecdef AND n.nspname = ANY(%(schemas)s)
    UNION ALL SELECT 'view', format('%%I.%%I', n.nspname, c.relname), pg_get_userbyid(c.relowner)
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind = 'v' AND n.nspname = ANY(%(schemas)s)
      AND NOT coalesce(c.reloptions
          && ARRAY['security_invoker=true', 'security_invoker=on', 'security_invoker=1'], false)
    ORDER BY 1, 2"""
_FUTURE = {"r": "tables", "S": "sequences", "f": "functions"}


class UnknownRoleError(BootstrapError):
    """The server has no such role."""

    def __init__(self, name: str, known: list[str]) -> None:
        super().__init__(f"the server has no role `{name}`: {', '.join(known)}")


@dataclass(frozen=True, kw_only=True)
class Reason:
    """Something that the role can do."""

    what: str
    on: tuple[str, ...]
    why: str

    def data(self) -> dict[str, JsonValue]:
        """Return it as `--json` prints it."""
        return {"what": self.what, "on": list(self.on), "why": self.why}


@dataclass(frozen=True, kw_only=True)
class _Held:
    """A role whose privileges count, and the way to it."""

    path: tuple[str, ...]
    inherited: bool
    """Whether they count without SET ROLE."""

    @property
    def why(self) -> str:
        way = " > ".join(self.path)
        return f"{way} (after SET ROLE {self.path[-1]})" if not self.inherited else way


def explain_database(conn: psycopg.Connection[Any], access: Access | None, name: str) -> tuple[Reason, ...]:
    """Return everything that role `name` can do in the database of `conn`, grouped by the reason why."""
    schemas = access.schemas if access else ("public",)
    stub = Desired(owner=access.owner if access else "", roles=(), memberships=(), identities={}, schemas=schemas)
    live = read(conn, stub)
    if name not in live.roles:
        raise UnknownRoleError(name, sorted(role for role in live.roles if not role.startswith(("pg_", "rds"))))
    if not access:
        live = read(conn, replace(stub, owner=live.database.owner))
    loopholes = conn.execute(_LOOPHOLES, {"schemas": list(schemas)}).fetchall()
    held = _closure(name, live)
    return (
        *_logins(name, live),
        *_powers(held, live),
        *_objects(held, live),
        *_columns(held, live),
        *_defaults(held, live, stub.owner or live.database.owner),
        *_policies(held, live),
        *_loopholes(held, live, loopholes),
    )


def _closure(name: str, live: Live) -> Mapping[str, _Held]:
    """Every role that counts, by the shortest way; one that inherits first."""
    found = {name: _Held(path=(name,), inherited=True)}
    # SET ROLE asks who is logged in: before PostgreSQL 16 a maintainer's logins are the owner's members, it is not.
    for row in sorted(live.memberships, key=lambda m: (not live.roles[m.member].login, m.member)):
        if row.member in logins(name) and row.role not in (*found, RDS_IAM) and row.set:
            found[row.role] = _Held(path=(row.member, row.role), inherited=False)
    ahead = list(found)
    while ahead:
        at = found[here := ahead.pop(0)]
        for row in sorted((m for m in live.memberships if m.member == here), key=lambda m: not m.inherit):
            inherited = at.inherited and row.inherit
            old = found.get(row.role)
            if (row.inherit or row.set) and (old is None or (inherited and not old.inherited)):
                found[row.role] = _Held(path=(*at.path, row.role), inherited=inherited)
                ahead.append(row.role)
    return found


def _logins(name: str, live: Live) -> Iterator[Reason]:
    role = live.roles[name]
    members = sorted({m.member for m in live.memberships if m.role == name and m.inherit})
    logins = tuple(n for n in (name, *members) if live.roles[n].login)
    yield Reason(what="is logged in as" if logins else "cannot be logged in as", on=logins or (name,), why="LOGIN")
    for each in (role, *(live.roles[n] for n in logins if n != name)):
        limits = [f"{key} = {value}" for key, value in sorted(each.settings.items())]
        if each.connection_limit != -1:
            limits.insert(0, f"at most {each.connection_limit} connections")
        if limits:
            yield Reason(what="works under", on=tuple(limits), why=f"settings of role {each.name}")


def _powers(held: Mapping[str, _Held], live: Live) -> Iterator[Reason]:
    for name, way in held.items():
        role = live.roles[name]
        # Attributes are never inherited, only taken on by SET ROLE (CREATE ROLE, Notes).
        for power in role.excess:
            how = way.why if len(way.path) == 1 else f"{' > '.join(way.path)} (after SET ROLE {name})"
            yield Reason(what=f"has {power}", on=("the server",), why=how)
        if name in _PREDEFINED:
            yield Reason(what=_PREDEFINED[name], on=("the server",), why=way.why)


def _objects(held: Mapping[str, _Held], live: Live) -> Iterator[Reason]:
    found: defaultdict[tuple[str, str, str], list[str]] = defaultdict(list)
    for item in (live.database, *live.objects):
        whole = item.kind != "database" or live.owner_creates
        for what, why in _on(item, held, whole=whole):
            found[item.kind, what, why].append(item.sql)
    for (kind, what, why), objects in found.items():
        yield Reason(what=f"{what} on {kind}", on=tuple(objects), why=why)


def _on(item: LiveObject, held: Mapping[str, _Held], *, whole: bool = True) -> Iterator[tuple[str, str]]:
    for name, way in held.items():
        if item.owner == name:
            yield "everything" if whole else "everything but CREATE (no schemas)", f"{way.why}: owns it"
        elif name in item.privileges:
            yield ", ".join(sorted(item.privileges[name])), f"{way.why}: granted"
    if PUBLIC in item.privileges:
        yield ", ".join(sorted(item.privileges[PUBLIC])), "PUBLIC: everybody may"


def _columns(held: Mapping[str, _Held], live: Live) -> Iterator[Reason]:
    for (schema, table), columns in live.columns.items():
        found: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
        for column, acl in columns.items():
            for name in acl.keys() & held.keys():
                found[", ".join(sorted(acl[name])), f"{held[name].why}: granted"].append(column)
        for (what, why), names in found.items():
            yield Reason(what=f"{what} on columns of {schema}.{table}", on=tuple(names), why=why)


def _defaults(held: Mapping[str, _Held], live: Live, owner: str) -> Iterator[Reason]:
    for (schema, letter), acl in live.defaults.items():
        for name in [n for n in (*held, PUBLIC) if n in acl and n != owner and letter in _FUTURE]:
            why = f"{held[name].why if name in held else PUBLIC}: default privileges of {owner}"
            where = f"{_FUTURE[letter]} that {owner} will make" + (f" in {schema}" if schema else "")
            yield Reason(what=", ".join(sorted(acl[name])), on=(where,), why=why)


def _policies(held: Mapping[str, _Held], live: Live) -> Iterator[Reason]:
    for (schema, table), wall in live.walls.items():
        where = f"{schema}.{table}"
        if not wall.enabled:
            continue
        free = [n for n in held if {"SUPERUSER", "BYPASSRLS"} & set(live.roles[n].excess)]
        if free:
            yield Reason(what="sees every row", on=(where,), why=f"{held[free[0]].why}: goes round row-level security")
        elif wall.owner in held and not wall.forced:
            yield Reason(what="sees every row", on=(where,), why=f"{held[wall.owner].why}: owns it, not forced")
        else:
            mine = [p for p in wall.policies.values() if "public" in p.roles or any(r in held for r in p.roles)]
            for policy in mine:
                reported = f"policy {policy.name}{'' if policy.permissive else ' (restrictive)'}"
                rows = " and ".join(
                    text
                    for text in (
                        policy.using and f"rows where {policy.using}",
                        policy.check and f"new rows where {policy.check}",
                    )
                    if text
                )
                yield Reason(what=rows, on=(where,), why=reported)
            if not any(policy.permissive for policy in mine):
                yield Reason(what="sees no row", on=(where,), why="row-level security without a policy for it")


def _loopholes(held: Mapping[str, _Held], live: Live, rows: list[tuple[Any, ...]]) -> Iterator[Reason]:
    """What runs with the rights of its owner: functions SECURITY DEFINER, views without security_invoker."""
    by_sql = {item.sql: item for item in live.objects}
    functions = {item.sql.partition("(")[0]: item for item in live.objects if item.kind == "function"}
    for kind, sql, owner in rows:
        item = (functions if kind == "function" else by_sql).get(sql)
        ways = [why for what, why in _on(item, held) if what != "everything"] if item else []
        if item and ways and owner not in held:
            reported = f"acts as {owner}" if kind == "function" else f"reads as {owner}"
            how = "SECURITY DEFINER" if kind == "function" else "a view without security_invoker"
            yield Reason(what=reported, on=(item.sql,), why=f"{how}; {ways[0]}")


def explain_redis(rules: RedisRules, *, users: bool = True) -> tuple[Reason, ...]:
    """Return what an identity can do in a cache, from its declared rules; everything in one that knows no `users`."""
    if not users:
        return (Reason(what="runs all commands on all keys", on=(), why="whoever has the AUTH token is `default`"),)
    reported = {
        "client": "uses the clients",
        "prefix": "has clients whose keys begin with",
        "role": "has the ready-made rules",
        "keys": "reads and writes keys",
        "read": "reads keys",
        "write": "writes keys",
        "channels": "publishes and subscribes to channels",
        "commands": "runs commands",
    }
    given = rules.model_dump(mode="json", exclude_defaults=True)
    if rules.client:
        given["client"] = [each.name for each in rules.client]
    found = [
        Reason(
            what=reported.get(key, key),
            on=(value,) if isinstance(value, str) else tuple(map(str, value)),
            why="declared",
        )
        for key, value in given.items()
    ]
    string = Reason(what="as the server has it", on=(access_string(rules),), why="access string")
    return (*found, *(reason for each in rules.client for reason in _of_client(each, rules.prefix)), string)


def _of_client(used: UsedClient, prefix: str | None) -> Iterator[Reason]:
    """What a client brings, what it has to be configured with, and what is not to be expected of it."""
    known = used.known
    why = f"client {used.name}"
    rights = used.rights(prefix)
    given = {
        "reads and writes keys": rights.keys,
        "publishes and subscribes to channels": rights.channels,
        "runs commands besides": rights.commands,
    }
    yield from (Reason(what=what, on=on, why=why) for what, on in given.items() if on)
    for setting in used.settings(prefix):
        yield Reason(what=f"{known.title} must be configured with", on=(setting.assignment,), why=setting.where)
    said = {
        "outside of a prefix": known.outside,
        "when it is emptied": known.clears,
        "may not": known.refused,
        "may fail without an error": known.silent,
    }
    for what, sentences in said.items():
        yield from (Reason(what=f"{known.title}: {what}", on=(sentence,), why=why) for sentence in sentences)
