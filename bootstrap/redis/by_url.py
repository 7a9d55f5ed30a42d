"""The users of one server that no stack describes: planned, applied and imported with an administrator's client."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from pydantic import ValidationError

from bootstrap.access import names
from bootstrap.access.commands import raw_rules
from bootstrap.access.model import RedisRules
from bootstrap.access.rules import access_string, category_rules
from bootstrap.acl.compare import differences as effect
from bootstrap.acl.rules import Permission, RuleError, RuleSet, parse, parse_listed
from bootstrap.acl.table import CommandTable
from bootstrap.action import Action
from bootstrap.redis import node
from bootstrap.redis.users import AppliedUsers, User, UserPlan

_TARGET = "server"


@dataclass(frozen=True, kw_only=True)
class ImportedUsers:
    """The users of a server as a declaration would have them."""

    users: dict[str, dict[str, Any]]
    """Identity -> what stands under its `redis.<cache>` in access.yaml."""
    beside: tuple[str, ...]
    """Those that no identity can be, for `exceptions.redis.<cache>`."""
    differences: tuple[str, ...]
    """What was left out, each with the reason."""


def plan_client(client: Any, users: Sequence[User], *, others: Collection[str] = ()) -> UserPlan:
    """Return what makes the users of this one server as wanted; a user without a password keeps those it has.

    The client is logged in as one that may ACL LIST, CAT and SETUSER, and has to stay open until the plan is applied.
    `default` is left as it is, and reported where it is on. Raise NodeError.
    """
    live, me = node.read(client, _TARGET), _me(client)

    def planned(remove: bool, found: node.LiveUsers) -> node.NodePlan:
        return node.plan(found, users, admin=me, remove=remove, default="reported", others=others)

    def carry_out(remove: bool) -> tuple[Action, ...]:
        return node.bring(live, planned(remove, live), partial(planned, remove))

    return planned(True, live).planned(carry_out)


def apply_client(
    client: Any, users: Sequence[User], *, remove: bool = False, others: Collection[str] = ()
) -> AppliedUsers:
    """Apply it; users that an earlier run made here and that are no longer declared go only with `remove`."""
    return plan_client(client, users, others=others).apply(lambda action: remove or action.consent != "drop")


def import_users(client: Any) -> ImportedUsers:
    """Return a declaration whose first plan against this server is empty; raise NodeError.

    Users that no identity can be are reported, and excepted by name: without a password, switched off, of a name that
    none may have. Whoever is logged in becomes no identity, and neither does `default`, which is reported where it is
    on: everybody is it.
    """
    live = node.read(client, _TARGET)
    me = _me(client)
    ours = {name for each in live.users if each.startswith(node.MARKER) for name in node.marked(live.users[each])}
    found: dict[str, dict[str, Any]] = {}
    left: list[str] = []
    beside: list[str] = []
    if node.is_on(live.users.get("default")):
        left.append("user default is on, and whoever names no user is it; give each application an identity of its own")
    for name in node.strangers(live, {me}):
        kept = live.users[name]
        try:
            identity = identity_of(name, {*found, *live.users})
            rules = parse_listed(kept.text)
            if reason := _unsayable(kept, rules):
                left.append(f"user {name} {reason}")
                beside.append(name)
                continue
            # Who was there before a declaration has a password that only its users have.
            found[identity] = declared(kept.text, rules, live.table) | ({} if name in ours else {"present": name})
        except RuleError as error:
            left.append(f"user {name} has a rule that is not known here: {error}")
            beside.append(name)
        except ValueError as error:
            left.append(f"user {name}: {error}; left out")
            beside.append(name)
    return ImportedUsers(users=found, beside=tuple(beside), differences=tuple(left))


def live_users(client: Any) -> frozenset[str]:
    """Return the names of the server's users; raise NodeError."""
    return frozenset(node.read(client, _TARGET).users)


def _me(client: Any) -> str:
    return str(client.execute_command("ACL", "WHOAMI"))


def _unsayable(kept: node.Kept, rules: RuleSet) -> str | None:
    if not rules.on:
        return "is off; switch it on or delete it, a declaration has only users that log in"
    if rules.nopass:
        return "logs in without a password; give it one: ACL SETUSER <name> resetpass #<SHA-256 of it>"
    if not kept.hashes:
        return "has no password, so that nobody logs in as it; give it one or delete it"
    if rules.skip_sanitize:
        return "takes payloads of RESTORE unchecked, which a declaration does not say"
    return None


def identity_of(name: str, taken: Collection[str]) -> str:
    """Return the identity that a user becomes: of its name, or `orders_app` of `orders-app`; raise ValueError."""
    try:
        return names.identity_name(name)
    except ValueError:
        plain = names.plain(name)
        if plain in taken or names.login(plain, names.SIBLINGS[0]) in taken:
            raise
        return names.identity_name(plain)


def declared(text: str, rules: RuleSet, commands: CommandTable) -> dict[str, Any]:
    """Return the rules in our own words where these have the same effect, else as an access string."""
    wanted = parse(raw_rules(text.removeprefix("on ")))
    guess = _guess(rules)
    try:
        if not effect(rules, parse(access_string(RedisRules.model_validate(guess))), commands):
            return guess
    except (ValidationError, RuleError):
        pass
    return {"rules": str(wanted).removeprefix("on ")}


def _guess(rules: RuleSet) -> dict[str, Any]:
    """What the declaration would look like if the user had been made by one."""
    by = {Permission.BOTH: "keys", Permission.READ: "read", Permission.WRITE: "write"}
    made: dict[str, Any] = {}
    for pattern, may in ({"*": Permission.BOTH} if rules.root.allkeys else rules.root.keys).items():
        made.setdefault(by[may], []).append(pattern)
    if rules.root.channels:
        made["channels"] = list(rules.root.channels)
    ours = set(category_rules([rule[1:] for rule in rules.root.commands if rule.startswith("+@")]))
    ours -= {rule for rule in ours if rule.startswith("+@") and rule != "+@connection"}
    rest = [rule for rule in rules.root.commands if rule not in ours]
    made["commands"] = [rule[1:] for rule in rest if rule[0] == "+"]
    if deny := [rule[1:] for rule in rest if rule[0] == "-"]:
        made["deny"] = deny
    return made
