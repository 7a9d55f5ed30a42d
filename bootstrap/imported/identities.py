"""A role as a server has it, as an identity: its profile, grants, memberships, limits, settings. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from bootstrap.access.names import SIBLINGS, logins
from bootstrap.imported.grants import grants
from bootstrap.postgres.desired import RDS_IAM, Desired, Role, maintaining
from bootstrap.postgres.grants import defaults, governed
from bootstrap.postgres.grants import grants as compared
from bootstrap.postgres.live import MARK, Live, LiveRole


def identity(role: LiveRole, both: tuple[str, ...], live: Live, stub: Desired) -> dict[str, Any]:
    """Return the entry of a role, where `both` are its logins if the bootstrap made two."""
    tokens = any(_member(name, RDS_IAM, live) for name in both or (role.name,))
    return ({"auth": "iam"} if tokens else {}) | {"postgres": _postgres(role, both, live, stub)}


def siblings(role: LiveRole, live: Live, owner: str) -> tuple[str, ...]:
    """Return the two logins of a role that the bootstrap made; both may log in while a rotation's grace lasts.

    The role itself may too where it was there before the stack: then they bear our mark.
    """
    both = tuple(live.roles[name] for name in logins(role.name) if name in live.roles)
    if len(both) != len(SIBLINGS) or (role.login and not all(map(_ours, both))):
        return ()
    if not role.login and (role.settings or role.connection_limit != -1):
        return ()
    alike = both[0].settings == both[1].settings and both[0].connection_limit == both[1].connection_limit
    acts_as = owner if _acts_as(role.name, owner, live) else role.name
    beside = {RDS_IAM, owner} if maintains(role.name, live, owner) else {RDS_IAM}
    single = {
        login.name
        for login in both
        if {m.role for m in live.memberships if m.member == login.name} - beside == {role.name}
    }
    in_use = any(login.login for login in both)
    if alike and in_use and both[0].settings.get("role") == acts_as and len(single) == len(SIBLINGS):
        return tuple(login.name for login in both)
    return ()


def _member(name: str, of: str, live: Live) -> bool:
    return any((m.member, m.role) == (name, of) for m in live.memberships)


def _acts_as(name: str, owner: str, live: Live) -> bool:
    """Whether a role is a member of the owner as a migrator is: with its privileges, and no right to hand them on."""
    rows = [m for m in live.memberships if (m.member, m.role) == (name, owner)]
    options = ("inherit", "set") if live.version >= 160000 else ()
    return bool(rows) and not any(m.admin for m in rows) and all(any(getattr(m, o) for m in rows) for o in options)


def maintains(name: str, live: Live, owner: str) -> bool:
    """Whether a role and its logins are members of just what a maintainer's are, with the same options."""
    options = ("inherit", "set") if live.version >= 160000 else ()
    rows = live.rows
    for wanted in (each for each in maintaining(name, owner) if each.of(live.version)):
        found = rows.get((wanted.role, wanted.member), ())
        same = all(any(getattr(row, each) for row in found) == getattr(wanted, each) for each in ("admin", *options))
        if not found or not same:
            return False
    return True


def _postgres(role: LiveRole, both: tuple[str, ...], live: Live, stub: Desired) -> dict[str, Any]:
    login = live.roles[both[0]] if both else role
    migrates = _acts_as(role.name, stub.owner, live)
    keeps = bool(both) and maintains(role.name, live, stub.owner)
    found: dict[str, Any] = {"privileges": "migrator" if migrates else "maintainer" if keeps else "custom"}
    for profile in ("readonly", "readwrite"):
        for implied in (True, False):
            if found["privileges"] == "custom" and _exactly(role.name, profile, live, stub, implied=implied):
                found = {"privileges": profile} | ({} if implied else {"implied": False})
    if found["privileges"] in {"custom", "migrator", "maintainer"}:
        found["grants"] = list(grants(role.name, live, stub))
        if not _implied(role.name, found, live, stub):
            found["implied"] = False
    of_profile = {stub.owner} if migrates else {m.role for m in maintaining(role.name, stub.owner)} if keeps else set()
    found["member_of"] = list(_memberships(role.name, live, of_profile))
    if not both or role.login:
        found["login"] = _login(role, live)
    if migrates and live.owner_creates != (live.database.owner == stub.owner):
        found["schemas"] = "create" if live.owner_creates else "declared"
    if login.connection_limit != -1:
        found["limits"] = {"connection_limit": login.connection_limit}
    found["settings"] = {key: value for key, value in login.settings.items() if not both or key != "role"}
    return {key: value for key, value in found.items() if value or key == "implied"}


def _login(role: LiveRole, live: Live) -> str:
    """How a role without siblings logs in: one that nobody has made by a declaration has a password of its users'."""
    if not role.login:
        return "none"
    alone = logins(role.name)[0] not in live.roles and _ours(role)
    return "single" if alone or _member(role.name, RDS_IAM, live) else "present"


def _ours(role: LiveRole) -> bool:
    return (role.mark or "").startswith(MARK)


def _implied(name: str, found: dict[str, Any], live: Live, stub: Desired) -> bool:
    """Whether a role has all that comes along with its profile."""
    inside = {grant.get("schema", "public") for grant in found["grants"] if "database" not in grant}
    for item in (live.database, *live.objects):
        usage = "CONNECT" if item.kind == "database" else "USAGE"
        reached = item.kind == "database" or found["privileges"] == "migrator" or item.schema in inside
        needs = item.kind in {"database", "schema"} and governed(stub, item) and reached and item.owner != name
        if needs and usage not in item.privileges.get(name, ()):
            return False
    return True


def _exactly(name: str, profile: str, live: Live, stub: Desired, *, implied: bool) -> bool:
    """Whether a role has what a ready-made profile gives and nothing else."""
    if not _alike_on_tables(name, profile, live, stub):
        return False
    unimplied = frozenset() if implied else frozenset({name})
    trial = replace(stub, roles=(Role(name=name),), identities={name: profile}, unimplied=unimplied)
    return not any(name in c.text for c in (*compared(trial, live), *defaults(trial, live)))


def _alike_on_tables(name: str, profile: str, live: Live, stub: Desired) -> bool:
    """Whether it has on each table what the profile gives: of hundreds of roles most fail at the first one."""
    given = replace(stub, identities={name: profile})
    return all(
        item.privileges.get(name, frozenset()) == given.acl("table", item.schema, item.key).get(name)
        for item in live.objects
        if item.kind == "table" and not item.walled and item.owner != name and governed(stub, item)
    )


def _memberships(name: str, live: Live, but: set[str]) -> Iterator[dict[str, Any]]:
    rows = [m for m in live.memberships if m.member == name and m.role not in {*but, RDS_IAM}]
    for role in dict.fromkeys(m.role for m in rows):
        of = [m for m in rows if m.role == role]
        yield {"role": role} | {
            option: value
            for option, usual in (("admin", False), ("inherit", True), ("set", True))
            if (value := any(getattr(m, option) for m in of)) is not usual
        }
