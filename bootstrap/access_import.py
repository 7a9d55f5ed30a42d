"""The declaration of a live server: what it has, in the words of access.yaml, so that the first plan is empty."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import psycopg

from bootstrap.access import AccessError, load_access
from bootstrap.access.names import SIBLINGS, identity_name, logins
from bootstrap.access_plan import differences
from bootstrap.errors import BootstrapError
from bootstrap.postgres.desired import PUBLIC, RDS_IAM, Desired, Privileges, Role, desired
from bootstrap.postgres.grants import defaults, governed, grants
from bootstrap.postgres.live import MARK, Live, LiveObject, LiveRole, read
from bootstrap.postgres.plan import plan
from bootstrap.postgres.policies import ours
from bootstrap.redis.by_url import import_users
from bootstrap.secrets import Secret, open_redis_url

_KEEP = ("strangers", "attributes", "marks", "owner", "public")
_LETTERS = {"table": "r", "sequence": "S", "function": "f"}
_COMMANDS = {"*": "all", "r": "select", "a": "insert", "w": "update", "d": "delete"}
_SCHEMAS = r"""SELECT n.nspname FROM pg_namespace n WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
    AND NOT EXISTS (SELECT FROM pg_depend x WHERE x.classid = 'pg_namespace'::regclass AND x.objid = n.oid
        AND x.deptype = 'e') ORDER BY 1"""


class UnsayableError(BootstrapError):
    """The server cannot be put into a declaration."""


@dataclass(frozen=True, kw_only=True)
class Imported:
    """A declaration, and what it does not say."""

    declaration: dict[str, Any]
    left_out: tuple[str, ...]
    """One sentence for each role that is nobody's identity."""


def import_database(conn: psycopg.Connection[Any]) -> Imported:
    """Return the declaration of the database that `conn` is connected to; nothing is written."""
    schemas = tuple(name for (name,) in conn.execute(_SCHEMAS.encode()))
    stub = Desired(owner="", roles=(), memberships=(), identities={}, schemas=schemas or ("public",))
    owner = _owner(read(conn, stub, everything=True))
    stub = replace(stub, owner=owner)
    live = read(conn, stub, everything=True)
    left_out: dict[str, str] = {}
    here = _here(live)
    roles = [r for r in live.roles.values() if _lives_here(r, live, here) and _identity(r, live, owner, left_out)]
    if not roles:
        raise UnsayableError(
            "no role of this server can be an identity: " + ("; ".join(left_out.values()) or "none is there")
        )
    for public in (_public_differs(stub, live), True):
        data = _declaration(owner, roles, live, stub, public=public)
        if not _changes(data, live):
            break
    else:
        raise UnsayableError("this server cannot be put into a declaration: " + "; ".join(_changes(data, live)[:3]))
    # The fewest exceptions that leave the first plan empty.
    for word in _KEEP:
        fewer = {**data, "keep": [each for each in data["keep"] if each != word]}
        if (word != "public" or not public) and not _changes(fewer, live, told=True):
            data = fewer
    if not data["keep"]:
        del data["keep"]
    return Imported(declaration=data, left_out=tuple(left_out.values()))


def _owner(live: Live) -> str:
    """Whoever owns most of it; the database's owner where nothing is in it."""
    counted: dict[str, int] = {}
    for item in live.objects:
        if item.kind != "schema":
            counted[item.owner] = counted.get(item.owner, 0) + 1
    return max(counted, key=lambda name: (counted[name], name == live.database.owner), default=live.database.owner)


def _here(live: Live) -> set[str]:
    """Every role with a privilege in this database, or a member of one."""
    acls = [item.privileges for item in (live.database, *live.objects)] + list(live.defaults.values())
    acls += [acl for columns in live.columns.values() for acl in columns.values()]
    found = {grantee for acl in acls for grantee in acl} - {PUBLIC}
    while more := {m.member for m in live.memberships if m.role in found} - found:
        found |= more
    return found


def _lives_here(role: LiveRole, live: Live, here: set[str]) -> bool:
    """Whether a role concerns this database: other databases of the server have roles of their own."""
    if role.name in here or any(m.role == role.name and m.member in here for m in live.memberships):
        return True
    marked = (role.mark or "").startswith(MARK)
    return role.login and not marked and "CONNECT" in live.database.privileges.get(PUBLIC, frozenset())


def _identity(role: LiveRole, live: Live, owner: str, left_out: dict[str, str]) -> bool:
    """Whether a role can be somebody's; say why where it is worth saying."""
    if role.name == owner or role.name.startswith(("pg_", "rds")):
        return False
    powers = sorted(set(role.excess) - {"CREATEDB"})
    try:
        identity_name(role.name)
    except ValueError as error:
        left_out[role.name] = f"role {role.name} is left out: its name {error}"
        return False
    if powers or role.name == live.user:
        why = f"it has {', '.join(powers)}" if powers else "it is who looks"
        left_out[role.name] = f"role {role.name} is left out: {why}, an administrator is nobody's identity"
    elif not role.administered:
        left_out[role.name] = f"role {role.name} is left out: {live.user} may not administer it"
    elif role.connection_limit != -1 and not 1 <= role.connection_limit <= 10000:
        left_out[role.name] = f"role {role.name} is left out: its connection limit is {role.connection_limit}"
    return role.name not in left_out


def _changes(data: dict[str, Any], live: Live, *, told: bool = False) -> list[str]:
    """What a first plan would hold, with the declaration's problems; with what would be told besides, if asked."""
    try:
        wanted = desired(load_access(data), _active(live), iam=True)
    except AccessError as error:
        return [str(problem) for problem in error.problems]
    ours_only = _focused(wanted, live)
    found = [change.sql for change in plan(wanted, ours_only)]
    return found + (list(differences(wanted, ours_only)) if told else [])


def _active(live: Live) -> dict[str, str]:
    return {
        name: "b"
        for name in live.roles
        if all(n in live.roles for n in logins(name)) and [live.roles[n].login for n in logins(name)] == [False, True]
    }


def _focused(wanted: Desired, live: Live) -> Live:
    """What `read` would have read for `wanted`."""
    marked = {name for name, role in live.roles.items() if (role.mark or "").startswith(MARK)}
    names = wanted.managed | {wanted.owner} | marked
    asked = {(g.grant.schema_name, table) for g in wanted.given if g.grant.columns for table in g.grant.objects}
    return replace(
        live,
        roles={name: role for name, role in live.roles.items() if name in names},
        memberships=tuple(
            m for m in live.memberships if m.member in names or (m.role, m.member) == (wanted.owner, live.user)
        ),
        columns={key: columns for key, columns in live.columns.items() if columns or key in asked},
    )


def _public_differs(stub: Desired, live: Live) -> bool:
    return any((*grants(stub, live), *defaults(stub, live)))


def _declaration(owner: str, roles: list[LiveRole], live: Live, stub: Desired, *, public: bool) -> dict[str, Any]:
    pairs = {role.name: both for role in roles if (both := _siblings(role, live, owner))}
    taken = {name for both in pairs.values() for name in both}
    identities = {
        role.name: _auth(pairs.get(role.name, ()) or (role.name,), live)
        | {"postgres": _postgres(role, pairs.get(role.name, ()), live, stub, public=public)}
        for role in roles
        if role.name not in taken
    }
    keep = [word for word in _KEEP if public or word != "public"]
    data: dict[str, Any] = {"owner": owner, "schemas": list(stub.schemas), "keep": keep, "identities": identities}
    if policies := list(_policies(owner, live)):
        data["policies"] = policies
    return data


def _auth(logins_of: tuple[str, ...], live: Live) -> dict[str, Any]:
    return {"auth": "iam"} if any(_member(name, RDS_IAM, live) for name in logins_of) else {}


def _siblings(role: LiveRole, live: Live, owner: str) -> tuple[str, ...]:
    """The two logins of a role that the bootstrap made."""
    both = tuple(live.roles[name] for name in logins(role.name) if name in live.roles)
    if role.login or len(both) != len(SIBLINGS) or role.settings or role.connection_limit != -1:
        return ()
    alike = both[0].settings == both[1].settings and both[0].connection_limit == both[1].connection_limit
    acts_as = owner if _member(role.name, owner, live) else role.name
    single = {
        login.name
        for login in both
        if {m.role for m in live.memberships if m.member == login.name} - {RDS_IAM} == {role.name}
    }
    one_in_use = sum(login.login for login in both) == 1
    if alike and one_in_use and both[0].settings.get("role") == acts_as and len(single) == len(SIBLINGS):
        return tuple(login.name for login in both)
    return ()


def _member(name: str, of: str, live: Live) -> bool:
    return any((m.member, m.role) == (name, of) for m in live.memberships)


def _postgres(role: LiveRole, both: tuple[str, ...], live: Live, stub: Desired, *, public: bool) -> dict[str, Any]:
    login = live.roles[both[0]] if both else role
    settings = {key: value for key, value in login.settings.items() if not both or key != "role"}
    found: dict[str, Any] = {"privileges": "migrator" if _member(role.name, stub.owner, live) else "custom"}
    for profile in ("readonly", "readwrite"):
        if found["privileges"] == "custom" and _exactly(role.name, profile, live, stub, public=public):
            found["privileges"] = profile
    if found["privileges"] in {"custom", "migrator"}:
        found["grants"] = list(_grants(role.name, live, stub))
    found["member_of"] = list(_memberships(role.name, live, stub.owner))
    if not both:
        found["login"] = "single" if role.login else "none"
    if login.connection_limit != -1:
        found["limits"] = {"connection_limit": login.connection_limit}
    found["settings"] = settings
    return {key: value for key, value in found.items() if value}


def _exactly(name: str, profile: str, live: Live, stub: Desired, *, public: bool) -> bool:
    """Whether a role has what a ready-made profile gives and nothing else."""
    keep = frozenset({"public"} if public else ())
    trial = replace(stub, roles=(Role(name=name),), identities={name: profile}, keep=keep)
    return not any(name in c.sql for c in (*grants(trial, live), *defaults(trial, live)))


def _memberships(name: str, live: Live, owner: str) -> Iterator[dict[str, Any]]:
    rows = [m for m in live.memberships if m.member == name and m.role not in {owner, RDS_IAM}]
    for role in dict.fromkeys(m.role for m in rows):
        of = [m for m in rows if m.role == role]
        yield {"role": role} | {
            option: value
            for option, usual in (("admin", False), ("inherit", True), ("set", True))
            if (value := any(getattr(m, option) for m in of)) is not usual
        }


def _grants(name: str, live: Live, stub: Desired) -> Iterator[dict[str, Any]]:
    items = [item for item in (live.database, *live.objects) if governed(stub, item)]
    for item in items:
        if has := item.privileges.get(name):
            if item.kind == "database":
                yield {"database": True, "privileges": _words(has)}
            elif item.kind == "schema":
                yield {**_schema(item.schema), "privileges": _words(has)}
    for schema in stub.schemas:
        for kind, letter in _LETTERS.items():
            here = [item for item in items if (item.kind, item.schema) == (kind, schema)]
            yield from _objects(
                name, schema, kind, here, live.defaults.get((schema, letter), {}).get(name, frozenset())
            )
        for (where, table), columns in live.columns.items():
            if where == schema and any((i.kind, i.schema, i.name) == ("table", where, table) for i in items):
                for privileges, names in _alike((c, acl.get(name)) for c, acl in columns.items()):
                    yield {**_schema(schema), "tables": [table], "columns": names, "privileges": privileges}


def _objects(
    name: str, schema: str, kind: str, items: list[LiveObject], future: Privileges
) -> Iterator[dict[str, Any]]:
    if future:
        yield {**_schema(schema), "future": f"{kind}s", "privileges": _words(future)}
    for privileges, names in _alike((item.key, item.privileges.get(name)) for item in items):
        yield {**_schema(schema), f"{kind}s": names, "privileges": privileges}


def _alike(pairs: Iterable[tuple[str, Privileges | None]]) -> Iterator[tuple[list[str], list[str]]]:
    """Names by what is held on them."""
    found: defaultdict[Privileges, list[str]] = defaultdict(list)
    for name, privileges in pairs:
        if privileges:
            found[privileges].append(name)
    for privileges, names in found.items():
        yield _words(privileges), names


def _words(privileges: Privileges) -> list[str]:
    return sorted(privilege.lower() for privilege in privileges)


def _schema(name: str) -> dict[str, str]:
    return {} if name == "public" else {"schema": name}


def _policies(owner: str, live: Live) -> Iterator[dict[str, Any]]:
    for (schema, table), wall in live.walls.items():
        rules = {
            name: {
                "command": _COMMANDS[policy.command],
                "roles": list(policy.roles),
                **({"using": policy.using} if policy.using else {}),
                **({"check": policy.check} if policy.check else {}),
                **({} if policy.permissive else {"restrictive": True}),
            }
            for name, policy in wall.policies.items()
            if ours(policy)
        }
        if rules and wall.owner == owner:
            yield {**_schema(schema), "table": table, "enabled": wall.enabled, "rules": rules}


def import_redis(declaration: dict[str, Any], url: Secret, cache: str) -> list[str]:
    """Add the users of a Redis server to a declaration; return what was left out."""
    with open_redis_url(url) as client:
        found = import_users(client)
    for name, rules in found.users.items():
        declaration["identities"].setdefault(name, {}).setdefault("redis", {})[cache] = rules
    return list(found.differences)
