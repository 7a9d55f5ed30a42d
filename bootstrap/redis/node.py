"""The users of one server: read with one ACL LIST, compared by effect, written in one pipeline.

A server keeps no comment on a user, so the names of those that were made here stand in a user of their own, the marker:
off, without password and commands, its key patterns are the names. It lives where the users live (memory and ACL file)
and goes where they go. Only what it names is ever deleted.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import redis

from bootstrap.acl import table
from bootstrap.acl.compare import text_differences
from bootstrap.acl.rules import RuleError, merged, parse_listed
from bootstrap.acl.table import CommandTable
from bootstrap.action import Action
from bootstrap.errors import BootstrapError
from bootstrap.redis.users import Converged, User, UserPlan, of_user
from bootstrap.secrets import redis_hash

MARKER = "datatier-managed"
# What replicas need (Redis documentation, ACL rules for Sentinel and replicas).
_REPLICATION = frozenset({"+psync", "+replconf", "+ping"})
_DIGEST = re.compile(r"[0-9a-f]{64}")
_CHUNK = 50
"""Commands in one packet: about 30 KiB, so that the server has something to do early."""
_STATES = ("turned on", "turned off", "no longer without a password", "logs in without a password")


class NodeError(BootstrapError):
    """A server did not take a user."""


@dataclass(frozen=True, kw_only=True)
class Kept:
    """A user as the server lists it."""

    text: str
    """Its rules without passwords."""
    hashes: frozenset[str]


@dataclass(frozen=True)
class LiveUsers:
    """Everything that a plan needs to know of a server."""

    target: str
    """What the server is called in reports."""
    client: Any
    users: Mapping[str, Kept]
    aclfile: bool
    """Whether it can keep its users over a restart."""
    replication: str
    """Whom it logs in as at its primary (`masteruser`); empty where that is nobody of its own."""

    @cached_property
    def table(self) -> CommandTable:
        """The server's commands: asked for when some rules differ in their letters."""
        try:
            return table.fetch(self.client)
        except redis.exceptions.RedisError as error:
            raise NodeError(f"{self.target} does not tell its command categories (ACL CAT): {error}") from None


@dataclass(frozen=True, kw_only=True)
class NodePlan:
    """What is to be done on one server, as data."""

    changes: tuple[Action, ...]
    differences: tuple[str, ...]
    converged: Converged
    commands: tuple[tuple[str, ...], ...]

    def planned(self, carry_out: Callable[[bool], tuple[Action, ...]]) -> UserPlan:
        """Return it with what carries it out."""
        return UserPlan(
            changes=self.changes, differences=self.differences, nodes=(self.converged,), carry_out=carry_out
        )


def read(client: Any, target: str) -> LiveUsers:
    """Read all users in one round trip; raise NodeError where the login may not."""
    pipe = client.pipeline(transaction=False)
    pipe.execute_command("ACL", "LIST")
    pipe.execute_command("CONFIG", "GET", "aclfile")
    pipe.execute_command("CONFIG", "GET", "masteruser")
    listed, aclfile, masteruser = pipe.execute(raise_on_error=False)
    if isinstance(listed, Exception):
        raise NodeError(f"{target} does not list its users: {listed}; log in as one that may ACL LIST, CAT and SETUSER")
    found = dict(map(_kept, listed))
    return LiveUsers(target, client, found, aclfile=bool(_value(aclfile)), replication=_value(masteruser))


def masteruser(client: Any) -> str:
    """Return whom the server logs in as at its primary; empty where that is nobody of its own."""
    return _value(client.execute_command("CONFIG", "GET", "masteruser"))


def _value(config: Any) -> str:
    """The one value of a CONFIG GET; empty where it is refused or not known."""
    if isinstance(config, dict):
        return next(iter(config.values()), "") or ""
    return str((config[1:2] or [""])[0]) if isinstance(config, list) else ""


def _kept(line: str) -> tuple[str, Kept]:
    _, name, *rest = line.split(" ")
    hashes = frozenset(word[1:] for word in rest if word.startswith("#"))
    # Redis 7 lists `sanitize-payload`, which is what everybody has.
    words = (word for word in rest if not word.startswith("#") and word != "sanitize-payload")
    return name, Kept(text=" ".join(words), hashes=hashes)


def plan(
    live: LiveUsers,
    users: Sequence[User],
    *,
    admin: str,
    scope: str = "",
    remove: bool = False,
    default: Literal["off", "reported"] = "off",
    others: Collection[str] = (),
) -> NodePlan:
    """Return what brings the server to `users`.

    `admin` is who is logged in, `scope` whose marker it is. `default`, where it is on and not the administrator, is
    turned off, or only reported. `others` are left alone: somebody else governs them.
    """
    target = live.target
    marker = f"{MARKER}-{scope}" if scope else MARKER
    changes: list[Action] = []
    commands: list[tuple[str, ...]] = []
    differences: list[str] = []
    for user in users:
        found = live.users.get(user.name)
        if mine := list(_differences(target, user, found, live)):
            changes += mine
            commands.append(("ACL", "SETUSER", user.name, *_arguments(user, found)))
        if found is None and user.password is None:
            differences.append(f"{target}: user {user.name} has no password; set one: ACL SETUSER {user.name} #SHA256")
    names = {user.name for user in users}
    if "default" not in {*names, admin, *others} and is_on(live.users.get("default")):
        if default == "off":
            changes.append(of_user(target, "default", "state", "turned off", takes_away=True))
            commands.append(("ACL", "SETUSER", "default", "off"))
        else:
            differences.append(f"{target}: user default is on; if nobody needs it: ACL SETUSER default off")
    made = marked(live.users.get(marker))
    ours = sorted((made & live.users.keys()) - names - {admin, "default"})
    if remove:
        changes += [of_user(target, n, "remove", "deleted", takes_away=True) for n in ours]
        commands += [("ACL", "DELUSER", *ours)] if ours else []
    differences += [
        f"{target}: user {name} is not declared; declare it, name it under `exceptions` in access.yaml, or if nobody "
        f"needs it: ACL DELUSER {name}"
        for name in strangers(live, {*names, *ours, admin, *others})
    ]
    wanted = sorted(names | (set() if remove else set(ours)))
    if wanted != sorted(made):
        commands.append(_marker(marker, wanted))
    differing = {change.subject.removeprefix("user ") for change in changes}
    return NodePlan(
        changes=tuple(changes),
        differences=tuple(differences),
        converged=Converged(target=target, same=len(names - differing), differing=tuple(sorted(differing))),
        commands=tuple(commands),
    )


def bring(live: LiveUsers, planned: NodePlan, again: Callable[[LiveUsers], NodePlan]) -> tuple[Action, ...]:
    """Carry a plan out, read the server and plan `again`; raise NodeError where it ends otherwise than wanted."""
    if not planned.commands:
        return planned.changes
    write(live, planned)
    left = again(read(live.client, live.target))
    if left.commands:
        found = "; ".join(map(str, left.changes)) or f"{live.target}: the marker of the users made here is another"
        raise NodeError(
            f"{found} (after the server had taken every rule; somebody else may be changing its users: run it again, "
            "and if it stays so, write the rules of that user otherwise)"
        )
    return planned.changes


def set_passwords(client: Any, target: str, name: str, changes: Callable[[frozenset[str]], Sequence[str]]) -> None:
    """Send the rules that `changes` returns for the hashes of a user; raise NodeError where there is no such user."""
    answer = client.execute_command("ACL", "GETUSER", name)
    if answer is None:
        raise NodeError(f"{target} has no user {name}: run `datatier bootstrap`, which makes it")
    live = frozenset(dict(zip(answer[::2], answer[1::2], strict=True))["passwords"])
    if rules := changes(live):
        client.execute_command("ACL", "SETUSER", name, *rules)
        if client.config_get("aclfile").get("aclfile"):
            client.execute_command("ACL", "SAVE")


def shut(client: Any, name: str) -> None:
    """Let nobody log in any more as a user, where it is there; its rules and passwords stay."""
    if client.execute_command("ACL", "GETUSER", name) is not None:
        client.execute_command("ACL", "SETUSER", name, "off")
        if client.config_get("aclfile").get("aclfile"):
            client.execute_command("ACL", "SAVE")


def write(live: LiveUsers, planned: NodePlan) -> None:
    """Send the whole plan at once; raise NodeError naming the first user that was not taken."""
    if not planned.commands:
        return
    sent = [*planned.commands, *[("ACL", "SAVE")] * live.aclfile]
    try:
        answers = _sent(live.client, sent)
    except redis.exceptions.RedisError as error:
        raise NodeError(f"{planned.converged.target} broke off: {error}; run it again, it goes on from here") from None
    for command, answer in zip(sent, answers, strict=True):
        if isinstance(answer, Exception):
            reason = _DIGEST.sub("***", str(answer))
            raise NodeError(f"{planned.converged.target} did not take {' '.join(command[1:3])}: {reason}")


def _sent(client: Any, commands: Sequence[tuple[str, ...]]) -> list[Any]:
    """Send commands while the server works on those before them, and return all answers, errors among them.

    redis-py's pipeline packs everything before it sends the first byte, which takes longer than the server does.
    """
    connection = client.connection_pool.get_connection()
    try:
        for first in range(0, len(commands), _CHUNK):
            connection.send_packed_command([b"".join(map(_packed, commands[first : first + _CHUNK]))])
        return [_answer(connection) for _ in commands]
    except BaseException:
        connection.disconnect()
        raise
    finally:
        client.connection_pool.release(connection)


def _packed(command: tuple[str, ...]) -> bytes:
    words = [word.encode() for word in command]
    return b"*%d\r\n%b" % (len(words), b"".join([b"$%d\r\n%b\r\n" % (len(word), word) for word in words]))


def _answer(connection: Any) -> Any:
    try:
        return connection.read_response()
    except redis.exceptions.ResponseError as error:
        return error


def _differences(target: str, user: User, found: Kept | None, live: LiveUsers) -> Iterator[Action]:
    if found is None:
        yield of_user(target, user.name, "create", f"created: {user.rules}", identity=user.whose)
        return
    # The same letters need no parsing; most users of most runs end here.
    differing = text_differences(found.text, user.rules, live.table) if found.text != user.rules else ()
    for difference in differing:
        if difference.text in _STATES:
            takes_away = difference.takes_away
            yield of_user(target, user.name, "state", difference.text, takes_away=takes_away, identity=user.whose)
    wanted = _hashes(user)
    if wanted and found.hashes != wanted:
        yield of_user(
            target,
            user.name,
            "password",
            "password set to the secret's",
            takes_away=not found.hashes <= wanted,
            identity=user.whose,
        )
    if rules := [difference for difference in differing if difference.text not in _STATES]:
        yield of_user(
            target,
            user.name,
            "rules",
            "; ".join(map(str, rules)),
            takes_away=any(difference.takes_away for difference in rules),
            identity=user.whose,
        )


def _hashes(user: User) -> frozenset[str]:
    return frozenset(map(redis_hash, user.passwords))


def _arguments(user: User, found: Kept | None) -> tuple[str, ...]:
    # Never `reset`: it would drop the passwords too, and with them whoever is between two of them.
    wanted = _hashes(user)
    first = ["resetkeys", "clearselectors"]
    words, rules = _root(found.text if found else ""), _root(user.rules)
    if any(word == "resetdbs" or word.startswith("db=") for word in words):
        # What the user itself is limited to; its selectors have databases of their own.
        first.append("alldbs")
    if "skip-sanitize-payload" in words and "skip-sanitize-payload" not in rules:
        first.append("sanitize-payload")
    if "nopass" in words and not wanted:
        first.append("resetpass")
    stale = sorted(found.hashes - wanted) if found and wanted else []
    return (*first, *user.rules.split(" "), *(f"#{one}" for one in sorted(wanted)), *(f"!{old}" for old in stale))


def _root(text: str) -> list[str]:
    """Return the words of a user's own rules, those in its selectors aside."""
    return [word for word in merged(text.split()) if not word.startswith("(")]


def is_on(kept: Kept | None) -> bool:
    """Whether somebody may log in as the user."""
    return kept is not None and kept.text.split()[:1] == ["on"]


def marked(marker: Kept | None) -> set[str]:
    """Return the names of the users that were made here, by their marker."""
    return {word[1:] for word in marker.text.split() if word.startswith("~")} if marker else set()


def _marker(name: str, names: Sequence[str]) -> tuple[str, ...]:
    rules = ("off", "resetpass", "resetkeys", "resetchannels", "clearselectors", "-@all")
    return ("ACL", "SETUSER", name, *rules, *(f"~{each}" for each in names))


def strangers(live: LiveUsers, known: Collection[str]) -> list[str]:
    """Return the users that are neither `known` nor the server's own: `default`, markers, a replica's login."""
    return [
        name
        for name in sorted(live.users.keys() - {*known, "default"})
        if not replication(live, name) and not (name.startswith(MARKER) and not is_on(live.users[name]))
    ]


def undeclared(live: LiveUsers, known: Collection[str]) -> list[str]:
    """Return the users of a server that may log in and are not `known`."""
    return [name for name in strangers(live, known) if is_on(live.users[name])]


def replication(live: LiveUsers, name: str) -> bool:
    """Whether replicas log in as this user, by the server's own word, and it can do no more than that takes."""
    if name != live.replication:
        return False
    try:
        rules = parse_listed(live.users[name].text)
    except RuleError:
        return False
    return not rules.selectors and not rules.root.everything and set(rules.root.commands) <= _REPLICATION
