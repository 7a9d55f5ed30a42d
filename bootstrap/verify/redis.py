"""Redis probes of every identity on every node: its own login, and what it may and may not do.

Where the ACL administrator is known (self-managed servers) `ACL DRYRUN` is asked about everything, in one pipeline for
each node, and the login itself proves that the rules are in force. ElastiCache has no administrator: there the identity
sends commands that do nothing, on keys that nobody has.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import redis

from bootstrap.access import Access, access_string
from bootstrap.acl import table
from bootstrap.acl.compare import patterns
from bootstrap.acl.expand import expand
from bootstrap.acl.glob import common
from bootstrap.acl.permits import Call, permits
from bootstrap.acl.rules import Permission, RuleSet, Selector, parse
from bootstrap.acl.table import CommandTable
from bootstrap.acl.valkey import VALKEY
from bootstrap.credentials import token_users
from bootstrap.manifest import CacheTarget, Endpoint, Manifest
from bootstrap.redis.cache import nodes
from bootstrap.redis.server import admin_login
from bootstrap.report import Check
from bootstrap.secrets import Credential, LoginError, Secret, SecretStore, open_redis, redis_token

Job = Callable[[], Iterable[Check]]
Command = tuple[str, ...]

# Each would be a catastrophe if it were allowed, so with an administrator at hand it is asked (DRYRUN), and without
# one sent with an argument that fails after the permission was checked: syntax comes last in Redis' processCommand.
_DANGEROUS: tuple[tuple[str, Command, Command], ...] = (
    ("FLUSHALL", ("FLUSHALL",), ("FLUSHALL", "datatier-probe")),
    ("FLUSHDB", ("FLUSHDB",), ("FLUSHDB", "datatier-probe")),
    ("KEYS", ("KEYS", "*"), ("KEYS", "datatier-probe:{never}")),
    ("CONFIG SET", ("CONFIG", "SET", "timeout", "0"), ("CONFIG", "SET", "datatier-probe", "0")),
    ("DEBUG", ("DEBUG", "HELP"), ("DEBUG", "HELP")),
    ("SHUTDOWN", ("SHUTDOWN", "NOSAVE"), ("SHUTDOWN", "datatier-probe")),
    ("ACL SETUSER", ("ACL", "SETUSER", "datatier-probe"), ("ACL", "SETUSER", "default", "datatier-probe")),
    ("CLIENT TRACKING", ("CLIENT", "TRACKING", "ON"), ("CLIENT", "TRACKING", "datatier-probe")),
    ("SCAN", ("SCAN", "0"), ("SCAN", "datatier-probe")),
    ("SCRIPT FLUSH", ("SCRIPT", "FLUSH"), ("SCRIPT", "FLUSH", "datatier-probe")),
)
_NOBODYS = re.compile(r"unknown (sub)?command|command not allowed|command '[^']*' not found", re.IGNORECASE)
# In Redis 7.0 `This user has no permissions to run the 'get' command`, since 7.2 and in Valkey `User shop has no ...`
# (aclCommand and getAclErrorMessage of acl.c; seen on Debian's 7.0.15 and Valkey 9.1).
_DENIED = re.compile(r"(This user|User .*) has no permissions to ", re.DOTALL)
_MOST_PATTERNS = 8
"""Patterns probed of one identity: the rest were compared as rules, a probe shows that the comparison holds."""


@dataclass(frozen=True, kw_only=True)
class _Probe:
    """One question: what it is called, how it is asked, and what the declaration answers."""

    action: str
    call: Call
    asked: Command
    """For DRYRUN."""
    sent: Command | None
    """Harmless when it is really sent; None where nothing is."""


def jobs(manifest: Manifest, access: Access, credentials: Mapping[str, Credential], store: SecretStore) -> list[Job]:
    """Return the jobs: a login of each user on each node, and one to ask each node whose administrator is known."""
    made: list[Job] = []
    for name, cache in manifest.caches.items():
        if not cache.has_users:
            made.append(partial(_by_token, name, cache, store))
            continue
        version = store.get(cache.admin_secret) if cache.admin_secret else None
        by_token = token_users(manifest, access, name)
        rules = {
            identity: parse(access_string(declared))
            for identity, declared in access.cache_users(name).items()
            if identity in by_token or credentials[identity].redis_password
        }
        for node in nodes(cache):
            at = _Node(cache, node, f"{name}/{node.name}")
            for identity, declared in rules.items():
                user, password = _user(identity, credentials, by_token), credentials[identity].redis_password
                if identity in by_token and cache.iam_cache:
                    password = redis_token(cache.iam_cache, user, manifest.region)
                if password:
                    made.append(partial(at.login, identity, user, password, declared, probe=version is None))
            if version:
                called = {identity: _user(identity, credentials, by_token) for identity in rules}
                made.append(partial(at.ask, version.credential, rules, called))
            if "default" not in access.exceptions.redis.get(name, ()):  # somebody else's: it may be open
                made.append(at.default)
    return made


def _user(identity: str, credentials: Mapping[str, Credential], by_token: Mapping[str, str]) -> str:
    """What an identity is called in a cache."""
    return by_token.get(identity) or credentials[identity].redis_username or identity


def verify_node(
    cache: CacheTarget, rules: Mapping[str, RuleSet], passwords: Mapping[str, Secret], admin: Credential
) -> Iterator[Check]:
    """Log in to the one node of a cache as each user, and ask its administrator about what each may do."""
    at = _Node(cache, cache.endpoint, cache.endpoint.name)
    for identity, password in passwords.items():
        yield from at.login(identity, identity, password, rules[identity], probe=False)
    yield from at.ask(admin, rules)
    yield from at.default()


def _by_token(name: str, cache: CacheTarget, store: SecretStore) -> Iterator[Check]:
    """The AUTH token of the secret, on every node; who has none is refused."""
    version = store.get(cache.auth_secret) if cache.auth_secret else None
    token = version.credential.redis_password if version else None
    for node in nodes(cache):
        at = _Node(cache, node, f"{name}/{node.name}")
        yield from at.login("default", None, token or Secret(""), RuleSet(root=Selector()), probe=False)
        yield from at.default()


def probes(rules: RuleSet, key: str) -> list[_Probe]:
    """Return the questions about one rule set; `key` is a word that no key and no channel holds."""
    made: list[_Probe] = []
    for selector in (rules.root, *rules.selectors):
        allowed = expand(selector, VALKEY).commands
        some = list(patterns(selector).items())[:_MOST_PATTERNS]
        at = _database(selector)
        where = f" in database {at}" if at else ""
        for pattern, may in some:
            inside = _within(pattern, key)
            if "get" in allowed and Permission.READ in may:
                made.append(_get(f"GET {pattern}{where}", inside, at))
            if may == Permission.READ or ("set" in allowed and Permission.WRITE in may):
                made.append(_set(f"SET {pattern}{where}", inside, key, at))
        if "subscribe" in allowed:
            made += [_subscribe(f"SUBSCRIBE {c}", _within(c, key)) for c in selector.channels[:_MOST_PATTERNS]]
    foreign = f"datatier-probe:{key}"
    made += [
        _get("GET a key outside its patterns", foreign),
        _set("SET a key outside its patterns", foreign, key),
        _Probe(
            action="PUBLISH to a channel outside its patterns",
            call=Call(command="publish", channel=foreign),
            asked=("PUBLISH", foreign, ""),
            sent=("PUBLISH", foreign, ""),
        ),
        _subscribe("SUBSCRIBE to a foreign channel", foreign),
        _Probe(
            action="EVAL", call=Call(command="eval"), asked=("EVAL", "return 1", "0"), sent=("EVAL", "return 1", "0")
        ),
    ]
    for action, asked, sent in _DANGEROUS:
        words = [word.lower() for word in asked]
        name = "|".join(words[:2]) if words[0] in VALKEY.subcommands else words[0]
        made.append(_Probe(action=action, call=Call(command=name), asked=asked, sent=sent))
    return list({probe.action: probe for probe in made}.values())


def _database(selector: Selector) -> int:
    """Return a database that the selector may work in."""
    return min(selector.databases or {0})


def _reachable(rules: RuleSet, database: int) -> bool:
    """Whether a login of these rules, which begins in database 0, gets there."""
    return database == 0 or permits(rules, Call(command="select", database=database), VALKEY)


def _get(action: str, key: str, database: int = 0) -> _Probe:
    command = ("GET", key)
    call = Call(command="get", keys=[(key, Permission.READ)], database=database)
    return _Probe(action=action, call=call, asked=command, sent=command)


def _set(action: str, key: str, word: str, database: int = 0) -> _Probe:
    command = ("SET", key, "", "XX")
    call = Call(command="set", keys=[(key, Permission.WRITE)], database=database)
    # XX leaves nothing behind, but it would overwrite a key that is there: only such as nobody has are really set.
    return _Probe(action=action, call=call, asked=command, sent=command if word in key else None)


def _subscribe(action: str, channel: str) -> _Probe:
    command = ("SUBSCRIBE", channel)
    return _Probe(action=action, call=Call(command="subscribe", channel=channel), asked=command, sent=command)


def _within(pattern: str, key: str) -> str:
    """Return a key that matches `pattern`, if it can be one with `key` in it."""
    return common(pattern, f"*{key}*") or common(pattern, "*") or ""


@dataclass(frozen=True)
class _Node:
    """One server."""

    cache: CacheTarget
    node: Endpoint
    target: str

    def default(self) -> Iterator[Check]:
        """`default` with no password, with an empty one and with a guess."""
        outcome = "refused"
        for guess in (None, "default"):
            try:
                open_redis(self.cache, self.node, guess, Secret("")).close()
                outcome = "allowed"
            except LoginError as error:
                if not error.refused:
                    outcome = str(error)
        yield self._check("default", "log in", allowed=False, outcome=outcome)

    def login(
        self, identity: str, user: str | None, password: Secret, rules: RuleSet, *, probe: bool
    ) -> Iterator[Check]:
        """Log in as the identity; without an administrator send the probes too."""
        try:
            client = open_redis(self.cache, self.node, user, password)
        except LoginError as error:
            yield self._check(identity, "log in", allowed=True, outcome="refused" if error.refused else str(error))
            return
        with client:
            yield self._check(identity, "log in", allowed=True, outcome="allowed")
            if not probe:
                return
            asked = [p for p in probes(rules, uuid.uuid4().hex) if p.sent and _reachable(rules, p.call.database)]
            # Database 0 first: who may not be there does not get back.
            plain = sorted((p for p in asked if p.call.command != "subscribe"), key=lambda p: p.call.database)
            answers = _send(client, [(p.call.database, p.sent) for p in plain if p.sent])
            yield from self._checks(identity, rules, zip(plain, answers, strict=True), VALKEY)
            heard = [(p, _subscribed(client, p.asked[1])) for p in asked if p.call.command == "subscribe"]
            yield from self._checks(identity, rules, heard, VALKEY)

    def ask(
        self, admin: Credential, rules: Mapping[str, RuleSet], called: Mapping[str, str] | None = None
    ) -> Iterator[Check]:
        """Ask about all identities at once; `called` has their users where those have other names."""
        with open_redis(self.cache, self.node, *admin_login(self.target, admin)) as client:
            known = table.fetch(client)
            asked = {identity: probes(declared, uuid.uuid4().hex) for identity, declared in rules.items()}
            commands = [
                (probe.call.database, ("ACL", "DRYRUN", (called or {}).get(name, name), *probe.asked))
                for name, some in asked.items()
                for probe in some
            ]
            answers = iter(_send(client, commands))
        for identity, some in asked.items():
            yield from self._checks(identity, rules[identity], [(probe, next(answers)) for probe in some], known)

    def _checks(
        self, identity: str, rules: RuleSet, done: Iterable[tuple[_Probe, str]], known: CommandTable
    ) -> Iterator[Check]:
        for probe, outcome in done:
            yield self._check(identity, probe.action, allowed=permits(rules, probe.call, known), outcome=outcome)

    def _check(self, identity: str, action: str, *, allowed: bool, outcome: str) -> Check:
        return Check(
            identity=identity,
            engine="redis",
            target=self.target,
            action=action,
            expected="allowed" if allowed else "refused",
            outcome=outcome,
        )


def _send(client: redis.Redis, commands: Sequence[tuple[int, Command]]) -> list[str]:
    """Send each command in its database: a limit on databases is judged by the one that is selected, by DRYRUN too."""
    pipe: Any = client.pipeline(transaction=False)
    kept: list[bool] = []
    selected = 0
    for database, command in commands:
        if database != selected:
            pipe.execute_command("SELECT", database)
            kept.append(False)
            selected = database
        pipe.execute_command(*command)
        kept.append(True)
    answers = pipe.execute(raise_on_error=False)
    return [_outcome(answer) for answer, wanted in zip(answers, kept, strict=True) if wanted]


def _outcome(answer: Any) -> str:
    # DRYRUN denies with a plain string, everything else with NOPERM. ElastiCache does not know its restricted commands,
    # Valkey allows DEBUG to nobody. Any other error (READONLY, MOVED, a syntax error) comes after the permission check.
    if isinstance(answer, redis.exceptions.NoPermissionError):
        return "refused"
    if isinstance(answer, redis.exceptions.ResponseError) and _NOBODYS.search(str(answer)):
        return "refused"
    if isinstance(answer, redis.exceptions.ConnectionError | redis.exceptions.TimeoutError):
        return f"no answer: {answer}"
    if isinstance(answer, str) and _DENIED.match(answer):
        return "refused"
    return "allowed"


def _subscribed(client: Any, channel: str) -> str:
    pubsub = client.pubsub()
    try:
        pubsub.subscribe(channel)
        pubsub.parse_response(block=True, timeout=5)
    except redis.exceptions.RedisError as error:
        return _outcome(error)
    finally:
        pubsub.close()
    return "allowed"
