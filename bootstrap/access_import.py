"""The declaration of a live server: what it has, in the words of access.yaml, so that the first plan is empty."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import psycopg

from bootstrap.access import AccessError, load_access
from bootstrap.access.names import identity_name, logins
from bootstrap.errors import BootstrapError
from bootstrap.imported.grants import everybody
from bootstrap.imported.identities import identity, siblings
from bootstrap.imported.policies import policies
from bootstrap.postgres.active_logins import active
from bootstrap.postgres.desired import PUBLIC, Desired, desired
from bootstrap.postgres.facts import Fact, Granted
from bootstrap.postgres.live import MARK, Live, LiveRole, read
from bootstrap.postgres.plan import plan
from bootstrap.postgres.server_roles import of_server
from bootstrap.postgres.strangers import strangers
from bootstrap.postgres.unseen import beside
from bootstrap.redis.by_url import import_users
from bootstrap.secrets import Secret, open_redis_url

_KEEP = ("marks", "owner")
_NOBODY = "datatier_nobody_yet"
_NOBODY_YET = {"postgres": {"privileges": "custom", "login": "none", "implied": False}}
"""Stands for an identity where there is none, as a declaration has one at least."""


class UnsayableError(BootstrapError):
    """The server cannot be put into a declaration."""


@dataclass(frozen=True, kw_only=True)
class ImportedDatabase:
    """A declaration, and what it does not say."""

    declaration: dict[str, Any]
    left_out: tuple[str, ...]
    """One sentence for each role that is nobody's identity."""


def import_database(conn: psycopg.Connection[Any], *, alone: bool = False) -> ImportedDatabase:
    """Return the declaration of the database that `conn` is connected to; nothing is written.

    :param alone: whether it may have no identity, where nobody but administrators and the owner logs in.
    """
    stub = Desired(owner="", roles=(), memberships=(), identities={})
    found = read(conn, stub)
    stub = replace(stub, schemas=tuple(sorted({*found.schemas, "public"})) if _has_public(found) else _only(found))
    owner = _owner(read(conn, stub))
    stub = replace(stub, owner=owner)
    live = read(conn, stub)
    left_out: dict[str, str] = {}
    here = _here(live)
    roles = [r for r in live.roles.values() if _lives_here(r, live, here) and _identity(r, live, owner, left_out)]
    nobody = (
        {_NOBODY: _NOBODY_YET} if alone and not roles and all("administrator" in w for w in left_out.values()) else {}
    )
    if not roles and not nobody:
        raise UnsayableError(
            "no role of this server can be an identity: " + ("; ".join(left_out.values()) or "none is there")
        )
    data = _declaration(owner, roles, live, stub)
    data["identities"] |= nobody
    data = _with_exceptions(data, live)
    if changes := _changes(data, live):
        raise UnsayableError("this server cannot be put into a declaration: " + "; ".join(changes[:3]))
    for word in _KEEP:  # the fewest that leave the first plan empty
        fewer = {**data, "keep": [each for each in data["keep"] if each != word]}
        if not _changes(fewer, live):
            data = fewer
    data["identities"].pop(_NOBODY, None)
    return ImportedDatabase(
        declaration={key: value for key, value in data.items() if value}, left_out=tuple(left_out.values())
    )


def _has_public(live: Live) -> bool:
    return any(item.kind == "schema" and item.name == "public" for item in live.objects)


def _only(live: Live) -> tuple[str, ...]:
    return tuple(sorted(live.schemas)) or ("public",)


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
    if role.name == owner or of_server(role.name, live.maker) or role.name.startswith(("pg_", "rds")):
        return False
    powers = sorted(set(role.excess) - {"CREATEDB"})
    try:
        identity_name(role.name)
    except ValueError as error:
        left_out[role.name] = f"role {role.name} is left out: its name {error}"
        return False
    taken = [name for name in logins(role.name) if name in live.roles and not siblings(role, live, owner)]
    if role.login and taken:
        left_out[role.name] = (
            f"role {role.name} is left out: {taken[0]}, what one of its logins would be called, is another role"
        )
    elif powers or role.name == live.user:
        why = f"it has {', '.join(powers)}" if powers else "it is who looks"
        left_out[role.name] = f"role {role.name} is left out: {why}, an administrator is nobody's identity"
    elif not role.administered:
        left_out[role.name] = f"role {role.name} is left out: {live.user} may not administer it"
    elif role.connection_limit != -1 and not 1 <= role.connection_limit <= 10000:
        left_out[role.name] = f"role {role.name} is left out: its connection limit is {role.connection_limit}"
    return role.name not in left_out


def _declaration(owner: str, roles: list[LiveRole], live: Live, stub: Desired) -> dict[str, Any]:
    pairs = {role.name: both for role in roles if (both := siblings(role, live, owner))}
    taken = {name for both in pairs.values() for name in both}
    return {
        "owner": owner,
        "schemas": list(stub.schemas),
        "keep": list(_KEEP),
        "public": list(everybody(live, stub)),
        "identities": {
            role.name: identity(role, pairs.get(role.name, ()), live, stub) for role in roles if role.name not in taken
        },
        "policies": list(policies(live)),
    }


def _with_exceptions(data: dict[str, Any], live: Live) -> dict[str, Any]:
    """Write down, by name, what the declaration cannot say or does not change; strangers that others are members of."""
    declared = set(data["identities"])
    groups = {
        member["role"] for each in data["identities"].values() for member in each["postgres"].get("member_of", ())
    }
    groups -= declared | {data["owner"]}
    unknown: dict[str, list[str]] = {name: [] for name in sorted(groups) if not name.startswith(("pg_", "rds_"))}
    wanted = _wanted({**data, "exceptions": {"postgres": unknown}}, live)
    found: dict[str, list[str]] = {**unknown}
    facts = [*beside(wanted, live).unseen, *_planned(wanted, live)]
    for role, texts in _by_role(facts).items():
        found[role] = texts
    return {**data, **({"exceptions": {"postgres": found}} if found else {})}


def _planned(wanted: Desired, live: Live) -> Iterator[Fact]:
    """Attributes that a plan would take away."""
    for role in live.roles.values():
        for power in {"CREATEDB", "CREATEROLE"} & set(role.excess) if role.name in wanted.managed else ():
            yield Fact(role=role.name, what=power)


def _by_role(facts: list[Fact]) -> dict[str, list[str]]:
    """Role -> texts, the privileges on one thing together."""
    texts: defaultdict[str, dict[str, None]] = defaultdict(dict)
    privileges: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for fact in facts:
        if isinstance(fact, Granted):
            privileges[fact.role, fact.text.partition(" on ")[2]].append(fact.privilege)
        else:
            texts[fact.role][fact.text] = None
    for (role, on), names in privileges.items():
        texts[role][f"{', '.join(sorted(set(names)))} on {on}"] = None
    return {role: list(texts[role]) for role in sorted(texts)}


def _wanted(data: dict[str, Any], live: Live) -> Desired:
    access = load_access(data)
    return desired(access, active(access, {name: role.login for name, role in live.roles.items()}), iam=True)


def _changes(data: dict[str, Any], live: Live) -> list[str]:
    """What a first plan would hold and tell, with the declaration's problems."""
    try:
        wanted = _wanted(data, live)
    except AccessError as error:
        return [str(problem) for problem in error.problems]
    same = _focused(wanted, live)
    actions = [each for each in plan(wanted, same) if each.identity != _NOBODY]
    return [*map(str, actions), *strangers(wanted, same)]


def _focused(wanted: Desired, live: Live) -> Live:
    """What `read` would have read for `wanted`."""
    asked = {(g.grant.schema_name, table) for g in wanted.given if g.grant.columns for table in g.grant.objects}
    return replace(live, columns={key: columns for key, columns in live.columns.items() if columns or key in asked})


def import_redis(declaration: dict[str, Any], url: Secret, cache: str) -> list[str]:
    """Add the users of a Redis server to a declaration; return what was left out."""
    with open_redis_url(url) as client:
        found = import_users(client)
    for name, rules in found.users.items():
        declaration["identities"].setdefault(name, {}).setdefault("redis", {})[cache] = rules
    if found.beside:
        declaration.setdefault("exceptions", {}).setdefault("redis", {})[cache] = list(found.beside)
    return list(found.differences)
