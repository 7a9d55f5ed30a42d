"""Redis probes as the identity itself, on every node: commands that do nothing, and `ACL DRYRUN` for what would."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import Any

import redis

from bootstrap.access import Access, RedisRules
from bootstrap.access.rules import command_rules
from bootstrap.manifest import CacheTarget, Endpoint, Manifest
from bootstrap.redis.apply import nodes
from bootstrap.redis.server import admin_login
from bootstrap.report import Check, Expected
from bootstrap.secrets import Credential, LoginError, Secret, SecretStore, open_redis

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
)
_NOBODYS = re.compile(r"unknown (sub)?command|command not allowed", re.IGNORECASE)
_EVAL: Command = ("EVAL", "return 1", "0")


def jobs(manifest: Manifest, access: Access, credentials: Mapping[str, Credential], store: SecretStore) -> list[Job]:
    """Return one job per user and node."""
    made: list[Job] = []
    for name, cache in manifest.caches.items():
        if not cache.user_group and not cache.nodes:
            continue  # an AUTH token knows no users
        version = store.get(cache.admin_secret) if cache.admin_secret else None
        admin = version.credential if version else None
        for node in nodes(cache):
            target = f"{name}/{node.name}"
            for identity, rules in access.cache_users(name).items():
                if password := credentials[identity].redis_password:
                    probing = _Probing(cache, node, target, identity, rules)
                    made.append(partial(probing.run, password, admin))
            made.append(partial(_default, cache, node, target))
    return made


def _default(cache: CacheTarget, node: Endpoint, target: str) -> Iterator[Check]:
    """`default` with no password, with an empty one and with a guess."""
    outcome = "refused"
    for guess in (None, "default"):
        try:
            open_redis(cache, node, guess, Secret("")).close()
            outcome = "allowed"
        except LoginError as error:
            if not error.refused:
                outcome = str(error)
    yield Check(identity="default", engine="redis", target=target, action="log in", expected="refused", outcome=outcome)


class _Probing:
    """All probes of one identity on one node."""

    def __init__(self, cache: CacheTarget, node: Endpoint, target: str, identity: str, rules: RedisRules) -> None:
        self._cache = cache
        self._node = node
        self._target = target
        self._identity = identity
        self._rules = rules
        self._key = uuid.uuid4().hex

    def run(self, password: Secret, admin: Credential | None) -> Iterator[Check]:
        try:
            client = open_redis(self._cache, self._node, self._identity, password)
        except LoginError as error:
            yield self._check("log in", "allowed", "refused" if error.refused else str(error))
            return
        with client:
            yield self._check("log in", "allowed", "allowed")
            plain = [*self._keys(), *self._foreign()]
            answers = _send(client, [command for _, _, command in plain])
            for (action, expected, _), outcome in zip(plain, answers, strict=True):
                yield self._check(action, expected, outcome)
            yield from self._dangerous(client, admin)
            yield from self._subscribe(client)

    def _keys(self) -> Iterator[tuple[str, Expected, Command]]:
        """Reads and conditional writes of keys that do not exist: nothing is left behind."""
        reads = (*self._rules.keys, *self._rules.read)
        writes = (*self._rules.keys, *self._rules.write)
        may = set(command_rules(self._rules))
        for pattern in reads if may & {"+@read", "+@string"} else ():
            yield f"GET {pattern}", "allowed", ("GET", self._within(pattern))
        for pattern in writes if may & {"+@write", "+@string"} else ():
            yield f"SET {pattern}", "allowed", ("SET", self._within(pattern), "", "XX")
        for pattern in self._rules.read:
            yield f"SET {pattern}", "refused", ("SET", self._within(pattern), "", "XX")

    def _foreign(self) -> Iterator[tuple[str, Expected, Command]]:
        key = f"datatier-probe:{self._key}"
        yield "GET a key outside its patterns", "refused", ("GET", key)
        yield "SET a key outside its patterns", "refused", ("SET", key, "", "XX")
        yield "PUBLISH to a channel outside its patterns", "refused", ("PUBLISH", key, "")
        if "+@scripting" not in command_rules(self._rules):
            yield "EVAL", "refused", _EVAL

    def _within(self, pattern: str) -> str:
        """Return a key that matches `pattern` and nobody has."""
        text = "".join({"*": self._key, "?": "x"}.get(c, c) for c in pattern.replace("\\", ""))
        return text.replace("[", "").replace("]", "")

    def _dangerous(self, client: redis.Redis, admin: Credential | None) -> Iterator[Check]:
        if admin is None:
            outcomes = _send(client, [harmless for _, _, harmless in _DANGEROUS])
        else:
            with open_redis(self._cache, self._node, *admin_login(self._target, admin)) as asking:
                asked = [("ACL", "DRYRUN", self._identity, *command) for _, command, _ in _DANGEROUS]
                outcomes = _send(asking, asked)
        for (action, _, _), outcome in zip(_DANGEROUS, outcomes, strict=True):
            yield self._check(action, "refused", outcome)

    def _subscribe(self, client: redis.Redis) -> Iterator[Check]:
        may = {"@pubsub", "subscribe"} & set(self._rules.commands)
        for channel in self._rules.channels if may else ():
            yield self._check(f"SUBSCRIBE {channel}", "allowed", _subscribed(client, self._within(channel)))
        foreign = f"datatier-probe:{self._key}"
        yield self._check("SUBSCRIBE to a foreign channel", "refused", _subscribed(client, foreign))

    def _check(self, action: str, expected: Expected, outcome: str) -> Check:
        return Check(
            identity=self._identity,
            engine="redis",
            target=self._target,
            action=action,
            expected=expected,
            outcome=outcome,
        )


def _send(client: redis.Redis, commands: list[Command]) -> list[str]:
    pipe: Any = client.pipeline(transaction=False)
    for command in commands:
        pipe.execute_command(*command)
    return [_outcome(answer) for answer in pipe.execute(raise_on_error=False)]


def _outcome(answer: Any) -> str:
    # DRYRUN denies with a plain string, everything else with NOPERM. ElastiCache does not know its restricted commands,
    # Valkey allows DEBUG to nobody. Any other error (READONLY, MOVED, a syntax error) comes after the permission check.
    if isinstance(answer, redis.exceptions.NoPermissionError):
        return "refused"
    if isinstance(answer, redis.exceptions.ResponseError) and _NOBODYS.search(str(answer)):
        return "refused"
    if isinstance(answer, redis.exceptions.ConnectionError | redis.exceptions.TimeoutError):
        return f"no answer: {answer}"
    if isinstance(answer, str) and answer.startswith("User ") and "no permission" in answer:
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
