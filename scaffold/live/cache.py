"""A Redis or Valkey server that is live, as a cache of an application: users, keys, what its stacks should know."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from bootstrap.errors import AskedError
from bootstrap.redis.by_url import ImportedUsers, import_users
from bootstrap.redis.node import NodeError
from bootstrap.secrets import Secret, open_redis_url, place_of, redis_user
from observe.keys.entry import of_url
from observe.keys.names import shown
from observe.keys.places import shards
from observe.keys.scan import RefusedError
from observe.keys.survey import Survey
from observe.redis.server import version
from scaffold.live.keyspaces import Seen
from scaffold.live.notes import Note
from scaffold.live.recognised import Recognised, recognised

if TYPE_CHECKING:
    import redis

SAMPLE = 20_000
"""Keys of a cache that are looked at, about; the pace is that of `datatier keys`, which nobody feels."""
SECONDS = 20
"""How long that may take."""
OLDEST = 6
"""The first major version with users."""


@dataclass(frozen=True, kw_only=True)
class LiveCache:
    """What was read."""

    name: str
    product: str
    """`valkey`, `redis`, `elasticache-valkey` or `elasticache-redis`."""
    version: str
    eviction: str
    events: str
    """Key space events; empty where there are none or nobody knows."""
    shards: int
    """0 outside of cluster mode."""
    peak: int
    """Bytes of memory that were in use at most since its start."""
    users: Mapping[str, dict[str, Any]] = field(default_factory=dict)
    """Identity -> what stands under its `redis.<cache>` in access.yaml."""
    beside: tuple[str, ...] = ()
    """Users that no identity can be."""
    open: bool = False
    """Whether `default` is on and nobody else is there: applications log in as it."""
    seen: tuple[Seen, ...] = ()
    clients: tuple[Recognised, ...] = ()
    notes: tuple[Note, ...] = ()

    @classmethod
    def of_users(cls, name: str, engine: str, version: str, users: ImportedUsers, notes: tuple[Note, ...]) -> LiveCache:
        """Return one of ElastiCache of whose contents nothing but the users is known."""
        return cls(
            name=name,
            product=f"elasticache-{engine}",
            version=version,
            eviction="",
            events="",
            shards=0,
            peak=0,
            users=users.users,
            beside=users.beside,
            notes=notes,
        )


def read_cache(name: str, url: Secret, *, sample: int = SAMPLE, seconds: float = SECONDS) -> LiveCache:
    """Read it; nothing is written.

    Raise UrlError, LoginError, or AskedError for a server that is too old and a login that may see nothing.
    """
    with open_redis_url(url) as client:
        product, number, info = _server(name, client, redis_user(url))
        events, unknown = _events(name, client, info)
        users, refused = _users(name, client, redis_user(url))
    seen, doubts = _keys(name, url, sample, seconds)
    clients = recognised([each.pattern for each in seen])
    notes = [*unknown, *refused, *doubts, *(_note(f"{name}: {each}") for each in users.differences)]
    return LiveCache(
        name=name,
        product=product,
        version=number,
        eviction=str(info.get("maxmemory_policy", "")),
        events=events,
        shards=_shard_count(url) if info.get("cluster_enabled") else 0,
        peak=int(info.get("used_memory_peak", 0)),
        users=users.users,
        beside=users.beside,
        open=not refused and not users.users and any("default is on" in each for each in users.differences),
        seen=seen,
        clients=clients,
        notes=tuple(notes),
    )


def _note(text: str) -> Note:
    return Note(place="access", text=text)


def _server(name: str, client: redis.Redis, user: str) -> tuple[str, str, dict[str, Any]]:
    import redis

    try:
        info: dict[str, Any] = client.info()
    except redis.exceptions.NoPermissionError:
        raise AskedError(
            f"{name}: {user} may not ask INFO, without which nothing is known of it: ACL SETUSER {user} +info"
        ) from None
    except redis.exceptions.RedisError as error:
        raise AskedError(f"{name}: what answers there is no Redis: {error}") from None
    product, number = version(info)
    if int(number.partition(".")[0]) < OLDEST:
        raise AskedError(
            f"{name}: this server is Redis {number}, and there are users from Redis {OLDEST}.0 on: upgrade it, or load "
            "a snapshot of it into a newer one and read that"
        )
    return product, number, info


def _events(name: str, client: redis.Redis, info: Mapping[str, Any]) -> tuple[str, list[Note]]:
    import redis

    try:
        found = client.config_get("notify-keyspace-events")
    except redis.exceptions.RedisError as error:
        where = "its parameter group says" if "ElastiCache" in str(info.get("os")) else "+config|get lets it be seen"
        text = f"{name}: whether keyspace events are on is not known ({error}): {where}"
        return "", [Note(place="stacks", at=("config", "data-tier:redis"), text=text)]
    return found.get("notify-keyspace-events") or "", []


def _users(name: str, client: redis.Redis, user: str) -> tuple[ImportedUsers, list[Note]]:
    try:
        return import_users(client), []
    except NodeError as error:
        grant = f"ACL SETUSER {user} +acl|list +acl|cat +acl|whoami"
        text = f"{name}: its users were not read ({error}): {grant}, then run init again"
        return ImportedUsers(users={}, beside=(), differences=()), [_note(text)]


def _keys(name: str, url: Secret, sample: int, seconds: float) -> tuple[tuple[Seen, ...], list[Note]]:
    entry = of_url(url, None, name)
    survey = Survey(spaces=entry.spaces, allowed=entry.allowed)
    try:
        whole = survey.take(lambda: shards(entry.nodes, primary=False), sample=sample, stopped=_over(seconds))
    except RefusedError as error:
        return (), [Note(place="access", at=("keyspaces",), text=f"{name}: its keys were not looked at: {error}")]
    tally = survey.result()
    tally.fold()
    found = tuple(
        Seen(pattern=shown(pattern), database=database, group=group)
        for database, patterns in sorted(tally.undeclared.items())
        for pattern, group in sorted(patterns.items())
    )
    notes = [f"{name}: {each}" for each in survey.failures]
    if not whole:
        notes.append(f"{name}: after {seconds:.0f} s {survey.seen} keys had been looked at, and not the rest")
    if survey.estimated:
        notes.append(f"{name}: the key spaces are from a sample of {survey.seen} of {tally.keys} keys")
    notes += [
        f"{name}: {keys} keys of database {database} could not be looked at: `{redis_user(url)}` needs %R~* for them"
        for database, keys in sorted(tally.refused.items())
    ]
    return found, [Note(place="access", at=("keyspaces",), text=each) for each in notes]


def _over(seconds: float) -> Callable[[], bool]:
    end = time.monotonic() + seconds
    return lambda: time.monotonic() > end


def _shard_count(url: Secret) -> int:
    return len(shards(of_url(url, None, None).nodes, primary=True))


def unlike(caches: Mapping[str, Secret]) -> Iterator[str]:
    """Say which two names are of one server."""
    places: dict[str, str] = {}
    for name, url in caches.items():
        place = place_of(url).partition("/")[0]
        if place in places:
            yield f"{places[place]} and {name} are one server, {place}: a cache is a server, with databases 0 to 15"
        places[place] = name
